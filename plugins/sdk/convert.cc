#include "plugins/sdk/convert.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::provider::v1;
namespace common = ::weft::common::v1;

// Limits of a timeline. Source: weft.provider.v1, TimelineRequest and TimelineResponse.
constexpr absl::Duration kLongestTimeline = absl::Hours(24 * 366);
constexpr int kMostTimelineEntries = 1000;

absl::StatusOr<json::value> ParseOr(const std::string& text, const char* what) {
  if (text.empty()) return json::value(json::object());
  absl::StatusOr<json::value> value = json::Parse(text);
  if (!value.ok())
    return absl::InvalidArgumentError(absl::StrCat(what, " ", value.status().message()));
  return value;
}

ProbeAction ConvertAction(pb::ProbeAction action) {
  switch (action) {
    case pb::PROBE_ACTION_TCP:
      return ProbeAction::kTcp;
    case pb::PROBE_ACTION_EXEC:
      return ProbeAction::kExec;
    default:
      return ProbeAction::kHttpGet;
  }
}

Probe ConvertProbe(const pb::Probe& from) {
  Probe to{.action = ConvertAction(from.action()),
           .path = from.path(),
           .port = from.port(),
           .command = {from.command().begin(), from.command().end()},
           .initial_delay_seconds = from.initial_delay_seconds(),
           .period_seconds = from.period_seconds(),
           .timeout_seconds = from.timeout_seconds(),
           .success_threshold = from.success_threshold(),
           .failure_threshold = from.failure_threshold()};
  for (const auto& header : from.headers()) to.headers.push_back({header.name(), header.value()});
  return to;
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
  if (from.has_liveness()) to.liveness = ConvertProbe(from.liveness());
  for (const auto& file : from.config_files())
    to.config_files.push_back({file.path(), file.content()});
  for (const auto& volume : from.volumes())
    to.volumes.push_back({volume.name(), volume.mount_path(), volume.read_only(),
                          volume.disk_bytes(), volume.ephemeral(), volume.shared()});
  to.image_pull_secret = from.image_pull_secret();
  return to;
}

// What was rendered, and what the platform says of it.
template <typename From, typename To>
absl::Status ReadObjects(const From& request, To& to) {
  for (const auto& object : request.objects()) to.objects.push_back(FromProto(object));
  for (const auto& from : request.observed()) {
    WEFT_ASSIGN_OR_RETURN(json::value status, ParseOr(from.status(), "observed.status"));
    to.observed.push_back({FromProto(from.ref()), FromProto(from.controller()), std::move(status),
                           from.up_to_date(), from.deleting()});
  }
  return absl::OkStatus();
}

google::protobuf::Duration ToDuration(absl::Duration from) {
  google::protobuf::Duration to;
  absl::Duration rest;
  to.set_seconds(absl::IDivDuration(from, absl::Seconds(1), &rest));
  to.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return to;
}

template <typename Request>
Readings ReadReadings(const Request& from) {
  Readings to{.target = {from.target().runtime(), from.target().platform(),
                         from.target().platform_version()},
              .peers = {},
              .state = from.state()};
  for (const pb::Peer& peer : from.peers()) {
    Peer& out = to.peers.emplace_back(Peer{peer.name(), {}});
    for (const pb::Output& output : peer.outputs())
      out.outputs.emplace(output.name(), output.value());
  }
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
      case WriteMode::kSteer:
        out->set_mode(pb::WRITE_MODE_STEER);
        break;
      case WriteMode::kRemove:
        out->set_mode(pb::WRITE_MODE_REMOVE);
        break;
    }
  }
  if (author.assess) to.add_features(pb::FEATURE_ASSESS);
  if (author.timeline) to.add_features(pb::FEATURE_TIMELINE);
  if (author.live) to.add_features(pb::FEATURE_INSTANCES);
  if (author.finalize) to.add_features(pb::FEATURE_FINALIZE);
  if (author.reads.target) to.add_reads(pb::READ_TARGET);
  if (author.reads.peers) to.add_reads(pb::READ_PEERS);
  if (author.reads.state) to.add_reads(pb::READ_STATE);
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

