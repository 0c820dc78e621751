#include "core/auth/pki.h"

#include <algorithm>
#include <cctype>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/certificate.h"
#include "core/base/data_directory.h"
#include "core/base/openssl.h"
#include "core/base/status.h"

namespace weft::auth {
namespace {

using openssl::Bio;
using openssl::Key;
using openssl::X509Ptr;
using Extension = std::unique_ptr<X509_EXTENSION, openssl::Deleter<X509_EXTENSION_free>>;

constexpr long kVersion3 = 2;  // X509_set_version counts from 0.

absl::Status OpenSslError(const std::string& what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return absl::InternalError(absl::StrCat(what, ": ", text));
}

struct ExtensionText {
  int nid;
  std::string value;
};

// Adds extensions as openssl-x509v3_config(5) writes them.
bool AddExtensions(X509* x509, X509* issuer, const std::vector<ExtensionText>& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  return std::all_of(extensions.begin(), extensions.end(), [&](const ExtensionText& text) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, text.nid, text.value.c_str()));
    return extension != nullptr && X509_add_ext(x509, extension.get(), -1) == 1;
  });
}

// RFC 5280, section 4.1.2.2: unique for an authority, positive.
bool SetSerial(X509* x509) {
  const std::unique_ptr<BIGNUM, openssl::Deleter<BN_free>> number(BN_new());
  return BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr;
}

// A certificate of `key` without extensions, not yet signed.
X509Ptr Prepare(EVP_PKEY* key, const std::string& name, absl::Time from, absl::Time to) {
  X509Ptr x509(X509_new());
  X509_NAME* subject = X509_get_subject_name(x509.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  const bool done =
      X509_set_version(x509.get(), kVersion3) == 1 && SetSerial(x509.get()) &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, static_cast<int>(name.size()),
                                 -1, 0) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(x509.get()), absl::ToTimeT(from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(x509.get()), absl::ToTimeT(to)) != nullptr &&
      X509_set_pubkey(x509.get(), key) == 1;
  return done ? std::move(x509) : nullptr;
}

absl::StatusOr<KeyPair> ToPem(X509* x509, EVP_PKEY* key) {
  const Bio certificate(BIO_new(BIO_s_mem()));
  const Bio secret(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate.get(), x509) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return OpenSslError("write a certificate");
  return KeyPair{openssl::TextOf(certificate), openssl::TextOf(secret)};
}

bool IsLabel(absl::string_view text, absl::string_view more) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
           absl::StrContains(more, c);
  });
}

// The subjectAltName. Everything in it was checked: a comma would begin another name.
absl::StatusOr<std::string> AlternativeNames(const Subject& subject) {
  WEFT_RETURN_IF_ERROR(CheckIdentity(subject.identity));
  std::string names =
      absl::StrCat("URI:", SpiffeId(subject.identity), ",DNS:", DnsNameOf(subject.identity));
  for (const std::string& name : subject.dns_names) {
    for (const absl::string_view label : absl::StrSplit(name, '.')) {
      if (!IsLabel(label, ""))
        return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not a DNS name"));
    }
    if (name != DnsNameOf(subject.identity)) absl::StrAppend(&names, ",DNS:", name);
  }
  return names;
}

}  // namespace

absl::StatusOr<KeyPair> MakeAuthority(absl::Time now) {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("make a key");
  const X509Ptr x509 = Prepare(key.get(), absl::StrCat("Weft ", RandomHex(3)), now - kClockSkew,
                               now + kAuthorityLife);
  if (x509 == nullptr || X509_set_issuer_name(x509.get(), X509_get_subject_name(x509.get())) != 1 ||
      !AddExtensions(x509.get(), x509.get(),
                     {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                      {NID_key_usage, "critical,keyCertSign,cRLSign"},
                      {NID_subject_key_identifier, "hash"}}) ||
      X509_sign(x509.get(), key.get(), EVP_sha256()) == 0)
    return OpenSslError("make an authority");
  return ToPem(x509.get(), key.get());
}

absl::Status CheckIdentity(const std::string& identity) {
  const std::vector<std::string> parts = absl::StrSplit(identity, '/');
  const bool known =
      parts[0] == "core" || parts[0] == "provider" || parts[0] == "runtime" || parts[0] == "user";
  if (parts.size() == 2 && known && IsLabel(parts[1], parts[0] == "user" ? "._" : "") &&
      parts[1].front() != '.')
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", identity,
                   "' is not an identity: write core/NAME, provider/NAME, runtime/NAME or "
                   "user/NAME, the name of letters, digits and '-'"));
}

absl::StatusOr<KeyPair> FindAuthority(const std::string& bundle, const std::string& key) {
  const Key secret(
      PEM_read_bio_PrivateKey(openssl::ReadFrom(key).get(), nullptr, nullptr, nullptr));
  const Bio in = openssl::ReadFrom(bundle);
  KeyPair found;
  while (secret != nullptr && found.certificate.empty()) {
    const X509Ptr x509(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (x509 == nullptr) break;
    if (X509_check_private_key(x509.get(), secret.get()) != 1) continue;
    WEFT_ASSIGN_OR_RETURN(found, ToPem(x509.get(), secret.get()));
  }
  ERR_clear_error();
  if (!found.certificate.empty()) return found;
  return absl::InvalidArgumentError("no authority's certificate fits the key");
}

absl::StatusOr<KeyPair> Issue(const KeyPair& authority, const Subject& subject, absl::Time now) {
  WEFT_ASSIGN_OR_RETURN(const std::string names, AlternativeNames(subject));
  WEFT_ASSIGN_OR_RETURN(const std::vector<Certificate> issuer,
                        ReadCertificates(authority.certificate));
  const X509Ptr issuer_x509(
      PEM_read_bio_X509(openssl::ReadFrom(authority.certificate).get(), nullptr, nullptr, nullptr));
  const Key issuer_key(
      PEM_read_bio_PrivateKey(openssl::ReadFrom(authority.key).get(), nullptr, nullptr, nullptr));
  if (issuer_key == nullptr || X509_check_private_key(issuer_x509.get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the authority's key does not fit its certificate");
  }
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("make a key");
  const X509Ptr x509 = Prepare(key.get(), subject.identity, now - kClockSkew,
                               std::min(now + subject.life, issuer[0].not_after));
  if (x509 == nullptr ||
      X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer_x509.get())) != 1 ||
      !AddExtensions(x509.get(), issuer_x509.get(),
                     {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "serverAuth,clientAuth"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"},
                      {NID_subject_alt_name, names}}) ||
      X509_sign(x509.get(), issuer_key.get(), EVP_sha256()) == 0)
    return OpenSslError(absl::StrCat("issue ", subject.identity));
  return ToPem(x509.get(), key.get());
}

}  // namespace weft::auth
