#include "runtime/local/unused_images.h"

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>

#include "absl/strings/match.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/local/attempts.h"

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

// The images that are used, looked up again as often as it is asked.
class UsedImages {
 public:
  UsedImages(engine::Engine& engine, const ObjectStore& objects)
      : engine_(engine), objects_(objects) {}

  absl::Status Look() {
    std::set<std::string> names = Names();
    if (names != names_) {
      named_.clear();
      for (const std::string& name : names) WEFT_RETURN_IF_ERROR(AddNamed(name));
      names_ = std::move(names);
    }
    in_containers_.clear();
    WEFT_ASSIGN_OR_RETURN(const auto containers, engine_.ListContainers({}));
    for (const engine::ContainerSummary& container : containers)
      in_containers_.insert(container.image_id);
    return absl::OkStatus();
  }

  // As it was at the last Look.
  bool Has(const engine::Image& image) const {
    return named_.contains(image.id) || in_containers_.contains(image.id) ||
           std::ranges::any_of(image.references,
                               [&](const auto& name) { return names_.contains(name); });
  }

 private:
  // What objects name. Data names nothing, and what a Secret holds is not told.
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const ObjectPtr& object : objects_.All()) {
      if (object->ref.kind == "Secret" || object->ref.kind == "ConfigMap") continue;
      if (const auto value = json::Parse(object->json); value.ok()) AddImages(*value, names);
    }
    std::erase_if(names, [](const std::string& name) {  // No name, and the engine's path another.
      return name.empty() || absl::StrContains(name, "//");
    });
    return names;
  }

  // A name is the engine's to read. One that it cannot read names nothing.
  absl::Status AddNamed(const std::string& name) {
    const absl::StatusOr<engine::Image> image = engine_.InspectImage(name);
    if (image.ok()) named_.insert(image->id);
    return image.ok() || absl::IsNotFound(image.status()) || absl::IsInvalidArgument(image.status())
               ? absl::OkStatus()
               : image.status();
  }

  engine::Engine& engine_;
  const ObjectStore& objects_;
  std::set<std::string> names_, named_, in_containers_;  // The last two: ids.
};

// Of its names those that another image has by now are left out.
absl::StatusOr<engine::Image> AsItIs(engine::Engine& engine, engine::Image image) {
  std::vector<std::string> names;
  for (const std::string& name : image.references) {
    const absl::StatusOr<engine::Image> now = engine.InspectImage(name);
    if (now.ok() && now->id == image.id) names.push_back(name);
    if (!now.ok() && !absl::IsNotFound(now.status())) return now.status();
  }
  if (names.empty() && !image.references.empty())
    return absl::FailedPreconditionError("its names are another's by now");
  image.references = std::move(names);
  return image;
}

absl::Status RemoveIfUnused(engine::Engine& engine, UsedImages& used, const engine::Image& image) {
  WEFT_RETURN_IF_ERROR(used.Look());
  if (used.Has(image)) return absl::FailedPreconditionError("it is used by now");
  WEFT_ASSIGN_OR_RETURN(const engine::Image now, AsItIs(engine, image));
  return engine.RemoveImage(now);
}

}  // namespace

absl::StatusOr<std::vector<engine::Image>> UnusedImages(engine::Engine& engine,
                                                        const ObjectStore& objects) {
  // The images first: one that comes later is not looked at.
  WEFT_ASSIGN_OR_RETURN(std::vector<engine::Image> images, engine.ListImages());
  UsedImages used(engine, objects);
  WEFT_RETURN_IF_ERROR(used.Look());
  std::erase_if(images, [&](const engine::Image& image) { return used.Has(image); });
  return images;
}

absl::StatusOr<std::vector<engine::Image>> RemoveUnusedImages(engine::Engine& engine,
                                                              const ObjectStore& objects,
                                                              const std::vector<std::string>& ids) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<engine::Image> unused, UnusedImages(engine, objects));
  UsedImages used(engine, objects);
  std::vector<engine::Image> removed;
  for (const engine::Image& image : unused) {
    if (!ids.empty() && std::ranges::find(ids, image.id) == ids.end()) continue;
    const absl::Status status = RemoveIfUnused(engine, used, image);
    if (EngineIsAway(status)) return status;
    if (status.ok()) {
      removed.push_back(image);
    } else {
      spdlog::warn("msg=\"an image stays\" image={} reason=\"{}\"", image.id,
                   std::string(status.message()));
    }
  }
  return removed;
}

}  // namespace weft::local
