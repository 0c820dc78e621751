#include "runtime/anchor/anchor_image.h"

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "core/base/json.h"
#include "core/base/status.h"
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

// What this process has called the image of a program so far: its files are not read each time.
class References {
 public:
  std::string Of(const std::string& program, NetworkAccess access) {
    std::lock_guard lock(mutex_);
    return references_[{program, access}];
  }
  void Set(const std::string& program, NetworkAccess access, const std::string& reference) {
    std::lock_guard lock(mutex_);
    references_[{program, access}] = reference;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, NetworkAccess>, std::string> references_;
};

References& Known() {
  static auto* const known = new References;
  return *known;
}

}  // namespace

absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program,
                                              NetworkAccess access) {
  std::string reference = Known().Of(program, access);
  absl::Status there = absl::NotFoundError("");
  if (!reference.empty()) there = engine.InspectImage(reference).status();
  if (there.ok()) return reference;
  if (!absl::IsNotFound(there)) return there;
  WEFT_ASSIGN_OR_RETURN(std::string archive, ArchiveOf(program, access));
  reference = "weft/anchor:" + HashOf(archive);
  there = engine.InspectImage(reference).status();
  if (absl::IsNotFound(there)) {
    const auto source = [&]() -> absl::StatusOr<std::string> { return std::exchange(archive, ""); };
    there = engine.ImportImage(reference, {kProgramPath}, source);
  }
  WEFT_RETURN_IF_ERROR(there);
  Known().Set(program, access, reference);
  return reference;
}

}  // namespace weft::anchor
