#include "core/scheduler/runtime_choice.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/json.h"
#include "core/model/text.h"

namespace weft::scheduler {
namespace {

// Whether the stored document chose its runtime itself.
bool WasAnnotated(const store::v1::ApplicationRecord& stored) {
  const absl::StatusOr<json::value> document = json::Parse(stored.document());
  return document.ok() &&
         !json::GetString(*document, {"metadata", "annotations", kRuntimeAnnotation}).empty();
}

// One choice, while it is made.
class Choosing {
 public:
  Choosing(const model::Document& document, const RuntimeChoice& choice, model::Diagnostics& out)
      : document_(document), choice_(choice), out_(out) {
    const auto& annotations = document.metadata().annotations;
    if (const auto found = annotations.find(kRuntimeAnnotation); found != annotations.end())
      annotation_ = found->second;
    wanted_ = annotation_.value_or(choice.DefaultOf(document.metadata().name_space));
  }

  std::string New() {
    if (!choice_.Knows(wanted_)) Unknown();
    return wanted_;
  }

  std::string Stored(const store::v1::ApplicationRecord& stored) {
    std::string held = RuntimeOf(stored);
    const bool said = annotation_.has_value() || WasAnnotated(stored);
    if (!said || wanted_ == held) return held;
    if (choice_.Knows(wanted_)) {
      Changed(held);
    } else {
      Unknown();
    }
    return held;
  }

 private:
  model::Diagnostic& Error(const char* code, std::string message) {
    const std::string pointer =
        annotation_.has_value()
            ? absl::StrCat("/metadata/annotations", json::PointerToken(kRuntimeAnnotation))
            : "/metadata/name";
    model::Diagnostic& error =
        out_.emplace_back(model::Place(document_, pointer, model::At::kValue));
    error.code = code;
    error.message = std::move(message);
    error.found = model::Quoted(wanted_);
    return error;
  }

  void Unknown() {
    const std::string known =
        choice_.names.empty() ? "none is" : absl::StrJoin(choice_.names, ", ");
    if (!annotation_.has_value()) {
      Error("UNKNOWN_RUNTIME", absl::StrCat("the runtime that applications of the namespace ",
                                            document_.metadata().name_space, " go to, ",
                                            model::Quoted(wanted_), ", is not configured"))
          .hint = absl::StrCat("configured: ", known, "; choose one with the annotation ",
                               kRuntimeAnnotation);
      return;
    }
    model::Diagnostic& error =
        Error("UNKNOWN_RUNTIME", absl::StrCat("there is no runtime ", model::Quoted(wanted_)));
    error.expected = absl::StrJoin(choice_.names, ", ");
    const std::string nearest = model::Nearest(wanted_, choice_.names);
    error.hint =
        nearest.empty() ? absl::StrCat("configured: ", known) : absl::StrCat("write ", nearest);
  }

  void Changed(const std::string& held) {
    const std::string& name = document_.metadata().name;
    model::Diagnostic& error =
        Error("RUNTIME_CHANGED",
              absl::StrCat("the application ", name, " runs on ", held,
                           annotation_.has_value()
                               ? ""
                               : absl::StrCat("; without the annotation ", kRuntimeAnnotation,
                                              " it would go to ", wanted_),
                           "; moving an application to another runtime is not supported yet"));
    error.expected = held;
    error.hint = absl::StrCat("delete it and apply it again: weft -n ",
                              document_.metadata().name_space, " delete ", name, " --wait");
  }

  const model::Document& document_;
  const RuntimeChoice& choice_;
  model::Diagnostics& out_;
  std::optional<std::string> annotation_;
  std::string wanted_;
};

}  // namespace

std::string RuntimeOf(const store::v1::ApplicationRecord& record) {
  return record.runtime().empty() ? kLocalRuntime : record.runtime();
}

const std::string& RuntimeChoice::DefaultOf(const std::string& ns) const {
  const auto found = of_namespace.find(ns);
  return found == of_namespace.end() ? runtime : found->second;
}

bool RuntimeChoice::Knows(const std::string& name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string ChooseRuntime(const model::Document& document,
                          const store::v1::ApplicationRecord* stored, const RuntimeChoice& choice,
                          model::Diagnostics& diagnostics) {
  Choosing choosing(document, choice, diagnostics);
  return stored == nullptr ? choosing.New() : choosing.Stored(*stored);
}

}  // namespace weft::scheduler
