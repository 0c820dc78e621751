#include "tests/e2e/mesh.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "core/base/service.h"
#include "core/cli/client.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"
#include "core/cli/status_tree.h"
#include "tests/free_port.h"

namespace weft::e2e {
namespace {

namespace fs = std::filesystem;

constexpr auto kPoll = std::chrono::milliseconds(10);
constexpr int kLogLines = 40;
constexpr absl::Duration kAnswerLimit = absl::Seconds(5);

std::string Program(const std::string& name) { return absl::StrCat(WEFT_BIN_DIR, "/", name); }

}  // namespace

testing::AssertionResult Await(const std::string& what, const std::function<bool()>& is_so,
                               absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!is_so()) {
    if (absl::Now() > end)
      return testing::AssertionFailure()
             << "not within " << absl::FormatDuration(limit) << ": " << what;
    std::this_thread::sleep_for(kPoll);
  }
  return testing::AssertionSuccess();
}

void Mesh::SetUp() {
  ASSERT_EQ(geteuid(), 0u) << "only root can run a private engine";
  char folder[] = "/tmp/weXXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  folder_ = folder;
  fs::create_directory(folder_ + "/failpoints");
  setenv("WEFT_DATA", (folder_ + "/d").c_str(), 1);
  setenv("WEFT_FAILPOINTS", (folder_ + "/failpoints").c_str(), 1);
  setenv("WEFT_ENGINE", "private", 1);
  ingress_ = absl::StrCat("127.0.0.1:", FreePort());
  setenv("WEFT_INGRESS_HTTP", ingress_.c_str(), 1);
  absl::StatusOr<DataDirectory> data = DataDirectory::Open("");
  ASSERT_TRUE(data.ok()) << data.status();
  data_.emplace(*std::move(data));
  engine_ = std::make_unique<engine::DockerEngine>(data_->Below("engine/docker.sock"));
  std::vector<std::string> arguments = UpOptions();
  if (HasFatalFailure()) return;
  arguments.insert(arguments.begin(), {Program("weft"), "up", "--detach"});
  const CommandResult up = RunUp(arguments);
  ASSERT_EQ(up.status, 0) << up.out << up.err;
  const std::shared_ptr<grpc::Channel> core = cli::Dial(data_->SocketAddress("core"));
  applications_ = core::v1::Applications::NewStub(core);
  catalog_ = core::v1::Catalog::NewStub(core);
}

void Mesh::TearDown() {
  if (!data_.has_value()) return;
  if (HasFailure()) PrintLogs();
  fs::remove_all(folder_ + "/failpoints");  // Whoever is held goes on.
  applications_.reset();  // A client that is connected and idle would hold up the core's end.
  catalog_.reset();
  const CommandResult down = Weft({"down", "--purge"});
  EXPECT_EQ(down.status, 0) << down.out << down.err;
  if (down.status != 0) Weft({"down", "--purge", "--force"});
  EXPECT_FALSE(fs::exists(data_->path())) << "weft down --purge leaves something";
  fs::remove_all(folder_);
}

void Mesh::PrintLogs() const {
  for (const auto& log : fs::directory_iterator(data_->Below("logs")))
    std::cerr << "---- " << log.path().filename().string() << "\n"
              << cli::LastLines(log.path().string(), kLogLines);
  const absl::StatusOr<Runs> runs = ListRuns(*engine_);
  std::cerr << "---- containers" << (runs.ok() ? "" : ": the engine does not answer") << "\n";
  if (!runs.ok()) return;
  for (const auto& [name, run] : *runs)
    std::cerr << run.id.substr(0, 12) << " " << run.state << " " << name << "\n";
}

CommandResult Mesh::Weft(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), Program("weft"));
  return RunCommand(arguments);
}

std::string Mesh::WriteDocument(const std::string& name, const std::string& text) const {
  std::string path = absl::StrCat(folder_, "/", name, ".yaml");
  const absl::Status written = WriteFileAtomically(path, text);
  EXPECT_TRUE(written.ok()) << written;
  return path;
}

CommandResult Mesh::Apply(const std::string& name, const std::string& text) const {
  return Weft({"apply", "-f", WriteDocument(name, text)});
}

void Mesh::ImportHello(const std::string& name) const {
  const CommandResult imported =
      Weft({"image", "import", WEFT_HELLO_IMAGE, name, "--entrypoint", "/hello"});
  ASSERT_EQ(imported.status, 0) << imported.err;
}

absl::StatusOr<core::v1::Application> Mesh::Find(const std::string& application,
                                                 const std::string& ns) const {
  core::v1::GetApplicationRequest request;
  request.set_namespace_(ns);
  request.set_name(application);
  core::v1::Application found;
  grpc::Status status;
  const absl::Time end = absl::Now() + kAnswerLimit;
  do {  // Also over the end of a core that was killed.
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(end));
    status = applications_->Get(&context, request, &found);
  } while (status.error_code() == grpc::StatusCode::UNAVAILABLE && absl::Now() < end);
  if (!status.ok()) return FromGrpc(status);
  return found;
}

