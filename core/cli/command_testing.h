#pragma once

#include <gtest/gtest.h>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/fake_mesh.h"
#include "core/cli/testing.h"

namespace weft::cli {

inline core::v1::Application MakeApplication(const std::string& name_space, const std::string& name,
                                             common::v1::Verdict verdict, int64_t generation = 1) {
  core::v1::Application application;
  application.set_namespace_(name_space);
  application.set_name(name);
  application.set_generation(generation);
  application.set_settled(true);
  application.mutable_health()->set_verdict(verdict);
  return application;
}

// For tests only: command lines that are run within the process, against a mesh that behaves.
class CommandTest : public ::testing::Test {
 protected:
  // Runs a command line; what it prints is in out_ and err_.
  int Weft(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    std::istringstream in(input);
    std::ostringstream out, err;
    const int status = cli::Run(arguments, {.in = in, .out = out, .err = err});
    out_ = out.str();
    err_ = err.str();
    return status;
  }

  // An apply that makes the application hello, of generation 2, in `name_space`.
  void AnswerApply(const std::string& name_space = "default") {
    core::v1::ApplyResponse response;
    core::v1::ApplyResponse::Change* change = response.add_changes();
    change->set_kind("ApplicationConfiguration");
    change->set_namespace_(name_space);
    change->set_name("hello");
    change->set_revision(2);
    change->set_action(core::v1::ApplyResponse::ACTION_UPDATED);
    mesh_->applications.SetApplyResponse(response);
  }

  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
  std::optional<testing::FakeMesh> mesh_{std::in_place, data_};
  std::string out_, err_;
};

}  // namespace weft::cli
