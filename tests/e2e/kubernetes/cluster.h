#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/e2e/command.h"

namespace weft::e2e {

// A Kubernetes of the test's own, with all its components, from the scripts of this folder
// (README.md). Several do not disturb each other. Ends with this object, and by itself when the
// test program dies. A test that has failed by then prints the ends of the components' logs.
// Needs root. One thread, but for what says otherwise.
class Cluster {
 public:
  enum class Kind {
    kControlPlane,  // Without a node: Pods stay pending.
    kFakeNode,      // Pods are said to run, at once.
    kNode,          // Pods run, in a network that only this cluster has, with no way out.
  };

  // Returns when Pods can be created and the node, if there is one, is ready. Builds Kubernetes
  // first where that was not done before, which takes minutes, also when others wait for it too.
  // UNAVAILABLE: it cannot be built here, and a test should be skipped with the message.
  // INTERNAL: it did not start; the message has what it said.
  static absl::StatusOr<std::unique_ptr<Cluster>> Start(Kind kind);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // The path of the file that tells how to reach the API server, at 127.0.0.1, as administrator.
  std::string kubeconfig() const { return folder_ + "/kubeconfig"; }
  // Where everything of it is, a temporary folder: lib/state.sh says what. Tests may add files.
  const std::string& folder() const { return folder_; }

  // `kubectl ARGUMENTS`, as administrator. Thread-safe.
  CommandResult Kubectl(std::vector<std::string> arguments) const;
  // `kubectl apply` of documents.
  CommandResult Apply(const std::string& documents) const;
  // Runs a program of this machine in the network where Pods and Services have their addresses.
  // Thread-safe.
  CommandResult RunInNetwork(std::vector<std::string> arguments) const;

  // Puts an image on a real node, under `name`. `archive` is the path of what `docker save` writes
  // or of a tar archive of a root file system, whose image has the program `entrypoint`, if any.
  // INTERNAL.
  absl::Status LoadImage(const std::string& archive, const std::string& name,
                         const std::string& entrypoint = "") const;

  // Kills the API server. INTERNAL.
  absl::Status StopApiServer() const;
  // Starts it again with its data and at its port; returns when it is ready. INTERNAL.
  absl::Status StartApiServer() const;

 private:
  Cluster(std::string folder, int owner);
  CommandResult Script(const std::string& name, std::vector<std::string> arguments) const;
  void PrintLogs() const;

  const std::string folder_;
  const int owner_;      // Descriptor with a lock; the cluster ends when nobody has it.
  std::string program_;  // That is all components, and kubectl.
};

}  // namespace weft::e2e
