#include "core/auth/authenticator.h"

#include <gtest/gtest.h>

#include "core/auth/testing.h"

namespace weft::auth {
namespace {

using Kind = Caller::Kind;

class AuthenticatorTest : public testing::Test {
 protected:
  const TestData data_;
  const Authenticator authenticator_{*data_};
};

TEST_F(AuthenticatorTest, WithoutATokenTheUnixSocketIsTheUsers) {
  EXPECT_EQ(authenticator_.IdentifyPeer({.local = true}).value(), Caller{});
}

TEST_F(AuthenticatorTest, ATokenNamesAChild) {
  const std::string token = NewToken(*data_, "weft-provider-x").value();
  EXPECT_EQ(authenticator_.IdentifyPeer({.local = true, .token = token}).value(),
            (Caller{Kind::kProvider, "x"}));
}

// A child whose token was replaced must not become the user.
TEST_F(AuthenticatorTest, AnUnknownTokenIsNotTheUser) {
  EXPECT_TRUE(absl::IsUnauthenticated(
      authenticator_.IdentifyPeer({.local = true, .token = "00"}).status()));
}

TEST_F(AuthenticatorTest, OverTcpTheCertificateDecides) {
  const std::string token = NewToken(*data_, "weft-provider-x").value();
  const auto caller = [&](const std::string& identity) {
    return authenticator_.IdentifyPeer({.identity = identity, .token = token});
  };
  EXPECT_EQ(caller("user/ann").value(), (Caller{Kind::kUser, "ann"}));
  EXPECT_EQ(caller("provider/y").value(), (Caller{Kind::kProvider, "y"}));
  EXPECT_EQ(caller("runtime/k8s").value(), (Caller{Kind::kRuntime, "k8s"}));
  EXPECT_EQ(caller("core/core").value(), (Caller{Kind::kCore, "core"}));
  EXPECT_TRUE(absl::IsUnauthenticated(caller("").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(caller("admin/ann").status()));
}

TEST_F(AuthenticatorTest, AdmissionJudgesTheCallersRights) {
  const Admit admit = authenticator_.admit();
  const Peer provider = {.identity = "provider/x"};
  EXPECT_TRUE(admit(provider, "/weft.core.v1.Instances/Watch").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(admit(provider, "/weft.core.v1.Applications/List")));
  EXPECT_TRUE(absl::IsUnauthenticated(admit({}, "/weft.core.v1.Applications/List")));
  EXPECT_TRUE(admit({.local = true}, "/weft.core.v1.Applications/List").ok());
}

}  // namespace
}  // namespace weft::auth
