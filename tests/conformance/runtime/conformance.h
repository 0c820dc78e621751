#pragma once

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "tests/conformance/runtime/follower.h"
#include "tests/conformance/runtime/target.h"

// The suite in terms of weft.runtime.v1. WEFT_CONFORMANCE_TARGET names the runtime; each case has a
// namespace of its own there.
namespace weft::conformance {

// Skips a case on a runtime that lacks an ability.
#define WEFT_NEEDS(ability) \
  if (!Has(Ability::ability)) GTEST_SKIP() << "this runtime lacks " #ability

// A pod as its projection says.
struct PodSeen {
  std::string name;
  runtime::v1::Projection projection;
  json::value status;

  // The status of a container: of `containerStatuses` or `initContainerStatuses`; null: none yet.
  json::value Container(const std::string& name = "main") const;
  bool IsReady() const;
  bool Runs() const;       // Its container "main" does.
  std::string id() const;  // Of the container "main"; empty: none was made.
  int64_t Restarts(const std::string& name = "main") const;  // -1: nothing is said of it.
};

// Members of a container that is ready when it answers at port 8080.
inline constexpr char kAnswers[] =
    R"(,"readinessProbe":{"httpGet":{"path":"/","port":8080},"periodSeconds":1})";

// A container that carries out statements (pod.cc). `more`: further members, beginning with a
// comma.
std::string Container(const std::vector<std::string>& statements, const std::string& more = "",
                      const std::string& name = "main");
// A pod's spec of such containers. `more` as above.
std::string PodOf(const std::vector<std::string>& containers, const std::string& more = "");
// Of one container that has a volume at `path`. `volume`: its member besides its name.
std::string PodWithVolume(const std::vector<std::string>& statements, const std::string& path,
                          const std::string& volume);
// Of one container.
std::string Pod(const std::vector<std::string>& statements, const std::string& more = "");

class Conformance : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  static bool Has(Ability ability);
  static runtime::v1::Runtime::StubInterface& runtime();

  // An object of the case's namespace, with its labels. `body`: its members besides apiVersion,
  // kind and metadata, without braces.
  runtime::v1::AppliedObject Object(const std::string& api_version, const std::string& kind,
                                    const std::string& name, const std::string& body);
  // `replicas` below 0: it says nothing of them. `more` as above, in its spec.
  runtime::v1::AppliedObject Deployment(const std::string& name, int replicas,
                                        const std::string& pod, const std::string& more = "");
  runtime::v1::AppliedObject DaemonSet(const std::string& name, const std::string& pod);
  runtime::v1::AppliedObject StatefulSet(const std::string& name, int replicas,
                                         const std::string& pod, const std::string& more = "");
  runtime::v1::AppliedObject Job(const std::string& name, const std::string& pod,
                                 const std::string& more = "");
  // Of a Job each minute.
  runtime::v1::AppliedObject CronJob(const std::string& name, const std::string& pod,
                                     const std::string& more = "");
  runtime::v1::AppliedObject ConfigMap(const std::string& name, const std::string& data);
  // To the pods of app=NAME at port 8080.
  runtime::v1::AppliedObject Service(const std::string& name, const std::string& ports);
  // Of the same pods. `more`: further members of its spec, beginning with a comma.
  runtime::v1::AppliedObject HeadlessService(const std::string& name, const std::string& more = "");

  // Pods of app=WHO, and nobody else, reach those of app=NAME, which it is called after.
  runtime::v1::AppliedObject NetworkPolicy(const std::string& name, const std::string& who);

  // Gives it the next generation of its name, unless it has one, and applies it.
  runtime::v1::ApplyResponse::Result Apply(runtime::v1::AppliedObject object, bool dry_run = false);
  // The same, and expects it to be accepted; the generation.
  uint64_t Accept(const runtime::v1::AppliedObject& object);
  grpc::Status ApplyAll(const std::vector<runtime::v1::AppliedObject>& objects,
                        runtime::v1::ApplyResponse& response, bool dry_run = false);
  grpc::Status Delete(const runtime::v1::AppliedObject& object);

  // Waits until what the watch tells is so; fails with `what` after the target's patience.
  bool Until(const std::string& what, const std::function<bool()>& is_so);
  // For so long it is so at every change.
  void AllTheTime(absl::Duration duration, const std::function<bool()>& is_so);

  // What the watch has told last; of an object of the case's namespace.
  std::optional<runtime::v1::Projection> Find(const std::string& kind, const std::string& name);
  // Of a status that is up to date; null or -1: it is not. A number that it does not have is 0.
  json::value StatusOf(const std::string& kind, const std::string& name);
  int64_t Number(const std::string& kind, const std::string& name, const std::string& field);
  bool HasCondition(const std::string& kind, const std::string& name, const std::string& type,
                    const std::string& reason = "");
  // The pods of an object, by name: all of them, or those that are not about to end.
  std::vector<PodSeen> AllPodsOf(const std::string& name, const std::string& kind = "Deployment");
  std::vector<PodSeen> PodsOf(const std::string& name, const std::string& kind = "Deployment");
  std::vector<std::string> IdsOf(const std::string& name, const std::string& kind = "Deployment");
  // Waits until a Deployment has so many replicas, all of them up to date, ready and alone, and
  // seen with other containers than these: its status may be told before its pods are.
  bool UntilReady(const std::string& name, int replicas,
                  const std::vector<std::string>& other_than = {});
  // Waits until the first pod of an object is as it should be; the pod.
  PodSeen UntilPod(const std::string& what, const std::string& of,
                   const std::function<bool(const PodSeen&)>& is_so,
                   const std::string& kind = "Deployment");

  absl::StatusOr<std::string> Logs(const std::string& pod, runtime::v1::LogsRequest request = {});
  // Waits until the output of a container of the first pod of an object has all these lines.
  void UntilSaid(const std::string& of, const std::vector<std::string>& lines,
                 const std::string& kind = "Deployment", const std::string& container = "");

  std::string ns_;

 private:
  std::map<std::string, uint64_t> generations_;
  std::map<std::string, runtime::v1::AppliedObject> applied_;  // What is to be removed.
};

// Cases of what runs programs.
class Programs : public Conformance {
 protected:
  void SetUp() override;
};

}  // namespace weft::conformance
