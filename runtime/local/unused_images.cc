#include "runtime/local/unused_images.h"

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>

#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

// Every text under a key "image", so that an object that is not understood is read too.
void AddImages(const json::value& v, std::set<std::string>& names) {
  if (v.is_array())
    for (const json::value& element : v.get_array()) AddImages(element, names);
  if (!v.is_object()) return;
  for (const auto& [key, value] : v.get_object()) {
    if (key == "image" && value.is_string()) names.insert(std::string(value.get_string()));
    AddImages(value, names);
  }
}

// The ids of the images that objects name: a name is the engine's to read.
absl::StatusOr<std::set<std::string>> IdsNamed(engine::Engine& engine, const ObjectStore& objects) {
  std::set<std::string> names, ids;
  for (const ObjectPtr& object : objects.All()) {
    WEFT_ASSIGN_OR_RETURN(const json::value value, json::Parse(object->json));
    AddImages(value, names);
  }
  for (const std::string& name : names) {
    const absl::StatusOr<engine::Image> image = engine.InspectImage(name);
    if (image.ok()) ids.insert(image->id);
    if (!image.ok() && !absl::IsNotFound(image.status())) return image.status();
  }
  return ids;
}

}  // namespace

absl::StatusOr<std::vector<engine::Image>> UnusedImages(engine::Engine& engine,
                                                        const ObjectStore& objects) {
  // The images first: one that comes later is not looked at.
  WEFT_ASSIGN_OR_RETURN(std::vector<engine::Image> images, engine.ListImages());
  WEFT_ASSIGN_OR_RETURN(std::set<std::string> used, IdsNamed(engine, objects));
  WEFT_ASSIGN_OR_RETURN(const auto containers, engine.ListContainers({}));
  for (const engine::ContainerSummary& container : containers) used.insert(container.image_id);
  std::erase_if(images, [&](const engine::Image& image) { return used.contains(image.id); });
  return images;
}

absl::StatusOr<std::vector<engine::Image>> RemoveUnusedImages(engine::Engine& engine,
                                                              const ObjectStore& objects,
                                                              const std::vector<std::string>& ids) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Image> unused, UnusedImages(engine, objects));
  std::vector<engine::Image> removed;
  for (const engine::Image& image : unused) {
    if (!ids.empty() && std::ranges::find(ids, image.id) == ids.end()) continue;
    const absl::Status status = engine.RemoveImage(image);
    if (absl::IsFailedPrecondition(status)) {
      spdlog::info("msg=\"an image stays\" image={} reason=\"{}\"", image.id,
                   std::string(status.message()));
      continue;
    }
    WEFT_RETURN_IF_ERROR(status);
    removed.push_back(image);
  }
  return removed;
}

}  // namespace weft::local
