// The program `weft` with services of the test's own: what happens to processes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/auth/tokens.h"
#include "core/base/data_directory.h"
#include "core/base/files.h"
#include "core/cli/installed_services.h"
#include "core/cli/process_record.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::Program;

const std::vector<std::string> kServices = {"weft-core", "weft-provider-x", "weft-runtime-local"};

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    fs::create_directory(folder_ / "bin");
    fs::copy_file(fs::path(WEFT_BIN_DIR) / "weft", Bin("weft"));
    for (const std::string& name : kServices)
      fs::copy_file(fs::path(WEFT_BIN_DIR) / "cli_fake_service", Bin(name));
  }
  ~SupervisorTest() override { Weft({"down", "--purge", "--force"}); }

  std::string Bin(const std::string& name) const { return folder_ / "bin/" + name; }

  std::unique_ptr<Program> Start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {Bin("weft"), "--data", data_.path()});
    return std::make_unique<Program>(arguments);
  }
  Outcome Weft(const std::vector<std::string>& arguments) const { return Start(arguments)->Wait(); }
  void Up() const {
    const Outcome up = Weft({"up", "--detach"});
    ASSERT_EQ(up.status, 0) << up.text;
  }

  // The process of a service; 0: it does not run.
  pid_t Pid(const std::string& name) const {
    const auto record = FindRunning(data_, name);
    return record.has_value() ? record->process.pid : 0;
  }
  bool RunsInsteadOf(pid_t old, const std::string& name) const {
    const pid_t pid = Pid(name);
    return pid != 0 && pid != old;
  }
  std::vector<pid_t> Pids() const {
    std::vector<pid_t> pids;
    pids.reserve(kServices.size());
    for (const std::string& name : kServices) pids.push_back(Pid(name));
    return pids;
  }
  bool AllRun() const {
    const std::vector<pid_t> pids = Pids();
    return std::count(pids.begin(), pids.end(), 0) == 0;
  }
  // Another program, which does the same.
  void Change(const std::string& name) const {
    fs::copy_file(Bin(name), Bin("new"));
    std::ofstream(Bin("new"), std::ios::app) << "changed";
    fs::rename(Bin("new"), Bin(name));
  }
  std::string Variables(const std::string& name) const {
    return ReadFileOrEmpty("/proc/" + std::to_string(Pid(name)) + "/environ");
  }
  // What waits for the service in its descriptor: the test's program leaves it there.
  std::string TokenOf(const std::string& name) const {
    EXPECT_THAT(Variables(name), HasSubstr("WEFT_TOKEN_FD=3"));
    return ReadFileOrEmpty("/proc/" + std::to_string(Pid(name)) + "/fd/3");
  }
  std::string ProviderText() const { return ReadFileOrEmpty(data_.Below("providers/x.yaml")); }

  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
};

TEST_F(SupervisorTest, UpDetachReturnsWhenEveryServiceAnswers) {
  const Outcome up = Weft({"up", "--detach"});
  EXPECT_EQ(up.status, 0) << up.text;
  EXPECT_THAT(up.text, HasSubstr("weft is up in " + data_.path()));
  EXPECT_TRUE(AllRun());
  for (const char* socket : {"core", "runtime-local", "weft-provider-x"})
    EXPECT_TRUE(fs::is_socket(data_.SocketPath(socket))) << socket;
}

TEST_F(SupervisorTest, AProviderIsConfiguredWithTheArtifactThatItIsToldOf) {
  Up();
  const std::string artifact = MeasureArtifact(Bin("weft-provider-x")).value();
  const std::string address = data_.SocketAddress("weft-provider-x");
  EXPECT_THAT(ProviderText(), AllOf(HasSubstr("name: x\n"), HasSubstr("address: " + address + "\n"),
                                    HasSubstr("artifact: " + artifact + "\n")));
  const std::string environment =
      ReadFileOrEmpty("/proc/" + std::to_string(Pid("weft-provider-x")) + "/environ");
  EXPECT_THAT(environment, HasSubstr("WEFT_ARTIFACT=" + artifact));
}

