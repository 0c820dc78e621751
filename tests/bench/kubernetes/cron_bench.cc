// From a due fire of cron-hpa to the scaled object, as a watch of the platform sees it, beside the
// time that an apply of such an object alone takes to be seen there.
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/cli/client.h"
#include "runtime/kubernetes/apply_step.h"
#include "runtime/kubernetes/convert.h"
#include "tests/bench/kubernetes/fixture.h"
#include "tests/e2e/documents.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::bench {
namespace {

constexpr size_t kFires = 30;
constexpr absl::Duration kLimit = absl::Minutes(3);
constexpr absl::Duration kEvery = absl::Seconds(2);
constexpr char kJobs[] =
    R"(      traits:
        - name: cron-hpa
          properties:
            jobs:
              - {name: up, schedule: "*/4 * * * * *", targetSize: 2}
              - {name: down, schedule: "2/4 * * * * *", targetSize: 1}
)";

// When objects were seen to change. Thread-safe.
class Changes {
 public:
  // The object `name` has this size, or whatever else stands for it, now.
  void Saw(const std::string& name, int64_t size) {
    const absl::Time now = absl::Now();
    std::lock_guard lock(mutex_);
    const auto [known, first] = sizes_.emplace(name, size);
    if (first || known->second == size) return;
    known->second = size;
    times_[name].push_back(now);
    changed_.notify_all();
  }

  // Waits for `count` changes of `name` and returns their times; fewer when they do not come.
  std::vector<absl::Time> Await(const std::string& name, size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(kLimit),
                      [&] { return times_[name].size() >= count; });
    return times_[name];
  }

  bool Knows(const std::string& name) {
    std::lock_guard lock(mutex_);
    return sizes_.count(name) > 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int64_t> sizes_;
  std::map<std::string, std::vector<absl::Time>> times_;
};

class CronBench : public ClusterBench {
 protected:
  CronBench() : ClusterBench("local,kubernetes") {}

  void SetUp() override {
    ClusterBench::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ImportHello();
  }

  std::vector<std::string> UpOptions() override {
    const absl::Status written = WriteFileAtomically(
        data().Below("core.yaml"),
        "namespaces:\n  local: {runtime: local}\n  kubernetes: {runtime: kubernetes}\n");
    EXPECT_TRUE(written.ok()) << written;
    return ClusterBench::UpOptions();
  }

  void TearDown() override {
    if (!IsSkipped()) std::filesystem::remove(data().Below("core.yaml"));  // Else it stays.
    ClusterBench::TearDown();
  }

  // The Deployment of the application "clock", with another application's name and this size.
  runtime::v1::AppliedObject Bare(const std::string& ns, int size) const {
    for (runtime::v1::AppliedObject object : Desired(ns, "clock")) {
      if (object.object().ref().kind() != "Deployment") continue;
      auto json = json::Parse(absl::StrReplaceAll(object.object().json(), {{"clock", "bare"}}));
      json->at("spec").as_object()["replicas"] = size;
      object.mutable_object()->set_json(json::Canonical(*json));
      object.mutable_object()->mutable_ref()->set_name("bare-web");
      object.set_owner(absl::StrCat(ns, "/bare/bare-web"));
      return object;
    }
    ADD_FAILURE() << "no Deployment is stored";
    return {};
  }

