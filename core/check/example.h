#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "core/catalog/type.h"
#include "core/check/subject.h"

// Something to ask a provider for, made from what it says of itself. Pure.
namespace weft::check {

// A small value that satisfies `schema` (JSON Schema, draft 7; null: an empty object): its
// `examples`, `default`, `const` or first `enum` where it has them, else the least of its type,
// with the required properties alone. INVALID_ARGUMENT, saying why: none was found, and a person
// must give one.
absl::StatusOr<json::value> ExampleOf(const json::value& schema);

// The workload that a trait is attached to in the request for `instance`: like a Deployment.
provider::v1::Workload ExampleWorkload(const catalog::Type& trait, const std::string& instance);

// Requests for three instances of `type` with these properties, each of another name and other
// containers.
// A trait that reads its workload gets ExampleWorkload, or its shape.
std::vector<Request> ExampleRequests(const catalog::Type& type, const json::value& properties);

}  // namespace weft::check
