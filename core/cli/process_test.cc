#include "core/base/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "core/cli/installed_services.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"
#include "core/cli/restart_policy.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ProcStatTest, ReadsFieldsBehindAnyProgramName) {
  const std::string fields = " S 7 8 9 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 1 0 4711 12345\n";
  for (const char* name : {"(weft)", "(a b)", "(x) R 1 (y)"}) {
    EXPECT_EQ(ParseStatField("42 " + std::string(name) + fields, 22), 4711u) << name;
    EXPECT_EQ(ParseStatField("42 " + std::string(name) + fields, 4), 7u) << name;
  }
  EXPECT_EQ(ParseStatField("42 (weft) Z 7 8", 4), std::nullopt);  // Dead, not reaped.
  EXPECT_EQ(ParseStatField("", 4), std::nullopt);
}

TEST(ProcessTest, AProcessIdThatIsUsedAgainIsAnotherProcess) {
  ProcessIdentity self = SelfIdentity();
  EXPECT_TRUE(IsAlive(self));
  self.start_time += 1;
  EXPECT_FALSE(IsAlive(self));
  EXPECT_EQ(ProcessHandle::Open(self).status().code(), absl::StatusCode::kNotFound);
}

TEST(ProcessTest, KillsWhatDoesNotEndInTime) {
  testing::Program stopped({"/bin/sleep", "1000"});
  stopped.Signal(SIGSTOP);
  const ProcessIdentity identity = {stopped.pid(), StartTime(stopped.pid()).value_or(0)};
  const auto handle = ProcessHandle::Open(identity);
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(EndProcess(*handle, absl::Milliseconds(10)).ok());
  EXPECT_FALSE(IsAlive(identity));
  EXPECT_TRUE(handle->Signal(SIGTERM).ok());  // Of what is gone: a success.
}

TEST(ProcessRecordTest, IsReadAsItWasWritten) {
  const ProcessRecord record = {{42, 4711}, "sha256:ab", 3};
  EXPECT_EQ(FormatProcessRecord(record), "42 4711 sha256:ab 3\n");
  EXPECT_EQ(ParseProcessRecord(FormatProcessRecord(record)), record);
  const ProcessRecord own = {{42, 4711}, "", 1};
  EXPECT_EQ(ParseProcessRecord(FormatProcessRecord(own)), own);
  EXPECT_EQ(ParseProcessRecord("42 47"), std::nullopt);
}

class RunningTest : public ::testing::Test {
 protected:
  void Record(const std::string& name, const ProcessIdentity& process) {
    ASSERT_TRUE(
        WriteFileAtomically(ProcessRecordPath(data_, name), FormatProcessRecord({process})).ok());
  }
  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
};

TEST_F(RunningTest, AProcessOfAnotherProgramOrDirectoryIsNotTheService) {
  const auto service = [](const std::string& name, const std::string& data) {
    return std::vector<std::string>{"/bin/sh", "-c", "kill -STOP $$", name, "--data", data};
  };
  const auto runs = [&](const testing::Program& program) {
    Record("weft-core", {program.pid(), StartTime(program.pid()).value_or(0)});
    return FindRunning(data_, "weft-core").has_value();
  };
  EXPECT_TRUE(runs(testing::Program(service("/opt/weft-core", data_.path()))));
  EXPECT_FALSE(runs(testing::Program(service("/opt/weft-other", data_.path()))));
  EXPECT_FALSE(runs(testing::Program(service("/opt/weft-core", data_.path() + "2"))));
}

TEST_F(RunningTest, RecordsOfServicesAreListedWithoutTheSupervisors) {
  ASSERT_TRUE(RecordSelf(data_, kSupervisor).ok());
  Record("weft-provider-x", {1, 1});
  Record("weft-core", {1, 1});
  EXPECT_THAT(RecordedServices(data_), ElementsAre("weft-core", "weft-provider-x"));
  EXPECT_EQ(FindRunning(data_, kSupervisor)->process, SelfIdentity());
}

TEST(RestartPolicyTest, WaitsLongerWhileEndsAreQuickAndStartsAnewAfterAStableRun) {
  RestartPolicy policy;
  const absl::Duration quick = absl::Seconds(1);
  EXPECT_EQ(policy.attempt(), 1);
  EXPECT_EQ(policy.Ended(quick), absl::ZeroDuration());
  EXPECT_EQ(policy.Ended(quick), absl::Milliseconds(100));
  EXPECT_EQ(policy.Ended(quick), absl::Milliseconds(200));
  EXPECT_EQ(policy.attempt(), 4);
  for (int i = 0; i < 100; ++i) EXPECT_LE(policy.Ended(quick), absl::Seconds(10));
  EXPECT_EQ(policy.Ended(quick), absl::Seconds(10));
  EXPECT_EQ(policy.Ended(RestartPolicy::kStable), absl::ZeroDuration());
  EXPECT_EQ(policy.attempt(), 2);
}

