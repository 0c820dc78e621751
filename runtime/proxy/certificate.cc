#include "runtime/proxy/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"
#include "core/base/certificate.h"
#include "core/base/openssl.h"
#include "core/base/status.h"

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

// Appends the certificates of `chain` to `out` as `context` takes them: as a TLS server would, with
// what this machine's OpenSSL takes for strong enough.
absl::Status TakeChain(SSL_CTX* context, const std::string& chain, BIO* out) {
  const openssl::Bio text = openssl::ReadFrom(chain);
  bool leaf = true;
  while (X509* one = PEM_read_bio_X509(text.get(), nullptr, None, nullptr)) {
    const openssl::X509Ptr owned(one);
    const bool taken = leaf ? SSL_CTX_use_certificate(context, one) == 1
                            : SSL_CTX_add1_chain_cert(context, one) == 1;
    if (!taken || PEM_write_bio_X509(out, one) != 1) return Refused("tls.crt cannot be used");
    leaf = false;
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status TakeKey(SSL_CTX* context, const std::string& key, BIO* out) {
  const openssl::Bio text = openssl::ReadFrom(key);
  const openssl::Key read(PEM_read_bio_PrivateKey(text.get(), nullptr, None, nullptr));
  ERR_clear_error();
  if (read == nullptr)
    return absl::InvalidArgumentError("tls.key is not a private key in PEM without a passphrase");
  if (SSL_CTX_use_PrivateKey(context, read.get()) != 1 || SSL_CTX_check_private_key(context) != 1 ||
      PEM_write_bio_PrivateKey(out, read.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Refused("tls.key is not the key of tls.crt");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CertificatePem(const std::string& certificate, const std::string& key) {
  if (const auto chain = ReadCertificates(certificate); !chain.ok())
    return absl::InvalidArgumentError(
        absl::StrCat("tls.crt: ", std::string(chain.status().message())));
  const Context context(SSL_CTX_new(TLS_server_method()));
  const openssl::Bio out(BIO_new(BIO_s_mem()));
  WEFT_RETURN_IF_ERROR(TakeChain(context.get(), certificate, out.get()));
  WEFT_RETURN_IF_ERROR(TakeKey(context.get(), key, out.get()));
  return openssl::TextOf(out);
}

}  // namespace weft::proxy
