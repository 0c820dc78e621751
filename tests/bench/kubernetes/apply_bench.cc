// How fast applications come to be on a cluster: through Weft, from documents, beside a client that
// sends the same objects as they are over as many connections.
#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "core/cli/client.h"
#include "runtime/kubernetes/apply_step.h"
#include "runtime/kubernetes/convert.h"
#include "tests/bench/kubernetes/fixture.h"
#include "tests/e2e/documents.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::bench {
namespace {

constexpr int kApplications = 500;  // Of each way, in kRounds turns.
constexpr int kRounds = 5;
constexpr int kWarmUp = 20;
constexpr int kConnections = 16;  // Of the runtime's; source: runtime/kubernetes.
constexpr char kFleet[] = "fleet";
constexpr char kBare[] = "bare";

// How long something took that made so many applications.
struct Took {
  absl::Duration calls;    // Until the last call was answered.
  absl::Duration objects;  // Until the last object was there.
  absl::Duration ready;    // Until the cluster had done all that they ask for.
};

class ApplyBench : public ClusterBench {
 protected:
  ApplyBench() : ClusterBench("kubernetes") {}

  void SetUp() override {
    ClusterBench::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const std::string component = WriteDocument("component", e2e::WebComponent());
    ASSERT_EQ(Weft({"-n", kFleet, "apply", "-f", component}).status, 0);
    applications_ = core::v1::Applications::NewStub(cli::Dial(data().SocketAddress("core")));
    // The first ones open connections, make the namespaces, and say what the objects look like.
    Measure(kWarmUp, kFleet, [this](int i) { ApplyThroughWeft(absl::StrCat("warm", i)); });
    ReadObjects(kFleet, "warm0");
    ASSERT_EQ(bodies_.size(), 2u);
    ASSERT_EQ(cluster().Kubectl({"create", "namespace", kBare}).status, 0);
    Measure(kWarmUp, kBare, [this](int i) { ApplyBare(absl::StrCat("warm", i)); });
    AwaitQuiet(kFleet);
    AwaitQuiet(kBare);
  }

  void TearDown() override {
    applications_.reset();
    ClusterBench::TearDown();
  }

  void ApplyThroughWeft(const std::string& application) const {
    core::v1::ApplyRequest request;
    request.set_default_namespace(kFleet);
    core::v1::Document& document = *request.add_documents();
    document.set_name("application.yaml");
    document.set_content(e2e::Text({.name = application}));
    grpc::ClientContext context;
    core::v1::ApplyResponse response;
    const grpc::Status status = applications_->Apply(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.changes_size(), 1) << response.ShortDebugString();
  }

  // What the runtime sends for an application that is new.
  void ReadObjects(const std::string& ns, const std::string& application) {
    for (const runtime::v1::AppliedObject& object : Desired(ns, application)) {
      const auto wanted = kubernetes::FromProto(object);
      ASSERT_TRUE(wanted.ok()) << wanted.status();
      bodies_[object.object().ref().kind()] = json::Canonical(kubernetes::WholeBody(*wanted));
    }
  }

  // Applies the objects that this application would have, as they are.
  void ApplyBare(const std::string& application) const {
    for (const auto& [kind, body] : bodies_) {
      const auto quoted = [](const char* name) { return absl::StrCat("\"", name, "\""); };
      // Of another installation: Weft has no eyes for them.
      const std::string json =
          absl::StrReplaceAll(body, {{"warm0", application},
                                     {quoted(kFleet), quoted(kBare)},
                                     {*data().Installation(), "000000000000"}});
      const absl::Status applied = bare().Apply(
          absl::StrCat(Collection(kind, kBare), "/", e2e::InstanceOf(application)), json);
      EXPECT_TRUE(applied.ok()) << applied;
    }
  }

  int64_t Objects(const std::string& ns) const {
    return bare().Count(Collection("Deployment", ns)).value_or(0) +
           bare().Count(Collection("Service", ns)).value_or(0);
  }

  // Calls `apply` for `count` applications, kConnections at once, and waits until the namespace has
  // their objects too.
  Took Measure(int count, const std::string& ns, const std::function<void(int)>& apply) const {
    const int64_t before = Objects(ns);
    std::atomic<int> next = 0;
    Took took;
    const absl::Time begin = absl::Now();
    {
      std::vector<std::jthread> callers;
      callers.reserve(kConnections);
      for (int i = 0; i < kConnections; ++i) {
        callers.emplace_back([&] {
          for (int number = next++; number < count; number = next++) apply(number);
        });
      }
    }
    took.calls = absl::Now() - begin;
    EXPECT_TRUE(e2e::Await(
        "all objects", [&] { return Objects(ns) == before + 2 * count; }, absl::Minutes(5)));
    took.objects = absl::Now() - begin;
    return took;
  }

