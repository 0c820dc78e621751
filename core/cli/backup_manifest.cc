#include "core/cli/backup_manifest.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <string.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/openssl.h"
#include "core/base/status.h"
#include "core/cli/installation_files.h"

namespace weft::cli {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kBlock = size_t{1} << 20;

json::object ObjectOf(const BackupEntry& entry) {
  json::object object{{"path", entry.path}};
  if (!entry.digest.empty()) object["digest"] = entry.digest;
  if (!entry.target.empty()) object["target"] = entry.target;
  if (entry.schema != 0) object["schema"] = entry.schema;
  return object;
}

absl::StatusOr<BackupEntry> EntryOf(const json::value& object) {
  BackupEntry entry = {.path = json::GetString(object, {"path"}),
                       .digest = json::GetString(object, {"digest"}),
                       .target = json::GetString(object, {"target"}),
                       .schema = json::GetInt(object, {"schema"})};
  const bool is_file = !entry.digest.empty() && entry.target.empty();
  const bool is_link = entry.digest.empty() && IsLinkOfInstallation(entry);
  if (IsOfInstallation(entry.path) && (is_file || is_link)) return entry;
  return absl::InvalidArgumentError(absl::StrCat(
      "the manifest has an entry that belongs to no installation: ", json::Canonical(object)));
}

}  // namespace

bool IsLinkOfInstallation(const BackupEntry& link) {
  return !link.target.empty() &&
         IsOfInstallation((std::filesystem::path(link.path).parent_path() / link.target).string());
}

std::string FormatManifest(const BackupManifest& manifest) {
  json::array entries;
  for (const BackupEntry& entry : manifest.entries) entries.push_back(ObjectOf(entry));
  return absl::StrCat(
      json::Canonical(json::object{
          {"format", kFormat},
          {"version", manifest.version},
          {"made", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", manifest.made, absl::UTCTimeZone())},
          {"installation", manifest.installation},
          {"entries", std::move(entries)}}),
      "\n");
}

absl::StatusOr<BackupManifest> ParseManifest(std::string_view text) {
  WEFT_ASSIGN_OR_RETURN(const json::value root, json::Parse(text));
  if (const int64_t format = json::GetInt(root, {"format"}); format != kFormat)
    return absl::InvalidArgumentError(absl::StrCat("it has format ", format,
                                                   "; this program knows ", kFormat,
                                                   ": use the version of Weft that made it"));
  BackupManifest manifest = {.version = json::GetString(root, {"version"}),
                             .made = {},
                             .installation = json::GetString(root, {"installation"}),
                             .entries = {}};
  std::string error;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E3SZ", json::GetString(root, {"made"}), &manifest.made,
                       &error))
    return absl::InvalidArgumentError(absl::StrCat("the manifest's time: ", error));
  const json::value* entries = json::Find(root, "entries");
  if (entries == nullptr || !entries->is_array())
    return absl::InvalidArgumentError("the manifest has no entries");
  for (const json::value& object : entries->get_array()) {
    WEFT_ASSIGN_OR_RETURN(BackupEntry entry, EntryOf(object));
    manifest.entries.push_back(std::move(entry));
  }
  return manifest;
}

absl::StatusOr<std::string> DigestFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("read ", path, ": ", strerror(errno)));
  const std::unique_ptr<EVP_MD_CTX, openssl::Deleter<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::string block(kBlock, '\0');
  do {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(file.gcount()));
  } while (file);
  if (!file.eof()) return absl::FailedPreconditionError(absl::StrCat("read ", path));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  return absl::StrCat("sha256:", absl::BytesToHexString(absl::string_view(
                                     reinterpret_cast<const char*>(digest), size)));
}

}  // namespace weft::cli
