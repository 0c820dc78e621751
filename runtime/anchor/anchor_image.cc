#include "runtime/anchor/anchor_image.h"

#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/anchor/program_files.h"
#include "runtime/engine/tar.h"

namespace weft::anchor {
namespace {

std::string HashOf(const std::string& bytes) {
  return json::Sha256(bytes).substr(sizeof("sha256:") - 1, 12);
}

// What the image holds.
absl::StatusOr<std::string> ArchiveOf(const std::string& program, NetworkAccess access) {
  std::ifstream file(program, std::ios::binary);
  if (!file) return absl::NotFoundError("the program of anchors is missing: " + program);
  std::ostringstream content;
  content << file.rdbuf();
  std::vector<engine::TarEntry> files;
  if (access == NetworkAccess::kThroughEngine) {
    WEFT_ASSIGN_OR_RETURN(files, NetworkTools());
  }
  files.push_back({.path = kProgramPath + 1, .content = std::move(content).str(), .mode = 0755});
  return engine::TarOf(files);
}

// What this process has called an image so far, by what it is made of: its files are not read each
// time.
class References {
 public:
  std::string Of(const std::string& source) {
    std::lock_guard lock(mutex_);
    return references_[source];
  }
  void Set(const std::string& source, const std::string& reference) {
    std::lock_guard lock(mutex_);
    references_[source] = reference;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> references_;
};

References& Known() {
  static auto* const known = new References;
  return *known;
}

// The image `name` that holds what `read_archive` reads; `source`: from where.
absl::StatusOr<std::string> EnsureImage(
    engine::Engine& engine, const std::string& name, const std::string& source,
    const std::vector<std::string>& entrypoint,
    const std::function<absl::StatusOr<std::string>()>& read_archive) {
  std::string reference = Known().Of(source);
  absl::Status there = absl::NotFoundError("");
  if (!reference.empty()) there = engine.InspectImage(reference).status();
  if (there.ok()) return reference;
  if (!absl::IsNotFound(there)) return there;
  WEFT_ASSIGN_OR_RETURN(std::string archive, read_archive());
  reference =
      absl::StrCat(name, ":", HashOf(absl::StrCat(absl::StrJoin(entrypoint, " "), archive)));
  there = engine.InspectImage(reference).status();
  if (absl::IsNotFound(there)) {
    const auto once = [&]() -> absl::StatusOr<std::string> { return std::exchange(archive, ""); };
    there = engine.ImportImage(reference, entrypoint, once);
  }
  WEFT_RETURN_IF_ERROR(there);
  Known().Set(source, reference);
  return reference;
}

}  // namespace

absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program,
                                              NetworkAccess access) {
  const bool tools = access == NetworkAccess::kThroughEngine;
  return EnsureImage(engine, "weft/anchor", absl::StrCat(program, tools ? " and nft" : ""),
                     {kProgramPath}, [&] { return ArchiveOf(program, access); });
}

absl::StatusOr<std::string> EnsureNameServerImage(engine::Engine& engine,
                                                  const std::string& dnsmasq) {
  std::vector<std::string> command = CommandInImage("/dnsmasq");
  // As root of its container, without more than it takes to listen there. Of these domains nobody
  // else knows anything; for what is not in kNamesPath it asks the engine, as /etc/resolv.conf
  // says.
  for (const char* word :
       {"--keep-in-foreground", "--user=root", "--pid-file=", "--log-facility=-", "--no-hosts",
        "--cache-size=0", "--dns-forward-max=1000", "--local=/cluster.local/svc/"})
    command.emplace_back(word);
  command.push_back(absl::StrCat("--hostsdir=", kNamesPath));
  const auto archive = [&]() -> absl::StatusOr<std::string> {
    WEFT_ASSIGN_OR_RETURN(std::vector<engine::TarEntry> files,
                          ProgramWithLibraries(dnsmasq, "/dnsmasq"));
    using Type = engine::TarEntry::Type;
    files.push_back({.type = Type::kDirectory, .path = kNamesPath + 1, .mode = 0755});
    files.push_back({.path = "etc/passwd", .content = "root:x:0:0:::\n"});
    return engine::TarOf(files);
  };
  return EnsureImage(engine, "weft/names", dnsmasq, command, archive);
}

}  // namespace weft::anchor
