#include "core/base/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/openssl.h"
#include "core/base/status.h"

namespace weft {
namespace {

using openssl::Bio;
using openssl::X509Ptr;

constexpr absl::string_view kSpiffe = "spiffe://weft/";

// The stack alone; its elements are others'.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;
using Names = std::unique_ptr<GENERAL_NAMES, openssl::Deleter<GENERAL_NAMES_free>>;

absl::StatusOr<std::vector<X509Ptr>> Parse(absl::string_view pem) {
  const Bio in = openssl::ReadFrom(pem);
  std::vector<X509Ptr> certificates;
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr))
    certificates.emplace_back(one);
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  // This one only says that there are no more.
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
    return absl::InvalidArgumentError("a certificate in it is broken");
  if (certificates.empty()) return absl::InvalidArgumentError("there is no certificate in it");
  return certificates;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  ASN1_TIME_to_tm(time, &parts);
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string ToText(const X509_NAME* name) {
  const Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  return openssl::TextOf(out);
}

std::string ToText(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

Certificate Describe(X509* x509) {
  Certificate certificate = {.subject = ToText(X509_get_subject_name(x509)),
                             .issuer = ToText(X509_get_issuer_name(x509)),
                             .not_before = ToTime(X509_get0_notBefore(x509)),
                             .not_after = ToTime(X509_get0_notAfter(x509))};
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  int uris = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) certificate.dns_names.push_back(ToText(name->d.dNSName));
    if (name->type != GEN_URI) continue;
    certificate.identity = IdentityOf(ToText(name->d.uniformResourceIdentifier));
    ++uris;
  }
  // X.509-SVID, section 2: exactly one URI.
  if (uris != 1) certificate.identity.clear();
  return certificate;
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string Subjects(const std::vector<X509Ptr>& certificates) {
  return absl::StrJoin(certificates, ", ", [](std::string* out, const X509Ptr& one) {
    absl::StrAppend(out, ToText(X509_get_subject_name(one.get())));
  });
}

// What OpenSSL found, for people.
std::string Explain(int error, const Certificate& certificate,
                    const std::vector<X509Ptr>& authorities) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return absl::StrCat("it expired at ", Day(certificate.not_after));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return absl::StrCat("it is not valid before ", Day(certificate.not_before));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return absl::StrCat("it was not issued by an authority that is trusted here (",
                          Subjects(authorities), ")");
    default:
      return X509_verify_cert_error_string(error);
  }
}

// 0, or OpenSSL's error.
int Verify(X509* leaf, const std::vector<X509Ptr>& chain, const std::vector<X509Ptr>& authorities,
           bool is_server, absl::Time now) {
  const openssl::Store store(X509_STORE_new());
  for (const X509Ptr& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  const Stack untrusted(sk_X509_new_null());
  for (const X509Ptr& one : chain) sk_X509_push(untrusted.get(), one.get());
  const openssl::StoreContext context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, untrusted.get()) != 1)
    return X509_V_ERR_UNSPECIFIED;
  X509_STORE_CTX_set_purpose(context.get(),
                             is_server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  const bool good = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  return good ? X509_V_OK : error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
}

}  // namespace

absl::StatusOr<std::vector<Certificate>> ReadCertificates(absl::string_view pem) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<X509Ptr> parsed, Parse(pem));
  std::vector<Certificate> certificates;
  certificates.reserve(parsed.size());
  for (const X509Ptr& one : parsed) certificates.push_back(Describe(one.get()));
  return certificates;
}

std::string ToText(const Certificate& certificate) {
  return absl::StrCat(
      certificate.identity.empty() ? certificate.subject : certificate.identity, " (",
      certificate.dns_names.empty() ? "" : absl::StrJoin(certificate.dns_names, ", ") + ", ",
      "issued by ", certificate.issuer, ")");
}

std::string SpiffeId(absl::string_view identity) { return absl::StrCat(kSpiffe, identity); }

std::string IdentityOf(absl::string_view spiffe_id) {
  if (!absl::ConsumePrefix(&spiffe_id, kSpiffe)) return "";
  const std::vector<absl::string_view> parts = absl::StrSplit(spiffe_id, '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) return "";
  return std::string(spiffe_id);
}

std::string DnsNameOf(absl::string_view identity) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(identity, '/');
  return absl::StrCat(parts.second, ".", parts.first, ".weft");
}

absl::Status CheckPeer(absl::string_view leaf, absl::string_view chain,
                       absl::string_view authorities, const ExpectedPeer& expected,
                       absl::Time now) {
  const auto presented = Parse(leaf);
  if (!presented.ok())
    return absl::UnauthenticatedError("the peer presented no certificate that can be read");
  const auto trusted = Parse(authorities);
  if (!trusted.ok())
    return absl::UnauthenticatedError(
        absl::StrCat("no authority is trusted here: ca.crt: ", trusted.status().message()));
  X509* const x509 = (*presented)[0].get();
  const Certificate certificate = Describe(x509);
  const auto refuse = [&](absl::string_view why) {
    return absl::UnauthenticatedError(
        absl::StrCat("the peer presented ", ToText(certificate), ": ", why));
  };
  const absl::StatusOr<std::vector<X509Ptr>> others = Parse(chain);
  const std::vector<X509Ptr> none;
  if (const int error =
          Verify(x509, others.ok() ? *others : none, *trusted, expected.is_server, now);
      error != X509_V_OK)
    return refuse(Explain(error, certificate, *trusted));
  if (certificate.identity.empty())
    return refuse(absl::StrCat("it names no identity ", SpiffeId("KIND/NAME")));
  if (!expected.identity.empty() && certificate.identity != expected.identity)
    return refuse(absl::StrCat("expected ", expected.identity));
  if (!expected.host.empty() && X509_check_host(x509, expected.host.data(), expected.host.size(),
                                                X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) != 1)
    return refuse(absl::StrCat("it is not for the host ", expected.host));
  return absl::OkStatus();
}

}  // namespace weft
