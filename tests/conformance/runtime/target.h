#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::conformance {

inline constexpr char kImage[] = "weft/conformance:1";  // Holds the program of pod.cc.

// What a runtime has that the protocol does not ask of every one.
enum class Ability {
  kAdmission,  // It refuses what it does not understand.
  kPrograms,   // Containers run what they are told.
  kFiles,      // They have file systems and volumes.
  kNetwork,    // They reach each other.
  kMemory,     // Their memory is limited.
  kPolicies,   // NetworkPolicies say who reaches whom.
  kNames,      // It has headless Services; with kNetwork their names lead to pods.
};

// A runtime that is tested. Made once for all cases.
class Target {
 public:
  virtual ~Target() = default;
  // Returns when it answers; reports a failure to GoogleTest, or that the test is skipped.
  virtual void Start() = 0;
  virtual void Stop() {}
  virtual runtime::v1::Runtime::StubInterface& runtime() = 0;
  virtual std::set<Ability> abilities() const = 0;
  virtual std::string installation() const = 0;
  // How long what takes a while may take.
  virtual absl::Duration patience() const { return absl::Seconds(40); }
};

std::unique_ptr<Target> MakeFakeTarget();        // "fake": weft-runtime-fake.
std::unique_ptr<Target> MakeFakeEngineTarget();  // "fake-engine": the local runtime, on such a one.
std::unique_ptr<Target> MakeLocalTarget();       // "local": weft-runtime-local, an engine.
// "local-user": the same by a user who is not root, on an engine that lets it.
std::unique_ptr<Target> MakeLocalUserTarget();
// "podman": the same on the Podman whose socket is WEFT_CONFORMANCE_ENGINE.
std::unique_ptr<Target> MakePodmanTarget();
std::unique_ptr<Target> MakeKubernetesTarget();  // "kubernetes": weft-runtime-kubernetes, a node.

}  // namespace weft::conformance
