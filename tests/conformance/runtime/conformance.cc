#include "tests/conformance/runtime/conformance.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "core/base/status.h"

namespace weft::conformance {
namespace {

std::unique_ptr<Target> MakeTarget() {
  const char* name = getenv("WEFT_CONFORMANCE_TARGET");
  const std::string target = name == nullptr ? "fake-engine" : name;
  if (target == "fake") return MakeFakeTarget();
  if (target == "fake-engine") return MakeFakeEngineTarget();
  if (target == "local") return MakeLocalTarget();
  if (target == "local-user") return MakeLocalUserTarget();
  if (target == "podman") return MakePodmanTarget();
  if (target == "kubernetes") return MakeKubernetesTarget();
  ADD_FAILURE() << "WEFT_CONFORMANCE_TARGET: there is no runtime " << target;
  return nullptr;
}

struct Suite {
  std::unique_ptr<Target> target;
  std::unique_ptr<Follower> follower;
  int cases = 0;
} suite;

// The runtime, from before the first case to after the last.
class TargetEnvironment final : public testing::Environment {
  void SetUp() override {
    suite.target = MakeTarget();
    if (suite.target == nullptr) return;
    suite.target->Start();
    if (!HasFatalFailure() && !testing::Test::IsSkipped())
      suite.follower = std::make_unique<Follower>(suite.target->runtime());
  }
  void TearDown() override {
    suite.follower.reset();
    if (suite.target != nullptr) suite.target->Stop();
    suite.target.reset();
  }
  static bool HasFatalFailure() { return testing::Test::HasFatalFailure(); }
};
const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new TargetEnvironment);

void Deadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
}

std::string Replicas(int replicas) {
  return replicas < 0 ? "" : absl::StrCat(R"("replicas":)", replicas, ",");
}

// The members of a spec that makes pods labelled app=NAME.
std::string PodMaker(const std::string& name, const std::string& pod, const std::string& more) {
  return absl::Substitute(
      R"("selector":{"matchLabels":{"app":"$0"}},)"
      R"("template":{"metadata":{"labels":{"app":"$0","weft.dev/installation":"$1",)"
      R"("weft.dev/application":"suite","weft.dev/component":"$0"}},"spec":$2}$3)",
      name, suite.target->installation(), pod, more);
}

// The member `spec` of a Job.
std::string JobSpec(const std::string& name, const std::string& pod, const std::string& more) {
  std::string spec = PodMaker(name, pod, more);
  spec.erase(0, spec.find(R"("template")"));  // A Job selects its pods itself.
  return absl::StrCat(R"("spec":{)", spec, "}");
}

}  // namespace

json::value PodSeen::Container(const std::string& container) const {
  for (const char* list : {"containerStatuses", "initContainerStatuses"}) {
    const json::value* statuses = json::Find(status, list);
    if (statuses == nullptr || !statuses->is_array()) continue;
    for (const json::value& one : statuses->get_array())
      if (json::GetString(one, {"name"}) == container) return one;
  }
  return nullptr;
}

bool PodSeen::IsReady() const {
  const json::value* statuses = json::Find(status, "containerStatuses");
  return statuses != nullptr && statuses->is_array() && !statuses->get_array().empty() &&
         std::all_of(statuses->get_array().begin(), statuses->get_array().end(),
                     [](const json::value& one) { return json::GetBool(one, {"ready"}); });
}

bool PodSeen::Runs() const {
  return !json::GetString(Container(), {"state", "running", "startedAt"}).empty();
}

int64_t PodSeen::Restarts(const std::string& name) const {
  return json::GetInt(Container(name), {"restartCount"}, -1);
}

std::string PodSeen::id() const { return json::GetString(Container(), {"containerID"}); }

std::string Container(const std::vector<std::string>& statements, const std::string& more,
                      const std::string& name) {
  json::array words;
  for (const std::string& statement : statements) words.emplace_back(statement);
  return absl::Substitute(R"({"name":"$0","image":"$1","args":$2$3})", name, kImage,
                          json::Canonical(words), more);
}

std::string PodOf(const std::vector<std::string>& containers, const std::string& more) {
  return absl::Substitute(R"({"terminationGracePeriodSeconds":2,"containers":[$0]$1})",
                          absl::StrJoin(containers, ","), more);
}

