#pragma once

#include <string>
#include <vector>

#include "runtime/engine/docker_engine.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {

inline constexpr char kGreeterImage[] = "example/greeter:v1";

// A mesh whose core also serves over TCP, with a third party's provider in Python (the greeter of
// tests/thirdparty) that `weft provider install` has installed.
class GreeterMesh : public Mesh {
 protected:
  void SetUp() override;
  std::vector<std::string> UpOptions() override;

  // Makes an image of the greeter's files.
  void Import(const std::string& image, const std::vector<std::string>& entry_point) const;

  // The only container of a provider, as the engine has it.
  engine::Container ContainerOf(const std::string& provider) const;
  // A provider as the core tells it; empty: there is none.
  core::v1::Provider Provider(const std::string& name) const;
  testing::AssertionResult AwaitAvailable(bool available) const;

  std::string asked_;  // What the installation said.
  std::string core_;   // Where the core serves over TCP.
};

}  // namespace weft::e2e
