#include "core/cli/service_choice.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/base/status.h"

namespace weft::cli {
namespace {

std::string File(const DataDirectory& data) { return data.Below("services.yaml"); }

std::string Absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

bool Has(const config::ServicesConfig& choice, const std::string& runtime) {
  return std::find(choice.runtimes.begin(), choice.runtimes.end(), runtime) !=
         choice.runtimes.end();
}

absl::Status CheckNames(const std::vector<std::string>& runtimes) {
  std::set<std::string> seen;
  for (const std::string& name : runtimes) {
    if (!config::IsRuntimeName(name))
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' is no name of a runtime"));
    if (!seen.insert(name).second)
      return absl::InvalidArgumentError(absl::StrCat("the runtime ", name, " is named twice"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<config::ServicesConfig> ChooseServices(const config::ServicesConfig& remembered,
                                                      const ServiceFlags& flags,
                                                      const std::string& environment) {
  config::ServicesConfig choice = remembered;
  WEFT_RETURN_IF_ERROR(CheckNames(flags.runtimes));
  if (!flags.runtimes.empty()) choice.runtimes = flags.runtimes;
  const bool cluster = flags.kubeconfig.has_value() || flags.context.has_value();
  if (!Has(choice, config::kKubernetes)) {
    if (cluster) {
      return absl::InvalidArgumentError(
          "--kubeconfig and --context choose a cluster: add --runtime kubernetes");
    }
    choice.kubeconfig.clear();
    choice.context.clear();
    return choice;
  }
  if (flags.kubeconfig.has_value()) {
    choice.kubeconfig = Absolute(*flags.kubeconfig);
    choice.context.clear();
  } else if (!Has(remembered, config::kKubernetes) && !environment.empty() &&
             environment.find(':') == std::string::npos) {
    choice.kubeconfig = Absolute(environment);
  }
  if (flags.context.has_value()) choice.context = *flags.context;
  return choice;
}

absl::StatusOr<config::ServicesConfig> ReadChoice(const DataDirectory& data) {
  return config::ReadServicesConfig(File(data));
}

absl::Status WriteChoice(const DataDirectory& data, const config::ServicesConfig& choice) {
  return WriteFileAtomically(File(data), config::ServicesFile(choice));
}

}  // namespace weft::cli