TEST_F(SupervisorTest, WhatTheOperatorSaysOfAProviderStays) {
  Up();
  std::ofstream(data_.Below("providers/x.yaml"))
      << "name: y\ndeadlines:\n  render: 5s\nartifact: none\nlimits: {in_flight: 4}\n"
      << "failure_policy: Optional\n";
  Change("weft-provider-x");
  Up();
  EXPECT_THAT(ProviderText(),
              AllOf(HasSubstr("name: x\n"), Not(HasSubstr("name: y")), Not(HasSubstr("none")),
                    HasSubstr("\ndeadlines:\n  render: 5s\nlimits: {in_flight: 4}\n"
                              "failure_policy: Optional\n")));
}

TEST_F(SupervisorTest, AChildReadsATokenByWhichTheCoreKnowsIt) {
  Up();
  const auth::Tokens tokens(data_);
  EXPECT_EQ(tokens.Find(TokenOf("weft-provider-x")).value(),
            (auth::Caller{auth::Caller::Kind::kProvider, "x"}));
  EXPECT_EQ(tokens.Find(TokenOf("weft-runtime-local")).value(),
            (auth::Caller{auth::Caller::Kind::kRuntime, "local"}));
  EXPECT_THAT(Variables("weft-provider-x"), HasSubstr("WEFT_CORE=" + data_.SocketAddress("core")));
  EXPECT_THAT(Variables("weft-core"), Not(HasSubstr("WEFT_TOKEN_FD")));
}

TEST_F(SupervisorTest, TokensOutliveTheSupervisorAndNotTheirChild) {
  Up();
  const auth::Tokens tokens(data_);
  const std::string provider = TokenOf("weft-provider-x");
  const std::string runtime = TokenOf("weft-runtime-local");
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return Pid(kSupervisor) == 0; }));
  Up();
  EXPECT_TRUE(tokens.Find(provider).ok());
  const pid_t killed = Pid("weft-provider-x");
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return RunsInsteadOf(killed, "weft-provider-x"); }));
  EXPECT_TRUE(absl::IsUnauthenticated(tokens.Find(provider).status()));
  EXPECT_TRUE(tokens.Find(runtime).ok());
}

TEST_F(SupervisorTest, UpAgainSaysThatItRunsAndTouchesNothing) {
  Up();
  const std::vector<pid_t> pids = Pids();
  const pid_t supervisor = Pid(kSupervisor);
  const Outcome again = Weft({"up", "--detach"});
  EXPECT_EQ(again.status, 0) << again.text;
  EXPECT_THAT(again.text,
              HasSubstr("weft runs already, supervised by process " + std::to_string(supervisor)));
  EXPECT_EQ(Pids(), pids);
  EXPECT_EQ(Pid(kSupervisor), supervisor);
}

TEST_F(SupervisorTest, OfTwoUpsAtTheSameTimeOneSupervises) {
  const auto first = Start({"up", "--detach"});
  const auto second = Start({"up", "--detach"});
  for (const auto& up : {first.get(), second.get()}) {
    const Outcome outcome = up->Wait();
    EXPECT_EQ(outcome.status, 0) << outcome.text;
  }
  const Outcome third = Weft({"up"});
  EXPECT_EQ(third.status, 1);
  EXPECT_THAT(third.text, HasSubstr("already runs"));
}

TEST_F(SupervisorTest, AKilledServiceIsBackAndTheOthersStay) {
  Up();
  for (const std::string& victim : kServices) {
    const std::vector<pid_t> before = Pids();
    const pid_t killed = Pid(victim);
    ASSERT_EQ(kill(killed, SIGKILL), 0);
    EXPECT_TRUE(Eventually([&] { return RunsInsteadOf(killed, victim); })) << victim;
    for (size_t i = 0; i < kServices.size(); ++i) {
      if (kServices[i] == victim) continue;
      EXPECT_EQ(Pid(kServices[i]), before[i]) << kServices[i];
    }
  }
}

TEST_F(SupervisorTest, ServicesOutliveTheSupervisorAndANewOneAdoptsThem) {
  Up();
  const std::vector<pid_t> pids = Pids();
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  EXPECT_TRUE(Eventually([&] { return Pid(kSupervisor) == 0; }));
  EXPECT_EQ(Pids(), pids);
  Up();
  EXPECT_NE(Pid(kSupervisor), 0);
  EXPECT_EQ(Pids(), pids);
  // It looks after what it did not start.
  ASSERT_EQ(kill(pids[0], SIGKILL), 0);
  EXPECT_TRUE(Eventually([&] { return RunsInsteadOf(pids[0], "weft-core"); }));
}

