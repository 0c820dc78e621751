// The images of FakeEngine.
#include "core/base/status.h"
#include "runtime/engine/fake_engine.h"

namespace weft::engine {

absl::StatusOr<Image> FakeEngine::InspectImage(const std::string& reference) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  const auto found = images_.find(reference);
  if (found == images_.end()) return absl::NotFoundError("No such image: " + reference);
  return found->second;
}

absl::Status FakeEngine::PullImage(const std::string& reference,
                                   const std::optional<RegistryLogin>& login) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  ++pulls_;
  pulled_as_.push_back(login.has_value() ? login->username : "");
  const std::string& password = private_image_.second;
  if (reference == private_image_.first) {
    if (!password.empty() && (!login.has_value() || login->password != password))
      return absl::NotFoundError("pull image " + reference + ": pull access denied");
    images_[reference] = {.id = "sha256:" + reference, .references = {reference}};
    return absl::OkStatus();
  }
  return absl::NotFoundError("pull image " + reference + ": no registry");
}

absl::StatusOr<std::vector<std::string>> FakeEngine::LoadImages(const ChunkSource& archive) {
  WEFT_ASSIGN_OR_RETURN(const std::string reference, archive());
  AddImage(reference);
  return std::vector<std::string>{reference};
}

absl::Status FakeEngine::ImportImage(const std::string& reference, const std::vector<std::string>&,
                                     const ChunkSource& archive) {
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const std::string piece, archive());
    if (piece.empty()) break;
  }
  AddImage(reference);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Image>> FakeEngine::ListImages() {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  std::vector<Image> list;
  for (const auto& [reference, image] : images_) list.push_back(image);
  return list;
}

absl::Status FakeEngine::RemoveImage(const Image& image) {
  std::lock_guard lock(mutex_);
  WEFT_RETURN_IF_ERROR(ReachableLocked());
  for (const auto& [id, held] : containers_)
    if (ImageIdLocked(held) == image.id)
      return absl::FailedPreconditionError("image " + image.id + " is used by container " + id);
  std::erase_if(images_, [&](const auto& entry) { return entry.second.id == image.id; });
  return absl::OkStatus();
}

std::string FakeEngine::ImageIdLocked(const Held& held) const {
  const auto found = images_.find(held.container.image);
  return found == images_.end() ? "" : found->second.id;
}

}  // namespace weft::engine
