// The runtimes without a platform: weft-runtime-fake as a program, and the local runtime in this
// process on an engine in memory whose containers do as pod.cc says, as far as anybody can see.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/channel.h"
#include "core/base/worker_pool.h"
#include "runtime/engine/fake_engine.h"
#include "runtime/local/local_runtime.h"
#include "runtime/local/local_test_support.h"
#include "runtime/local/runtime_service.h"
#include "tests/bench/process.h"
#include "tests/conformance/runtime/target.h"

namespace weft::conformance {
namespace {

constexpr char kInstallation[] = "0123456789ab";

std::string MakeDirectory() {
  char path[] = "/tmp/weft-conformance-XXXXXX";
  return mkdtemp(path);
}

class FakeTarget final : public Target {
 public:
  ~FakeTarget() override { std::filesystem::remove_all(directory_); }
  void Start() override {
    const std::string address = "unix:" + directory_ + "/fake.sock";
    auto process = bench::Process::Start(
        {std::string(WEFT_BIN_DIR) + "/weft-runtime-fake", "--listen", address});
    ASSERT_TRUE(process.ok()) << process.status();
    process_.emplace(*std::move(process));
    const auto channel = MakeChannel(address);
    ASSERT_TRUE(
        channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
    stub_ = runtime::v1::Runtime::NewStub(channel);
  }
  runtime::v1::Runtime::StubInterface& runtime() override { return *stub_; }
  std::set<Ability> abilities() const override { return {}; }
  std::string installation() const override { return kInstallation; }

 private:
  const std::string directory_ = MakeDirectory();
  std::optional<bench::Process> process_;
  std::unique_ptr<runtime::v1::Runtime::Stub> stub_;
};

// What containers of the suite do, for an engine that runs none. Thread-safe.
class FakeContainers {
 public:
  engine::FakeEngine::Run Start(const std::string& id, const engine::ContainerSpec& spec) {
    engine::FakeEngine::Run run;
    std::lock_guard lock(mutex_);
    bool goes_on = true;
    std::vector<std::string> statements = spec.command;
    if (!spec.entrypoint.empty())  // In place of the image's, which is the program alone.
      statements.insert(statements.begin(), spec.entrypoint.begin() + 1, spec.entrypoint.end());
    for (size_t i = 0; goes_on && i < statements.size(); ++i)
      goes_on = Carry(id, spec, statements[i], run);
    if (goes_on) run.exit_code = 0;
    return run;
  }

  // A probe of a container.
  absl::Status Ask(engine::Engine& engine, const local::ProbeTarget& target) {
    const local::Action& action = target.probe.action;
    if (std::holds_alternative<local::Exec>(action)) return local::ProbeExec(engine, target);
    const auto* http = std::get_if<local::HttpGet>(&action);
    const int port =
        http != nullptr ? http->port.number : std::get<local::TcpSocket>(action).port.number;
    std::lock_guard lock(mutex_);
    const auto found = serving_.find(target.container_id);
    if (found == serving_.end() || found->second != port)
      return absl::UnavailableError("connection refused");
    if (http != nullptr && http->path == "/fail") return absl::UnavailableError("answered 503");
    return absl::OkStatus();
  }