TEST_F(SupervisorTest, ADeadServiceOfADeadSupervisorIsStarted) {
  Up();
  const std::vector<pid_t> pids = Pids();
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  ASSERT_EQ(kill(pids[1], SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return Pid("weft-provider-x") == 0; }));
  Up();
  EXPECT_EQ(Pid("weft-core"), pids[0]);
  EXPECT_NE(Pid("weft-provider-x"), 0);
  EXPECT_EQ(Pid("weft-runtime-local"), pids[2]);
}

TEST_F(SupervisorTest, AChangedProgramIsReplacedAndTheOthersStay) {
  Up();
  const std::vector<pid_t> before = Pids();
  Change("weft-provider-x");
  Up();
  const std::vector<pid_t> after = Pids();
  EXPECT_EQ(after[0], before[0]);
  EXPECT_NE(after[1], before[1]);
  EXPECT_EQ(after[2], before[2]);
  EXPECT_THAT(ProviderText(), HasSubstr(MeasureArtifact(Bin("weft-provider-x")).value()));
}

TEST_F(SupervisorTest, ANewlyInstalledProviderIsStartedByUpAgain) {
  Up();
  fs::copy_file(Bin("weft-provider-x"), Bin("weft-provider-late"));
  Up();
  EXPECT_NE(Pid("weft-provider-late"), 0);
}

TEST_F(SupervisorTest, UpNamesTheServiceThatFailsWithTheEndOfItsLog) {
  folder_.Write("bin/weft-provider-x.fails", "");
  const Outcome up = Weft({"up", "--detach"});
  EXPECT_EQ(up.status, 1);
  EXPECT_THAT(up.text, AllOf(HasSubstr("weft-provider-x ends as often as it is started"),
                             HasSubstr("the database is made of cheese")));
  EXPECT_NE(Pid("weft-core"), 0);
  // What keeps it from working is taken away: it comes up by itself.
  fs::remove(Bin("weft-provider-x.fails"));
  EXPECT_TRUE(Eventually([&] { return Pid("weft-provider-x") != 0; }));
}

TEST_F(SupervisorTest, AServiceThatKeepsEndingIsStartedLessAndLessOften) {
  folder_.Write("bin/weft-core.fails", "");
  const auto up = Start({"up"});
  EXPECT_TRUE(Eventually([&] {
    return up->Text().find("starting it again in 400ms") != std::string::npos;
  })) << up->Text();
  const std::string text = up->Text();
  const auto place = [&](const char* when) {
    return text.find(std::string("weft-core ended with status 3; starting it again ") + when);
  };
  EXPECT_LT(place("at once"), place("in 100ms"));
  EXPECT_LT(place("in 100ms"), place("in 200ms"));
  EXPECT_LT(place("in 200ms"), place("in 400ms"));
}

TEST_F(SupervisorTest, AServiceThatDoesNotAnswerIsNamedWhenTimeIsUp) {
  folder_.Write("bin/weft-core.fails", "");
  const Outcome up = Weft({"up", "--detach", "--timeout", "10ms"});
  EXPECT_EQ(up.status, 1);
  EXPECT_THAT(up.text, HasSubstr("weft-core does not answer in time"));
}

TEST_F(SupervisorTest, TermEndsTheServices) {
  const auto up = Start({"up"});
  ASSERT_TRUE(Eventually([&] { return AllRun(); }));
  up->Signal(SIGTERM);
  EXPECT_EQ(up->Wait().status, 0);
  EXPECT_EQ(Pids(), std::vector<pid_t>({0, 0, 0}));
}

TEST_F(SupervisorTest, DownEndsTheServicesAndKeepsTheData) {
  Up();
  const Outcome down = Weft({"down"});
  EXPECT_EQ(down.status, 0) << down.text;
  EXPECT_THAT(down.text, HasSubstr("weft is down"));
  EXPECT_EQ(Pids(), std::vector<pid_t>({0, 0, 0}));
  EXPECT_EQ(Pid(kSupervisor), 0);
  EXPECT_TRUE(fs::exists(data_.Below("providers/x.yaml")));
}

