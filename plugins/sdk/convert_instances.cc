#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/readable.h"
#include "core/base/status.h"
#include "plugins/sdk/convert.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::core::v1;

constexpr size_t kReasonBytes = 256;

absl::StatusOr<json::value> ParseValue(const std::string& key, const pb::SteeredLeaf& leaf,
                                       const std::string& text) {
  absl::StatusOr<json::value> value = json::Parse(text);
  if (value.ok()) return value;
  return absl::InvalidArgumentError(
      absl::StrCat("a value of ", leaf.pointer(), " of ", key, " ", value.status().message()));
}

absl::StatusOr<SteeredLeaf> ConvertLeaf(const std::string& key, const pb::SteeredLeaf& from) {
  SteeredLeaf to{FromProto(from.object()), from.pointer(), nullptr, std::nullopt};
  WEFT_ASSIGN_OR_RETURN(to.seed, ParseValue(key, from, from.seed()));
  if (from.value().empty()) return to;
  WEFT_ASSIGN_OR_RETURN(to.value, ParseValue(key, from, from.value()));
  return to;
}

}  // namespace

absl::StatusOr<LiveInstance> FromProto(const pb::LiveInstance& from) {
  LiveInstance to;
  WEFT_ASSIGN_OR_RETURN(to.instance, FromProto(from.instance()));
  to.type = from.instance().type();
  to.attached = FromProto(from.attached());
  to.platform = from.target().platform();
  for (const pb::SteeredLeaf& leaf : from.steered()) {
    WEFT_ASSIGN_OR_RETURN(SteeredLeaf converted, ConvertLeaf(to.instance.key, leaf));
    to.steered.push_back(std::move(converted));
  }
  to.replicas = from.replicas();
  to.ready_replicas = from.ready_replicas();
  for (const pb::Pod& pod : from.pods()) to.pods.push_back({pod.name(), pod.ip(), pod.ready()});
  to.shape = FromProto(from.shape());
  to.address = from.address();
  to.state = from.state();
  return to;
}

ActOutcome FromProto(pb::ActOutcome from) {
  switch (from) {
    case pb::ACT_OUTCOME_DONE:
      return ActOutcome::kDone;
    case pb::ACT_OUTCOME_SUPERSEDED:
      return ActOutcome::kSuperseded;
    case pb::ACT_OUTCOME_STALE_EPOCH:
      return ActOutcome::kStaleEpoch;
    case pb::ACT_OUTCOME_EXPIRED:
      return ActOutcome::kExpired;
    case pb::ACT_OUTCOME_DENIED:
      return ActOutcome::kDenied;
    default:
      return ActOutcome::kUnknown;
  }
}

pb::Action ToProto(const Action& from) {
  pb::Action to;
  to.set_instance(from.instance);
  *to.mutable_object() = ToProto(from.object);
  to.set_pointer(from.pointer);
  if (from.value.has_value()) {
    to.mutable_set()->set_value(json::Canonical(*from.value));
  } else {
    to.mutable_release();
  }
  if (from.not_after != absl::InfiniteFuture()) *to.mutable_not_after() = ToProto(from.not_after);
  to.set_reason(std::string(CutTo(from.reason, kReasonBytes)));
  return to;
}

pb::ReportRequest ToProto(const InstanceReport& from) {
  pb::ReportRequest to;
  to.set_instance(from.instance);
  to.set_state(from.state);
  if (from.health.has_value()) *to.mutable_health() = ToProto(*from.health);
  for (const auto& [name, value] : from.outputs) {
    provider::v1::Output* output = to.add_outputs();
    output->set_name(name);
    output->set_value(value);
  }
  return to;
}

}  // namespace weft::sdk
