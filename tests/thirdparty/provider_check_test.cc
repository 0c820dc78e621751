// `weft provider check`, as an author runs it: on a provider in Python, on variants of it that each
// break one rule, and on our own.
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/data_directory.h"
#include "tests/e2e/command.h"
#include "tests/free_port.h"

namespace weft {
namespace {

using e2e::CommandResult;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kWeft = absl::StrCat(WEFT_BIN_DIR, "/weft");

CommandResult CheckProgram(const std::string& program) {
  return e2e::RunCommand({kWeft, "provider", "check", "--program", program});
}

// The rules whose verdict is FAILED.
std::vector<std::string> FailedRules(const CommandResult& check) {
  std::vector<std::string> rules;
  for (const absl::string_view line : absl::StrSplit(check.out, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() > 2 && (words[1] == "FAILED" || words[2] == "FAILED"))
      rules.push_back(words[0]);
  }
  return rules;
}

// The greeter, made once for all tests.
class Greeter : public testing::Test {
 protected:
  void SetUp() override {
    // A failure of a whole suite's set-up would count as skipped.
    static const CommandResult built = e2e::RunCommand(
        {absl::StrCat(WEFT_SOURCE_DIR, "/tests/thirdparty/greeter/build.sh"), Folder()},
        absl::Minutes(4));
    ASSERT_EQ(built.status, 0) << built.out << built.err;
  }
  static std::string Folder() { return absl::StrCat(WEFT_BIN_DIR, "/../thirdparty/greeter"); }
  static std::string Program() { return Folder() + "/run"; }
};

TEST_F(Greeter, FollowsEveryRule) {
  const CommandResult check = CheckProgram(Program());
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  EXPECT_THAT(check.out, StartsWith("RULE "));
  EXPECT_THAT(check.out, HasSubstr("10 passed, 0 failed, 0 skipped"));
}

class Broken : public Greeter, public testing::WithParamInterface<const char*> {};

TEST_P(Broken, IsFoundByTheNameOfItsRule) {
  setenv("GREETER_PROGRAM", "broken", 1);
  setenv("GREETER_BREAKS", GetParam(), 1);
  const CommandResult check = CheckProgram(Program());
  unsetenv("GREETER_PROGRAM");
  unsetenv("GREETER_BREAKS");
  EXPECT_EQ(check.status, 1) << check.out << check.err;
  EXPECT_THAT(FailedRules(check), ElementsAre(GetParam())) << check.out << check.err;
}

INSTANTIATE_TEST_SUITE_P(Greeter, Broken,
                         testing::Values("descriptor", "schema", "purity", "writes", "limits",
                                         "unknown-fields", "deadline"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The greeter over mTLS, with an identity of an authority that is there without a mesh.
class OverTcp : public Greeter {
 protected:
  void SetUp() override {
    Greeter::SetUp();
    if (HasFatalFailure()) return;
    Issue({"provider/greeter"});
    Issue({"core/core"});
  }
  void TearDown() override { std::filesystem::remove_all(data_); }

  void Issue(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {kWeft, "--data", data_, "pki", "issue"});
    const CommandResult issued = e2e::RunCommand(arguments);
    ASSERT_EQ(issued.status, 0) << issued.err;
  }
  std::string Identity(const std::string& name) const { return data_ + "/identities/" + name; }

  // Serves the greeter while it is checked with `options`.
  CommandResult Check(const std::vector<std::string>& options) const {
    const std::string address = absl::StrCat("127.0.0.1:", FreePort());
    std::vector<std::string> arguments = {"/bin/sh",           "-c",      R"(
        WEFT_LISTEN=$1 WEFT_TLS_DIR=$2 "$3" >&2 & provider=$!
        shift 3; "$@"; status=$?
        kill $provider; wait $provider; exit $status)",    "sh",     address,
                                          Identity("greeter"), Program(), kWeft,  "--data", data_,
                                          "provider",          "check",   address};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return e2e::RunCommand(arguments);
  }

  const std::string data_ = "/tmp/weft_check_" + RandomHex(4);
};

TEST_F(OverTcp, FollowsEveryRuleForACore) {
  const CommandResult own = Check({"--identity", "provider/greeter"});
  EXPECT_EQ(own.status, 0) << own.out << own.err;
  EXPECT_THAT(own.out, HasSubstr("9 passed, 0 failed, 1 skipped"));

  Issue({"user/ann"});
  const CommandResult user =
      Check({"--identity", "provider/greeter", "--tls-dir", Identity("ann")});
  EXPECT_THAT(FailedRules(user), ElementsAre("descriptor")) << user.out << user.err;
  EXPECT_THAT(user.out, HasSubstr("only a core may call a provider"));
}

TEST_F(OverTcp, ThatIsSomebodyElseIsNotChecked) {
  const CommandResult other = Check({"--identity", "provider/other"});
  EXPECT_EQ(other.status, 1) << other.out;
  EXPECT_THAT(other.err, AllOf(HasSubstr("the peer presented provider/greeter"),
                               HasSubstr("expected provider/other")));
  const CommandResult host =
      Check({"--identity", "provider/greeter", "--server-name", "greeter.example"});
  EXPECT_EQ(host.status, 1) << host.out;
  EXPECT_THAT(host.err, HasSubstr("it is not for the host greeter.example"));
}

class OurOwn : public testing::TestWithParam<const char*> {};

TEST_P(OurOwn, FollowsEveryRule) {
  const CommandResult check =
      CheckProgram(absl::StrCat(WEFT_BIN_DIR, "/weft-provider-", GetParam()));
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr(" 0 failed, 0 skipped"));
}

INSTANTIATE_TEST_SUITE_P(Providers, OurOwn,
                         testing::Values("server", "worker", "task", "singleton", "faas",
                                         "manual-scaler", "auto-scaler", "ingress",
                                         "volume-mounter", "cron-hpa"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace weft
