#include "runtime/kubernetes/managed_fields.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

// Adds the leaves of the set `fields` below `path`. A member with others below it, written ".", is
// no leaf.
void Collect(const json::value& fields, FieldPath& path, Leaves& leaves) {
  const json::object* members = fields.if_object();
  if (members == nullptr) return;
  bool leaf = true;
  for (const auto& [name, below] : *members) {
    if (name == ".") continue;
    const absl::StatusOr<Step> step = ParseFieldsV1Step({name.data(), name.size()});
    if (!step.ok()) continue;
    leaf = false;
    path.push_back(*step);
    Collect(below, path, leaves);
    path.pop_back();
  }
  if (leaf && !path.empty()) leaves.emplace(FormatPointer(path), path);
}

FieldPath AnnotationPath(std::string_view annotation) {
  return {{Step::Type::kField, "metadata", nullptr},
          {Step::Type::kField, "annotations", nullptr},
          {Step::Type::kField, std::string(annotation), nullptr}};
}

bool IsBelow(const std::string& pointer, const std::string& above) {
  return pointer.size() > above.size() && absl::StartsWith(pointer, above) &&
         (pointer[above.size()] == '/' || pointer[above.size()] == '[');
}

}  // namespace

ManagedFields::ManagedFields(const json::value& object) {
  const json::value* list = json::FindPath(object, {"metadata", "managedFields"});
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& item : list->get_array()) {
    Entry entry;
    entry.manager = json::GetString(item, {"manager"});
    entry.applied = json::GetString(item, {"operation"}) == "Apply" &&
                    json::GetString(item, {"subresource"}).empty();
    entry.time = json::GetString(item, {"time"});
    FieldPath path;
    if (const json::value* fields = json::Find(item, "fieldsV1"))
      Collect(*fields, path, entry.leaves);
    entries_.push_back(std::move(entry));
  }
}

bool ManagedFields::IsOurs(const Entry& entry) const {
  return entry.applied && (entry.manager == kManager || entry.manager == kSteerManager);
}

const Leaves& ManagedFields::AppliedBy(std::string_view manager) const {
  static const Leaves none;
  for (const Entry& entry : entries_)
    if (entry.applied && entry.manager == manager) return entry.leaves;
  return none;
}

std::string ManagedFields::WriterOf(const std::string& pointer) const {
  const Entry* last = nullptr;
  for (const Entry& entry : entries_) {
    if (IsOurs(entry) || entry.leaves.count(pointer) == 0) continue;
    if (last == nullptr || entry.time >= last->time) last = &entry;
  }
  return last == nullptr ? "" : last->manager;
}

bool ManagedFields::OthersBelow(const std::string& pointer) const {
  for (const Entry& entry : entries_) {
    if (entry.applied && entry.manager == kManager) continue;
    for (auto it = entry.leaves.upper_bound(pointer);
         it != entry.leaves.end() && absl::StartsWith(it->first, pointer); ++it)
      if (IsBelow(it->first, pointer)) return true;
  }
  return false;
}

std::string LeafText(const json::value& object, const ManagedFields& fields,
                     const std::string& pointer, const FieldPath& path) {
  const json::value* value = Follow(object, path);
  if (value == nullptr) return "";
  if (value->is_structured() && fields.OthersBelow(pointer)) return value->is_array() ? "[]" : "{}";
  return json::Canonical(*value);
}

std::string Digest(const json::value& object, const ManagedFields& fields) {
  static const std::string generation = FormatPointer(AnnotationPath(kGenerationAnnotation));
  const Leaves& steered = fields.AppliedBy(kSteerManager);
  std::string text;
  for (const auto& [pointer, path] : fields.AppliedBy(kManager)) {
    if (pointer == generation || steered.count(pointer) > 0) continue;
    absl::StrAppend(&text, json::Canonical(json::value(pointer)), ":",
                    LeafText(object, fields, pointer, path), "\n");
  }
  return json::Sha256(text);
}

std::string OwnAnnotation(const json::value& object, const ManagedFields& fields,
                          std::string_view annotation) {
  const FieldPath path = AnnotationPath(annotation);
  if (fields.AppliedBy(kManager).count(FormatPointer(path)) == 0) return "";
  return json::GetString(object, {"metadata", "annotations", annotation});
}

uint64_t AcceptedGeneration(const json::value& object, const ManagedFields& fields) {
  uint64_t generation = 0;
  if (!absl::SimpleAtoi(OwnAnnotation(object, fields, kGenerationAnnotation), &generation))
    return 0;
  return generation;
}

}  // namespace weft::kubernetes
