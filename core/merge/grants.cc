#include "core/merge/grants.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace weft::merge {
namespace {

constexpr char kPrimary[] = "*";
constexpr char kScale[] = "+scale";
constexpr char kPodTemplate[] = "+podTemplate";

// `write` without "*" and "+...", or nothing where the workload has no such place.
std::optional<catalog::Write> Concrete(const catalog::Shape& shape, catalog::Write write) {
  if (write.api_version == kPrimary) write.api_version = shape.api_version;
  if (write.kind == kPrimary) write.kind = shape.kind;
  if (write.pointer != kScale && write.pointer != kPodTemplate) return write;
  write.pointer = write.pointer == kScale ? shape.scale : shape.pod_template;
  const bool is_primary = write.api_version == shape.api_version && write.kind == shape.kind;
  if (!is_primary || write.pointer.empty()) return std::nullopt;
  return write;
}

}  // namespace

absl::StatusOr<Grants> Grants::Resolve(const Workload& workload,
                                       const std::vector<catalog::Write>& writes) {
  Grants grants;
  for (const catalog::Write& write : writes) {
    const std::optional<catalog::Write> concrete = Concrete(workload.shape, write);
    if (!concrete.has_value()) continue;
    absl::StatusOr<Pointer> pointer = ParsePointer(concrete->pointer);
    if (!pointer.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("the permission to write ", write.kind, " \"",
                                                     write.pointer,
                                                     "\": ", pointer.status().message()));
    }
    grants.Add(*concrete, *pointer);
  }
  return grants;
}

void Grants::Add(const catalog::Write& write, const Pointer& pointer) {
  Kind& kind = kinds_[{write.api_version, write.kind}];
  kind.create |= write.mode == catalog::WriteMode::kCreate;
  Place* place = &kind.root;
  for (const Step& step : pointer) {
    place = &place->fields[step.field];
    if (!step.element.empty()) place = &place->elements[ElementToken(step.element)];
  }
  const bool steer = write.mode == catalog::WriteMode::kSteer;
  const bool remove = write.mode == catalog::WriteMode::kRemove;
  place->steer |= steer;
  place->remove |= remove;
  place->add |= !steer && !remove;
  place->change |= write.mode == catalog::WriteMode::kOverride;
}

Grants::Cursor Grants::At(const ObjectRef& object) const {
  const auto found = kinds_.find({object.api_version, object.kind});
  return found == kinds_.end() ? Cursor() : Cursor(&found->second.root);
}

bool Grants::MayCreate(const ObjectRef& object) const {
  const auto found = kinds_.find({object.api_version, object.kind});
  return found != kinds_.end() && found->second.create;
}

Grants::Cursor::Cursor(const Place* place)
    : add_(place->add),
      change_(place->change),
      steer_(place->steer),
      remove_(place->remove),
      place_(place) {}

Grants::Cursor Grants::Cursor::Field(std::string_view name) const {
  return Below(&Place::fields, name);
}

Grants::Cursor Grants::Cursor::Element(std::string_view token) const {
  return Below(&Place::elements, token);
}

Grants::Cursor Grants::Cursor::Below(
    const std::map<std::string, Place, std::less<>> Place::*children, std::string_view key) const {
  Cursor below = *this;
  below.place_ = nullptr;
  if (place_ == nullptr) return below;
  const auto& named = place_->*children;
  if (const auto found = named.find(key); found != named.end()) {
    below.place_ = &found->second;
    below.add_ |= below.place_->add;
    below.change_ |= below.place_->change;
    below.steer_ |= below.place_->steer;
    below.remove_ |= below.place_->remove;
  }
  return below;
}

}  // namespace weft::merge