std::string Pod(const std::vector<std::string>& statements, const std::string& more) {
  return PodOf({Container(statements, more)});
}

std::string PodWithVolume(const std::vector<std::string>& statements, const std::string& path,
                          const std::string& volume) {
  return PodOf(
      {Container(statements,
                 absl::Substitute(R"(,"volumeMounts":[{"name":"v","mountPath":"$0"}])", path))},
      absl::Substitute(R"(,"volumes":[{"name":"v",$0}])", volume));
}

void Conformance::SetUp() {
  if (suite.follower == nullptr) GTEST_SKIP() << "the runtime does not run";
  ns_ = absl::StrCat("case-", ++suite.cases);
}

void Conformance::TearDown() {
  if (suite.follower == nullptr) return;
  if (HasFailure()) {
    for (const auto& [key, projection] : suite.follower->Now())
      if (projection.ref().namespace_() == ns_)
        std::cerr << key << " generation " << projection.generation() << " " << projection.status()
                  << "\n";
  }
  for (const auto& [key, object] : applied_) EXPECT_TRUE(Delete(object).ok());
}

void Programs::SetUp() {
  Conformance::SetUp();
  if (!IsSkipped() && !Has(Ability::kPrograms)) GTEST_SKIP() << "this runtime lacks kPrograms";
}

bool Conformance::Has(Ability ability) { return suite.target->abilities().contains(ability); }
runtime::v1::Runtime::StubInterface& Conformance::runtime() { return suite.target->runtime(); }

runtime::v1::AppliedObject Conformance::Object(const std::string& api_version,
                                               const std::string& kind, const std::string& name,
                                               const std::string& body) {
  const std::string metadata =
      absl::Substitute(R"("apiVersion":"$0","kind":"$1","metadata":{"name":"$2","namespace":"$3",)"
                       R"("labels":{"weft.dev/installation":"$4"}})",
                       api_version, kind, name, ns_, suite.target->installation());
  const absl::StatusOr<std::string> text =
      json::Canonicalize(absl::StrCat("{", metadata, body.empty() ? "" : ",", body, "}"));
  EXPECT_TRUE(text.ok()) << text.status() << body;
  runtime::v1::AppliedObject object;
  common::v1::ObjectRef* ref = object.mutable_object()->mutable_ref();
  ref->set_api_version(api_version);
  ref->set_kind(kind);
  ref->set_namespace_(ns_);
  ref->set_name(name);
  object.mutable_object()->set_json(text.value_or(""));
  object.set_owner(absl::StrCat(ns_, "/suite/", name));
  return object;
}

runtime::v1::AppliedObject Conformance::Deployment(const std::string& name, int replicas,
                                                   const std::string& pod,
                                                   const std::string& more) {
  return Object("apps/v1", "Deployment", name,
                absl::StrCat(R"("spec":{)", Replicas(replicas), PodMaker(name, pod, more), "}"));
}

runtime::v1::AppliedObject Conformance::DaemonSet(const std::string& name, const std::string& pod) {
  return Object("apps/v1", "DaemonSet", name,
                absl::StrCat(R"("spec":{)", PodMaker(name, pod, ""), "}"));
}

runtime::v1::AppliedObject Conformance::StatefulSet(const std::string& name, int replicas,
                                                    const std::string& pod,
                                                    const std::string& more) {
  return Object("apps/v1", "StatefulSet", name,
                absl::StrCat(R"("spec":{"serviceName":")", name, R"(",)", Replicas(replicas),
                             PodMaker(name, pod, more), "}"));
}

runtime::v1::AppliedObject Conformance::Job(const std::string& name, const std::string& pod,
                                            const std::string& more) {
  return Object("batch/v1", "Job", name, JobSpec(name, pod, more));
}

runtime::v1::AppliedObject Conformance::CronJob(const std::string& name, const std::string& pod,
                                                const std::string& more) {
  return Object("batch/v1", "CronJob", name,
                absl::StrCat(R"("spec":{"schedule":"* * * * *","jobTemplate":{)",
                             JobSpec(name, pod, ""), "}", more, "}"));
}

runtime::v1::AppliedObject Conformance::ConfigMap(const std::string& name,
                                                  const std::string& data) {
  return Object("v1", "ConfigMap", name, absl::StrCat(R"("data":)", data));
}

