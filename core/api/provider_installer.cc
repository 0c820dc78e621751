#include "core/api/provider_installer.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "core/api/installation.h"
#include "core/base/files.h"
#include "core/base/status.h"
#include "core/mesh/answer_check.h"
#include "core/mesh/rights.h"
#include "core/model/names.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"

namespace weft::api {
namespace {

namespace pb = ::weft::provider::v1;
using core::v1::InstallProviderRequest;
using core::v1::InstallProviderResponse;
using scheduler::kSystemNamespace;

constexpr absl::Duration kAgain = absl::Milliseconds(200);  // Between calls of one that starts.

// Who changes the system's applications.
scheduler::Author Core() { return {.name = "core", .system = true}; }

// The first error of an answer, as a status.
absl::Status ErrorOf(const core::v1::ApplyResponse& response) {
  for (const common::v1::Diagnostic& diagnostic : response.diagnostics()) {
    if (diagnostic.severity() == common::v1::SEVERITY_ERROR)
      return absl::FailedPreconditionError(diagnostic.message());
  }
  return absl::OkStatus();
}

// The applications that use a type of the provider `name`.
absl::StatusOr<std::set<std::string>> UsersOf(const std::string& name, store::Store& store) {
  std::set<std::string> users;
  WEFT_ASSIGN_OR_RETURN(const auto applications, store.List(store::kApplications));
  for (const auto& [key, bytes] : applications) {
    store::v1::ApplicationRecord record;
    if (!record.ParseFromString(bytes))
      return absl::DataLossError(absl::StrCat("the record ", key, " cannot be read"));
    for (const store::v1::InstanceRecord& instance : record.instances()) {
      bool uses = instance.provider() == name;
      for (const store::v1::TraitRecord& trait : instance.traits())
        uses = uses || trait.provider() == name;
      if (uses) users.insert(absl::StrCat(record.name_space(), "/", record.name()));
    }
    for (const store::v1::LeavingRecord& leaving : record.leaving()) {
      if (scheduler::ProviderOf(leaving) == name)
        users.insert(absl::StrCat(record.name_space(), "/", record.name()));
    }
  }
  return users;
}

// Why the system application does not come up by itself; empty: it may.
std::string WhyFailed(const scheduler::Scheduler& scheduler, const std::string& name) {
  const absl::StatusOr<core::v1::Application> status = scheduler.Status(kSystemNamespace, name);
  if (!status.ok() || !status->settled() ||
      status->health().verdict() != common::v1::VERDICT_FAILED)
    return "";
  std::string why;
  for (const core::v1::ComponentStatus& component : status->components())
    absl::StrAppend(&why, component.health().reason(), ": ", component.health().message());
  return why;
}

}  // namespace

std::string PodAddresses(const scheduler::Scheduler& scheduler, const std::string& application,
                         int port) {
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const absl::StatusOr<core::v1::Application> status = scheduler.Status(ns, name);
  if (!status.ok()) return "";
  std::vector<std::string> addresses;
  for (const core::v1::ComponentStatus& component : status->components()) {
    for (const core::v1::PodStatus& pod : component.pods()) {
      if (pod.ready() && !pod.ip().empty()) addresses.push_back(absl::StrCat(pod.ip(), ":", port));
    }
  }
  return addresses.empty() ? "" : absl::StrCat("ipv4:", absl::StrJoin(addresses, ","));
}

absl::StatusOr<InstallProviderResponse> ProviderInstaller::Install(
    const InstallProviderRequest& request, const std::function<bool()>& cancelled) const {
  WEFT_RETURN_IF_ERROR(CheckInstallation(request));
  if (IsConfigured(request.name()))
    return absl::AlreadyExistsError(
        absl::StrCat("the provider ", request.name(), " is configured, and was not installed"));
  WEFT_ASSIGN_OR_RETURN(const std::string artifact, options_.digest_of(request.image()));
  WEFT_RETURN_IF_ERROR(options_.issue(request.name()));
  WEFT_RETURN_IF_ERROR(Deploy(request, artifact));
  mesh::ProviderConfig config = InstallationConfig(request, artifact);
  for (const mesh::ProviderState& known : options_.providers->states()) {
    if (known.config.name != config.name) continue;
    config.deadlines = known.config.deadlines;
    config.in_flight = known.config.in_flight;
    config.optional = known.config.optional;
  }
  WEFT_ASSIGN_OR_RETURN(const pb::DescribeResponse description,
                        AwaitDescription(config, cancelled));
  WEFT_RETURN_IF_ERROR(mesh::ReadDescription(request.name(), description).status());
  WEFT_RETURN_IF_ERROR(CheckNames(request.name(), description));
  InstallProviderResponse response = RequestedBy(description, artifact);
  std::error_code ignored;
  response.set_installed(std::filesystem::exists(FileOf(request.name()), ignored));
  if (request.accept().empty()) return response;
  if (request.accept() != response.digest())
    return absl::FailedPreconditionError(
        absl::StrCat("the provider ", request.name(),
                     " asks for something else now than what was agreed to: look again"));
  for (const core::v1::RequestedType& type : response.types()) config.types.push_back(type.type());
  config.accepted = mesh::RightsDigest(description);
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(FileOf(request.name()), mesh::ProviderFile(config)));
  const auto serves = [&] { return options_.providers->WhyAway(request.name()).empty(); };
  if (!Await(config.application, serves, cancelled))
    return absl::DeadlineExceededError(
        absl::StrCat("it is installed, but ", options_.providers->WhyAway(request.name())));
  response.set_installed(true);
  return response;
}

