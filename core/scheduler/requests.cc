#include "core/scheduler/requests.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"

namespace weft::scheduler {
namespace {

namespace pb = ::weft::provider::v1;

pb::Instance MakeInstance(const resolve::Application& application, const std::string& key,
                          const std::string& name, const std::string& type,
                          const json::value& properties) {
  pb::Instance to;
  to.set_key(key);
  to.set_namespace_(application.name_space);
  to.set_application(application.name);
  to.set_name(name);
  to.set_type(type);
  to.set_properties(properties.is_null() ? "{}" : json::Canonical(properties));
  return to;
}

pb::Instance MakeInstance(const resolve::Application& application,
                          const resolve::WorkloadInstance& workload) {
  return MakeInstance(application, workload.key, workload.name, workload.type.name,
                      workload.properties);
}

pb::Instance MakeInstance(const resolve::Application& application,
                          const resolve::WorkloadInstance& workload,
                          const resolve::TraitInstance& trait) {
  return MakeInstance(application, trait.key, workload.name, trait.type.name, trait.properties);
}

pb::Shape MakeShape(const catalog::Shape& shape) {
  pb::Shape to;
  to.set_api_version(shape.api_version);
  to.set_kind(shape.kind);
  to.set_scale(shape.scale);
  to.set_pod_template(shape.pod_template);
  return to;
}

pb::Probe MakeProbe(const model::Probe& probe) {
  pb::Probe to;
  if (probe.http_get.has_value()) {
    to.set_path(probe.http_get->path);
    to.set_port(probe.http_get->port);
    for (const model::HttpHeader& header : probe.http_get->headers) {
      pb::HttpHeader* out = to.add_headers();
      out->set_name(header.name);
      out->set_value(header.value);
    }
  } else if (probe.tcp_port.has_value()) {
    to.set_action(pb::PROBE_ACTION_TCP);
    to.set_port(*probe.tcp_port);
  } else {
    to.set_action(pb::PROBE_ACTION_EXEC);
    for (const std::string& word : probe.exec) to.add_command(word);
  }
  to.set_initial_delay_seconds(probe.initial_delay_seconds);
  to.set_period_seconds(probe.period_seconds);
  to.set_timeout_seconds(probe.timeout_seconds);
  to.set_success_threshold(probe.success_threshold);
  to.set_failure_threshold(probe.failure_threshold);
  return to;
}

// Whatever is of no use to a provider is not in what its answers are remembered by.
pb::Container MakeContainer(const resolve::Container& container,
                            const catalog::ComponentFeatures& carries) {
  pb::Container to;
  to.set_name(container.name);
  to.set_image(container.image);
  for (const std::string& word : container.command) to.add_command(word);
  for (const std::string& word : container.args) to.add_args(word);
  for (const resolve::EnvironmentVariable& variable : container.env) {
    pb::EnvironmentVariable* out = to.add_env();
    out->set_name(variable.name);
    out->set_value(variable.value);
  }
  for (const model::Port& port : container.ports) {
    pb::Port* out = to.add_ports();
    out->set_name(port.name);
    out->set_container_port(port.container_port);
    out->set_protocol(port.protocol);
  }
  to.mutable_requests()->set_cpu_millicores(container.cpu_millicores);
  to.mutable_requests()->set_memory_bytes(container.memory_bytes);
  if (container.readiness.has_value()) *to.mutable_readiness() = MakeProbe(*container.readiness);
  if (container.liveness.has_value() && carries.probes)
    *to.mutable_liveness() = MakeProbe(*container.liveness);
  if (carries.config_files)
    for (const resolve::ConfigFile& file : container.config_files) {
      pb::ConfigFile* out = to.add_config_files();
      out->set_path(file.path);
      out->set_content(file.content);
    }
  for (const model::Volume& volume : container.volumes) {
    if (!(volume.ephemeral ? carries.ephemeral_volumes : carries.persistent_volumes)) continue;
    pb::Volume* out = to.add_volumes();
    out->set_name(volume.name);
    out->set_mount_path(volume.mount_path);
    out->set_read_only(volume.access_mode == "RO");
    out->set_ephemeral(volume.ephemeral);
    out->set_disk_bytes(volume.disk_bytes);
    out->set_shared(!volume.ephemeral && volume.sharing_policy == "Shared");
  }
  if (carries.image_pull_secrets) to.set_image_pull_secret(container.image_pull_secret);
  return to;
}

// Fills in what `type` reads of an instance of the workload `name`.
template <typename Request>
void AddReadings(const catalog::Type& type, const std::string& name, const std::string& key,
                 const Readings& readings, Request& request) {
  if (type.reads_target) *request.mutable_target() = readings.target;
  if (const auto state = readings.states.find(key);
      type.reads_state && state != readings.states.end())
    request.set_state(state->second);
  if (!type.reads_peers) return;
  for (const auto& [peer_name, peer] : readings.peers) {
    if (peer_name != name) *request.add_peers() = peer;
  }
}

store::v1::ReadsRecord MakeReads(const catalog::Type& type) {
  store::v1::ReadsRecord reads;
  reads.set_peers(type.reads_peers);
  reads.set_state(type.reads_state);
  return reads;
}

merge::ObjectRef ReadRef(const common::v1::ObjectRef& ref) {
  return {ref.api_version(), ref.kind(), ref.namespace_(), ref.name()};
}

merge::Steering ReadSteering(pb::Steering by) {
  return by == pb::STEERING_ACTIONS ? merge::Steering::kActions : merge::Steering::kPlatform;
}

// CheckAnswer has read it before.
merge::Part MakePart(const pb::Part& part) {
  merge::Part to;
  to.object = ReadRef(part.object());
  to.pointer = part.pointer();
  to.replace_if_immutable = part.on_immutable() == pb::ON_IMMUTABLE_REPLACE;
  switch (part.operation()) {
    case pb::PART_OPERATION_STEER:
      to.steering = ReadSteering(part.steering());
      return to;
    case pb::PART_OPERATION_REMOVE:
      to.operation = merge::Operation::kRemove;
      return to;
    case pb::PART_OPERATION_REPLACE:
      to.operation = merge::Operation::kReplace;
      break;
    default:
      break;
  }
  to.value = json::Parse(part.json()).value();
  return to;
}

}  // namespace

pb::RenderWorkloadRequest MakeWorkloadRequest(const resolve::Application& application,
                                              const resolve::WorkloadInstance& workload,
                                              const Readings& readings) {
  pb::RenderWorkloadRequest request;
  *request.mutable_instance() = MakeInstance(application, workload);
  AddReadings(workload.type, workload.name, workload.key, readings, request);
  request.mutable_component()->set_os_type(workload.os_type);
  request.mutable_component()->set_arch(workload.arch);
  for (const resolve::Container& container : workload.containers)
    *request.mutable_component()->add_containers() =
        MakeContainer(container, workload.type.carries);
  return request;
}

pb::RenderTraitRequest MakeTraitRequest(const resolve::Application& application,
                                        const resolve::WorkloadInstance& workload,
                                        const resolve::TraitInstance& trait,
                                        const std::vector<merge::MergedObject>& objects,
                                        const Readings& readings) {
  pb::RenderTraitRequest request;
  *request.mutable_instance() = MakeInstance(application, workload, trait);
  AddReadings(trait.type, workload.name, trait.key, readings, request);
  if (!trait.type.reads_shape) return request;
  request.mutable_workload()->set_type(workload.type.name);
  *request.mutable_workload()->mutable_shape() = MakeShape(workload.type.shape);
  for (const merge::MergedObject& object : objects) {
    common::v1::Object* out = request.mutable_workload()->add_objects();
    *out->mutable_ref() = MakeRef(object.ref);
    out->set_json(json::Canonical(object.value));
  }
  return request;
}

merge::Contribution MakeContribution(const std::string& owner,
                                     const std::vector<catalog::Write>& writes,
                                     const pb::RenderResponse& answer) {
  merge::Contribution contribution{.owner = owner, .parts = {}, .writes = writes};
  for (const pb::Part& part : answer.parts()) {
    contribution.parts.push_back(MakePart(part));
  }
  return contribution;
}

merge::Workload MakeWorkload(const resolve::Application& application,
                             const resolve::WorkloadInstance& workload) {
  return {workload.key, application.name_space, workload.name, workload.type.shape};
}

common::v1::ObjectRef MakeRef(const merge::ObjectRef& ref) {
  common::v1::ObjectRef to;
  to.set_api_version(ref.api_version);
  to.set_kind(ref.kind);
  to.set_namespace_(ref.name_space);
  to.set_name(ref.name);
  return to;
}

store::v1::InstanceRecord MakeInstanceRecord(const resolve::Application& application,
                                             const resolve::WorkloadInstance& workload,
                                             const std::vector<merge::MergedObject>& objects) {
  store::v1::InstanceRecord record;
  *record.mutable_instance() = MakeInstance(application, workload);
  record.set_component_name(workload.component_name);
  record.set_revision(workload.revision);
  record.set_provider(workload.type.provider);
  record.set_assesses(workload.type.assesses);
  record.set_timeline(workload.type.timeline);
  record.set_finalizes(workload.type.finalizes);
  if (workload.type.MayWait()) *record.mutable_reads() = MakeReads(workload.type);
  *record.mutable_shape() = MakeShape(workload.type.shape);
  for (const resolve::TraitInstance& trait : workload.traits) {
    store::v1::TraitRecord* out = record.add_traits();
    *out->mutable_instance() = MakeInstance(application, workload, trait);
    out->set_provider(trait.type.provider);
    out->set_assesses(trait.type.assesses);
    out->set_timeline(trait.type.timeline);
    out->set_finalizes(trait.type.finalizes);
    if (trait.type.MayWait()) *out->mutable_reads() = MakeReads(trait.type);
    out->set_pointer(trait.pointer);
  }
  for (const merge::MergedObject& object : objects) *record.add_objects() = MakeRef(object.ref);
  return record;
}

store::v1::DesiredRecord MakeDesiredRecord(const std::string& owner,
                                           const merge::MergedObject& object) {
  store::v1::DesiredRecord record;
  *record.mutable_object()->mutable_ref() = MakeRef(object.ref);
  record.mutable_object()->set_json(json::Canonical(object.value));
  record.set_owner(owner);
  record.set_replace(object.replace);
  for (const merge::LeafOwner& leaf : object.leaves) {
    store::v1::LeafOwner* out = record.add_leaves();
    out->set_pointer(leaf.pointer);
    out->set_owner(leaf.owner);
  }
  for (const merge::SteeredLeaf& leaf : object.steered) {
    store::v1::SteeredLeafRecord* out = record.add_steered();
    out->set_pointer(leaf.pointer);
    out->set_owner(leaf.owner);
    out->set_by(leaf.by == merge::Steering::kActions ? pb::STEERING_ACTIONS
                                                     : pb::STEERING_PLATFORM);
    out->set_seed(json::Canonical(leaf.seed));
  }
  return record;
}

absl::StatusOr<merge::MergedObject> ReadDesiredRecord(const store::v1::DesiredRecord& record) {
  const common::v1::ObjectRef& ref = record.object().ref();
  const auto read = [&](const std::string& text) -> absl::StatusOr<json::value> {
    absl::StatusOr<json::value> value = json::Parse(text);
    if (value.ok()) return value;
    return absl::DataLossError(absl::StrCat("what is stored of ", ref.kind(), "/", ref.name(),
                                            " cannot be read: ", value.status().message()));
  };
  merge::MergedObject object{.ref = ReadRef(ref), .value = {}, .leaves = {}};
  object.replace = record.replace();
  WEFT_ASSIGN_OR_RETURN(object.value, read(record.object().json()));
  for (const store::v1::LeafOwner& leaf : record.leaves())
    object.leaves.push_back({leaf.pointer(), leaf.owner()});
  for (const store::v1::SteeredLeafRecord& leaf : record.steered()) {
    WEFT_ASSIGN_OR_RETURN(json::value seed, read(leaf.seed()));
    object.steered.push_back(
        {leaf.pointer(), leaf.owner(), ReadSteering(leaf.by()), std::move(seed), ""});
  }
  return object;
}

}  // namespace weft::scheduler
