#pragma once

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/time/time.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/local/object.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

// The program weft-runtime-local on a private engine of its own, in a data directory that is gone
// afterwards with everything that ran.
namespace weft::local {

using Projections = std::map<std::string, runtime::v1::Projection>;  // By key.

class RealRuntime : public testing::Test {
 protected:
  // `engine`: the socket of an engine that the test brings, which keeps what it does; empty: a
  // private one.
  explicit RealRuntime(std::string engine = "") : engine_socket_(std::move(engine)) {}
  // By a user who may use the engine and nothing else: that of the test, of its own.
  explicit RealRuntime(uid_t user) : user_(user) {}

  void SetUp() override;
  void TearDown() override;

  void StartRuntime();
  void KillRuntime();                          // As by kill -9; waits for its end.
  void WaitForDeath();                         // Of the runtime, at an armed failpoint.
  void ArmFailpoint(const std::string& name);  // The runtime dies there, once.
  pid_t EnginePid() const;                     // Of the private dockerd.
  void KillEngine();                           // As by kill -9; waits for its end.
  std::string Binary(const std::string& name) const {
    return std::string(WEFT_BIN_DIR) + "/" + name;
  }

  // An image of the tar archive of a root file system.
  void Import(const std::string& reference, const std::string& archive,
              const std::vector<std::string>& entrypoint = {});
  // An image "test/busybox:1" that holds busybox at /bin and a page at /www/index.html.
  void ImportBusybox();

  runtime::v1::ApplyResponse Apply(const std::vector<std::string>& objects, uint64_t generation,
                                   const std::string& ns = "default");
  // Of one object, with the value of one steered leaf.
  void ApplySteered(const std::string& object, uint64_t generation,
                    const runtime::v1::SteeredLeaf& leaf, const std::string& ns = "default");
  // The same when the runtime may die of it.
  void ApplyInDanger(const std::vector<std::string>& objects, uint64_t generation);
  void Delete(const std::vector<ObjectRef>& refs);

  // Watches until `enough` of what has been told; the last projections. Fails after `limit`.
  Projections WaitFor(const std::function<bool(const Projections&)>& enough,
                      absl::Duration limit = absl::Seconds(40));

  runtime::v1::Runtime::Stub& runtime() { return *runtime_; }
  runtime::v1::Images::Stub& images() { return *images_; }
  engine::DockerEngine& engine() { return *engine_; }

  std::string data_;
  pid_t pid_ = -1;

 private:
  void RemoveEverything();
  void StartEngineForUser();
  std::vector<std::string> RuntimeCommand() const;
  grpc::Status TryApply(const std::vector<std::string>& objects, uint64_t generation,
                        const std::string& ns, runtime::v1::ApplyResponse& response,
                        const runtime::v1::SteeredLeaf* leaf = nullptr);

  const std::string engine_socket_;
  const uid_t user_ = 0;
  std::unique_ptr<runtime::v1::Runtime::Stub> runtime_;
  std::unique_ptr<runtime::v1::Images::Stub> images_;
  std::unique_ptr<engine::DockerEngine> engine_;
};

// A leaf with this value, or, with `set` false, this seed.
runtime::v1::SteeredLeaf Steered(const std::string& pointer, const std::string& value, bool set);

// A Deployment of busybox's web server that is ready when it answers.
std::string WebDeployment(const std::string& name, int replicas,
                          const std::string& page = "/index.html");
// Without a number of replicas.
std::string SteeredWebDeployment(const std::string& name);
std::string WebService(const std::string& name);

// Of the pods of a Deployment that are ready: names, or container ids.
std::vector<std::string> ReadyPods(const Projections& projections, const std::string& deployment);
// "ID STARTED-AT" of all its pods, sorted.
std::vector<std::string> Runs(const Projections& projections, const std::string& deployment);
int64_t StatusNumber(const Projections& projections, const std::string& key, const char* field);

}  // namespace weft::local
