#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
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
      gone_.insert(place);  // If it was a leaf, it is none any more.
      if (!at->is_object()) at->emplace_object();
    }
    for (const auto& [label, value] : labels)
      Set(at->get_object()[label], place + FieldToken(label), value);
  }

  void Finish() {
    std::erase_if(object_.leaves,
                  [&](const LeafOwner& leaf) { return gone_.contains(leaf.pointer); });
    object_.leaves.insert(object_.leaves.end(), added_.begin(), added_.end());
    std::ranges::sort(object_.leaves, {}, &LeafOwner::pointer);
  }

 private:
  void Set(json::value& label, const std::string& place, const std::string& value) {
    if (label.is_object()) {
      std::erase_if(object_.leaves, [below = place + "/"](const LeafOwner& leaf) {
        return leaf.pointer.starts_with(below);
      });
    }
    label = value;
    gone_.insert(place);
    added_.push_back({place, kCoreOwner});
  }

  MergedObject& object_;
  absl::flat_hash_set<std::string> gone_;
  std::vector<LeafOwner> added_;
};

}  // namespace

void Stamp(const Workload& workload, const std::map<std::string, std::string>& labels,
           const std::map<std::string, std::string>& object_only, MergedObject& object) {
  std::map<std::string, std::string> all = object_only;
  all.insert(labels.begin(), labels.end());
  Stamper stamper(object);
  stamper.Label({}, all);
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
