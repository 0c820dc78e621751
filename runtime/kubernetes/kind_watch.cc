#include "runtime/kubernetes/kind_watch.h"

#include <set>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/kubernetes/api_status.h"
#include "runtime/kubernetes/projecting.h"
#include "runtime/kubernetes/retry.h"

namespace weft::kubernetes {
namespace {

constexpr int kPage = 500;
constexpr absl::Duration kListTimeout = absl::Seconds(30);
// A watch ends by itself after 5 to 10 minutes, not all at once, as those of client-go do: behind
// several API servers the load then spreads again.
constexpr int kLeastWatchSeconds = 300;

uint64_t Number(const std::string& version) {
  return VersionOf(json::object{{"metadata", json::object{{"resourceVersion", version}}}});
}

}  // namespace

KindWatch::KindWatch(HttpClient& client, ApiServer& server, Observations& observations,
                     Resource resource, std::string selector,
                     std::function<void(absl::Status)> on_end)
    : client_(client),
      server_(server),
      observations_(observations),
      resource_(std::move(resource)),
      selector_(UrlEncode(selector)),
      on_end_(std::move(on_end)) {}

KindWatch::~KindWatch() = default;

std::string KindWatch::Version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

void KindWatch::SetVersion(const std::string& version) {
  std::lock_guard lock(mutex_);
  version_ = version;
}

absl::Status KindWatch::Begin() {
  stream_ = nullptr;
  lines_ = {};
  if (Version().empty()) WEFT_RETURN_IF_ERROR(List());
  const int seconds = kLeastWatchSeconds + static_cast<int>(kLeastWatchSeconds * RandomFraction());
  HttpRequest request;
  request.path = absl::StrCat(resource_.CollectionPath(),
                              "?watch=1&allowWatchBookmarks=true&labelSelector=", selector_,
                              "&resourceVersion=", Version(), "&timeoutSeconds=", seconds);
  request.timeout = absl::InfiniteDuration();
  stream_ = client_.Open(
      request,
      {[this](std::string_view bytes) {
         lines_.Add(bytes, [this](std::string_view line) { TakeLine(line); });
         return true;
       },
       [this](absl::StatusOr<HttpResponse> response) {
         if (response.ok() && response->status == 410) SetVersion("");
         if (!response.ok() || response->ok()) return on_end_(response.status());
         on_end_(ToStatus(ReadApiStatus(*response), absl::StrCat("watch ", resource_.plural)));
       }});
  return absl::OkStatus();
}

absl::Status KindWatch::List() {
  std::set<std::string> keys;
  std::string token, version;
  do {
    const absl::Status listed = ListPage(token, keys, version);
    // The list's own version is too old for its next page: from the start.
    if (absl::IsOutOfRange(listed)) return absl::UnavailableError(listed.message());
    WEFT_RETURN_IF_ERROR(listed);
  } while (!token.empty());
  observations_.Listed(resource_.api_version, resource_.kind, keys, Number(version));
  SetVersion(version);
  return absl::OkStatus();
}

absl::Status KindWatch::ListPage(std::string& token, std::set<std::string>& keys,
                                 std::string& version) {
  HttpRequest request;
  request.path = absl::StrCat(resource_.CollectionPath(), "?labelSelector=", selector_,
                              "&limit=", kPage, "&continue=", UrlEncode(token));
  request.timeout = kListTimeout;
  WEFT_ASSIGN_OR_RETURN(const json::value list,
                        ReadObject(server_.Send(request), absl::StrCat("list ", resource_.plural)));
  token = json::GetString(list, {"metadata", "continue"});
  version = json::GetString(list, {"metadata", "resourceVersion"});
  const json::value* items = json::Find(list, "items");
  if (items == nullptr || !items->is_array()) return absl::OkStatus();
  for (const json::value& item : items->get_array()) {
    runtime::Projection projection = Project(resource_.api_version, resource_.kind, item);
    keys.insert(runtime::KeyOf(projection.ref));
    observations_.Watched(std::move(projection), VersionOf(item));
  }
  return absl::OkStatus();
}

void KindWatch::TakeLine(std::string_view line) {
  const absl::StatusOr<json::value> event = json::Parse(line);
  const json::value* object = event.ok() ? json::Find(*event, "object") : nullptr;
  if (object == nullptr) {
    // What it said is lost: everything is read again, once the watch ends.
    spdlog::warn("msg=\"a watch sent what is no event\" resource={}", resource_.plural);
    return SetVersion("");
  }
  TakeEvent(json::GetString(*event, {"type"}), *object);
}

void KindWatch::TakeEvent(const std::string& type, const json::value& object) {
  if (type == "ERROR") {
    // The watch ends now. 410: it has fallen behind what the API server remembers.
    spdlog::info("msg=\"a watch ends\" resource={} reason=\"{}\"", resource_.plural,
                 json::GetString(object, {"message"}));
    return SetVersion("");
  }
  if (type == "DELETED") {
    observations_.WatchedGone(Project(resource_.api_version, resource_.kind, object).ref,
                              VersionOf(object));
  } else if (type != "BOOKMARK") {
    observations_.Watched(Project(resource_.api_version, resource_.kind, object),
                          VersionOf(object));
  }
  if (!Version().empty()) SetVersion(json::GetString(object, {"metadata", "resourceVersion"}));
}

}  // namespace weft::kubernetes