TEST(ServicesTest, AreTheProgramsOfTheFolderWithTheirCommandLines) {
  const testing::TemporaryFolder folder;
  const DataDirectory data = DataDirectory::Open(folder / "d").value();
  for (const char* name : {"weft-core", "weft-runtime-local", "weft-runtime-kubernetes",
                           "weft-provider-x", "weft", "weft-provider-y.fails", "weft-bench"}) {
    folder.Write(name, "");
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
  }
  folder.Write("weft-provider-text", "");  // Not a program.
  const auto services = FindServices(folder.path().string(), data, {});
  ASSERT_TRUE(services.ok()) << services.status();
  ASSERT_EQ(services->size(), 3u);
  EXPECT_EQ((*services)[0].name, "weft-core");
  EXPECT_THAT((*services)[0].arguments, ElementsAre("--data", data.path()));
  EXPECT_EQ((*services)[1].provider, "x");
  EXPECT_THAT((*services)[1].arguments,
              ElementsAre("--listen", data.SocketAddress("weft-provider-x")));
  EXPECT_EQ((*services)[2].runtime, "local");
  EXPECT_EQ((*services)[2].address, data.SocketAddress("runtime-local"));
}

TEST(ServicesTest, OfRuntimesTheChosenAreRunForTheChosenCluster) {
  const testing::TemporaryFolder folder;
  const DataDirectory data = DataDirectory::Open(folder / "d").value();
  for (const char* name : {"weft-core", "weft-runtime-local", "weft-runtime-kubernetes"}) {
    folder.Write(name, "");
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
  }
  config::ServicesConfig choice{{"kubernetes"}, "", ""};
  auto services = FindServices(folder.path().string(), data, choice);
  ASSERT_TRUE(services.ok()) << services.status();
  ASSERT_EQ(services->size(), 2u);
  EXPECT_EQ((*services)[1].name, "weft-runtime-kubernetes");
  EXPECT_EQ((*services)[1].runtime, "kubernetes");
  EXPECT_EQ((*services)[1].address, data.SocketAddress("runtime-kubernetes"));
  EXPECT_THAT((*services)[1].arguments, ElementsAre("--data", data.path()));
  choice = {{"kubernetes", "local"}, "/k/config", "staging"};
  services = FindServices(folder.path().string(), data, choice);
  ASSERT_EQ(services->size(), 3u);
  EXPECT_THAT((*services)[1].arguments, ElementsAre("--data", data.path(), "--kubeconfig",
                                                    "/k/config", "--context", "staging"));
  EXPECT_THAT((*services)[2].arguments, ElementsAre("--data", data.path()));
  choice.runtimes = {"moon"};
  EXPECT_EQ(FindServices(folder.path().string(), data, choice).status().message(),
            "there is no program weft-runtime-moon in " + folder.path().string());
}

TEST(ServicesTest, StandInLibexecWhereInstalledAndBesideOtherwise) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(ServiceFolder(folder / "bin/weft"), folder / "bin");
  folder.Write("libexec/weft/weft-core", "");
  std::filesystem::permissions(folder / "libexec/weft/weft-core",
                               std::filesystem::perms::owner_all);
  EXPECT_EQ(ServiceFolder(folder / "bin/weft"), folder / "libexec/weft");
}

TEST(ArtifactTest, FollowsTheFilesContent) {
  const testing::TemporaryFolder folder;
  folder.Write("program", "a");
  const std::string before = MeasureArtifact(folder / "program").value();
  EXPECT_THAT(before, HasSubstr("sha256:"));
  folder.Write("other", "b");
  std::filesystem::rename(folder / "other", folder / "program");
  EXPECT_NE(MeasureArtifact(folder / "program").value(), before);
}

TEST(LastLinesTest, GivesTheEndOfALog) {
  const testing::TemporaryFolder folder;
  folder.Write("log", "one\ntwo\nthree\n");
  EXPECT_EQ(LastLines(folder / "log", 2), "two\nthree\n");
  EXPECT_EQ(LastLines(folder / "log", 9), "one\ntwo\nthree\n");
  EXPECT_EQ(LastLines(folder / "none", 2), "");
}

}  // namespace
}  // namespace weft::cli
