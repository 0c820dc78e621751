#pragma once

#include <string>

#include "runtime/kubernetes/api_status.h"
#include "runtime/kubernetes/apply.h"

// Why the API server does not take an object, as diagnostics of Weft. Pure.
namespace weft::kubernetes {

// A field as the API server writes it, as RFC 6901 into `object`: "spec.containers[0].image",
// ".spec.containers[name=\"web\"].image", "metadata.annotations[a/b]".
std::string FieldToPointer(const std::string& field, const json::value& object);

// What `status` (400 or 422, or 403 of a dry run) finds wrong with `object`; at least one problem.
std::vector<Problem> ReadProblems(const ApiStatus& status, const json::value& object);

// The leaves that the API server forbids to change: pointers into `object`.
std::vector<std::string> ReadImmutable(const ApiStatus& status, const json::value& object);

}  // namespace weft::kubernetes
