#include "runtime/anchor/anchor_image.h"

#include <fstream>
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

}  // namespace

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
  std::string archive = engine::TarOf({{.path = kProgramPath + 1, .content = bytes, .mode = 0755}});
  const auto source = [&]() -> absl::StatusOr<std::string> { return std::exchange(archive, ""); };
  WEFT_RETURN_IF_ERROR(engine.ImportImage(reference, {kProgramPath}, source));
  return reference;
}

}  // namespace weft::anchor
