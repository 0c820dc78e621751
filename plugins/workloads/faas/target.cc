#include "plugins/workloads/faas/target.h"

#include <algorithm>

namespace weft::faas {
namespace {

constexpr std::string_view kFunctionPrefix = "/function/";
constexpr std::string_view kDefaultNamespace = "default";

Target ReadFunction(std::string_view target) {
  target.remove_prefix(kFunctionPrefix.size());
  const std::string_view name = target.substr(0, target.find_first_of("/?"));
  std::string rest(target.substr(name.size()));
  if (rest.empty() || rest.front() != '/') rest.insert(rest.begin(), '/');
  // Names of functions and namespaces have no dots.
  const size_t dot = name.find('.');
  const std::string_view name_space =
      dot == std::string_view::npos ? kDefaultNamespace : name.substr(dot + 1);
  if (name.substr(0, dot).empty() || name_space.empty()) return {};
  return {.kind = Target::Kind::kFunction,
          .function = {std::string(name_space), std::string(name.substr(0, dot))},
          .rest = std::move(rest),
          .name_space = {}};
}

std::string NamespaceOf(std::string_view query) {
  constexpr std::string_view kKey = "namespace=";
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with(kKey)) return std::string(pair.substr(kKey.size()));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
  return "";
}

}  // namespace

Target ReadTarget(std::string_view target) {
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos && target.front() != '/') {
    const size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  if (target.starts_with(kFunctionPrefix)) return ReadFunction(target);
  const size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? "" : target.substr(question + 1);
  if (path == "/healthz") return {Target::Kind::kHealth, {}, "", ""};
  if (path == "/system/functions") return {Target::Kind::kFunctions, {}, "", NamespaceOf(query)};
  return {};
}

}  // namespace weft::faas
