#include "core/mesh/answer_check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/catalog/stages.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

// Limits of an answer. Source: docs/protocol.md, "The call".
constexpr size_t kPartBytes = 1024 * 1024;
constexpr size_t kObjects = 512;

absl::Status Bad(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status CheckNoJson(const pb::Part& part, const char* does, const std::string& name) {
  if (part.json().empty()) return absl::OkStatus();
  return Bad(absl::StrCat("a part that ", does, name, " has JSON"));
}

absl::Status CheckSteering(const pb::Part& part, const std::string& name) {
  if (part.steering() != pb::STEERING_ACTIONS && part.steering() != pb::STEERING_PLATFORM) {
    return Bad(absl::StrCat("UNSUPPORTED: the steering ", static_cast<int>(part.steering()), " of ",
                            name));
  }
  return CheckNoJson(part, "steers a leaf of ", name);
}

absl::Status CheckPart(pb::Part& part) {
  const auto& object = part.object();
  const std::string name = absl::StrCat(object.kind(), "/", object.name());
  if (object.api_version().empty() || object.kind().empty() || object.name().empty()) {
    return Bad("a part names no object: it needs api_version, kind and name");
  }
  if (part.operation() == pb::PART_OPERATION_STEER) return CheckSteering(part, name);
  if (part.operation() == pb::PART_OPERATION_REMOVE)
    return CheckNoJson(part, "removes something of ", name);
  if (part.operation() != pb::PART_OPERATION_MERGE &&
      part.operation() != pb::PART_OPERATION_REPLACE) {
    return Bad(absl::StrCat("UNSUPPORTED: the part operation ", static_cast<int>(part.operation()),
                            " on ", name));
  }
  absl::StatusOr<std::string> canonical = json::Canonicalize(part.json());
  if (!canonical.ok())
    return Bad(absl::StrCat("the JSON of a part of ", name, " ", canonical.status().message()));
  part.set_json(*std::move(canonical));
  return absl::OkStatus();
}

absl::StatusOr<catalog::WriteMode> ReadMode(pb::WriteMode mode) {
  switch (mode) {
    case pb::WRITE_MODE_CREATE:
      return catalog::WriteMode::kCreate;
    case pb::WRITE_MODE_ADD:
      return catalog::WriteMode::kAdd;
    case pb::WRITE_MODE_OVERRIDE:
      return catalog::WriteMode::kOverride;
    case pb::WRITE_MODE_STEER:
      return catalog::WriteMode::kSteer;
    case pb::WRITE_MODE_REMOVE:
      return catalog::WriteMode::kRemove;
    default:
      return Bad(absl::StrCat("unknown write mode ", static_cast<int>(mode)));
  }
}

absl::StatusOr<catalog::Type> ReadCapability(const std::string& provider,
                                             const pb::Capability& from) {
  catalog::Type type;
  if (from.type().empty()) return Bad("a capability without a type");
  switch (from.kind()) {
    case pb::CAPABILITY_KIND_WORKLOAD:
      type.kind = catalog::TypeKind::kWorkload;
      break;
    case pb::CAPABILITY_KIND_TRAIT:
      type.kind = catalog::TypeKind::kTrait;
      break;
    default:
      return Bad(
          absl::StrCat(from.type(), ": unknown capability kind ", static_cast<int>(from.kind())));
  }
  type.name = from.type();
  type.aliases = {from.aliases().begin(), from.aliases().end()};
  type.version = from.version();
  type.summary = from.summary();
  type.provider = provider;
  if (!from.properties_schema().empty()) {
    absl::StatusOr<json::value> schema = json::Parse(from.properties_schema());
    if (!schema.ok())
      return Bad(absl::StrCat(from.type(), ": its schema ", schema.status().message()));
    type.schema = *std::move(schema);
  }
  for (const pb::Write& write : from.writes()) {
    WEFT_ASSIGN_OR_RETURN(catalog::WriteMode mode, ReadMode(write.mode()));
    type.writes.push_back({write.api_version(), write.kind(), write.pointer(), mode});
  }
  type.shape = {from.shape().api_version(), from.shape().kind(), from.shape().scale(),
                from.shape().pod_template()};
  type.applies_to = {from.applies_to().begin(), from.applies_to().end()};
  type.conflicts_with = {from.conflicts_with().begin(), from.conflicts_with().end()};
  type.after = {from.after().begin(), from.after().end()};
  const auto reads = [&](pb::Read read) {
    return std::find(from.reads().begin(), from.reads().end(), read) != from.reads().end();
  };
  type.reads_workload = reads(pb::READ_WORKLOAD);
  type.reads_shape = type.reads_workload || reads(pb::READ_SHAPE);
  type.reads_target = reads(pb::READ_TARGET);
  type.reads_peers = reads(pb::READ_PEERS);
  type.reads_state = reads(pb::READ_STATE);
  const auto has = [&](pb::Feature feature) {
    return std::find(from.features().begin(), from.features().end(), feature) !=
           from.features().end();
  };
  const auto carries = [&](pb::ComponentFeature feature) {
    return std::find(from.component_features().begin(), from.component_features().end(), feature) !=
           from.component_features().end();
  };
  type.carries = {carries(pb::COMPONENT_FEATURE_PROBES),
                  carries(pb::COMPONENT_FEATURE_CONFIG_FILES),
                  carries(pb::COMPONENT_FEATURE_EPHEMERAL_VOLUMES),
                  carries(pb::COMPONENT_FEATURE_PERSISTENT_VOLUMES),
                  carries(pb::COMPONENT_FEATURE_IMAGE_PULL_SECRETS)};
  type.assesses = has(pb::FEATURE_ASSESS);
  type.timeline = has(pb::FEATURE_TIMELINE);
  type.instances = has(pb::FEATURE_INSTANCES);
  type.finalizes = has(pb::FEATURE_FINALIZE);
  return type;
}

absl::Status CheckOrder(const std::vector<catalog::Type>& types) {
  std::vector<const catalog::Type*> traits;
  for (const catalog::Type& type : types) {
    if (type.kind == catalog::TypeKind::kTrait) traits.push_back(&type);
  }
  const std::vector<size_t> cycle = catalog::StagesOf(traits).cycle;
  if (cycle.empty()) return absl::OkStatus();
  return Bad(absl::StrCat("its traits come after each other in a circle: ",
                          catalog::CycleText(traits, cycle)));
}

}  // namespace

