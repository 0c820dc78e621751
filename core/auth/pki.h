#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Makes authorities and the certificates they issue: ECDSA on P-256, as PEM. docs/security.md says
// what is in them and why. The functions are pure but for OpenSSL's random source.
namespace weft::auth {

// A certificate and its private key (PKCS #8).
struct KeyPair {
  std::string certificate;
  std::string key;
};

inline constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 3652);  // 10 years.
inline constexpr absl::Duration kCertificateLife = absl::Hours(24 * 90);
// How long before it is made a certificate is valid from: clocks differ.
inline constexpr absl::Duration kClockSkew = absl::Minutes(5);

// An authority named "Weft " and 6 random hex digits, valid from `now`.
absl::StatusOr<KeyPair> MakeAuthority(absl::Time now);

// What a certificate is issued for.
struct Subject {
  std::string identity;                // "provider/greeter": KIND/NAME (CheckIdentity).
  std::vector<std::string> dns_names;  // Beside DnsNameOf(identity), which is always in it.
  absl::Duration life = kCertificateLife;

  bool operator==(const Subject&) const = default;
};

// INVALID_ARGUMENT, saying why: `identity` is not core, provider, runtime or user, a slash, and a
// name of letters, digits, '-', '_' and '.', which may be one label of a DNS name but for users.
absl::Status CheckIdentity(const std::string& identity);

// The certificate in `bundle`, PEM, whose private key `key` is: the authority that issues.
// INVALID_ARGUMENT: none is.
absl::StatusOr<KeyPair> FindAuthority(const std::string& bundle, const std::string& key);

// A certificate for both sides of TLS, valid from kClockSkew before `now` to `life`
// after it, but not longer than its authority. INVALID_ARGUMENT: the subject, or what should be an
// authority.
absl::StatusOr<KeyPair> Issue(const KeyPair& authority, const Subject& subject, absl::Time now);

}  // namespace weft::auth