pb::Steering ConvertSteering(Steering steering) {
  switch (steering) {
    case Steering::kActions:
      return pb::STEERING_ACTIONS;
    case Steering::kPlatform:
      break;
  }
  return pb::STEERING_PLATFORM;
}

pb::PartOperation ConvertOperation(Parts::Operation operation) {
  switch (operation) {
    case Parts::Operation::kMerge:
      return pb::PART_OPERATION_MERGE;
    case Parts::Operation::kRemove:
      return pb::PART_OPERATION_REMOVE;
    case Parts::Operation::kReplace:
      return pb::PART_OPERATION_REPLACE;
  }
  return pb::PART_OPERATION_UNSPECIFIED;
}

pb::Part ConvertPart(const Parts::Part& from) {
  pb::Part part;
  *part.mutable_object() = ToProto(from.object);
  part.set_pointer(from.pointer);
  if (from.steering.has_value()) {
    part.set_operation(pb::PART_OPERATION_STEER);
    part.set_steering(ConvertSteering(*from.steering));
  } else {
    part.set_operation(ConvertOperation(from.operation));
    if (from.operation != Parts::Operation::kRemove) part.set_json(json::Canonical(from.value));
  }
  if (from.replace_if_immutable) part.set_on_immutable(pb::ON_IMMUTABLE_REPLACE);
  return part;
}

}  // namespace

absl::Time FromProto(const google::protobuf::Timestamp& from) {
  return absl::FromUnixSeconds(from.seconds()) + absl::Nanoseconds(from.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time from) {
  google::protobuf::Timestamp to;
  absl::Duration rest;
  to.set_seconds(absl::IDivDuration(from - absl::UnixEpoch(), absl::Seconds(1), &rest));
  if (rest < absl::ZeroDuration()) {
    to.set_seconds(to.seconds() - 1);
    rest += absl::Seconds(1);
  }
  to.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return to;
}

ObjectRef FromProto(const common::ObjectRef& from) {
  return {from.api_version(), from.kind(), from.name(), from.namespace_()};
}

common::ObjectRef ToProto(const ObjectRef& from) {
  common::ObjectRef to;
  to.set_api_version(from.api_version);
  to.set_kind(from.kind);
  to.set_namespace_(from.name_space);
  to.set_name(from.name);
  return to;
}

Shape FromProto(const pb::Shape& from) {
  return {from.api_version(), from.kind(), from.scale(), from.pod_template()};
}

absl::StatusOr<Instance> FromProto(const pb::Instance& from) {
  WEFT_ASSIGN_OR_RETURN(json::value properties, ParseOr(from.properties(), "instance.properties"));
  return Instance{from.key(), from.namespace_(), from.application(), from.name(),
                  std::move(properties)};
}

absl::StatusOr<WorkloadRequest> FromProto(const pb::RenderWorkloadRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, FromProto(request.instance()));
  WorkloadRequest to{
      std::move(instance), request.component().os_type(), request.component().arch(), {}};
  for (const auto& container : request.component().containers())
    to.containers.push_back(ConvertContainer(container));
  to.readings = ReadReadings(request);
  return to;
}

absl::StatusOr<TraitRequest> FromProto(const pb::RenderTraitRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, FromProto(request.instance()));
  WorkloadView workload{instance.name, FromProto(request.workload().shape())};
  for (const auto& object : request.workload().objects())
    workload.objects.push_back(FromProto(object.ref()));
  return TraitRequest{std::move(instance), std::move(workload), ReadReadings(request)};
}

absl::StatusOr<AssessRequest> FromProto(const pb::AssessRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, FromProto(request.instance()));
  AssessRequest to{
      std::move(instance), FromProto(request.shape()), {}, {}, FromProto(request.now())};
  WEFT_RETURN_IF_ERROR(ReadObjects(request, to));
  for (const auto& from : request.steered()) {
    WEFT_ASSIGN_OR_RETURN(json::value value, ParseOr(from.value(), "steered.value"));
    to.steered.push_back(
        {FromProto(from.object()), from.pointer(), std::move(value), from.reason()});
  }
  return to;
}

