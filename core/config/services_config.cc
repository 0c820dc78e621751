#include "core/config/services_config.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/config/file.h"
#include "core/model/names.h"

namespace weft::config {
namespace {

void ReadRuntimes(model::ObjectReader& in, std::vector<std::string>& out) {
  std::vector<std::string> runtimes;
  in.Strings("runtimes", runtimes);
  if (!in.Has("runtimes")) return;
  const bool names = std::all_of(runtimes.begin(), runtimes.end(), IsRuntimeName);
  const std::set<std::string> distinct(runtimes.begin(), runtimes.end());
  if (runtimes.empty() || !names || distinct.size() != runtimes.size()) {
    in.reading().Error(in.PlaceOf("runtimes"), in.PointerOf("runtimes"), "BAD_VALUE",
                       "\"runtimes\" must be names of runtimes, at least one and each once");
    return;
  }
  out = std::move(runtimes);
}

}  // namespace

bool IsRuntimeName(const std::string& name) { return model::IsDnsLabel(name); }

absl::StatusOr<ServicesConfig> ReadServicesConfig(const std::string& path) {
  ServicesConfig config;
  const absl::Status read = ReadFile(path, "the choice of services", [&](model::ObjectReader& in) {
    ReadRuntimes(in, config.runtimes);
    in.Object("kubernetes", "the choice of a cluster", [&](model::ObjectReader& cluster) {
      cluster.String("kubeconfig", config.kubeconfig);
      cluster.String("context", config.context);
    });
  });
  if (!read.ok() && !absl::IsNotFound(read)) return read;
  return config;
}

std::string ServicesFile(const ServicesConfig& config) {
  std::string text = absl::StrCat("# Written by `weft up --runtime`.\nruntimes: [",
                                  absl::StrJoin(config.runtimes, ", ",
                                                [](std::string* out, const std::string& name) {
                                                  absl::StrAppend(out, YamlScalar(name));
                                                }),
                                  "]\n");
  if (config.kubeconfig.empty() && config.context.empty()) return text;
  absl::StrAppend(&text, "kubernetes:\n");
  if (!config.kubeconfig.empty())
    absl::StrAppend(&text, "  kubeconfig: ", YamlScalar(config.kubeconfig), "\n");
  if (!config.context.empty())
    absl::StrAppend(&text, "  context: ", YamlScalar(config.context), "\n");
  return text;
}

}  // namespace weft::config
