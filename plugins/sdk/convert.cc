#include "plugins/sdk/convert.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::provider::v1;
namespace common = ::weft::common::v1;

absl::StatusOr<json::value> ParseOr(const std::string& text, const char* what) {
  if (text.empty()) return json::value(json::object());
  absl::StatusOr<json::value> value = json::Parse(text);
  if (!value.ok())
    return absl::InvalidArgumentError(absl::StrCat(what, " ", value.status().message()));
  return value;
}

absl::StatusOr<Instance> ConvertInstance(const pb::Instance& from) {
  WEFT_ASSIGN_OR_RETURN(json::value properties, ParseOr(from.properties(), "instance.properties"));
  return Instance{from.key(), from.namespace_(), from.application(), from.name(),
                  std::move(properties)};
}

ObjectRef ConvertRef(const common::ObjectRef& from) {
  return {from.api_version(), from.kind(), from.name(), from.namespace_()};
}

Shape ConvertShape(const pb::Shape& from) {
  return {from.api_version(), from.kind(), from.scale(), from.pod_template()};
}

HttpProbe ConvertProbe(const pb::HttpProbe& from) {
  return {from.path(),
          from.port(),
          from.initial_delay_seconds(),
          from.period_seconds(),
          from.timeout_seconds(),
          from.success_threshold(),
          from.failure_threshold()};
}

Container ConvertContainer(const pb::Container& from) {
  Container to;
  to.name = from.name();
  to.image = from.image();
  to.command = {from.command().begin(), from.command().end()};
  to.args = {from.args().begin(), from.args().end()};
  for (const auto& variable : from.env()) to.env.push_back({variable.name(), variable.value()});
  for (const auto& port : from.ports())
    to.ports.push_back({port.name(), port.container_port(), port.protocol()});
  to.cpu_millicores = from.requests().cpu_millicores();
  to.memory_bytes = from.requests().memory_bytes();
  if (from.has_readiness()) to.readiness = ConvertProbe(from.readiness());
  return to;
}

template <typename Author>
pb::Capability Common(const Author& author) {
  pb::Capability to;
  to.set_type(author.type);
  for (const std::string& alias : author.aliases) to.add_aliases(alias);
  to.set_version(WEFT_VERSION);
  to.set_summary(author.summary);
  to.set_properties_schema(author.schema);
  for (const Write& write : author.writes) {
    pb::Write* out = to.add_writes();
    out->set_api_version(write.api_version);
    out->set_kind(write.kind);
    out->set_pointer(write.pointer);
    switch (write.mode) {
      case WriteMode::kCreate:
        out->set_mode(pb::WRITE_MODE_CREATE);
        break;
      case WriteMode::kAdd:
        out->set_mode(pb::WRITE_MODE_ADD);
        break;
      case WriteMode::kOverride:
        out->set_mode(pb::WRITE_MODE_OVERRIDE);
        break;
    }
  }
  if (author.assess) to.add_features(pb::FEATURE_ASSESS);
  return to;
}

common::Verdict ConvertVerdict(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHealthy:
      return common::VERDICT_HEALTHY;
    case Verdict::kProgressing:
      return common::VERDICT_PROGRESSING;
    case Verdict::kDegraded:
      return common::VERDICT_DEGRADED;
    case Verdict::kFailed:
      return common::VERDICT_FAILED;
    case Verdict::kUnknown:
      break;
  }
  return common::VERDICT_UNKNOWN;
}

}  // namespace

absl::StatusOr<WorkloadRequest> FromProto(const pb::RenderWorkloadRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, ConvertInstance(request.instance()));
  WorkloadRequest to{
      std::move(instance), request.component().os_type(), request.component().arch(), {}};
  for (const auto& container : request.component().containers())
    to.containers.push_back(ConvertContainer(container));
  return to;
}

absl::StatusOr<TraitRequest> FromProto(const pb::RenderTraitRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, ConvertInstance(request.instance()));
  WorkloadView workload{instance.name, ConvertShape(request.workload().shape())};
  return TraitRequest{std::move(instance), std::move(workload)};
}

absl::StatusOr<AssessRequest> FromProto(const pb::AssessRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, ConvertInstance(request.instance()));
  AssessRequest to{std::move(instance), ConvertShape(request.shape()), {}, {}};
  for (const auto& object : request.objects()) to.objects.push_back(ConvertRef(object));
  for (const auto& from : request.observed()) {
    WEFT_ASSIGN_OR_RETURN(json::value status, ParseOr(from.status(), "observed.status"));
    to.observed.push_back({ConvertRef(from.ref()), ConvertRef(from.controller()), std::move(status),
                           from.up_to_date(), from.deleting()});
  }
  return to;
}

pb::RenderResponse ToProto(const Parts& parts, const Diagnostics& diagnostics) {
  pb::RenderResponse to;
  to.set_outcome(pb::OUTCOME_READY);
  for (const Parts::Part& from : parts.parts()) {
    pb::Part* part = to.add_parts();
    part->mutable_object()->set_api_version(from.object.api_version);
    part->mutable_object()->set_kind(from.object.kind);
    part->mutable_object()->set_namespace_(from.object.name_space);
    part->mutable_object()->set_name(from.object.name);
    part->set_operation(pb::PART_OPERATION_MERGE);
    part->set_pointer(from.pointer);
    part->set_json(json::Canonical(from.value));
  }
  for (const Diagnostics::Diagnostic& from : diagnostics.all()) {
    common::Diagnostic* diagnostic = to.add_diagnostics();
    diagnostic->set_severity(from.error ? common::SEVERITY_ERROR : common::SEVERITY_WARNING);
    diagnostic->set_code(from.code);
    diagnostic->set_message(from.message);
    diagnostic->set_pointer(from.pointer);
    diagnostic->set_hint(from.hint);
  }
  return to;
}

common::Health ToProto(const Health& health) {
  common::Health to;
  to.set_verdict(ConvertVerdict(health.verdict));
  to.set_reason(health.reason);
  to.set_message(health.message);
  for (const Endpoint& endpoint : health.endpoints) {
    common::Endpoint* out = to.add_endpoints();
    out->set_name(endpoint.name);
    out->set_url(endpoint.url);
  }
  return to;
}

pb::Capability ToProto(const Workload& workload) {
  pb::Capability to = Common(workload);
  to.set_kind(pb::CAPABILITY_KIND_WORKLOAD);
  to.mutable_shape()->set_api_version(workload.shape.api_version);
  to.mutable_shape()->set_kind(workload.shape.kind);
  to.mutable_shape()->set_scale(workload.shape.scale);
  to.mutable_shape()->set_pod_template(workload.shape.pod_template);
  return to;
}

pb::Capability ToProto(const Trait& trait) {
  pb::Capability to = Common(trait);
  to.set_kind(pb::CAPABILITY_KIND_TRAIT);
  for (const std::string& type : trait.applies_to) to.add_applies_to(type);
  for (const std::string& type : trait.conflicts_with) to.add_conflicts_with(type);
  if (trait.reads_workload) to.add_reads(pb::READ_WORKLOAD);
  return to;
}

}  // namespace weft::sdk