 private:
  // False: nothing comes after it.
  bool Carry(const std::string& id, const engine::ContainerSpec& spec, const std::string& statement,
             engine::FakeEngine::Run& run) {
    const std::pair<std::string, std::string> words =
        absl::StrSplit(statement, absl::MaxSplits(' ', 1));
    const auto& [verb, rest] = words;
    if (verb == "say" || verb == "complain") {
      absl::StrAppend(&run.output, rest, "\n");
    } else if (verb == "env") {
      absl::StrAppend(&run.output, Variable(spec.environment, rest), "\n");
    } else if (verb == "id") {
      absl::StrAppend(&run.output, spec.user.empty() ? "0:0" : spec.user, "\n");
    } else if (verb == "where") {
      absl::StrAppend(&run.output, spec.working_directory.empty() ? "/" : spec.working_directory,
                      "\n");
    } else if (verb == "write" && spec.read_only_root) {
      absl::StrAppend(&run.output, "cannot write ", rest.substr(0, rest.find(' ')), "\n");
    } else if (verb == "once") {
      const std::vector<std::string> path_and_code = absl::StrSplit(rest, ' ');
      if (!left_.insert(spec.network_of + path_and_code[0]).second) return true;
      run.exit_code = atoi(path_and_code[1].c_str());
    } else if (verb == "exit") {
      run.exit_code = atoi(rest.c_str());
    } else if (verb == "crash") {
      run.exit_code = 128 + SIGSEGV;
    } else if (verb == "eat") {
      run.out_of_memory =
          spec.memory_limit > 0 && (int64_t{atoi(rest.c_str())} << 20) > spec.memory_limit;
      if (run.out_of_memory) run.exit_code = 128 + SIGKILL;
    } else if (verb == "serve") {
      serving_[id] = atoi(rest.c_str());
      return false;
    } else if (verb == "follow") {
      return false;
    } else if (verb == "wait" || verb == "stay") {
      run.exit_code_when_stopped = verb == "stay" ? 128 + SIGKILL : 0;
      return false;
    } else if (verb != "write" && verb != "show" && verb != "get") {
      run.exit_code = 64;  // As pod.cc does.
    }
    return !run.exit_code.has_value();
  }

  static std::string Variable(const std::vector<std::string>& environment,
                              const std::string& name) {
    for (const std::string& variable : environment)
      if (absl::StartsWith(variable, name + "=")) return variable;
    return name + " is not set";
  }

  std::mutex mutex_;
  std::set<std::string> left_;          // Files of `once`, by pod.
  std::map<std::string, int> serving_;  // Ports, by container.
};

class FakeEngineTarget final : public Target {
 public:
  ~FakeEngineTarget() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    service_.reset();
    local_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Start() override {
    engine_.AddImage(kImage, [this](const std::string& id, const engine::ContainerSpec& spec) {
      return containers_.Start(id, spec);
    });
    local::LocalRuntime::Options options;
    options.installation = kInstallation;
    options.identities = directory_ + "/identities";
    options.sandbox_program = "/bin/true";
    options.dnsmasq = "/bin/true";
    options.termination_lead = absl::ZeroDuration();
    options.probe = [this](const local::ProbeTarget& target) {
      return containers_.Ask(engine_, target);
    };
    auto local = local::LocalRuntime::Open(engine_, services_, proxy_, directory_ + "/db", options);
    ASSERT_TRUE(local.ok()) << local.status();
    local_ = *std::move(local);
    local_->Start();
    service_ = std::make_unique<local::RuntimeService>(*local_, pool_, streams_, "test");
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = runtime::v1::Runtime::NewStub(server_->InProcessChannel({}));
  }
  void Stop() override { service_->Drain(); }
  runtime::v1::Runtime::StubInterface& runtime() override { return *stub_; }
  std::set<Ability> abilities() const override {
    return {Ability::kAdmission, Ability::kPrograms, Ability::kMemory, Ability::kNames};
  }
  std::string installation() const override { return kInstallation; }

 private:
  const std::string directory_ = MakeDirectory();
  engine::FakeEngine engine_;
  FakeContainers containers_;
  local::FakeServiceNetwork services_;
  local::FakeProxy proxy_;
  WorkerPool pool_{8, 256};
  StreamLimit streams_{64};
  std::unique_ptr<local::LocalRuntime> local_;
  std::unique_ptr<local::RuntimeService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<runtime::v1::Runtime::Stub> stub_;
};

}  // namespace

std::unique_ptr<Target> MakeFakeTarget() { return std::make_unique<FakeTarget>(); }
std::unique_ptr<Target> MakeFakeEngineTarget() { return std::make_unique<FakeEngineTarget>(); }

}  // namespace weft::conformance
