#include "runtime/local/convert.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/convert.h"

namespace weft::local {

AppliedObject FromProto(const runtime::v1::AppliedObject& object) {
  AppliedObject from{runtime::FromProto(object.object().ref()), object.object().json(),
                     object.owner(), object.generation()};
  for (const runtime::v1::SteeredLeaf& leaf : object.steered())
    from.steered.push_back({leaf.pointer(), leaf.value(), leaf.set()});
  return from;
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
    diagnostic->set_found(problem.found);
    diagnostic->set_expected(problem.expected);
    diagnostic->set_hint(problem.hint);
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
      absl::StrCat("not a reference to an object: ", ref.api_version, " ", LocalKey(ref)));
}

}  // namespace weft::local