// Makes the system application, or moves it to this image.
absl::Status ProviderInstaller::Deploy(const InstallProviderRequest& request,
                                       const std::string& artifact) const {
  core::v1::ApplyRequest apply;
  core::v1::Document* document = apply.add_documents();
  document->set_name("provider.yaml");
  document->set_content(InstallationDocuments(request, artifact, options_.core));
  std::promise<absl::StatusOr<core::v1::ApplyResponse>> answered;
  options_.admission->Apply(
      std::move(apply), [&](auto answer) { answered.set_value(std::move(answer)); }, Core());
  WEFT_ASSIGN_OR_RETURN(const core::v1::ApplyResponse response, answered.get_future().get());
  return ErrorOf(response);
}

absl::StatusOr<pb::DescribeResponse> ProviderInstaller::AwaitDescription(
    mesh::ProviderConfig config, const std::function<bool()>& cancelled) const {
  absl::StatusOr<pb::DescribeResponse> answer =
      absl::UnavailableError("it has no pod that is ready");
  const auto settled = [&] {
    if (const std::string why = WhyFailed(*options_.scheduler, config.name); !why.empty()) {
      answer = absl::UnavailableError(why);
      return true;
    }
    config.address = PodAddresses(*options_.scheduler, config.application, config.port);
    if (config.address.empty()) return false;
    pb::DescribeRequest request;
    request.add_protocol_versions("v1");
    std::promise<absl::StatusOr<pb::DescribeResponse>> answered;
    const auto stub = options_.connect(config);
    stub->Describe(request, [&](auto described) { answered.set_value(std::move(described)); });
    answer = answered.get_future().get();
    if (answer.ok() && answer->artifact() != config.artifact)
      answer = absl::UnavailableError("its pods run another image still");
    return answer.ok();
  };
  Await(config.application, settled, cancelled);
  if (answer.ok()) return answer;
  return absl::FailedPreconditionError(
      absl::StrCat("the provider ", config.name, " does not answer: ", answer.status().message(),
                   "; see `weft -n ", kSystemNamespace, " status ", config.name, "`"));
}

// Asks `holds` until it does, whenever the status of `application` changed and after kAgain. False:
// `cancelled` said so first.
bool ProviderInstaller::Await(const std::string& application, const std::function<bool()>& holds,
                              const std::function<bool()>& cancelled) const {
  std::mutex mutex;
  std::condition_variable changed;
  const uint64_t subscription =
      options_.scheduler->Subscribe(application, [&] { changed.notify_all(); });
  const absl::Cleanup unsubscribe = [&] {
    options_.scheduler->Unsubscribe(application, subscription);
  };
  while (!holds()) {
    if (cancelled()) return false;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, absl::ToChronoMilliseconds(kAgain));
  }
  return true;
}

bool ProviderInstaller::IsConfigured(const std::string& name) const {
  const std::vector<mesh::ProviderState> states = options_.providers->states();
  return std::any_of(states.begin(), states.end(), [&](const mesh::ProviderState& state) {
    return state.config.name == name && state.config.application.empty();
  });
}

// ALREADY_EXISTS: another provider serves a type that is called as one of these: only one of the
// two would be found.
absl::Status ProviderInstaller::CheckNames(const std::string& name,
                                           const pb::DescribeResponse& description) const {
  const catalog::TypeTablePtr types = options_.providers->types();
  for (const pb::Capability& capability : description.capabilities()) {
    std::vector<std::string> names(capability.aliases().begin(), capability.aliases().end());
    names.push_back(capability.type());
    const auto kind = capability.kind() == pb::CAPABILITY_KIND_TRAIT ? catalog::TypeKind::kTrait
                                                                     : catalog::TypeKind::kWorkload;
    for (const std::string& called : names) {
      const catalog::Type* known = types->Find(kind, called);
      if (known != nullptr && known->provider != name)
        return absl::AlreadyExistsError(absl::StrCat(
            "it describes ", called, ", which the provider ", known->provider, " serves"));
    }
  }
  return absl::OkStatus();
}

absl::Status ProviderInstaller::Remove(const std::string& name,
                                       const std::function<bool()>& cancelled) const {
  const std::string none = absl::StrCat("no provider ", name, " is installed");
  if (!model::IsInstanceName(name) || IsConfigured(name)) return absl::NotFoundError(none);
  WEFT_ASSIGN_OR_RETURN(std::set<std::string> users, UsersOf(name, *options_.store));
  if (!users.empty())
    return absl::FailedPreconditionError(absl::StrCat("the types of the provider ", name,
                                                      " are used by ", absl::StrJoin(users, ", "),
                                                      ": remove them there first"));
  // Any of these may have been done by a call that did not come to its end.
  std::error_code ignored;
  bool found = std::filesystem::remove(FileOf(name), ignored);
  absl::Status deleted = options_.admission->Delete(kSystemNamespace, name, Core());
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  found = found || deleted.ok();
  const auto gone = [&] {
    return absl::IsNotFound(options_.scheduler->Status(kSystemNamespace, name).status());
  };
  if (!Await(scheduler::ApplicationKeyOf(kSystemNamespace, name), gone, cancelled))
    return absl::DeadlineExceededError(absl::StrCat(
        "the provider ", name, " is not used any more, and its pods are on their way"));
  absl::Status revoked = options_.revoke(name);
  if (!revoked.ok() && !absl::IsNotFound(revoked)) return revoked;
  return found || revoked.ok() ? absl::OkStatus() : absl::NotFoundError(none);
}

std::string ProviderInstaller::FileOf(const std::string& name) const {
  return absl::StrCat(options_.directory, "/", name, ".yaml");
}

}  // namespace weft::api
