#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/data_directory.h"
#include "core/base/process.h"
#include "runtime/engine/docker_engine.h"
#include "tests/e2e/command.h"
#include "tests/e2e/containers.h"
#include "weft/core/v1/applications.grpc.pb.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::e2e {

// The names of the processes of a mesh, as the process files of the data directory have them.
inline constexpr char kCore[] = "weft-core";
inline constexpr char kRuntime[] = "weft-runtime-local";
inline constexpr char kServer[] = "weft-provider-server";
inline constexpr char kScaler[] = "weft-provider-manual-scaler";
inline constexpr char kSupervisor[] = "supervisor";
inline constexpr char kEngine[] = "dockerd";

// Asks until `is_so`; fails, saying `what` did not come, after `limit`.
testing::AssertionResult Await(const std::string& what, const std::function<bool()>& is_so,
                               absl::Duration limit = absl::Seconds(60));

// A mesh of the real programs with a private engine, in a data directory of its own: everything is
// as a user has it after `weft up --detach`, and gone after each test. Needs root. One thread, but
// for what says otherwise.
class Mesh : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  // Called before the mesh starts, when its data directory is there: what `weft up` is told.
  virtual std::vector<std::string> UpOptions() { return {}; }
  // Runs `words`, which are `weft up ...`.
  virtual CommandResult RunUp(const std::vector<std::string>& words) { return RunCommand(words); }

  // `weft ARGUMENTS`. Thread-safe.
  CommandResult Weft(std::vector<std::string> arguments) const;
  // Writes `text` to a file for the command line; its path. Thread-safe for different names.
  std::string WriteDocument(const std::string& name, const std::string& text) const;
  // `weft apply` of one document. Thread-safe for different names.
  CommandResult Apply(const std::string& name, const std::string& text) const;
  // Makes the image of the example under that name, where pods run.
  virtual void ImportHello(const std::string& name = "weft/hello:v1") const;

  // An application as the core tells it. NOT_FOUND; UNAVAILABLE or DEADLINE_EXCEEDED: the core does
  // not answer within 5 s.
  absl::StatusOr<core::v1::Application> Find(const std::string& application,
                                             const std::string& ns = "default") const;
  // Waits until the core says of an application what `is_so` wants; a failure has its last status.
  testing::AssertionResult AwaitStatus(
      const std::string& application,
      const std::function<bool(const core::v1::Application&)>& is_so,
      absl::Duration limit = absl::Seconds(60)) const;
  // Waits until `application` is carried out and healthy and the platform has exactly so many pods
  // of each instance, all of them running.
  testing::AssertionResult AwaitConverged(const std::string& application,
                                          const std::map<std::string, int>& pods,
                                          absl::Duration limit = absl::Seconds(60)) const;
  // The last status of an application's only instance.
  core::v1::ComponentStatus OnlyComponent(const std::string& application) const;
  std::vector<core::v1::Provider> Providers() const;

  // What the engine has now; fails the test if it does not answer.
  Runs Containers() const;
  // What the platform has now of an instance in the namespace `default`, but for pods that are
  // about to end; Pods fails the test if the platform does not answer.
  virtual absl::StatusOr<Runs> FindPods(const std::string& instance) const;
  Runs Pods(const std::string& instance) const;
  engine::DockerEngine& engine() const { return *engine_; }

  // The process `name`, if it runs.
  std::optional<ProcessIdentity> Process(const std::string& name) const;
  // All that run, by name.
  std::map<std::string, pid_t> Processes() const;
  // Sends a signal to the process `name`; SIGKILL returns when it is dead.
  void Signal(const std::string& name, int signal) const;

  // Holds whoever comes to the failpoint first (core/base/failpoint.h), until Release.
  void Arm(const std::string& point) const;
  testing::AssertionResult AwaitHit(const std::string& point) const;
  void Release(const std::string& point) const;

  // Where the local runtime answers for Ingresses.
  const std::string& ingress() const { return ingress_; }
  const DataDirectory& data() const { return *data_; }
  // A folder for files of the test.
  const std::string& scratch() const { return folder_; }

 private:
  void PrintLogs() const;
  std::string Summary(const std::string& application) const;

  std::string folder_;   // Of everything.
  std::string ingress_;  // An address.
  std::optional<DataDirectory> data_;
  std::unique_ptr<engine::DockerEngine> engine_;
  std::unique_ptr<core::v1::Applications::Stub> applications_;
  std::unique_ptr<core::v1::Catalog::Stub> catalog_;
};

}  // namespace weft::e2e
