#pragma once

#include <string>
#include <string_view>

#include "plugins/workloads/faas/function.h"

namespace weft::faas {

// What a request to the gateway asks for.
struct Target {
  enum class Kind { kFunction, kFunctions, kHealth, kUnknown };
  Kind kind = Kind::kUnknown;
  FunctionName function;
  std::string rest;        // Of a function: what it is asked for, "/path?query".
  std::string name_space;  // Of the list: of which namespace; empty: of all.
};

// Reads the target of a request (RFC 9112, section 3.2, origin or absolute form):
//   /function/NAME[/path][?query], /function/NAME.NAMESPACE...   a function; namespace "default"
//   /system/functions[?namespace=NAMESPACE]                     the list
//   /healthz
Target ReadTarget(std::string_view target);

}  // namespace weft::faas
