#include "runtime/kubernetes/api_status.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::kubernetes {
namespace {

constexpr size_t kLongestPage = 200;  // Bytes of an answer that is no Status.

absl::StatusCode CodeOf(int http) {
  switch (http) {
    case 401:
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAborted;
    case 410:
      return absl::StatusCode::kOutOfRange;
    case 429:
      return absl::StatusCode::kUnavailable;
    default:
      return http >= 500 ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition;
  }
}

}  // namespace

ApiStatus ReadApiStatus(const HttpResponse& response) {
  ApiStatus status;
  status.code = IsMalformedApply(response) ? 400 : response.status;
  const absl::StatusOr<json::value> body = json::Parse(response.body);
  if (!body.ok() || json::GetString(*body, {"kind"}) != "Status") {
    status.message = absl::StrCat(
        "HTTP ", response.status, " ",
        absl::StripAsciiWhitespace(absl::string_view(response.body).substr(0, kLongestPage)));
    return status;
  }
  status.reason = json::GetString(*body, {"reason"});
  status.message = json::GetString(*body, {"message"});
  status.kind = json::GetString(*body, {"details", "kind"});
  const json::value* causes = json::FindPath(*body, {"details", "causes"});
  if (causes == nullptr || !causes->is_array()) return status;
  for (const json::value& cause : causes->get_array()) {
    status.causes.push_back({json::GetString(cause, {"reason"}),
                             json::GetString(cause, {"message"}),
                             json::GetString(cause, {"field"})});
  }
  return status;
}

bool IsMalformedApply(const HttpResponse& response) {
  return response.status == 500 &&
         (absl::StrContains(response.body, "typed patch object") ||
          // A value that is no such leaf's, as bytes of a Secret that are no base64.
          absl::StrContains(response.body, "failed to convert new object ("));
}

absl::Status ToStatus(const ApiStatus& status, absl::string_view attempted) {
  return absl::Status(CodeOf(status.code), absl::StrCat(attempted, ": ", status.message));
}

absl::StatusOr<json::value> ReadObject(const absl::StatusOr<HttpResponse>& response,
                                       absl::string_view attempted) {
  if (!response.ok()) return response.status();
  if (!response->ok()) return ToStatus(ReadApiStatus(*response), attempted);
  absl::StatusOr<json::value> object = json::Parse(response->body);
  if (!object.ok())
    return absl::UnavailableError(
        absl::StrCat(attempted, ": the answer is no JSON: ", object.status().message()));
  return object;
}

}  // namespace weft::kubernetes
