// Functions on the real engine, asked through the gateway: from zero and back, and under load.
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "deploy/examples/hello/http.h"
#include "tests/e2e/function_steps.h"

namespace weft::e2e {
namespace {

constexpr int kColdStarts = 10;

class FunctionTest : public FunctionSteps<Mesh> {
 protected:
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
};

TEST_F(FunctionTest, ThatWasPublishedRunsAtItsManualScalersValue) {
  RunsThePublishedOneAtItsManualScalersValue();
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
  ASSERT_NO_FATAL_FAILURE(ApplyIdleExample());
  const bool bench = getenv("WEFT_BENCH") != nullptr;
  std::vector<absl::Duration> cold, bare;
  for (int round = 0; round < (bench ? kColdStarts : 2); ++round) {
    cold.push_back(AnswerFromZeroAndGoBack());
    if (bench) bare.push_back(StartBare());
  }
  SaysThatItIsIdle();
  if (bench) PrintColdStarts(cold, bare);
}

TEST_F(FunctionTest, LosesNoRequestAcrossItsScaleUp) { LosesNoRequestAcrossItsScaleUp(); }

}  // namespace
}  // namespace weft::e2e