absl::StatusOr<FinalizeRequest> FromProto(const pb::FinalizeRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, FromProto(request.instance()));
  FinalizeRequest to{.instance = std::move(instance),
                     .shape = FromProto(request.shape()),
                     .objects = {},
                     .observed = {},
                     .now = FromProto(request.now()),
                     .since = FromProto(request.since())};
  WEFT_RETURN_IF_ERROR(ReadObjects(request, to));
  return to;
}

pb::RenderResponse ToProto(const Parts& parts, const Diagnostics& diagnostics) {
  pb::RenderResponse to;
  to.set_outcome(pb::OUTCOME_READY);
  if (parts.unready().has_value()) {
    to.set_outcome(pb::OUTCOME_NOT_READY);
    to.set_reason(parts.unready()->reason);
    *to.mutable_retry_after() = ToDuration(parts.unready()->again);
  }
  for (const Parts::Part& from : parts.parts()) *to.add_parts() = ConvertPart(from);
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

absl::StatusOr<TimelineRequest> FromProto(const pb::TimelineRequest& request) {
  WEFT_ASSIGN_OR_RETURN(Instance instance, FromProto(request.instance()));
  TimelineRequest to{std::move(instance), FromProto(request.from()), FromProto(request.to())};
  if (to.to <= to.from || to.to - to.from > kLongestTimeline)
    return absl::InvalidArgumentError("`to` is not after `from`, or more than 366 days after it");
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

pb::AssessResponse ToAssessResponse(const Health& health) {
  pb::AssessResponse to;
  *to.mutable_health() = ToProto(health);
  if (health.recheck_after > absl::ZeroDuration())
    *to.mutable_recheck_after() = ToDuration(health.recheck_after);
  return to;
}

pb::FinalizeResponse ToProto(const std::variant<Done, Wait>& answer) {
  pb::FinalizeResponse to;
  to.set_outcome(pb::FINALIZE_OUTCOME_DONE);
  if (const Wait* wait = std::get_if<Wait>(&answer)) {
    to.set_outcome(pb::FINALIZE_OUTCOME_WAIT);
    *to.mutable_retry_after() = ToDuration(wait->retry_after);
    to.set_message(wait->message);
  }
  return to;
}

pb::TimelineResponse ToProto(const std::vector<TimelineEntry>& entries) {
  pb::TimelineResponse to;
  for (const TimelineEntry& from : entries) {
    if (to.entries_size() == kMostTimelineEntries) break;
    pb::TimelineResponse::Entry* entry = to.add_entries();
    *entry->mutable_time() = ToProto(from.time);
    entry->set_effect(from.effect);
    entry->set_reason(from.reason);
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
  const Carries& carries = workload.carries;
  if (carries.probes) to.add_component_features(pb::COMPONENT_FEATURE_PROBES);
  if (carries.config_files) to.add_component_features(pb::COMPONENT_FEATURE_CONFIG_FILES);
  if (carries.ephemeral_volumes) to.add_component_features(pb::COMPONENT_FEATURE_EPHEMERAL_VOLUMES);
  if (carries.persistent_volumes)
    to.add_component_features(pb::COMPONENT_FEATURE_PERSISTENT_VOLUMES);
  if (carries.image_pull_secrets)
    to.add_component_features(pb::COMPONENT_FEATURE_IMAGE_PULL_SECRETS);
  return to;
}

pb::Capability ToProto(const Trait& trait) {
  pb::Capability to = Common(trait);
  to.set_kind(pb::CAPABILITY_KIND_TRAIT);
  for (const std::string& type : trait.applies_to) to.add_applies_to(type);
  for (const std::string& type : trait.conflicts_with) to.add_conflicts_with(type);
  for (const std::string& type : trait.after) to.add_after(type);
  if (trait.reads_shape) to.add_reads(pb::READ_SHAPE);
  if (trait.reads_workload) to.add_reads(pb::READ_WORKLOAD);
  return to;
}

}  // namespace weft::sdk