absl::Status CheckLimits(const pb::RenderResponse& response) {
  std::set<std::tuple<std::string, std::string, std::string, std::string>> objects;
  for (const pb::Part& part : response.parts()) {
    const common::v1::ObjectRef& object = part.object();
    objects.emplace(object.api_version(), object.kind(), object.namespace_(), object.name());
    if (part.json().size() > kPartBytes)
      return Bad(absl::StrCat("a part of ", object.kind(), "/", object.name(), " is over 1 MiB"));
  }
  if (objects.size() <= kObjects) return absl::OkStatus();
  return Bad(absl::StrCat("parts of ", objects.size(), " objects, more than ", kObjects,
                          " objects of an instance"));
}

absl::Status CheckAnswer(const std::string& expected_artifact, pb::RenderResponse& response) {
  if (response.artifact() != expected_artifact) {
    return absl::AbortedError(absl::StrCat("answered by the artifact '", response.artifact(),
                                           "', configured is '", expected_artifact, "'"));
  }
  if (response.outcome() != pb::OUTCOME_READY && response.outcome() != pb::OUTCOME_NOT_READY) {
    return Bad(absl::StrCat("UNSUPPORTED: the outcome ", static_cast<int>(response.outcome())));
  }
  WEFT_RETURN_IF_ERROR(CheckLimits(response));
  for (pb::Part& part : *response.mutable_parts()) WEFT_RETURN_IF_ERROR(CheckPart(part));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<catalog::Type>> ReadDescription(
    const std::string& provider, const pb::DescribeResponse& description) {
  const auto& versions = description.protocol_versions();
  if (std::find(versions.begin(), versions.end(), "v1") == versions.end()) {
    return Bad("it does not speak protocol version v1");
  }
  std::vector<catalog::Type> types;
  for (const pb::Capability& capability : description.capabilities()) {
    WEFT_ASSIGN_OR_RETURN(catalog::Type type, ReadCapability(provider, capability));
    types.push_back(std::move(type));
  }
  WEFT_RETURN_IF_ERROR(CheckOrder(types));
  return types;
}

}  // namespace weft::mesh