runtime::v1::AppliedObject Conformance::NetworkPolicy(const std::string& name,
                                                      const std::string& who) {
  return Object("networking.k8s.io/v1", "NetworkPolicy", name,
                absl::Substitute(R"("spec":{"podSelector":{"matchLabels":{"app":"$0"}},"ingress":[)"
                                 R"({"from":[{"podSelector":{"matchLabels":{"app":"$1"}}}]}]})",
                                 name, who));
}

runtime::v1::AppliedObject Conformance::Service(const std::string& name, const std::string& ports) {
  return Object("v1", "Service", name,
                absl::Substitute(R"("spec":{"selector":{"app":"$0"},"ports":$1})", name, ports));
}

runtime::v1::AppliedObject Conformance::HeadlessService(const std::string& name,
                                                        const std::string& more) {
  return Object(
      "v1", "Service", name,
      absl::Substitute(R"("spec":{"clusterIP":"None","selector":{"app":"$0"}$1})", name, more));
}

runtime::v1::ApplyResponse::Result Conformance::Apply(runtime::v1::AppliedObject object,
                                                      bool dry_run) {
  runtime::v1::ApplyResponse response;
  const grpc::Status status = ApplyAll({std::move(object)}, response, dry_run);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.results_size(), 1);
  return response.results_size() == 1 ? response.results(0) : runtime::v1::ApplyResponse::Result();
}

uint64_t Conformance::Accept(const runtime::v1::AppliedObject& object) {
  const auto result = Apply(object);
  EXPECT_EQ(result.outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED) << result.DebugString();
  return generations_[KeyOf(object.object().ref())];
}

grpc::Status Conformance::ApplyAll(const std::vector<runtime::v1::AppliedObject>& objects,
                                   runtime::v1::ApplyResponse& response, bool dry_run) {
  runtime::v1::ApplyRequest request;
  request.set_dry_run(dry_run);
  for (const runtime::v1::AppliedObject& object : objects) {
    const std::string key = KeyOf(object.object().ref());
    runtime::v1::AppliedObject* applied = request.add_objects();
    *applied = object;
    if (object.generation() == 0) applied->set_generation(generations_[key] + 1);
    if (dry_run) continue;
    generations_[key] = std::max(generations_[key], applied->generation());
    applied_[key] = object;
  }
  grpc::ClientContext context;
  Deadline(context);
  return runtime().Apply(&context, request, &response);
}

grpc::Status Conformance::Delete(const runtime::v1::AppliedObject& object) {
  runtime::v1::DeleteRequest request;
  *request.add_objects() = object.object().ref();
  runtime::v1::DeleteResponse response;
  grpc::ClientContext context;
  Deadline(context);
  return runtime().Delete(&context, request, &response);
}

bool Conformance::Until(const std::string& what, const std::function<bool()>& is_so) {
  const absl::Time end = absl::Now() + suite.target->patience();
  for (uint64_t seen = 0; !is_so();) {
    if (absl::Now() >= end) {
      ADD_FAILURE() << "not in time: " << what;
      return false;
    }
    // Not all that is asked about is told by the watch: also look now and then.
    suite.follower->Await(seen, std::min(end, absl::Now() + absl::Milliseconds(200)));
  }
  return true;
}

void Conformance::AllTheTime(absl::Duration duration, const std::function<bool()>& is_so) {
  const absl::Time end = absl::Now() + duration;
  for (uint64_t seen = 0; absl::Now() < end; suite.follower->Await(seen, end)) ASSERT_TRUE(is_so());
}

std::optional<runtime::v1::Projection> Conformance::Find(const std::string& kind,
                                                         const std::string& name) {
  return suite.follower->Find(absl::StrCat(kind, "/", ns_, "/", name));
}

json::value Conformance::StatusOf(const std::string& kind, const std::string& name) {
  const auto found = Find(kind, name);
  if (!found.has_value() || !found->up_to_date() ||
      found->generation() != generations_[absl::StrCat(kind, "/", ns_, "/", name)])
    return nullptr;
  return json::Parse(found->status()).value_or(nullptr);
}

int64_t Conformance::Number(const std::string& kind, const std::string& name,
                            const std::string& field) {
  const json::value status = StatusOf(kind, name);
  return status.is_object() ? json::GetInt(status, {field}) : -1;
}

