// Functions on the real engine, asked through the gateway: from zero and back, and under load.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "deploy/examples/hello/http.h"
#include "plugins/workloads/faas/testing.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using faas::Answer;
using faas::Client;
using testing::HasSubstr;
using testing::StartsWith;

const char kPublished[] = WEFT_SOURCE_DIR "/../shared/corpus/rudr/openfaasapp.yaml";
const char kExample[] = WEFT_SOURCE_DIR "/deploy/examples/function/function.yaml";
constexpr int kColdStarts = 10;
constexpr int kConnections = 32;
constexpr absl::Duration kLoad = absl::Seconds(30);

class FunctionTest : public Mesh {
 protected:
  void SetUp() override {
    const std::string address = absl::StrCat("127.0.0.1:", faas::FreePort());
    setenv("WEFT_FAAS_GATEWAY", address.c_str(), 1);
    gateway_ = "http://" + address;
    Mesh::SetUp();
    if (!HasFatalFailure()) ImportHello();
  }
  void TearDown() override {
    Mesh::TearDown();
    unsetenv("WEFT_FAAS_GATEWAY");
  }

  // The example's application with `from` replaced by `to`.
  CommandResult ApplyExampleWith(const std::string& from, const std::string& to) const {
    const std::string text = ReadFileOrEmpty(kExample);
    EXPECT_THAT(text, HasSubstr(from));
    return Apply("function", absl::StrReplaceAll(text, {{from, to}}));
  }

  // The first answer: until there is a function there is no gateway.
  Answer FirstAnswer(const std::string& function) const {
    Client client;
    Answer answer;
    EXPECT_TRUE(Await("the gateway", [&] {
      answer = client.Get(absl::StrCat(gateway_, "/function/", function));
      return answer.status != 0 && answer.status != 404;
    }));
    return answer;
  }

  // From the start of a container of the example's image to its first answer.
  absl::Duration StartBare() const {
    const auto networks =
        engine().ListNetworks({{"weft.dev/installation", *data().Installation()}});
    EXPECT_TRUE(networks.ok() && networks->size() == 1) << networks.status();
    const std::string network = networks->at(0).name;
    const std::string socket = "unix://" + data().Below("engine/docker.sock");
    const absl::Time begin = absl::Now();
    const CommandResult run = RunCommand(
        {"docker", "-H", socket, "run", "--detach", "--network", network, "weft/hello:v1"});
    EXPECT_EQ(run.status, 0) << run.err;
    const std::string id(absl::StripAsciiWhitespace(run.out));
    const absl::StatusOr<engine::Container> container = engine().InspectContainer(id);
    EXPECT_TRUE(container.ok()) << container.status();
    const std::string address = container->addresses.at(network) + ":8080";
    EXPECT_TRUE(Await("an answer of " + address, [&] { return !hello::Get(address).empty(); }));
    const absl::Duration took = absl::Now() - begin;
    EXPECT_TRUE(engine().RemoveContainer(id).ok());
    return took;
  }

  std::string gateway_;
};

TEST_F(FunctionTest, ThatWasPublishedRunsAtItsManualScalersValue) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << kPublished << " is not there";
  const CommandResult imported =
      Weft({"image", "import", WEFT_HELLO_IMAGE, "functions/nodeinfo", "--entrypoint", "/hello"});
  ASSERT_EQ(imported.status, 0) << imported.err;
  const CommandResult applied = Weft({"apply", "-f", kPublished});
  ASSERT_EQ(applied.status, 0) << applied.err;
  ASSERT_TRUE(AwaitConverged("openfaas", {{"nodeinfo", 2}}));
  const Answer answer = FirstAnswer("nodeinfo");
  EXPECT_EQ(answer.status, 200) << answer.error;
  EXPECT_THAT(answer.body, StartsWith("Hello from nodeinfo-"));
  const Answer list = Client().Get(gateway_ + "/system/functions");
  EXPECT_THAT(list.body, HasSubstr(R"("image":"functions/nodeinfo")"));
  EXPECT_THAT(list.body, HasSubstr(R"("availableReplicas":2)"));
}

void PrintColdStarts(std::vector<absl::Duration> function, std::vector<absl::Duration> bare) {
  std::sort(function.begin(), function.end());
  std::sort(bare.begin(), bare.end());
  const auto line = [&](const char* way, const std::vector<absl::Duration>& took) {
    const absl::Duration p50 = took[took.size() / 2];
    std::cout << absl::StrFormat(
                     R"({"bench":"function","way":"%s","starts":%d,"p50_ms":%.1f,"max_ms":%.1f,)"
                     R"("ratio_to_docker_run":%.2f})",
                     way, took.size(), absl::ToDoubleMilliseconds(p50),
                     absl::ToDoubleMilliseconds(took.back()),
                     absl::FDivDuration(p50, bare[bare.size() / 2]))
              << std::endl;
  };
  line("docker_run", bare);
  line("cold_start", function);
}

TEST_F(FunctionTest, AnswersTheFirstRequestFromZeroAndGoesBackWhenIdle) {
  ASSERT_EQ(ApplyExampleWith("value: 30", "value: 1").status, 0);
  ASSERT_TRUE(AwaitConverged("greeting", {{"greeter", 0}}));
  const bool bench = getenv("WEFT_BENCH") != nullptr;
  std::vector<absl::Duration> cold, bare;
  for (int round = 0; round < (bench ? kColdStarts : 2); ++round) {
    const absl::Time begin = absl::Now();
    const Answer answer = FirstAnswer("greeter");
    cold.push_back(absl::Now() - begin);
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_THAT(answer.body, StartsWith("Good morning from greeter-"));
    ASSERT_TRUE(AwaitConverged("greeting", {{"greeter", 0}}));
    if (bench) bare.push_back(StartBare());
  }
  EXPECT_EQ(OnlyComponent("greeting").health().reason(), "Idle");
  EXPECT_THAT(Weft({"status", "greeting"}).out,
              HasSubstr("steers Deployment/greeter /spec/replicas = 0"));
  if (bench) PrintColdStarts(cold, bare);
}

TEST_F(FunctionTest, LosesNoRequestAcrossItsScaleUp) {
  // One replica for every eight requests, and for what 32 connections ask as many as there may be.
  ASSERT_EQ(ApplyExampleWith("value: 3\n",
                             "value: 4\n    - {name: concurrency, type: number, "
                             "value: 8}\n")
                .status,
            0);
  ASSERT_TRUE(AwaitConverged("greeting", {{"greeter", 0}}));
  std::mutex mutex;
  std::set<std::string> answers;
  std::vector<std::string> lost;
  std::atomic<int> answered = 0;
  // The gateway listens as soon as there is a function.
  ASSERT_TRUE(
      Await("the gateway", [&] { return Client().Get(gateway_ + "/healthz").status == 200; }));
  const absl::Time end = absl::Now() + kLoad;
  std::vector<std::thread> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.emplace_back([&] {
      Client client;
      while (absl::Now() < end) {
        const Answer answer = client.Get(gateway_ + "/function/greeter");
        std::lock_guard lock(mutex);
        if (answer.status == 200) {
          answers.insert(answer.body);
          ++answered;
        } else {
          lost.push_back(absl::StrCat(answer.status, " ", answer.error, answer.body));
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(lost, testing::IsEmpty());
  EXPECT_EQ(answers.size(), 4u) << testing::PrintToString(answers);
  EXPECT_GT(answered, kConnections * 30);
  std::cout << answered << " requests answered by " << answers.size() << " pods\n";
}

}  // namespace
}  // namespace weft::e2e
