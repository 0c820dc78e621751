#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/model/diagnostic.h"
#include "core/model/document.h"
#include "core/store/records.pb.h"

// Which runtime carries an application out (docs/adr/0011-several-runtimes.md).
namespace weft::scheduler {

inline constexpr char kLocalRuntime[] = "local";
inline constexpr char kRuntimeAnnotation[] = "weft.dev/runtime";

// The runtime of a stored application.
std::string RuntimeOf(const store::v1::ApplicationRecord& record);

// Where applications may go, as it is configured at one moment.
struct RuntimeChoice {
  std::vector<std::string> names = {kLocalRuntime};  // Of the configured runtimes, in order.
  std::string runtime = kLocalRuntime;               // Of applications that nothing is said of.
  std::map<std::string, std::string> of_namespace;   // Of those of one namespace.

  const std::string& DefaultOf(const std::string& ns) const;
  bool Knows(const std::string& name) const;
};

// The runtime that its annotation, its namespace or the default names for the application in
// `document`; `stored` is how it is stored, null if it is new. One that is stored stays where it
// is while nothing is said of it, whatever the defaults are now. Errors: UNKNOWN_RUNTIME,
// RUNTIME_CHANGED. Pure.
std::string ChooseRuntime(const model::Document& document,
                          const store::v1::ApplicationRecord* stored, const RuntimeChoice& choice,
                          model::Diagnostics& diagnostics);

}  // namespace weft::scheduler
