#include "runtime/anchor/addresses.h"

#include <arpa/inet.h>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::anchor {
namespace {

struct Subnet {
  uint32_t first = 0;
  int prefix = 0;
  uint32_t half() const { return uint32_t{1} << (31 - prefix); }
  // The one after it is the broadcast address.
  uint32_t name_server() const { return first + 2 * half() - 2; }
};

std::string Text(uint32_t address) {
  const in_addr in = {htonl(address)};
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &in, text, sizeof text);
}

std::optional<uint32_t> Number(const std::string& text) {
  in_addr in;
  if (inet_pton(AF_INET, text.c_str(), &in) != 1) return std::nullopt;
  return ntohl(in.s_addr);
}

absl::StatusOr<Subnet> ParseSubnet(const std::string& text) {
  const size_t slash = text.find('/');
  Subnet subnet;
  if (slash != std::string::npos && absl::SimpleAtoi(text.substr(slash + 1), &subnet.prefix) &&
      subnet.prefix >= 8 && subnet.prefix <= 28) {
    if (const auto number = Number(text.substr(0, slash))) {
      subnet.first = *number & ~(2 * subnet.half() - 1);
      return subnet;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not an IPv4 subnet of a size from /8 to /28"));
}

// FNV-1a, 32 bits: the same in every version of the program, unlike absl::Hash.
uint32_t StableHash(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (const unsigned char c : text) hash = (hash ^ c) * 16777619u;
  return hash;
}

}  // namespace

absl::StatusOr<std::string> EngineRange(const std::string& subnet) {
  WEFT_ASSIGN_OR_RETURN(const Subnet whole, ParseSubnet(subnet));
  return absl::StrCat(Text(whole.first), "/", whole.prefix + 1);
}

absl::StatusOr<std::string> ServiceRange(const std::string& subnet) {
  WEFT_ASSIGN_OR_RETURN(const Subnet whole, ParseSubnet(subnet));
  return absl::StrCat(Text(whole.first + whole.half()), "/", whole.prefix + 1);
}

bool IsIn(const std::string& subnet, const std::string& address) {
  const absl::StatusOr<Subnet> whole = ParseSubnet(subnet);
  const std::optional<uint32_t> number = Number(address);
  return whole.ok() && number && *number >= whole->first &&
         *number - whole->first < 2 * whole->half();
}

bool IsIpv4(const std::string& text) { return Number(text).has_value(); }

bool IsServiceAddress(const std::string& subnet, const std::string& address) {
  const absl::StatusOr<Subnet> whole = ParseSubnet(subnet);
  const std::optional<uint32_t> number = Number(address);
  if (!whole.ok() || !number) return false;
  return *number >= whole->first + whole->half() && *number < whole->name_server();
}

absl::StatusOr<std::string> NameServerAddress(const std::string& subnet) {
  WEFT_ASSIGN_OR_RETURN(const Subnet whole, ParseSubnet(subnet));
  return Text(whole.name_server());
}

absl::StatusOr<std::string> PickAddress(const std::string& subnet, const std::string& key,
                                        const std::set<std::string>& taken) {
  WEFT_ASSIGN_OR_RETURN(const Subnet whole, ParseSubnet(subnet));
  const uint32_t count = whole.half() - 1;
  const uint32_t start = StableHash(key) % count;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t offset = (start + i) % count;
    const uint32_t number = whole.first + whole.half() + offset;
    std::string address = Text(number);
    if (number != whole.name_server() && taken.count(address) == 0) return address;
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("all ", count - 1, " addresses for Services in ", subnet, " are taken"));
}

}  // namespace weft::anchor
