#pragma once

#include <string>

namespace weft::runtime {

// The identity of an object: weft.common.v1.ObjectRef as a plain value.
struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string ns;  // Empty for what is in no namespace.
  std::string name;

  bool operator==(const ObjectRef&) const = default;
};

// "APIVERSION/KIND/NAMESPACE/NAME": unique, since neither of the last three may hold a slash.
std::string KeyOf(const ObjectRef& ref);

// For people: "Deployment shop/web".
std::string Describe(const ObjectRef& ref);

}  // namespace weft::runtime
