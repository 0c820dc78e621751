#include "runtime/anchor/anchor_image.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::anchor {
namespace {

constexpr size_t kBlock = 512;
constexpr char kName[] = "weft-anchor";

// Fields of a ustar header, in its order. Numbers are octal text.
struct TarHeader {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
  char magic[6], version[2], owner[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
static_assert(sizeof(TarHeader) == kBlock);

template <size_t N>
void SetOctal(char (&field)[N], size_t number) {
  snprintf(field, N, "%0*zo", static_cast<int>(N - 1), number);
}

std::string HashOf(const std::string& bytes) {
  return json::Sha256(bytes).substr(sizeof("sha256:") - 1, 12);
}

}  // namespace

std::string TarOf(const std::string& name, const std::string& bytes) {
  TarHeader header = {};
  name.copy(header.name, sizeof header.name - 1);
  SetOctal(header.mode, 0755);
  SetOctal(header.uid, 0);
  SetOctal(header.gid, 0);
  SetOctal(header.size, bytes.size());
  SetOctal(header.mtime, 0);
  header.type = '0';
  memcpy(header.magic, "ustar", sizeof header.magic);
  memcpy(header.version, "00", sizeof header.version);
  memset(header.checksum, ' ', sizeof header.checksum);  // As the checksum counts itself.
  size_t sum = 0;
  for (const unsigned char c : std::string(reinterpret_cast<const char*>(&header), kBlock))
    sum += c;
  SetOctal(header.checksum, sum);
  std::string tar(reinterpret_cast<const char*>(&header), kBlock);
  tar += bytes;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock);  // Two empty blocks end it.
  return tar;
}

absl::StatusOr<std::string> EnsureAnchorImage(engine::Engine& engine, const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  if (!file) return absl::NotFoundError("the program of anchors is missing: " + program);
  std::ostringstream content;
  content << file.rdbuf();
  const std::string bytes = std::move(content).str();
  const std::string reference = "weft/anchor:" + HashOf(bytes);
  const absl::Status known = engine.InspectImage(reference).status();
  if (known.ok()) return reference;
  if (!absl::IsNotFound(known)) return known;
  std::string archive = TarOf(kName, bytes);
  const auto source = [&]() -> absl::StatusOr<std::string> { return std::exchange(archive, ""); };
  WEFT_RETURN_IF_ERROR(engine.ImportImage(reference, {std::string("/") + kName}, source));
  return reference;
}

}  // namespace weft::anchor
