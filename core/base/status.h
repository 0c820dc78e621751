#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function with the status of `expression` unless that is OK.
#define WEFT_RETURN_IF_ERROR(expression)                                                  \
  do {                                                                                    \
    if (::absl::Status weft_status = (expression); !weft_status.ok()) return weft_status; \
  } while (false)

#define WEFT_CONCAT_INNER(a, b) a##b
#define WEFT_CONCAT(a, b) WEFT_CONCAT_INNER(a, b)

// Declares `declaration` from the value of the absl::StatusOr `expression`, or returns its status.
#define WEFT_ASSIGN_OR_RETURN(declaration, expression) \
  WEFT_ASSIGN_OR_RETURN_INNER(WEFT_CONCAT(weft_or_, __LINE__), declaration, expression)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration in parentheses is none.
#define WEFT_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                        \
  if (!temporary.ok()) return std::move(temporary).status();            \
  declaration = *std::move(temporary)
// NOLINTEND(bugprone-macro-parentheses)
