#include "runtime/local/names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/shorten.h"
#include "runtime/local/object.h"

namespace weft::local {
std::string NetworkName(const std::string& installation, const std::string& ns) {
  return absl::StrCat("weft-", installation, "-", Shorten(ns, 40));
}

std::string ClaimVolumeName(const std::string& installation, const std::string& ns,
                            const std::string& claim) {
  return absl::StrCat("weft-", installation, ".", ns, ".", claim);
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
  return Shorten(controller, kDnsLabelSize - suffix.size()) + suffix;
}

std::string StatefulPodName(const std::string& controller, int index) {
  const std::string suffix = absl::StrCat("-", index);
  return Shorten(controller, kDnsLabelSize - suffix.size()) + suffix;
}

std::string StatefulClaimName(const std::string& claim_template, const std::string& controller,
                              int index) {
  return StatefulPodName(absl::StrCat(claim_template, "-", controller), index);
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
