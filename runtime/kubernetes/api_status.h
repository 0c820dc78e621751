#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/json.h"
#include "runtime/kubernetes/http.h"

namespace weft::kubernetes {

// Why the API server did not do what it was asked to.
// Source: Kubernetes API conventions, "Response Status Kind" (meta/v1 Status).
struct ApiStatus {
  struct Cause {
    std::string reason;  // "FieldValueInvalid"
    std::string message;
    std::string field;  // "spec.template.spec.containers[0].image"; may be empty.
  };
  int code = 0;        // Of HTTP.
  std::string reason;  // "Invalid"; may be empty.
  std::string message;
  std::string kind;  // Of what it is about, by resource: "namespaces"; may be empty.
  std::vector<Cause> causes;
};

// Of a response that is no success, whoever sent it: a proxy's page becomes the message.
ApiStatus ReadApiStatus(const HttpResponse& response);

// True: the body of an apply does not have the types that its kind has. Kubernetes (1.34) answers
// 500 to that, and says so only in words.
bool IsMalformedApply(const HttpResponse& response);

// `attempted`: "list deployments". NOT_FOUND, PERMISSION_DENIED (401 and 403), ABORTED (409),
// OUT_OF_RANGE (410), UNAVAILABLE (429, 5xx), else FAILED_PRECONDITION.
absl::Status ToStatus(const ApiStatus& status, absl::string_view attempted);

// The object that a response holds; its failure as ToStatus. UNAVAILABLE: it holds none.
absl::StatusOr<json::value> ReadObject(const absl::StatusOr<HttpResponse>& response,
                                       absl::string_view attempted);

}  // namespace weft::kubernetes
