// Identities on the command line, and the core that they reach.
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/fake_mesh.h"
#include "core/cli/testing.h"

namespace weft::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PkiCommandTest : public ::testing::Test {
 protected:
  PkiCommandTest() { unsetenv("WEFT_TLS_DIR"); }
  ~PkiCommandTest() override { unsetenv(kCoreAddress); }

  // Runs a command line; what it prints is in out_ and err_.
  int Weft(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    std::istringstream in;
    std::ostringstream out, err;
    const int status = cli::Run(arguments, {.in = in, .out = out, .err = err});
    out_ = out.str();
    err_ = err.str();
    return status;
  }

  const testing::TemporaryFolder folder_;
  const DataDirectory data_ = DataDirectory::Open(folder_ / "data").value();
  std::string out_, err_;
};

TEST_F(PkiCommandTest, ShowsWhatItIssued) {
  EXPECT_EQ(Weft({"pki", "issue", "provider/greeter", "--dns", "a.example", "--dns", "b.example",
                  "--days", "7", "--out", folder_ / "greeter"}),
            0)
      << err_;
  EXPECT_EQ(Weft({"pki", "show", folder_ / "greeter"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("SPIFFE id:  spiffe://weft/provider/greeter\n"),
                          HasSubstr("DNS names:  greeter.provider.weft, a.example, b.example\n"),
                          HasSubstr("issued by:  CN=Weft "), HasSubstr("not after:  "),
                          HasSubstr("trusts:     CN=Weft ")));
}

TEST_F(PkiCommandTest, WithoutAFolderItIsAmongTheIdentitiesOfTheData) {
  EXPECT_EQ(Weft({"pki", "issue", "user/ann"}), 0) << err_;
  EXPECT_EQ(out_, "user/ann is in " + data_.Below("identities/ann") + "\n");
  EXPECT_TRUE(std::filesystem::exists(data_.Below("identities/ann/tls.key")));
}

TEST_F(PkiCommandTest, AnAuthorityIsMadeOnce) {
  EXPECT_EQ(Weft({"pki", "init"}), 0) << err_;
  EXPECT_EQ(Weft({"pki", "init"}), 1);
  EXPECT_THAT(err_, HasSubstr("holds an authority"));
}

TEST_F(PkiCommandTest, BetweenRotateAndRetireTwoAuthoritiesAreTrusted) {
  const auto trusted = [&] {
    EXPECT_EQ(Weft({"pki", "show", data_.Below("identities/ann")}), 0) << err_;
    size_t count = 0;
    for (size_t at = 0; (at = out_.find("trusts:", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_EQ(Weft({"pki", "rotate"}), 1);
  EXPECT_THAT(err_, HasSubstr("make one with weft pki init"));
  EXPECT_EQ(Weft({"pki", "issue", "user/ann"}), 0) << err_;
  EXPECT_EQ(Weft({"pki", "rotate"}), 0) << err_;
  EXPECT_EQ(trusted(), 2u);
  EXPECT_EQ(Weft({"pki", "retire"}), 0) << err_;
  EXPECT_EQ(trusted(), 1u);
}

TEST_F(PkiCommandTest, WhatCannotBeIssuedIsSaid) {
  EXPECT_EQ(Weft({"pki", "issue", "greeter"}), 1);
  EXPECT_THAT(err_, HasSubstr("'greeter' is not an identity: write core/NAME"));
  EXPECT_EQ(Weft({"pki", "issue", "user/ann", "--days", "0"}), 2);
  EXPECT_EQ(Weft({"pki", "show", folder_ / "nothing"}), 1);
  EXPECT_THAT(err_, HasSubstr("nothing/tls.crt: there is no certificate in it"));
}

TEST_F(PkiCommandTest, AddressNamesAnotherCore) {
  const DataDirectory other = DataDirectory::Open(folder_ / "other").value();
  const testing::FakeMesh mesh(other);
  EXPECT_EQ(Weft({"get", "apps"}), 1);
  EXPECT_EQ(Weft({"--address", other.SocketAddress("core"), "get", "apps"}), 0) << err_;
}

TEST_F(PkiCommandTest, OverTcpItTakesAnIdentity) {
  EXPECT_EQ(Weft({"--address", "core.example:1", "get", "apps"}), 1);
  EXPECT_THAT(err_,
              HasSubstr("set WEFT_TLS_DIR to an identity of yours: weft pki issue user/NAME"));
}

TEST_F(PkiCommandTest, AProviderOverTcpIsCheckedWithTheIdentityOfACore) {
  EXPECT_EQ(Weft({"provider", "check", "greeter.example:1"}), 1);
  EXPECT_THAT(err_, HasSubstr("say whom it names with --identity provider/NAME"));
  EXPECT_EQ(Weft({"provider", "check", "greeter.example:1", "--identity", "user/ann"}), 1);
  EXPECT_THAT(err_, HasSubstr("--identity user/ann: write provider/NAME"));
  EXPECT_EQ(Weft({"provider", "check", "greeter.example:1", "--identity", "provider/greeter"}), 1);
  EXPECT_THAT(err_, AllOf(HasSubstr("no identity in " + data_.Below("identities/core")),
                          HasSubstr("weft pki issue core/check --out FOLDER")));
  EXPECT_EQ(Weft({"provider", "check", "--program", "x", "--identity", "provider/greeter"}), 2);
}

// It would delete the applications there and the data here.
TEST_F(PkiCommandTest, DownIsRefusedForAnotherCore) {
  EXPECT_EQ(Weft({"--address", "core.example:1", "down", "--purge", "--force"}), 1);
  EXPECT_THAT(err_, HasSubstr("WEFT_ADDRESS names the core at core.example:1"));
  EXPECT_TRUE(std::filesystem::exists(data_.path()));
}

}  // namespace
}  // namespace weft::cli
