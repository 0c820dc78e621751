// Decodes any bytes, and says what must hold of every answer.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/model/decode.h"
#include "core/model/text.h"
#include "tests/fuzz/expect.h"

namespace weft::fuzz {
namespace {

using model::Decoded;
using model::Diagnostic;

std::string Lines(const model::Diagnostics& diagnostics) {
  std::string lines;
  for (const Diagnostic& d : diagnostics)
    lines += d.code + " " + d.pointer + " " + d.message + "\n";
  return lines;
}

// What was accepted is what its canonical text says.
void CheckDocument(const model::Document& document) {
  Expect(!document.metadata().name.empty(), "a document has a name");
  Expect(!document.metadata().name_space.empty(), "a document has a namespace");
  const absl::StatusOr<std::string> canonical = json::Canonicalize(document.canonical);
  Expect(canonical.ok() && *canonical == document.canonical, "the canonical text is canonical",
         document.canonical);
  const Decoded again = model::Decode({{"again", document.canonical}}, "elsewhere");
  Expect(again.documents.size() == 1 && again.diagnostics.empty(),
         "the canonical text decodes without a diagnostic",
         document.canonical + "\n" + Lines(again.diagnostics));
  Expect(again.documents[0].canonical == document.canonical, "the canonical text decodes to itself",
         document.canonical + "\n" + again.documents[0].canonical);
}

void CheckDiagnostic(const Diagnostic& d, const model::TextIndex& index, size_t size) {
  Expect(!d.code.empty() && !d.message.empty(), "a diagnostic has a code and a message");
  Expect(!model::FindForbiddenByte(d.message + d.hint + d.found), "a diagnostic is text", d.code);
  Expect(d.line >= 0 && d.column >= 0 && (d.line == 0) == (d.column == 0), "a place is whole");
  Expect(d.line <= index.At(size).line, "a place is one of the text", Lines({d}));
}

}  // namespace
}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const model::Decoded decoded = model::Decode({{"fuzz", text}}, "default");
  const model::TextIndex index(text);
  for (const model::Document& document : decoded.documents) fuzz::CheckDocument(document);
  for (const model::Diagnostic& d : decoded.diagnostics) fuzz::CheckDiagnostic(d, index, size);
  return 0;
}
