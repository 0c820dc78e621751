#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// X.509 certificates as Weft uses them: whom they name, and whether they may be believed.
namespace weft {

// What a certificate says.
struct Certificate {
  std::string subject;                 // "CN=greeter"
  std::string issuer;                  // "CN=Weft 3f2a01"
  std::string identity;                // "provider/greeter", of spiffe://weft/provider/greeter;
                                       // empty: it names none.
  std::vector<std::string> dns_names;  // In its order.
  absl::Time not_before;
  absl::Time not_after;

  bool operator==(const Certificate&) const = default;
};

// The certificates in `pem`, in its order; what else is in it is passed over. INVALID_ARGUMENT:
// there is none, or one cannot be read.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(absl::string_view pem);

// For people: "provider/greeter (greeter.provider.weft, issued by CN=Weft 3f2a01)".
std::string ToText(const Certificate& certificate);

// "spiffe://weft/KIND/NAME" for "KIND/NAME", and the reverse (empty: another form, or another trust
// domain). Source: SPIFFE ID, section 2.
std::string SpiffeId(absl::string_view identity);
std::string IdentityOf(absl::string_view spiffe_id);

// A name that every certificate of an identity has, so that there is one to check where the peer is
// reached by an IP address: "greeter.provider.weft" for "provider/greeter".
std::string DnsNameOf(absl::string_view identity);

// What the other side of a connection must be. An empty text is not checked.
struct ExpectedPeer {
  bool is_server = true;  // Else it is a client.
  std::string host;       // A DNS name that its certificate must have.
  std::string identity;   // "provider/greeter"
};

// Judges the certificate `leaf`, which the peer may have sent others with (`chain`), all PEM: it
// must have been issued by one of `authorities` (PEM, several: RFC 5280, section 6), for its side
// of TLS, be valid at `now`, and be what is expected. UNAUTHENTICATED: it is not; the message says
// what was presented and what was expected.
absl::Status CheckPeer(absl::string_view leaf, absl::string_view chain,
                       absl::string_view authorities, const ExpectedPeer& expected, absl::Time now);

}  // namespace weft