  // Until the cluster has nothing more to do for what is in a namespace.
  void AwaitQuiet(const std::string& ns) const {
    const e2e::CommandResult wait = cluster().Kubectl(
        {"-n", ns, "wait", "deployment", "--all", "--for=condition=Available", "--timeout=110s"});
    EXPECT_EQ(wait.status, 0) << wait.err;
  }

  // A round of one way, from the first call until the cluster has nothing left to do; then makes
  // room on the only node.
  Took Round(int round, bool weft) {
    const std::string prefix = absl::StrCat(weft ? "weft" : "bare", round, "x");
    const char* ns = weft ? kFleet : kBare;
    const absl::Time begin = absl::Now();
    Took took = Measure(kApplications / kRounds, ns, [&](int i) {
      const std::string application = absl::StrCat(prefix, i);
      weft ? ApplyThroughWeft(application) : ApplyBare(application);
    });
    AwaitQuiet(ns);
    took.ready = absl::Now() - begin;
    weft ? DeleteThroughWeft(prefix) : DeleteBare();
    const std::string pods = absl::StrCat("/api/v1/namespaces/", ns, "/pods");
    const int64_t others = weft ? 2 * kWarmUp : 0;
    EXPECT_TRUE(e2e::Await(
        "all is gone",
        [&] { return Objects(ns) == others && bare().Count(pods).value_or(-1) == others / 2; },
        absl::Minutes(5)));
    return took;
  }

  void DeleteBare() const {
    for (const char* kind : {"Deployment", "Service"})
      EXPECT_EQ(cluster().Kubectl({"delete", "--raw", Collection(kind, kBare)}).status, 0);
  }

  void DeleteThroughWeft(const std::string& prefix) const {
    for (int i = 0; i < kApplications / kRounds; ++i) {
      core::v1::DeleteApplicationRequest request;
      request.set_namespace_(kFleet);
      request.set_name(absl::StrCat(prefix, i));
      grpc::ClientContext context;
      core::v1::DeleteApplicationResponse response;
      const grpc::Status status = applications_->Delete(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
  }

 private:
  std::unique_ptr<core::v1::Applications::Stub> applications_;
  std::map<std::string, std::string> bodies_;  // By kind.
};

// The sum of one figure over all rounds.
absl::Duration Sum(const std::vector<Took>& rounds, absl::Duration Took::*figure) {
  absl::Duration sum;
  for (const Took& took : rounds) sum += took.*figure;
  return sum;
}

// The median over the rounds of one figure of `bare` in that of `weft`: the ratio of the rates.
double Ratio(const std::vector<Took>& bare, const std::vector<Took>& weft,
             absl::Duration Took::*figure) {
  std::vector<double> ratios;
  for (size_t i = 0; i < weft.size(); ++i)
    ratios.push_back(absl::FDivDuration(bare[i].*figure, weft[i].*figure));
  std::sort(ratios.begin(), ratios.end());
  return ratios[ratios.size() / 2];
}

void Print(const char* way, const std::vector<Took>& rounds, const std::vector<Took>& bare) {
  const auto seconds = [&](absl::Duration Took::*figure) {
    return absl::ToDoubleSeconds(Sum(rounds, figure));
  };
  std::cout << absl::StrFormat(
                   R"({"bench":"apply","way":"%s","applications":%d,"rounds":%d,"connections":%d,)"
                   R"("answered_s":%.2f,"objects_s":%.2f,"ready_s":%.2f,"answered_per_s":%.1f,)"
                   R"("ready_per_s":%.1f,"ratio_objects":%.3f,"ratio_ready":%.3f})",
                   way, kApplications, kRounds, kConnections, seconds(&Took::calls),
                   seconds(&Took::objects), seconds(&Took::ready),
                   kApplications / seconds(&Took::calls), kApplications / seconds(&Took::ready),
                   Ratio(bare, rounds, &Took::objects), Ratio(bare, rounds, &Took::ready))
            << std::endl;
}

TEST_F(ApplyBench, FiveHundredApplications) {
  std::vector<Took> bare, weft;
  for (int round = 0; round < kRounds; ++round) {
    // Who is first takes turns.
    for (const bool through_weft : {round % 2 == 0, round % 2 != 0})
      (through_weft ? weft : bare).push_back(Round(round, through_weft));
  }
  Print("bare", bare, bare);
  Print("weft", weft, bare);
}

}  // namespace
}  // namespace weft::bench
