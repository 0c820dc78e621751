#include "core/scheduler/live_instances.h"

#include <google/protobuf/util/time_util.h>
#include <utility>

#include "core/base/json.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/pod_status.h"

namespace weft::scheduler {
namespace {

using core::v1::LiveInstance;

core::v1::Pod MakePod(const runtime::v1::Projection& projection) {
  const core::v1::PodStatus status = ReadPodStatus(projection);
  core::v1::Pod to;
  to.set_name(status.name());
  to.set_ip(status.ip());
  to.set_ready(status.ready());
  return to;
}

// Where a Service is reached; empty: it has no address (yet).
std::string AddressOf(const runtime::v1::Projection& service) {
  const absl::StatusOr<json::value> status = json::Parse(service.status());
  return status.ok() ? json::GetString(*status, {"clusterIP"}) : "";
}

// Composes the instances of one application.
class Composer {
 public:
  Composer(const LiveInput& input, const std::set<std::string>& types)
      : input_(input), types_(types) {}

  std::vector<LiveInstance> Make() {
    for (const store::v1::InstanceRecord& workload : input_.record.instances()) {
      Add(workload, workload.instance(), workload.attached_unix_ms());
      for (const store::v1::TraitRecord& trait : workload.traits())
        Add(workload, trait.instance(), trait.attached_unix_ms());
    }
    return std::move(out_);
  }

 private:
  void Add(const store::v1::InstanceRecord& workload, const provider::v1::Instance& instance,
           int64_t attached_unix_ms) {
    if (!types_.contains(instance.type())) return;
    LiveInstance& to = out_.emplace_back();
    *to.mutable_instance() = instance;
    // Records from before instances had a time of their own.
    if (attached_unix_ms == 0) attached_unix_ms = input_.record.created_unix_ms();
    *to.mutable_attached() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(attached_unix_ms);
    *to.mutable_target() = input_.target;
    *to.mutable_shape() = workload.shape();
    AddSteered(to);
    SetScale(workload, to);
    for (const auto& [key, projection] : input_.observed.objects) {
      if (projection.owner() != workload.instance().key()) continue;
      if (projection.ref().kind() == "Pod") *to.add_pods() = MakePod(projection);
      if (projection.ref().kind() == "Service" &&
          projection.ref().name() == workload.instance().name())
        to.set_address(AddressOf(projection));
    }
    const auto report = input_.reports.find(instance.key());
    if (report != input_.reports.end()) to.set_state(report->second.state());
  }

  void AddSteered(LiveInstance& to) const {
    for (const auto& [key, desired] : input_.desired) {
      for (const store::v1::SteeredLeafRecord& leaf : desired.steered()) {
        if (leaf.owner() != to.instance().key() || leaf.by() != provider::v1::STEERING_ACTIONS)
          continue;
        core::v1::SteeredLeaf& steered = *to.add_steered();
        *steered.mutable_object() = desired.object().ref();
        steered.set_pointer(leaf.pointer());
        steered.set_seed(leaf.seed());
        const auto object = input_.inventory.find(key);
        const store::v1::ClaimRecord* claim =
            object == input_.inventory.end() ? nullptr : FindClaim(object->second, leaf);
        if (claim == nullptr || claim->released()) continue;
        steered.set_value(claim->value());
        steered.mutable_as_of()->set_epoch(claim->epoch());
        steered.mutable_as_of()->set_sequence(claim->sequence());
      }
    }
  }

  // Of the primary object's status. Kubernetes leaves a 0 out of it, and writes {} into an object
  // that nobody has looked at yet.
  void SetScale(const store::v1::InstanceRecord& workload, LiveInstance& to) const {
    to.set_replicas(-1);
    to.set_ready_replicas(-1);
    if (workload.shape().scale().empty()) return;
    for (const auto& [key, projection] : input_.observed.objects) {
      if (projection.owner() != workload.instance().key() ||
          projection.ref().api_version() != workload.shape().api_version() ||
          projection.ref().kind() != workload.shape().kind())
        continue;
      const absl::StatusOr<json::value> status = json::Parse(projection.status());
      if (!status.ok() || !status->is_object() || status->get_object().empty()) continue;
      to.set_replicas(json::GetInt(*status, {"replicas"}));
      to.set_ready_replicas(json::GetInt(*status, {"readyReplicas"}));
      return;
    }
  }

  const LiveInput& input_;
  const std::set<std::string>& types_;
  std::vector<LiveInstance> out_;
};

}  // namespace

std::vector<LiveInstance> MakeLiveInstances(const LiveInput& input,
                                            const std::set<std::string>& types) {
  if (input.record.deleting()) return {};
  return Composer(input, types).Make();
}

const provider::v1::Instance* FindInstance(const store::v1::ApplicationRecord& record,
                                           const std::string& key) {
  for (const store::v1::InstanceRecord& workload : record.instances()) {
    if (workload.instance().key() == key) return &workload.instance();
    for (const store::v1::TraitRecord& trait : workload.traits()) {
      if (trait.instance().key() == key) return &trait.instance();
    }
  }
  return nullptr;
}

bool HasInstances(const store::v1::ApplicationRecord& record, const std::set<std::string>& types) {
  for (const store::v1::InstanceRecord& workload : record.instances()) {
    if (types.contains(workload.instance().type())) return true;
    for (const store::v1::TraitRecord& trait : workload.traits()) {
      if (types.contains(trait.instance().type())) return true;
    }
  }
  return false;
}

}  // namespace weft::scheduler
