#include "runtime/kubernetes/convert.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/base/convert.h"

namespace weft::kubernetes {
namespace {

constexpr size_t kLargestObject = 1 << 20;  // Source: weft.common.v1, Object.

absl::Status Invalid(const ObjectRef& ref, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(runtime::Describe(ref), ": ", problem));
}

absl::StatusOr<SteeredLeaf> FromProto(const runtime::v1::SteeredLeaf& leaf, const ObjectRef& ref) {
  const auto path = ParsePointer(leaf.pointer());
  if (!path.ok() || path->empty())
    return Invalid(ref, absl::StrCat("\"", leaf.pointer(), "\" is no pointer to a leaf"));
  auto value = json::Parse(leaf.value());
  if (!value.ok())
    return Invalid(ref, absl::StrCat(leaf.pointer(), ": ", value.status().message()));
  // The one text of the pointer, as that of managed fields is.
  return SteeredLeaf{FormatPointer(*path), *path, *std::move(value), leaf.set()};
}

}  // namespace

absl::Status CheckRef(const ObjectRef& ref) {
  bool right = !ref.api_version.empty() && ref.ns.find('/') == std::string::npos;
  for (const std::string& part : {ref.kind, ref.name})
    right = right && !part.empty() && part != "." && part != ".." &&
            part.find('/') == std::string::npos;
  if (right) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not a reference to an object: ", runtime::KeyOf(ref)));
}

absl::StatusOr<AppliedObject> FromProto(const runtime::v1::AppliedObject& object) {
  AppliedObject out;
  out.ref = runtime::FromProto(object.object().ref());
  WEFT_RETURN_IF_ERROR(CheckRef(out.ref));
  if (object.object().json().size() > kLargestObject)
    return Invalid(out.ref, "is larger than 1 MiB");
  auto parsed = json::Parse(object.object().json());
  if (!parsed.ok()) return Invalid(out.ref, parsed.status().message());
  if (!parsed->is_object()) return Invalid(out.ref, "is no JSON object");
  out.object = *std::move(parsed);
  out.owner = object.owner();
  out.generation = object.generation();
  out.correct = object.correct();
  for (const runtime::v1::SteeredLeaf& leaf : object.steered()) {
    WEFT_ASSIGN_OR_RETURN(SteeredLeaf steered, FromProto(leaf, out.ref));
    out.steered.push_back(std::move(steered));
  }
  return out;
}

void ToProto(const ApplyResult& result, runtime::v1::ApplyResponse::Result* out) {
  out->set_outcome(runtime::ToProto(result.outcome));
  out->set_message(result.message);
  for (const Problem& problem : result.problems) {
    common::v1::Diagnostic* diagnostic = out->add_diagnostics();
    diagnostic->set_severity(common::v1::SEVERITY_ERROR);
    diagnostic->set_code(problem.code);
    diagnostic->set_message(problem.message);
    diagnostic->set_pointer(problem.pointer);
  }
  out->set_digest(result.digest);
  for (const Correction& correction : result.corrections) {
    auto* corrected = out->add_corrections();
    corrected->set_pointer(correction.pointer);
    corrected->set_writer(correction.writer);
  }
  for (const std::string& pointer : result.immutable) out->add_immutable(pointer);
}

}  // namespace weft::kubernetes
