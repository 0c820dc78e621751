#pragma once

#include <string>

#include "absl/strings/str_cat.h"

namespace weft::scheduler {

// The namespace of what the installation runs for itself. Users cannot apply anything there.
inline constexpr char kSystemNamespace[] = "weft-system";

// "NAMESPACE/NAME": the key under which an application is worked on.
inline std::string ApplicationKeyOf(const std::string& ns, const std::string& name) {
  return absl::StrCat(ns, "/", name);
}

// The application of an instance key, NAMESPACE/APPLICATION/...; "" if it is none.
inline std::string ApplicationOfInstance(const std::string& instance_key) {
  const size_t first = instance_key.find('/');
  if (first == std::string::npos) return "";
  const size_t second = instance_key.find('/', first + 1);
  return second == std::string::npos ? "" : instance_key.substr(0, second);
}

// The namespace and the name of an application's key.
inline std::pair<std::string, std::string> SplitApplicationKey(const std::string& key) {
  const size_t slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

}  // namespace weft::scheduler