  // Measures `runtime` and prints it. `changes` hears of what it has; `apply` gives it an object.
  void Measure(const std::string& runtime, Changes& changes,
               const std::function<void(const runtime::v1::AppliedObject&)>& apply) const {
    const std::string file = WriteDocument(
        "clock", absl::StrCat(e2e::WebComponent(), "---\n", e2e::Text({.name = "clock"}), kJobs));
    const e2e::CommandResult applied = Weft({"-n", runtime, "apply", "-f", file});
    ASSERT_EQ(applied.status, 0) << applied.err;
    const std::vector<absl::Time> fires = changes.Await("clock-web", kFires + 1);
    ASSERT_GT(fires.size(), kFires);
    std::vector<absl::Duration> late, alone;
    for (size_t i = 1; i <= kFires; ++i) late.push_back((fires[i] - absl::UnixEpoch()) % kEvery);
    const runtime::v1::AppliedObject sizes[] = {Bare(runtime, 1), Bare(runtime, 2)};
    EXPECT_EQ(Weft({"-n", runtime, "delete", "clock", "--wait"}).status, 0);
    apply(sizes[0]);
    ASSERT_TRUE(e2e::Await("the bare object", [&] { return changes.Knows("bare-web"); }));
    for (size_t i = 1; i <= kFires; ++i) {
      runtime::v1::AppliedObject object = sizes[i % 2];
      object.set_generation(1 + i);
      const absl::Time begin = absl::Now();
      apply(object);
      const std::vector<absl::Time> seen = changes.Await("bare-web", i);
      ASSERT_EQ(seen.size(), i);
      alone.push_back(seen.back() - begin);
    }
    Print(runtime, late, alone);
  }

  static void Print(const std::string& runtime, std::vector<absl::Duration> late,
                    std::vector<absl::Duration> alone) {
    std::sort(late.begin(), late.end());
    std::sort(alone.begin(), alone.end());
    const auto line = [&](const char* way, const std::vector<absl::Duration>& took) {
      const auto at = [&](size_t percent) {
        return absl::ToDoubleMilliseconds(took[(took.size() - 1) * percent / 100]);
      };
      std::cout << absl::StrFormat(
                       R"({"bench":"cron","runtime":"%s","way":"%s","times":%d,"p50_ms":%.1f,)"
                       R"("p90_ms":%.1f,"max_ms":%.1f,"ratio_to_bare":%.2f})",
                       runtime, way, took.size(), at(50), at(90), at(100),
                       absl::FDivDuration(took[took.size() / 2], alone[alone.size() / 2]))
                << std::endl;
    };
    line("bare_apply", alone);
    line("due_fire", late);
  }
};

TEST_F(CronBench, OnKubernetes) {
  Changes changes;
  ASSERT_EQ(cluster().Kubectl({"create", "namespace", "kubernetes"}).status, 0);
  const std::string deployments = Collection("Deployment", "kubernetes");
  const auto watch = bare().Watch(deployments, [&](const json::value& object) {
    changes.Saw(json::GetString(object, {"metadata", "name"}),
                json::GetInt(object, {"spec", "replicas"}));
  });
  Measure("kubernetes", changes, [&](const runtime::v1::AppliedObject& object) {
    const auto wanted = kubernetes::FromProto(object);
    ASSERT_TRUE(wanted.ok()) << wanted.status();
    // Of another installation: Weft has no eyes for it.
    const std::string body = absl::StrReplaceAll(json::Canonical(kubernetes::WholeBody(*wanted)),
                                                 {{*data().Installation(), "000000000000"}});
    const absl::Status applied = bare().Apply(deployments + "/bare-web", body);
    ASSERT_TRUE(applied.ok()) << applied;
  });
}

// Here the generation stands for the size, which the runtime does not tell.
TEST_F(CronBench, OnTheLocalRuntime) {
  const auto stub = runtime::v1::Runtime::NewStub(cli::Dial(data().SocketAddress("runtime-local")));
  Changes changes;
  grpc::ClientContext watching;
  const auto watch = stub->Watch(&watching, runtime::v1::WatchRequest());
  std::jthread reader([&] {
    runtime::v1::WatchResponse event;
    while (watch->Read(&event)) {
      if (event.changed().ref().kind() == "Deployment")
        changes.Saw(event.changed().ref().name(),
                    static_cast<int64_t>(event.changed().generation()));
    }
  });
  Measure("local", changes, [&](const runtime::v1::AppliedObject& object) {
    grpc::ClientContext context;
    runtime::v1::ApplyRequest request;
    *request.add_objects() = object;
    runtime::v1::ApplyResponse response;
    const grpc::Status status = stub->Apply(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.results(0).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED)
        << response.ShortDebugString();
  });
  watching.TryCancel();
}

}  // namespace
}  // namespace weft::bench
