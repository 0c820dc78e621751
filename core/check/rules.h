#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/catalog/type.h"
#include "core/check/check.h"
#include "core/check/subject.h"

// The rules, each a function that says what is wrong: OK, or an error whose message is for people.
// UNIMPLEMENTED: the rule does not apply, the message says why.
namespace weft::check {

// One type of the provider, with everything to ask it for.
struct TypeUnderCheck {
  catalog::Type type;
  provider::v1::Capability capability;
  std::string artifact;           // Expected in every answer.
  std::vector<Request> requests;  // Distinct. Empty: `example` says why.
  absl::Status example;
};

// lifetime_rules.cc
absl::Status Deadline(Subject& subject, const TypeUnderCheck& type);
absl::Status Features(Subject& subject, const TypeUnderCheck& type);
absl::Status Drain(Subject& subject, const TypeUnderCheck& type, const Options& options);

// answer_rules.cc
absl::Status Schema(const TypeUnderCheck& type);
absl::Status Answers(Subject& subject, const TypeUnderCheck& type);
absl::Status Limits(Subject& subject, const TypeUnderCheck& type);
absl::Status Writes(Subject& subject, const TypeUnderCheck& type);
absl::Status Purity(Subject& subject, const TypeUnderCheck& type);
absl::Status UnknownFields(Subject& subject, const TypeUnderCheck& type);

}  // namespace weft::check
