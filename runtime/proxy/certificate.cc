#include "runtime/proxy/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"
#include "core/base/certificate.h"
#include "core/base/openssl.h"

namespace weft::proxy {
namespace {

using Context = std::unique_ptr<SSL_CTX, openssl::Deleter<SSL_CTX_free>>;

// Nobody is asked for a passphrase.
int None(char*, int, int, void*) { return 0; }

// What OpenSSL said last.
absl::Status Refused(const char* what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  absl::Status status = absl::InvalidArgumentError(
      absl::StrCat(what, reason == nullptr ? "" : absl::StrCat(": ", reason)));
  ERR_clear_error();
  return status;
}

// As a TLS server would, with what this machine's OpenSSL takes for strong enough.
absl::Status Load(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  const openssl::Bio chain = openssl::ReadFrom(certificate);
  bool leaf = true;
  while (X509* one = PEM_read_bio_X509(chain.get(), nullptr, None, nullptr)) {
    const openssl::X509Ptr owned(one);
    const bool taken = leaf ? SSL_CTX_use_certificate(context, one) == 1
                            : SSL_CTX_add1_chain_cert(context, one) == 1;
    if (!taken) return Refused("tls.crt cannot be used");
    leaf = false;
  }
  ERR_clear_error();
  const openssl::Bio key_text = openssl::ReadFrom(key);
  const openssl::Key of_leaf(PEM_read_bio_PrivateKey(key_text.get(), nullptr, None, nullptr));
  ERR_clear_error();
  if (of_leaf == nullptr)
    return absl::InvalidArgumentError("tls.key is not a private key in PEM without a passphrase");
  if (SSL_CTX_use_PrivateKey(context, of_leaf.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return Refused("tls.key is not the key of tls.crt");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CertificatePem(const std::string& certificate, const std::string& key) {
  const absl::StatusOr<std::vector<Certificate>> chain = ReadCertificates(certificate);
  if (!chain.ok())
    return absl::InvalidArgumentError(
        absl::StrCat("tls.crt: ", std::string(chain.status().message())));
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (const absl::Status loaded = Load(context.get(), certificate, key); !loaded.ok())
    return loaded;
  return absl::StrCat(certificate, "\n", key, "\n");
}

}  // namespace weft::proxy
