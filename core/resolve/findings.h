#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/model/document.h"

namespace weft::resolve {

// Collects diagnostics at their places in one document. Each is to be completed by the caller
// before the next is added. Both arguments must outlive it.
class Findings {
 public:
  Findings(const model::Document& document, model::Diagnostics& out)
      : document_(document), out_(out) {}

  model::Diagnostic& Error(std::string_view pointer, std::string code, std::string message,
                           model::At at = model::At::kValue) {
    return Add(model::Severity::kError, pointer, std::move(code), std::move(message), at);
  }
  model::Diagnostic& Warning(std::string_view pointer, std::string code, std::string message,
                             model::At at = model::At::kValue) {
    return Add(model::Severity::kWarning, pointer, std::move(code), std::move(message), at);
  }
  model::Diagnostic& Add(model::Severity severity, std::string_view pointer, std::string code,
                         std::string message, model::At at = model::At::kValue) {
    model::Diagnostic& diagnostic = out_.emplace_back(model::Place(document_, pointer, at));
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    return diagnostic;
  }

  // The line of the value at `pointer`.
  int Line(std::string_view pointer) const {
    return model::Place(document_, pointer, model::At::kValue).line;
  }

 private:
  const model::Document& document_;
  model::Diagnostics& out_;
};

}  // namespace weft::resolve
