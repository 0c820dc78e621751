#include "core/auth/pki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "core/base/certificate.h"

namespace weft::auth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class PkiTest : public testing::Test {
 protected:
  KeyPair Greeter(const KeyPair& authority, absl::Duration life = kCertificateLife) {
    return Issue(authority,
                 {.identity = "provider/greeter", .dns_names = {"greeter.example"}, .life = life},
                 kNow)
        .value();
  }
  static std::string Refusal(const KeyPair& identity, const KeyPair& authority,
                             const ExpectedPeer& expected, absl::Time now = kNow) {
    return std::string(
        CheckPeer(identity.certificate, "", authority.certificate, expected, now).message());
  }

  const KeyPair authority_ = MakeAuthority(kNow).value();
};

TEST_F(PkiTest, ACertificateNamesItsIdentityAndHosts) {
  const Certificate certificate = ReadCertificates(Greeter(authority_).certificate)->front();
  EXPECT_EQ(certificate.identity, "provider/greeter");
  EXPECT_THAT(certificate.dns_names, ElementsAre("greeter.provider.weft", "greeter.example"));
  EXPECT_EQ(certificate.not_before, kNow - kClockSkew);
  EXPECT_EQ(certificate.not_after, kNow + absl::Hours(90 * 24));
  const Certificate issuer = ReadCertificates(authority_.certificate)->front();
  EXPECT_EQ(certificate.issuer, issuer.subject);
  EXPECT_EQ(issuer.not_after, kNow + kAuthorityLife);
}

TEST_F(PkiTest, ItIsGoodForBothSidesOfAConnection) {
  const KeyPair greeter = Greeter(authority_);
  EXPECT_EQ(Refusal(greeter, authority_, {.is_server = false}), "");
  EXPECT_EQ(
      Refusal(greeter, authority_, {.host = "greeter.example", .identity = "provider/greeter"}),
      "");
}

TEST_F(PkiTest, AnotherAuthoritysCertificateIsRefusedNamingBoth) {
  const KeyPair other = MakeAuthority(kNow).value();
  EXPECT_THAT(
      Refusal(Greeter(other), authority_, {}),
      AllOf(HasSubstr("provider/greeter (greeter.provider.weft, greeter.example, issued by " +
                      ReadCertificates(other.certificate)->front().subject),
            HasSubstr("not issued by an authority that is trusted here (" +
                      ReadCertificates(authority_.certificate)->front().subject)));
}

TEST_F(PkiTest, ItIsRefusedOutsideOfItsTime) {
  const KeyPair greeter = Greeter(authority_, absl::Hours(1));
  EXPECT_EQ(Refusal(greeter, authority_, {}, kNow + absl::Minutes(59)), "");
  EXPECT_THAT(Refusal(greeter, authority_, {}, kNow + absl::Hours(2)),
              HasSubstr("it expired at 2027-01-15T09:00:00Z"));
  EXPECT_THAT(Refusal(greeter, authority_, {}, kNow - absl::Hours(1)),
              HasSubstr("it is not valid before 2027-01-15T07:55:00Z"));
}

TEST_F(PkiTest, AnotherHostOrIdentityIsRefused) {
  const KeyPair greeter = Greeter(authority_);
  EXPECT_THAT(Refusal(greeter, authority_, {.host = "other.example"}),
              HasSubstr("it is not for the host other.example"));
  EXPECT_THAT(Refusal(greeter, authority_, {.identity = "provider/other"}),
              HasSubstr("expected provider/other"));
}

// Who holds an identity's key must not be able to make others.
TEST_F(PkiTest, ACertificateIsNoAuthority) {
  const KeyPair greeter = Greeter(authority_);
  const KeyPair forged =
      Issue(greeter, {.identity = "core/core", .dns_names = {}, .life = absl::Hours(1)}, kNow)
          .value();
  EXPECT_FALSE(
      CheckPeer(forged.certificate, greeter.certificate, authority_.certificate, {}, kNow).ok());
}

TEST_F(PkiTest, ACertificateDoesNotOutliveItsAuthority) {
  const KeyPair greeter = Greeter(authority_, 2 * kAuthorityLife);
  EXPECT_EQ(ReadCertificates(greeter.certificate)->front().not_after, kNow + kAuthorityLife);
}

TEST_F(PkiTest, TheAuthorityThatIssuesIsTheOneWhoseKeyItIs) {
  const KeyPair other = MakeAuthority(kNow).value();
  const std::string bundle = other.certificate + authority_.certificate;
  EXPECT_EQ(FindAuthority(bundle, authority_.key)->certificate, authority_.certificate);
  EXPECT_FALSE(FindAuthority(other.certificate, authority_.key).ok());
  EXPECT_FALSE(FindAuthority(bundle, "").ok());
}

TEST_F(PkiTest, ASubjectThatCouldBeReadInTwoWaysIsRefused) {
  for (const char* identity :
       {"", "greeter", "provider/", "provider/a/b", "admin/a", "provider/a.b", "user/..", "user/.",
        "provider/a,URI:spiffe://weft/core/core"})
    EXPECT_FALSE(Issue(authority_, {.identity = identity, .dns_names = {}}, kNow).ok()) << identity;
  for (const char* name : {"", "a b", "a,DNS:b", "*.example", "a..b"})
    EXPECT_FALSE(Issue(authority_, {.identity = "core/core", .dns_names = {name}}, kNow).ok())
        << name;
}

TEST(IdentityTest, IsTakenFromASpiffeIdOfOurTrustDomain) {
  EXPECT_EQ(IdentityOf("spiffe://weft/provider/greeter"), "provider/greeter");
  for (const char* other : {"", "spiffe://elsewhere/provider/greeter", "spiffe://weft/provider",
                            "spiffe://weft/a/b/c", "https://weft/provider/greeter"})
    EXPECT_EQ(IdentityOf(other), "") << other;
}

TEST(CertificateTest, TextWithoutACertificateIsAnError) {
  EXPECT_FALSE(ReadCertificates("").ok());
  EXPECT_FALSE(
      ReadCertificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").ok());
}

}  // namespace
}  // namespace weft::auth
