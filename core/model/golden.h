#pragma once

#include <string>
#include <vector>

#include "core/model/decode.h"

// For tests only: documents with what is to come of them, in files that people review.
// tests/testdata/model/README.md says how such a file is written.
namespace weft::model {

// One text, and what Decode is to say of it.
struct GoldenCase {
  std::string name;                   // "FILE:LINE NAME"
  std::string text;                   // With the head of its part of the file.
  std::vector<std::string> expected;  // As Golden writes it.
};

// The cases of the file at `path`, in order. A file that cannot be understood fails the test.
std::vector<GoldenCase> ReadGoldenFile(const std::string& path);

// What was decoded, a line each: first the documents, "KIND NAMESPACE/NAME MODEL", in which MODEL
// is canonical JSON without what is empty, 0 or false unless the document may say so; then the
// diagnostics, "LINE:COLUMN [SEVERITY] CODE POINTER[ | HINT]".
std::vector<std::string> Golden(const Decoded& decoded);

}  // namespace weft::model
