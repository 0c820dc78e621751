#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weft::proxy {

// What a TLS server reads: the chain of `certificate`, then `key`, both PEM, and nothing else that
// stands in them. INVALID_ARGUMENT: one of them cannot be read, is too weak for this machine's
// OpenSSL, or they do not belong together; one such would keep a proxy from serving all others.
// Says nothing of the key.
absl::StatusOr<std::string> CertificatePem(const std::string& certificate, const std::string& key);

}  // namespace weft::proxy