std::string Mesh::Summary(const std::string& application) const {
  const absl::StatusOr<core::v1::Application> now = Find(application);
  return now.ok() ? cli::RenderStatus(*now, {.now = absl::Now()}) : now.status().ToString();
}

testing::AssertionResult Mesh::AwaitStatus(
    const std::string& application, const std::function<bool(const core::v1::Application&)>& is_so,
    absl::Duration limit) const {
  const testing::AssertionResult came = Await(
      "the wanted status of " + application,
      [&] {
        const absl::StatusOr<core::v1::Application> now = Find(application);
        return now.ok() && is_so(*now);
      },
      limit);
  return came ? came
              : testing::AssertionFailure() << came.message() << "\n"
                                            << Summary(application);
}

testing::AssertionResult Mesh::AwaitConverged(const std::string& application,
                                              const std::map<std::string, int>& pods,
                                              absl::Duration limit) const {
  return AwaitStatus(
      application,
      [&](const core::v1::Application& now) {
        if (!now.settled() || now.health().verdict() != common::v1::VERDICT_HEALTHY) return false;
        return std::all_of(pods.begin(), pods.end(), [&](const auto& wanted) {
          const absl::StatusOr<Runs> runs = FindPods(wanted.first);
          return runs.ok() && runs->size() == static_cast<size_t>(wanted.second) &&
                 std::all_of(runs->begin(), runs->end(),
                             [](const auto& run) { return run.second.state == "running"; });
        });
      },
      limit);
}

core::v1::ComponentStatus Mesh::OnlyComponent(const std::string& application) const {
  const absl::StatusOr<core::v1::Application> now = Find(application);
  EXPECT_TRUE(now.ok() && now->components_size() == 1) << now.status();
  return now.ok() && now->components_size() == 1 ? now->components(0) : core::v1::ComponentStatus();
}

std::vector<core::v1::Provider> Mesh::Providers() const {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  cli::SetDeadline(context, kAnswerLimit);
  core::v1::ListProvidersResponse response;
  catalog_->ListProviders(&context, core::v1::ListProvidersRequest(), &response);
  return {response.providers().begin(), response.providers().end()};
}

Runs Mesh::Containers() const {
  const absl::StatusOr<Runs> runs = ListRuns(*engine_);
  EXPECT_TRUE(runs.ok()) << runs.status();
  return runs.value_or(Runs());
}

absl::StatusOr<Runs> Mesh::FindPods(const std::string& instance) const {
  return ListPods(*engine_, instance);
}

Runs Mesh::Pods(const std::string& instance) const {
  const absl::StatusOr<Runs> runs = FindPods(instance);
  EXPECT_TRUE(runs.ok()) << runs.status();
  return runs.value_or(Runs());
}

std::optional<ProcessIdentity> Mesh::Process(const std::string& name) const {
  if (name != kEngine) {
    const std::optional<cli::ProcessRecord> record = cli::FindRunning(*data_, name);
    return record.has_value() ? std::optional(record->process) : std::nullopt;
  }
  int pid = 0;
  if (!absl::SimpleAtoi(ReadFileOrEmpty(data_->Below("engine/dockerd.pid")), &pid)) return {};
  const std::optional<uint64_t> start_time = StartTime(pid);
  return start_time.has_value() ? std::optional(ProcessIdentity{pid, *start_time}) : std::nullopt;
}

std::map<std::string, pid_t> Mesh::Processes() const {
  std::map<std::string, pid_t> processes;
  for (const char* name : {kCore, kRuntime, kServer, kScaler, kSupervisor, kEngine}) {
    if (const auto process = Process(name); process.has_value()) processes[name] = process->pid;
  }
  return processes;
}

void Mesh::Signal(const std::string& name, int signal) const {
  const std::optional<ProcessIdentity> identity = Process(name);
  ASSERT_TRUE(identity.has_value()) << name << " does not run";
  const absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(*identity);
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_TRUE(process->Signal(signal).ok());
  if (signal == SIGKILL) {
    ASSERT_TRUE(process->AwaitEnd(absl::Seconds(10))) << name << " lives on";
  }
}

void Mesh::Arm(const std::string& point) const {
  const absl::Status armed =
      WriteFileAtomically(absl::StrCat(folder_, "/failpoints/", point), "pause\n");
  ASSERT_TRUE(armed.ok()) << armed;
}

testing::AssertionResult Mesh::AwaitHit(const std::string& point) const {
  const std::string hit = absl::StrCat(folder_, "/failpoints/", point, ".hit");
  return Await(
      "somebody comes to " + point, [&] { return fs::exists(hit); }, absl::Seconds(20));
}

void Mesh::Release(const std::string& point) const {
  fs::remove(absl::StrCat(folder_, "/failpoints/", point));
  fs::remove(absl::StrCat(folder_, "/failpoints/", point, ".hit"));
}

}  // namespace weft::e2e
