#include "runtime/local/convert.h"

#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

runtime::v1::ApplyOutcome OutcomeOf(ApplyResult::Outcome outcome) {
  switch (outcome) {
    case ApplyResult::Outcome::kAccepted:
      return runtime::v1::APPLY_OUTCOME_ACCEPTED;
    case ApplyResult::Outcome::kRefused:
      return runtime::v1::APPLY_OUTCOME_REFUSED;
    case ApplyResult::Outcome::kOutdated:
      return runtime::v1::APPLY_OUTCOME_OUTDATED;
    case ApplyResult::Outcome::kFailed:
      return runtime::v1::APPLY_OUTCOME_FAILED;
  }
  return runtime::v1::APPLY_OUTCOME_UNSPECIFIED;
}

}  // namespace

ObjectRef FromProto(const common::v1::ObjectRef& ref) {
  return {ref.api_version(), ref.kind(), ref.namespace_(), ref.name()};
}

AppliedObject FromProto(const runtime::v1::AppliedObject& object) {
  AppliedObject from{FromProto(object.object().ref()), object.object().json(), object.owner(),
                     object.generation()};
  for (const runtime::v1::SteeredLeaf& leaf : object.steered())
    from.steered.push_back({leaf.pointer(), leaf.value(), leaf.set()});
  return from;
}

void ToProto(const ObjectRef& ref, common::v1::ObjectRef* out) {
  out->set_api_version(ref.api_version);
  out->set_kind(ref.kind);
  out->set_namespace_(ref.ns);
  out->set_name(ref.name);
}

void ToProto(const ApplyResult& result, runtime::v1::ApplyResponse::Result* out) {
  out->set_outcome(OutcomeOf(result.outcome));
  out->set_message(result.message);
  for (const Problem& problem : result.problems) {
    common::v1::Diagnostic* diagnostic = out->add_diagnostics();
    diagnostic->set_severity(common::v1::SEVERITY_ERROR);
    diagnostic->set_code(problem.code);
    diagnostic->set_message(problem.message);
    diagnostic->set_pointer(problem.pointer);
    diagnostic->set_found(problem.found);
    diagnostic->set_expected(problem.expected);
    diagnostic->set_hint(problem.hint);
  }
}

void ToProto(const Projection& projection, runtime::v1::Projection* out) {
  ToProto(projection.ref, out->mutable_ref());
  out->set_owner(projection.owner);
  if (projection.controller.has_value()) ToProto(*projection.controller, out->mutable_controller());
  out->set_generation(projection.generation);
  out->set_status(projection.status);
  out->set_up_to_date(projection.up_to_date);
  out->set_deleting(projection.deleting);
}

void ToProto(const BoardEvent& event, runtime::v1::WatchResponse* out) {
  switch (event.type) {
    case BoardEvent::Type::kChanged:
      return ToProto(event.projection, out->mutable_changed());
    case BoardEvent::Type::kGone:
      return ToProto(event.gone, out->mutable_gone());
    case BoardEvent::Type::kSynced:
      return out->mutable_synced()->set_complete(event.complete);
  }
}

void ToProto(const engine::Image& image, runtime::v1::ListImagesResponse::Image* out) {
  out->set_id(image.id);
  for (const std::string& reference : image.references) out->add_references(reference);
  out->set_size_bytes(image.size_bytes);
  out->mutable_created()->set_seconds(absl::ToUnixSeconds(image.created));
}

void ToProto(const Kind& kind, runtime::v1::KindSupport* out) {
  out->set_api_version(kind.api_version);
  out->set_kind(kind.kind);
  for (const Leaf& leaf : kind.leaves)
    *(leaf.honoured ? out->add_honoured() : out->add_ignored()) = ProtocolPointer(leaf.pointer);
}

absl::Status CheckRef(const ObjectRef& ref) {
  bool right = !ref.api_version.empty();
  for (const std::string& part : {ref.kind, ref.ns, ref.name})
    right = right && !part.empty() && part.find('/') == std::string::npos;
  if (right) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not a reference to an object: ", ref.api_version, " ", KeyOf(ref)));
}

}  // namespace weft::local
