#include "runtime/local/names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "runtime/local/object.h"

namespace weft::local {
namespace {

constexpr size_t kDnsLabel = 63;
constexpr size_t kHash = 8;

}  // namespace

std::string Shorten(const std::string& name, size_t limit) {
  if (name.size() <= limit) return name;
  const std::string hash = json::Sha256(name).substr(sizeof("sha256:") - 1, kHash);
  return absl::StrCat(name.substr(0, limit - kHash - 1), "-", hash);
}

std::string NetworkName(const std::string& installation, const std::string& ns) {
  return absl::StrCat("weft-", installation, "-", Shorten(ns, 40));
}

std::string ControllerOf(const std::string& key) {
  return absl::StrCat(KindOfKey(key), "/", NameOfKey(key));
}

std::string KeyOfController(const std::string& controller, const std::string& ns) {
  const size_t slash = std::min(controller.find('/'), controller.size());
  return LocalKey(controller.substr(0, slash), ns,
                  controller.substr(std::min(slash + 1, controller.size())));
}

std::string PodName(const std::string& controller, const std::string& template_hash, int index) {
  const std::string suffix = absl::StrCat("-", template_hash, "-", index);
  return Shorten(controller, kDnsLabel - suffix.size()) + suffix;
}

std::string StatefulPodName(const std::string& controller, int index) {
  const std::string suffix = absl::StrCat("-", index);
  return Shorten(controller, kDnsLabel - suffix.size()) + suffix;
}

std::string SandboxName(const std::string& installation, const std::string& ns,
                        const std::string& pod) {
  return absl::StrCat("weft-", installation, ".", ns, ".", pod);
}

std::string RunName(const std::string& installation, const std::string& ns, const std::string& pod,
                    const std::string& container, int run) {
  return absl::StrCat(SandboxName(installation, ns, pod), ".", container, ".", run);
}

}  // namespace weft::local
