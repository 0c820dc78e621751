// A certificate that is not good, of a third party's provider in Python or of the core: nothing
// goes through, and a user is told why where he looks, on both sides.
#include <csignal>
#include <gmock/gmock.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/certificate.h"
#include "core/base/files.h"
#include "tests/e2e/greeter_mesh.h"

namespace weft::e2e {
namespace {

constexpr absl::Duration kLongAgo = absl::Hours(24 * 180);  // Twice a certificate's life.

class ProviderTrust : public GreeterMesh {
 protected:
  std::string Authority() const { return ReadFileOrEmpty(data().Below("pki/ca.crt")); }

  void IssueLongAgo(const std::string& identity) const {
    const auth::Identities identities(data());
    ASSERT_TRUE(
        identities
            .Issue({.identity = identity}, identities.DirectoryOf(identity), absl::Now() - kLongAgo)
            .ok());
  }
  // By an authority that nobody else knows; whoever has it trusts that one and `trusted`.
  void IssueElsewhere(const std::string& identity, const std::string& trusted) const {
    const auto other = auth::MakeAuthority(absl::Now());
    ASSERT_TRUE(other.ok());
    const auto issued = auth::Issue(*other, {.identity = identity}, absl::Now());
    ASSERT_TRUE(issued.ok());
    ASSERT_TRUE(auth::WriteIdentity(auth::Identities(data()).DirectoryOf(identity), *issued,
                                    absl::StrCat(trusted, other->certificate))
                    .ok());
  }
  // By our authority, as another tool issues it: no name but `host` is in it.
  void IssueForHost(const std::string& identity, const std::string& host) const {
    const CommandResult made =
        RunCommand({"/bin/bash", "-ec", R"(cd "$1"
          openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout host.key \
            -subj /CN=greeter -out host.csr
          openssl x509 -req -in host.csr -CA "$2/ca.crt" -CAkey "$2/ca.key" -CAcreateserial \
            -CAserial host.serial -extfile <(echo "subjectAltName=URI:$3,DNS:$4") -out host.crt)",
                    "bash", scratch(), data().Below("pki"), SpiffeId(identity), host});
    ASSERT_EQ(made.status, 0) << made.err;
    ASSERT_TRUE(auth::WriteIdentity(auth::Identities(data()).DirectoryOf(identity),
                                    {.certificate = ReadFileOrEmpty(scratch() + "/host.crt"),
                                     .key = ReadFileOrEmpty(scratch() + "/host.key")},
                                    Authority())
                    .ok());
  }
  void IssueWell(const std::string& identity) const {
    const CommandResult issued = Weft({"pki", "issue", identity});
    ASSERT_EQ(issued.status, 0) << issued.err;
  }

  // Connections that stand go on: only a new one shows another certificate.
  void EndConnections() const {
    ASSERT_EQ(kill(static_cast<pid_t>(ContainerOf("greeter").pid), SIGKILL), 0);
  }

  // What `weft get providers`, the core's log and the provider's log each say in the end.
  void ExpectRefused(const std::string& listed, const std::string& core_logs,
                     const std::string& provider_logs) const {
    EXPECT_TRUE(AwaitText(listed, [&] { return Weft({"get", "providers"}).out; }));
    EXPECT_FALSE(Provider("greeter").available());
    EXPECT_TRUE(
        AwaitText(core_logs, [&] { return ReadFileOrEmpty(data().Below("logs/weft-core.log")); }));
    EXPECT_TRUE(AwaitText(provider_logs, [&] {
      return Weft({"-n", "weft-system", "logs", "greeter"}).out;
    }));
  }

 private:
  static testing::AssertionResult AwaitText(const std::string& text,
                                            const std::function<std::string()>& read) {
    std::string last;
    const testing::AssertionResult came =
        Await(text, [&] { return absl::StrContains(last = read(), text); });
    return came ? came : testing::AssertionFailure() << came.message() << " in\n" << last;
  }
};

TEST_F(ProviderTrust, AProvidersBadCertificateIsRefusedAndBothSidesSayWhy) {
  IssueLongAgo("provider/greeter");
  EndConnections();
  ExpectRefused("it expired at ", "a server is refused", "error=\"certificate has expired\"");

  // As where two installations were mixed up.
  IssueElsewhere("provider/greeter", "");
  ExpectRefused("it was not issued by an authority that is trusted here (CN=Weft ",
                "it was not issued by an authority that is trusted here",
                "CERTIFICATE_VERIFY_FAILED");

  IssueForHost("provider/greeter", "greeter.example");
  ExpectRefused("the peer presented provider/greeter (greeter.example, issued by CN=Weft ",
                "it is not for the host greeter.provider.weft",
                "No match found for server name: greeter.provider.weft");

  IssueWell("provider/greeter");
  EXPECT_TRUE(AwaitAvailable(true));
}

TEST_F(ProviderTrust, TheCoresBadCertificateIsRefusedAndBothSidesSayWhy) {
  IssueLongAgo("core/core");
  EndConnections();
  ExpectRefused("the identity in " + data().Below("identities/core") + " cannot be used: ",
                "it expired at ", "certificate has expired");

  IssueElsewhere("core/core", Authority());
  ExpectRefused(
      "it ends the connection when it has seen our certificate, core/core (core.core.weft",
      "its log says why", "CERTIFICATE_VERIFY_FAILED");

  IssueWell("core/core");
  EXPECT_TRUE(AwaitAvailable(true));
}

}  // namespace
}  // namespace weft::e2e
