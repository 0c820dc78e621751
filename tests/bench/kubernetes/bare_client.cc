#include "tests/bench/kubernetes/bare_client.h"

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/kubernetes/api_status.h"
#include "runtime/kubernetes/cluster_access.h"
#include "runtime/kubernetes/line_splitter.h"

namespace weft::bench {

using kubernetes::HttpClient;
using kubernetes::HttpRequest;
using kubernetes::HttpResponse;

absl::StatusOr<std::unique_ptr<BareClient>> BareClient::Open(const std::string& kubeconfig) {
  WEFT_ASSIGN_OR_RETURN(kubernetes::ClusterAccess access,
                        kubernetes::ReadKubeconfig(kubeconfig, ""));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> http,
                        HttpClient::Make(std::move(access), "weft-bench"));
  return std::unique_ptr<BareClient>(new BareClient(std::move(http)));
}

absl::Status BareClient::Apply(const std::string& path, const std::string& json) {
  const auto response = http_->Send({.method = "PATCH",
                                     .path = path + "?fieldManager=bare&force=true",
                                     .body = json,
                                     .content_type = "application/apply-patch+yaml"});
  return kubernetes::ReadObject(response, absl::StrCat("apply ", path)).status();
}

absl::StatusOr<int64_t> BareClient::Count(const std::string& path) {
  const auto response = http_->Send({.path = path + "?limit=1"});
  WEFT_ASSIGN_OR_RETURN(const json::value list,
                        kubernetes::ReadObject(response, absl::StrCat("list ", path)));
  const json::value* items = json::Find(list, "items");
  if (items == nullptr || !items->is_array() || items->get_array().empty()) return 0;
  return 1 + json::GetInt(list, {"metadata", "remainingItemCount"});
}

std::unique_ptr<HttpClient::Stream> BareClient::Watch(
    const std::string& path, std::function<void(const json::value&)> on_object) {
  auto lines = std::make_shared<kubernetes::LineSplitter>();
  return http_->Open({.path = path + "?watch=1", .timeout = absl::InfiniteDuration()},
                     {[lines, on_object = std::move(on_object)](std::string_view bytes) {
                        lines->Add(bytes, [&](std::string_view line) {
                          const absl::StatusOr<json::value> event = json::Parse(line);
                          const json::value* object =
                              event.ok() ? json::Find(*event, "object") : nullptr;
                          if (object != nullptr) on_object(*object);
                        });
                        return true;
                      },
                      [](const absl::StatusOr<HttpResponse>&) {}});
}

}  // namespace weft::bench