TEST_F(SupervisorTest, DownEndsServicesWithoutASupervisor) {
  Up();
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  EXPECT_TRUE(Eventually([&] { return Pid(kSupervisor) == 0; }));
  EXPECT_EQ(Weft({"down"}).status, 0);
  EXPECT_EQ(Pids(), std::vector<pid_t>({0, 0, 0}));
}

TEST_F(SupervisorTest, ASecondTermKillsWhatDoesNotDrain) {
  const auto up = Start({"up"});
  ASSERT_TRUE(Eventually([&] { return AllRun(); }));
  ASSERT_EQ(kill(Pid("weft-core"), SIGSTOP), 0);
  up->Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return Pid("weft-runtime-local") == 0; }));
  up->Signal(SIGTERM);
  EXPECT_EQ(up->Wait().status, 0);
  EXPECT_EQ(Pids(), std::vector<pid_t>({0, 0, 0}));
}

TEST_F(SupervisorTest, DownSaysWhenNothingRuns) {
  const Outcome down = Weft({"down"});
  EXPECT_EQ(down.status, 0);
  EXPECT_THAT(down.text, HasSubstr("nothing runs in " + data_.path()));
}

TEST_F(SupervisorTest, PurgeRemovesTheDataDirectory) {
  Up();
  const Outcome down = Weft({"down", "--purge", "--force"});
  EXPECT_EQ(down.status, 0) << down.text;
  EXPECT_FALSE(fs::exists(data_.path()));
}

TEST_F(SupervisorTest, PurgeRemovesNothingWhileTheCoreCannotDelete) {
  Up();
  const Outcome down = Weft({"down", "--purge"});  // The test's core has no applications service.
  EXPECT_EQ(down.status, 1);
  EXPECT_THAT(down.text, AllOf(HasSubstr("nothing was removed"), HasSubstr("--force")));
  EXPECT_TRUE(AllRun());
}

TEST_F(SupervisorTest, ServicesKeepNoDescriptorOfTheirStarter) {
  const int leaked = dup2(STDERR_FILENO, 77);  // As a shell's `exec 77>lock` leaves one.
  Up();
  close(leaked);
  for (const pid_t pid : {Pid(kSupervisor), Pid("weft-core")})
    EXPECT_FALSE(fs::exists("/proc/" + std::to_string(pid) + "/fd/77")) << pid;
}

class RuntimesUpTest : public SupervisorTest {
 protected:
  RuntimesUpTest() {
    fs::copy_file(fs::path(WEFT_BIN_DIR) / "cli_fake_service", Bin("weft-runtime-kubernetes"));
  }
  void UpWith(const std::vector<std::string>& flags) const {
    std::vector<std::string> arguments = {"up", "--detach"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome up = Weft(arguments);
    ASSERT_EQ(up.status, 0) << up.text;
  }
  bool Runs(const std::string& runtime) const { return Pid("weft-runtime-" + runtime) != 0; }
  std::string RuntimeText(const std::string& runtime) const {
    return ReadFileOrEmpty(data_.Below("runtimes/" + runtime + ".yaml"));
  }
};

TEST_F(RuntimesUpTest, WithoutAChoiceTheLocalOneRuns) {
  Up();
  EXPECT_TRUE(Runs("local"));
  EXPECT_FALSE(Runs("kubernetes"));
  EXPECT_THAT(RuntimeText("local"),
              AllOf(HasSubstr("name: local\n"),
                    HasSubstr("address: " + data_.SocketAddress("runtime-local") + "\n")));
  EXPECT_EQ(RuntimeText("kubernetes"), "");
}

TEST_F(RuntimesUpTest, AChoiceIsRememberedByWhoeverComesLater) {
  UpWith({"--runtime", "kubernetes", "--kubeconfig", "/k/config", "--context", "staging"});
  EXPECT_FALSE(Runs("local"));
  EXPECT_EQ(RuntimeText("local"), "");
  EXPECT_TRUE(fs::is_socket(data_.SocketPath("runtime-kubernetes")));
  EXPECT_THAT(RuntimeText("kubernetes"), HasSubstr("name: kubernetes\n"));
  const pid_t runtime = Pid("weft-runtime-kubernetes");
  const std::vector<std::string> words = CommandLine(runtime);
  EXPECT_EQ(std::vector<std::string>(words.end() - 4, words.end()),
            std::vector<std::string>({"--kubeconfig", "/k/config", "--context", "staging"}));
  // By a supervisor that takes over, and by one after the end of all.
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return Pid(kSupervisor) == 0; }));
  Up();
  EXPECT_EQ(Pid("weft-runtime-kubernetes"), runtime);
  EXPECT_FALSE(Runs("local"));
  EXPECT_EQ(Weft({"down"}).status, 0);
  EXPECT_FALSE(Runs("kubernetes"));
  Up();
  EXPECT_TRUE(Runs("kubernetes"));
  EXPECT_FALSE(Runs("local"));
}

