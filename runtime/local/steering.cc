#include "runtime/local/steering.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "runtime/local/admission.h"

namespace weft::local {
namespace {

constexpr char kReplicas[] = "/spec/replicas";
constexpr char kParallelism[] = "/spec/parallelism";

// The fields that `pointer` goes down; nothing: it is none that leads through objects alone.
std::optional<std::vector<std::string>> FieldsOf(const std::string& pointer) {
  if (pointer.size() < 2 || pointer[0] != '/') return std::nullopt;
  std::vector<std::string> fields = absl::StrSplit(pointer.substr(1), '/');
  for (std::string& field : fields) {
    if (!field.empty() && field.back() == ']') return std::nullopt;
    field = absl::StrReplaceAll(field, {{"~0", "~"}, {"~1", "/"}, {"~2", "]"}});
  }
  return fields;
}

// Where `pointer` points; makes the objects on the way if `make`. Null: it is not there, or cannot
// be.
json::value* Find(json::value& object, const std::string& pointer, bool make) {
  const auto fields = FieldsOf(pointer);
  if (!fields.has_value()) return nullptr;
  json::value* at = &object;
  for (const std::string& field : *fields) {
    if (at->is_null() && make) at->emplace_object();
    json::object* parent = at->if_object();
    if (parent == nullptr) return nullptr;
    at = make ? &(*parent)[field] : parent->if_contains(field);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// What the leaf has, be it by default.
std::optional<json::value> LeafOf(const Object& object, const std::string& pointer) {
  absl::StatusOr<json::value> value = json::Parse(object.json);
  if (!value.ok()) return std::nullopt;
  if (const json::value* leaf = Find(*value, pointer, /*make=*/false)) return *leaf;
  const auto* deployment = std::get_if<DeploymentSpec>(&object.spec);
  if (deployment != nullptr && pointer == kReplicas) return deployment->replicas;
  const auto* set = std::get_if<StatefulSetSpec>(&object.spec);
  if (set != nullptr && pointer == kReplicas) return set->replicas;
  const auto* job = std::get_if<JobSpec>(&object.spec);
  if (job != nullptr && pointer == kParallelism) return job->parallelism;
  return std::nullopt;
}

// `value` is what the object says from now on, if that is right. The machine is not asked: what was
// accepted on it stays accepted.
bool Take(const json::value& value, Object& object) {
  Admitted admitted = Admit(object.ref, json::Canonical(value), {});
  if (!admitted.problems.empty()) return false;
  object.json = std::move(admitted.json);
  object.spec = std::move(admitted.spec);
  return true;
}

}  // namespace

void PutSteered(const std::vector<SteeredLeaf>& steered, json::value& object,
                std::vector<Problem>& problems) {
  for (const SteeredLeaf& leaf : steered) {
    absl::StatusOr<json::value> value = json::Parse(leaf.value);
    if (!value.ok()) {
      Refuse(problems, leaf.pointer, std::string(value.status().message()), "", "", "INVALID_JSON");
    } else if (json::value* at = Find(object, leaf.pointer, /*make=*/true)) {
      *at = *std::move(value);
    } else {
      Refuse(problems, leaf.pointer, absl::StrCat("the local runtime cannot steer ", leaf.pointer),
             "", "", "UNSUPPORTED_FIELD");
    }
  }
}

std::vector<std::string> SeededOf(const std::vector<SteeredLeaf>& steered) {
  std::vector<std::string> seeded;
  for (const SteeredLeaf& leaf : steered)
    if (!leaf.set) seeded.push_back(leaf.pointer);
  return seeded;
}

void KeepLeaves(const Object& now, const std::vector<std::string>& seeded, Object& next) {
  absl::StatusOr<json::value> value = json::Parse(next.json);
  if (seeded.empty() || !value.ok()) return;
  for (const std::string& pointer : seeded) {
    std::optional<json::value> has = LeafOf(now, pointer);
    json::value* at = has.has_value() ? Find(*value, pointer, /*make=*/true) : nullptr;
    if (at != nullptr) *at = *std::move(has);
  }
  Take(*value, next);
}

bool SetLeaf(const std::string& pointer, json::value value, Object& object) {
  absl::StatusOr<json::value> all = json::Parse(object.json);
  json::value* at = all.ok() ? Find(*all, pointer, /*make=*/true) : nullptr;
  if (at == nullptr) return false;
  *at = std::move(value);
  return Take(*all, object);
}

}  // namespace weft::local
