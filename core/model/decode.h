#pragma once

#include <string>
#include <vector>

#include "core/model/document.h"

namespace weft::model {

// A text to decode: YAML or JSON, one or several documents.
struct Source {
  std::string name;  // As people should read it in diagnostics.
  std::string text;  // UTF-8
};

struct Decoded {
  std::vector<Document> documents;  // Those without an error, in order. All texts are checked
                                    // whatever one of them holds.
  Diagnostics diagnostics;
};

// Decodes OAM v1alpha1 documents. Never fails: what is wrong is a diagnostic with its line and
// column, all of them at once, except that a syntax error ends its text. Limits: 1 MiB a text,
// depth 64, 10,000 nodes and 1 MiB from aliases, 1,000 documents. Pure and thread-safe. Source: OAM
// v1alpha1 (oam-dev/spec v0.1.0), sections 3 and 6; docs/oam.md has the choices where it is silent.
Decoded Decode(const std::vector<Source>& sources, const std::string& default_namespace);

}  // namespace weft::model