TEST_F(RuntimesUpTest, AnotherChoiceStartsAndEndsWhatDiffersAndNothingElse) {
  Up();
  const pid_t core = Pid("weft-core"), local = Pid("weft-runtime-local");
  UpWith({"--runtime", "local,kubernetes"});
  EXPECT_EQ(Pid("weft-core"), core);
  EXPECT_EQ(Pid("weft-runtime-local"), local);
  EXPECT_TRUE(Runs("kubernetes"));
  UpWith({"--runtime", "kubernetes"});
  EXPECT_TRUE(Eventually([&] { return !Runs("local"); }));
  EXPECT_EQ(RuntimeText("local"), "");
  EXPECT_EQ(Pid("weft-core"), core);
  EXPECT_TRUE(Runs("kubernetes"));
}

TEST_F(RuntimesUpTest, ANewSupervisorEndsARuntimeThatIsNotChosenAnyMore) {
  Up();
  ASSERT_EQ(kill(Pid(kSupervisor), SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return Pid(kSupervisor) == 0; }));
  UpWith({"--runtime", "kubernetes"});
  EXPECT_TRUE(Eventually([&] { return !Runs("local"); }));
  EXPECT_EQ(RuntimeText("local"), "");
}

TEST_F(RuntimesUpTest, AnotherClusterStartsTheRuntimeAgain) {
  UpWith({"--runtime", "kubernetes", "--kubeconfig", "/k/one"});
  const pid_t one = Pid("weft-runtime-kubernetes");
  UpWith({"--kubeconfig", "/k/one"});
  EXPECT_EQ(Pid("weft-runtime-kubernetes"), one);
  UpWith({"--kubeconfig", "/k/two"});
  EXPECT_TRUE(Eventually([&] { return RunsInsteadOf(one, "weft-runtime-kubernetes"); }));
  EXPECT_EQ(CommandLine(Pid("weft-runtime-kubernetes")).back(), "/k/two");
}

TEST_F(RuntimesUpTest, AChoiceThatCannotBeRunIsNotRemembered) {
  const Outcome moon = Weft({"up", "--detach", "--runtime", "moon"});
  EXPECT_EQ(moon.status, 1);
  EXPECT_THAT(moon.text, HasSubstr("there is no program weft-runtime-moon in"));
  EXPECT_THAT(Weft({"up", "--detach", "--context", "c"}).text,
              HasSubstr("add --runtime kubernetes"));
  Up();
  EXPECT_TRUE(Runs("local"));
}

TEST_F(RuntimesUpTest, ARuntimeConfiguredByHandIsLeftAlone) {
  folder_.Write("data/runtimes/local.yaml", "name: local\naddress: host:1\n");
  UpWith({"--runtime", "kubernetes"});
  EXPECT_THAT(RuntimeText("local"), HasSubstr("host:1"));
}

TEST_F(SupervisorTest, WithoutServicesUpSaysWhereItLooked) {
  fs::remove(Bin("weft-core"));
  const Outcome up = Weft({"up", "--detach"});
  EXPECT_EQ(up.status, 1);
  EXPECT_THAT(up.text, HasSubstr("there is no program weft-core in " + (folder_ / "bin")));
}

}  // namespace
}  // namespace weft::cli
