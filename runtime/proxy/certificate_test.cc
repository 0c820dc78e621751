#include "runtime/proxy/certificate.h"

#include <gmock/gmock.h>

#include "runtime/proxy/testing.h"

namespace weft::proxy {
namespace {

TEST(CertificatePem, IsTheChainThenTheKeyThatBelongsToIt) {
  const KeyPair one = MakeCertificate("one.test");
  const KeyPair two = MakeCertificate("two.test");
  const auto pem = CertificatePem(one.certificate, one.key);
  ASSERT_TRUE(pem.ok()) << pem.status();
  EXPECT_EQ(*pem, one.certificate + one.key);
  EXPECT_EQ(*CertificatePem("of one:\n" + one.certificate + two.key, one.key), *pem)
      << "a server would take the first key";
  EXPECT_THAT(std::string(CertificatePem(one.certificate, two.key).status().message()),
              testing::StartsWith("tls.key is not the key of tls.crt"));
  EXPECT_EQ(CertificatePem("no", one.key).status().message(),
            "tls.crt: there is no certificate in it");
  EXPECT_EQ(CertificatePem(one.certificate, "no").status().message(),
            "tls.key is not a private key in PEM without a passphrase");
}

// One that OpenSSL does not serve with would keep a proxy from serving all others.
TEST(CertificatePem, RefusesWhatIsTooWeak) {
  const KeyPair weak = MakeCertificate("weak.test", "rsa:1024");
  EXPECT_THAT(std::string(CertificatePem(weak.certificate, weak.key).status().message()),
              testing::StartsWith("tls.crt cannot be used: "));
}

}  // namespace
}  // namespace weft::proxy
