#include "tests/e2e/kubernetes/cluster.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <iostream>
#include <sys/file.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/files.h"
#include "core/base/status.h"
#include "core/cli/launch.h"

namespace weft::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int kUnavailable = 77;  // How build.sh says that it cannot build here.
constexpr int kLogLines = 40;
constexpr absl::Duration kBuildLimit = absl::Minutes(25);
constexpr absl::Duration kScriptLimit = absl::Minutes(5);

std::string ScriptPath(const std::string& name) {
  return absl::StrCat(WEFT_SOURCE_DIR, "/tests/e2e/kubernetes/", name);
}

absl::Status ToStatus(const std::string& action, const CommandResult& result) {
  if (result.status == 0) return absl::OkStatus();
  const std::string message = absl::StrCat(action, ": ", absl::StripAsciiWhitespace(result.err));
  return result.status == kUnavailable ? absl::UnavailableError(message)
                                       : absl::InternalError(message);
}

std::vector<std::string> UpOptions(Cluster::Kind kind) {
  switch (kind) {
    case Cluster::Kind::kControlPlane:
      return {};
    case Cluster::Kind::kFakeNode:
      return {"--fake-node"};
    case Cluster::Kind::kNode:
      return {"--node"};
  }
  return {};
}

}  // namespace

Cluster::Cluster(std::string folder, int owner) : folder_(std::move(folder)), owner_(owner) {}

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Start(Kind kind) {
  const CommandResult built = RunCommand({ScriptPath("build.sh")}, kBuildLimit);
  WEFT_RETURN_IF_ERROR(ToStatus("build Kubernetes", built));
  char folder[] = "/tmp/wkXXXXXX";
  if (mkdtemp(folder) == nullptr) return absl::ErrnoToStatus(errno, "make a temporary folder");
  const std::string lock = absl::StrCat(folder, "/owner");
  const int owner = open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (owner < 0 || flock(owner, LOCK_EX) != 0) return absl::ErrnoToStatus(errno, "lock " + lock);
  std::unique_ptr<Cluster> cluster(new Cluster(folder, owner));
  cluster->program_ = std::string(absl::StripAsciiWhitespace(built.out));
  WEFT_RETURN_IF_ERROR(ToStatus("start Kubernetes", cluster->Script("up.sh", UpOptions(kind))));
  return cluster;
}

Cluster::~Cluster() {
  if (testing::Test::HasFailure()) PrintLogs();
  const CommandResult down = Script("down.sh", {});
  EXPECT_EQ(down.status, 0) << down.err;
  close(owner_);
  std::error_code ec;
  fs::remove_all(folder_, ec);
  EXPECT_FALSE(ec) << "remove " << folder_ << ": " << ec.message();
}

CommandResult Cluster::Script(const std::string& name, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {ScriptPath(name), folder_});
  return RunCommand(arguments, kScriptLimit);
}

CommandResult Cluster::Kubectl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {program_, "kubectl", "--kubeconfig", kubeconfig(),
                                       "--cache-dir", folder_ + "/run/kubectl"});
  return RunCommand(arguments);
}

CommandResult Cluster::Apply(const std::string& documents) const {
  const std::string path = folder_ + "/applied.yaml";
  const absl::Status written = WriteFileAtomically(path, documents);
  if (!written.ok()) return {-1, "", written.ToString()};
  return Kubectl({"apply", "-f", path});
}

CommandResult Cluster::RunInNetwork(std::vector<std::string> arguments) const {
  return Script("run_in.sh", std::move(arguments));
}

absl::Status Cluster::LoadImage(const std::string& archive, const std::string& name,
                                const std::string& entrypoint) const {
  std::vector<std::string> arguments = {archive, name};
  if (!entrypoint.empty()) arguments.push_back(entrypoint);
  return ToStatus("load image " + name, Script("load_image.sh", arguments));
}

absl::Status Cluster::StopApiServer() const {
  return ToStatus("stop the API server", Script("api_server.sh", {"stop"}));
}

absl::Status Cluster::StartApiServer() const {
  return ToStatus("start the API server", Script("api_server.sh", {"start"}));
}

void Cluster::PrintLogs() const {
  std::error_code ec;
  for (const auto& log : fs::directory_iterator(folder_ + "/log", ec))
    std::cerr << "---- " << log.path().filename().string() << "\n"
              << cli::LastLines(log.path().string(), kLogLines);
}

}  // namespace weft::e2e
