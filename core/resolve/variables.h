#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/application.h"
#include "core/resolve/findings.h"

namespace weft::resolve {

// The text of `value` where a text is asked for: a string as it is, else its canonical JSON.
std::string TextOf(const json::value& value);

// The variables of one application, and what `[fromVariable(NAME)]` means. Immutable. Source: OAM
// v1alpha1, section 6, "Variables".
class Variables {
 public:
  // A variable that refers to a variable is an error.
  Variables(const std::vector<model::ParameterValue>& variables, Findings& findings);

  // `value`, which stands at `pointer`, with the references in all its strings replaced. A string
  // that is a reference and nothing else becomes the variable's value, whatever its type; within a
  // longer string stands the variable's text. Nothing if a variable is unknown, after an error.
  std::optional<json::value> Expand(const json::value& value, const std::string& pointer,
                                    Findings& findings) const;

 private:
  std::optional<json::value> ExpandString(const std::string& text, const std::string& pointer,
                                          Findings& findings) const;
  const json::value* Find(const std::string& name, const std::string& pointer,
                          Findings& findings) const;

  std::map<std::string, json::value> values_;
};

}  // namespace weft::resolve
