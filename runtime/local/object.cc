#include "runtime/local/object.h"

#include <algorithm>

namespace weft::local {

std::string LocalKey(const std::string& kind, const std::string& ns, const std::string& name) {
  return kind + "/" + ns + "/" + name;
}

std::string LocalKey(const ObjectRef& ref) { return LocalKey(ref.kind, ref.ns, ref.name); }

std::string KindOfKey(const std::string& key) { return key.substr(0, key.find('/')); }

std::string NamespaceOfKey(const std::string& key) {
  const size_t start = key.find('/') + 1;
  return key.substr(start, key.find('/', start) - start);
}

std::string NameOfKey(const std::string& key) { return key.substr(key.rfind('/') + 1); }

bool Selects(const Labels& selector, const Labels& labels) {
  return std::ranges::all_of(selector, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

bool HasPods(const std::string& kind) {
  return kind == "Deployment" || kind == "DaemonSet" || kind == "StatefulSet" || kind == "Job";
}

RestartPolicy RestartPolicyFrom(const std::string& name) {
  if (name == "Never") return RestartPolicy::kNever;
  return name == "OnFailure" ? RestartPolicy::kOnFailure : RestartPolicy::kAlways;
}

}  // namespace weft::local
