#include "runtime/kubernetes/discovery.h"

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "runtime/kubernetes/api_status.h"

namespace weft::kubernetes {
namespace {

constexpr absl::Duration kLeastAge = absl::Seconds(10);

// "v1" is the legacy group without a name. Source: Kubernetes API concepts, "Resource URIs".
std::string RootPath(const std::string& api_version) {
  const size_t slash = api_version.find('/');
  if (slash == std::string::npos) return "/api/" + UrlEncode(api_version);
  return absl::StrCat("/apis/", UrlEncode(api_version.substr(0, slash)), "/",
                      UrlEncode(api_version.substr(slash + 1)));
}

}  // namespace

std::string Resource::CollectionPath(const std::string& ns) const {
  if (ns.empty() || !namespaced) return absl::StrCat(RootPath(api_version), "/", plural);
  return absl::StrCat(RootPath(api_version), "/namespaces/", UrlEncode(ns), "/", plural);
}

std::string Resource::ObjectPath(const std::string& ns, const std::string& name) const {
  return absl::StrCat(CollectionPath(ns), "/", UrlEncode(name));
}

absl::StatusOr<Resource> Discovery::Find(const std::string& api_version, const std::string& kind) {
  std::unique_lock lock(mutex_);
  const auto known = known_.find(api_version);
  const bool fresh = known != known_.end() && now_() - known->second.read < kLeastAge;
  const bool has = known != known_.end() && known->second.by_kind.count(kind) > 0;
  if (!has && !fresh) {
    lock.unlock();  // A group that answers slowly holds up nobody who asks for another.
    WEFT_ASSIGN_OR_RETURN(GroupVersion read, Read(api_version));
    lock.lock();
    known_[api_version] = std::move(read);
  }
  const GroupVersion& group = known_.at(api_version);
  const auto found = group.by_kind.find(kind);
  if (found != group.by_kind.end()) return found->second;
  return absl::NotFoundError(
      absl::StrCat("the API server has no kind ", kind, " in ", api_version));
}

absl::StatusOr<Discovery::GroupVersion> Discovery::Read(const std::string& api_version) {
  GroupVersion group{{}, now_()};
  const auto list = ReadObject(server_.Send({.path = RootPath(api_version)}),
                               absl::StrCat("list the kinds of ", api_version));
  if (absl::IsNotFound(list.status())) return group;
  if (!list.ok()) return list.status();
  const json::value* resources = json::Find(*list, "resources");
  if (resources == nullptr || !resources->is_array()) return group;
  for (const json::value& resource : resources->get_array()) {
    const std::string name = json::GetString(resource, {"name"});
    if (name.find('/') != std::string::npos) continue;  // A subresource.
    const std::string kind = json::GetString(resource, {"kind"});
    group.by_kind[kind] = {api_version, kind, name, json::GetBool(resource, {"namespaced"})};
  }
  return group;
}

}  // namespace weft::kubernetes
