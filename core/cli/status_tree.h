#pragma once

#include <string>

#include "absl/time/time.h"
#include "core/cli/text.h"
#include "weft/core/v1/applications.pb.h"

// What `weft status` and `weft apply --wait` show of an application: pure functions.
namespace weft::cli {

struct StatusStyle {
  bool color = false;
  int width = 100;       // Columns.
  absl::Time now;        // Ages are counted to it.
  bool runtime = false;  // Says on which runtime the application is.
};

// The tree application, component, trait, pods, with verdicts, reasons and endpoints; ends with a
// line break.
std::string RenderStatus(const core::v1::Application& application, const StatusStyle& style);

// One line: the application's verdict, and what its components wait for.
// "hello: PROGRESSING: web 1/3 pods ready, front 0/1 pods ready"
std::string SummarizeStatus(const core::v1::Application& application);

// "HEALTHY", "PROGRESSING", ...; what is not known is "UNKNOWN".
std::string VerdictName(common::v1::Verdict verdict);

// The verdict's name, coloured where `color` is true.
std::string PaintedVerdict(common::v1::Verdict verdict, bool color);

}  // namespace weft::cli