bool Conformance::HasCondition(const std::string& kind, const std::string& name,
                               const std::string& type, const std::string& reason) {
  const json::value status = StatusOf(kind, name);
  const json::value* conditions = json::Find(status, "conditions");
  if (conditions == nullptr || !conditions->is_array()) return false;
  return std::any_of(conditions->get_array().begin(), conditions->get_array().end(),
                     [&](const json::value& one) {
                       return json::GetString(one, {"type"}) == type &&
                              json::GetString(one, {"status"}) == "True" &&
                              (reason.empty() || json::GetString(one, {"reason"}) == reason);
                     });
}

std::vector<PodSeen> Conformance::AllPodsOf(const std::string& name, const std::string& kind) {
  std::vector<PodSeen> pods;
  for (const auto& [key, projection] : suite.follower->Now()) {
    if (projection.ref().kind() != "Pod" || projection.ref().namespace_() != ns_) continue;
    if (projection.controller().kind() != kind || projection.controller().name() != name) continue;
    pods.push_back(
        {projection.ref().name(), projection, json::Parse(projection.status()).value_or(nullptr)});
  }
  return pods;
}

std::vector<PodSeen> Conformance::PodsOf(const std::string& name, const std::string& kind) {
  std::vector<PodSeen> pods = AllPodsOf(name, kind);
  std::erase_if(pods, [](const PodSeen& pod) { return pod.projection.deleting(); });
  return pods;
}

std::vector<std::string> Conformance::IdsOf(const std::string& name, const std::string& kind) {
  std::vector<std::string> ids;
  for (const PodSeen& pod : PodsOf(name, kind)) ids.push_back(pod.id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool Conformance::UntilReady(const std::string& name, int replicas,
                             const std::vector<std::string>& other_than) {
  return Until(absl::StrCat(name, " has ", replicas, " ready replicas"), [&] {
    for (const char* field : {"replicas", "readyReplicas", "updatedReplicas", "availableReplicas"})
      if (Number("Deployment", name, field) != replicas) return false;
    // A Deployment's status does not count the pods of an old template that still end.
    const std::vector<PodSeen> pods = PodsOf(name);
    return !Has(Ability::kPrograms) ||
           (static_cast<int>(pods.size()) == replicas &&
            std::all_of(pods.begin(), pods.end(), [&](const PodSeen& pod) {
              return pod.IsReady() && std::ranges::find(other_than, pod.id()) == other_than.end();
            }));
  });
}

PodSeen Conformance::UntilPod(const std::string& what, const std::string& of,
                              const std::function<bool(const PodSeen&)>& is_so,
                              const std::string& kind) {
  PodSeen seen;
  Until(what, [&] {
    for (const PodSeen& pod : PodsOf(of, kind)) {
      seen = pod;
      if (is_so(pod)) return true;
    }
    return false;
  });
  return seen;
}

absl::StatusOr<std::string> Conformance::Logs(const std::string& pod,
                                              runtime::v1::LogsRequest request) {
  request.set_namespace_(ns_);
  request.set_pod(pod);
  grpc::ClientContext context;
  Deadline(context);
  const auto reader = runtime().Logs(&context, request);
  std::string output;
  for (runtime::v1::LogsResponse response; reader->Read(&response);) output += response.data();
  const grpc::Status status = reader->Finish();
  if (status.ok()) return output;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

void Conformance::UntilSaid(const std::string& of, const std::vector<std::string>& lines,
                            const std::string& kind, const std::string& container) {
  std::string last;
  runtime::v1::LogsRequest request;
  request.set_container(container);
  Until(absl::StrCat("it says ", absl::StrJoin(lines, ", ")), [&] {
    const std::vector<PodSeen> pods = PodsOf(of, kind);
    if (pods.empty()) return false;
    const absl::StatusOr<std::string> said = Logs(pods[0].name, request);
    last = said.ok() ? *said : std::string(said.status().message());
    return said.ok() && std::all_of(lines.begin(), lines.end(), [&](const std::string& line) {
             return absl::StrContains(absl::StrCat("\n", last), absl::StrCat("\n", line, "\n"));
           });
  });
  if (HasFailure()) std::cerr << "said last: " << last << "\n";
}

}  // namespace weft::conformance
