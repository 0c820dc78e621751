#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/merge/merge.h"
#include "core/merge/pointer.h"

namespace weft::merge {
namespace {

// Puts leaves of the core into an object.
class Stamper {
 public:
  explicit Stamper(MergedObject& object) : object_(object) {}

  // Sets `labels` at `pointer` + "/metadata/labels", if an object stands at `pointer`.
  void Label(const Pointer& pointer, const std::map<std::string, std::string>& labels) {
    json::value* at = &object_.value;
    for (const Step& step : pointer) {
      json::object* parent = step.element.empty() ? at->if_object() : nullptr;
      at = parent == nullptr ? nullptr : parent->if_contains(step.field);
      if (at == nullptr) return;
    }
    if (!at->is_object() || labels.empty()) return;
    std::string place = FormatPointer(pointer);
    for (const char* field : {"metadata", "labels"}) {
      at = &at->get_object()[field];
      place += FieldToken(field);
      Drop(place);  // If it was a leaf, it is none any more.
      if (!at->is_object()) at->emplace_object();
    }
    json::object& there = at->get_object();
    there.reserve(there.size() + labels.size());
    for (const auto& [label, value] : labels) {
      std::string leaf = place + FieldToken(label);
      const auto [member, is_new] = there.emplace(label, value);
      if (!is_new) Replace(member->value(), leaf, value);
      added_.push_back({std::move(leaf), kCoreOwner});
    }
  }

  void Finish() {
    std::ranges::sort(added_, {}, &LeafOwner::pointer);
    const auto old = static_cast<std::ptrdiff_t>(object_.leaves.size());
    std::ranges::move(added_, std::back_inserter(object_.leaves));
    std::ranges::inplace_merge(object_.leaves, object_.leaves.begin() + old, {},
                               &LeafOwner::pointer);
  }

 private:
  void Replace(json::value& label, const std::string& place, const std::string& value) {
    if (label.is_object()) {
      std::erase_if(object_.leaves, [below = place + "/"](const LeafOwner& leaf) {
        return leaf.pointer.starts_with(below);
      });
    }
    label = value;
    Drop(place);
  }

  // A leaf is none any more.
  void Drop(const std::string& place) {
    const auto found = std::ranges::lower_bound(object_.leaves, place, {}, &LeafOwner::pointer);
    if (found != object_.leaves.end() && found->pointer == place) object_.leaves.erase(found);
  }

  MergedObject& object_;
  std::vector<LeafOwner> added_;
};

}  // namespace

void Stamp(const Workload& workload, const std::map<std::string, std::string>& labels,
           const std::map<std::string, std::string>& object_only, MergedObject& object) {
  Stamper stamper(object);
  stamper.Label({}, object_only);
  stamper.Label({}, labels);
  const catalog::Shape& shape = workload.shape;
  const bool is_primary =
      object.ref == ObjectRef{shape.api_version, shape.kind, workload.name_space, workload.name};
  if (is_primary && !shape.pod_template.empty()) {
    const absl::StatusOr<Pointer> pointer = ParsePointer(shape.pod_template);
    if (pointer.ok()) stamper.Label(*pointer, labels);
  }
  stamper.Finish();
}

}  // namespace weft::merge
