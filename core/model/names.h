#pragma once

#include <string_view>

namespace weft::model {

// An OAM name: 1 to 63 characters, letters and digits at the ends, also `-`, `_` and `.` inside.
// Source: OAM v1alpha1, section 3, "Names".
bool IsOamName(std::string_view name);
// A DNS-1123 label: 1 to 63 lower-case letters and digits, also `-` inside. Source: RFC 1123.
bool IsDnsLabel(std::string_view name);
// What a workload may be named on every runtime: a DNS-1035 label (as above, first a letter) of at
// most 52 characters, which leaves room for what platforms append. Source: ARCHITECTURE.md.
bool IsInstanceName(std::string_view name);
// A name of a port: 1 to 15 lower-case letters, digits and single `-` inside, at least one letter.
// Source: RFC 6335, section 5.1; Kubernetes, ContainerPort.
bool IsPortName(std::string_view name);
// A name of an environment variable: letters, digits, `-`, `_` and `.`, not a digit first. Source:
// Kubernetes, EnvVar.
bool IsEnvironmentName(std::string_view name);

// The rules above in words, for messages.
inline constexpr char kOamNameRule[] =
    "1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
inline constexpr char kDnsLabelRule[] =
    "1 to 63 lower-case letters, digits and '-', with a letter or digit at both ends";
inline constexpr char kInstanceNameRule[] =
    "1 to 52 lower-case letters, digits and '-', with a letter first and a letter or digit last";
inline constexpr char kPortNameRule[] =
    "1 to 15 lower-case letters, digits and single '-', with a letter or digit at both ends and a "
    "letter among them";
inline constexpr char kEnvironmentNameRule[] =
    "letters, digits, '-', '_' and '.', not starting with a digit";

}  // namespace weft::model
