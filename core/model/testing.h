#pragma once

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/model/decode.h"

// For tests only.
namespace weft::model {

// A diagnostic as tests compare it: "LINE:COLUMN SEVERITY CODE POINTER", severities other than
// error written out.
inline std::string Brief(const Diagnostic& d) {
  const char* severity = d.severity == Severity::kError     ? ""
                         : d.severity == Severity::kWarning ? "warning "
                                                            : "note ";
  return absl::StrCat(d.line, ":", d.column, " ", severity, d.code, " ", d.pointer);
}

inline std::vector<std::string> Brief(const Diagnostics& diagnostics) {
  std::vector<std::string> brief;
  for (const Diagnostic& d : diagnostics) brief.push_back(Brief(d));
  return brief;
}

// Everything of the diagnostics, for the message of a test that fails.
inline std::string Full(const Diagnostics& diagnostics) {
  return absl::StrJoin(diagnostics, "\n", [](std::string* out, const Diagnostic& d) {
    absl::StrAppend(out, Brief(d), ": ", d.message, " | found ", d.found, " | expected ",
                    d.expected, " | hint ", d.hint);
  });
}

inline Decoded DecodeText(const std::string& text, const std::string& name = "test.yaml") {
  return Decode({{name, text}}, "default");
}

// A row of a table: a text, and what is to be said of it.
struct Mistake {
  const char* name;
  std::string text;
  std::vector<std::string> expected;  // As Brief writes it; nothing: the text is fine.
  std::string hint;                   // A part of the first one's.
};

// Decodes `head` and each text, and compares. A text without an error gives its document.
inline void Check(const std::string& head, const std::vector<Mistake>& cases) {
  for (const Mistake& c : cases) {
    SCOPED_TRACE(c.name);
    const Decoded decoded = DecodeText(head + c.text);
    EXPECT_EQ(Brief(decoded.diagnostics), c.expected) << Full(decoded.diagnostics);
    EXPECT_TRUE(HasError(decoded.diagnostics) || !decoded.documents.empty());
    const std::string hint = decoded.diagnostics.empty() ? "" : decoded.diagnostics[0].hint;
    EXPECT_THAT(hint, testing::HasSubstr(c.hint));
  }
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A document of the project's own, from tests/testdata.
inline Decoded DecodeTestData(const std::string& name) {
  return DecodeText(ReadFile(absl::StrCat(WEFT_SOURCE_DIR, "/tests/testdata/", name)), name);
}

}  // namespace weft::model
