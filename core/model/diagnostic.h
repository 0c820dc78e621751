#pragma once

#include <string>
#include <vector>

namespace weft::model {

enum class Severity { kError, kWarning, kNote };

// Something to say about a document, at its exact place. Fields as in weft.common.v1.Diagnostic,
// where they are documented; codes are listed in docs/diagnostics.md.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;
  std::string message;
  std::string document;
  std::string pointer;
  int line = 0;
  int column = 0;
  std::string found;
  std::string expected;
  std::string hint;

  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

// Whether one of them is an error.
bool HasError(const Diagnostics& diagnostics);

// The candidate nearest to `name` by edit distance, if near enough to be a likely slip of the pen,
// else "".
std::string Nearest(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace weft::model
