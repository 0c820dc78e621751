#include "core/model/golden.h"

#include <fstream>
#include <gtest/gtest.h>

#include "absl/strings/strip.h"
#include "core/model/testing.h"

namespace weft::model {
namespace {

constexpr char kHead[] = "@@ head";
constexpr char kCase[] = "@@ ";
constexpr char kExpected[] = "==";
constexpr char kContinued[] = "  ";

// Each of `elements` as `dump` writes it.
template <class T>
json::array DumpAll(const std::vector<T>& elements, json::object (*dump)(const T&)) {
  json::array list;
  for (const T& element : elements) list.push_back(dump(element));
  return list;
}

// A member of an object, left out if it is empty, 0 or false.
void Set(json::object& out, const char* key, json::value value) {
  const std::string text = json::Canonical(value);
  if (text != "\"\"" && text != "[]" && text != "{}" && text != "0" && text != "false")
    out[key] = std::move(value);
}

void Set(json::object& out, const char* key, const std::string& value) {
  Set(out, key, json::value(boost::json::string_view(value)));
}

void Set(json::object& out, const char* key, const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) list.emplace_back(boost::json::string_view(value));
  Set(out, key, json::value(std::move(list)));
}

void Set(json::object& out, const char* key, const std::map<std::string, std::string>& values) {
  json::object map;
  for (const auto& [name, value] : values) map[name] = boost::json::string_view(value);
  Set(out, key, json::value(std::move(map)));
}

// What a document may say to be empty.
void Put(json::object& out, const char* key, const std::optional<json::value>& value) {
  if (value) out[key] = *value;
}

void Put(json::object& out, const char* key, const std::optional<std::string>& value) {
  if (value) out[key] = boost::json::string_view(*value);
}

json::object Dump(const Parameter& parameter) {
  json::object out;
  Set(out, "name", parameter.name);
  Set(out, "description", parameter.description);
  Set(out, "type", parameter.type);
  Set(out, "required", json::value(parameter.required));
  Put(out, "default", parameter.default_value);
  return out;
}

json::object Dump(const EnvironmentVariable& variable) {
  json::object out;
  Set(out, "name", variable.name);
  Put(out, "value", variable.value);
  Set(out, "fromParam", variable.from_param);
  return out;
}

json::object Dump(const ConfigFile& file) {
  json::object out;
  Set(out, "path", file.path);
  Put(out, "value", file.value);
  Set(out, "fromParam", file.from_param);
  return out;
}

json::object Dump(const Port& port) {
  return {{"name", port.name}, {"port", port.container_port}, {"protocol", port.protocol}};
}

json::object Dump(const Volume& volume) {
  json::object out;
  Set(out, "name", volume.name);
  Set(out, "mountPath", volume.mount_path);
  Set(out, "accessMode", volume.access_mode);
  Set(out, "sharingPolicy", volume.sharing_policy);
  Set(out, "diskBytes", json::value(volume.disk_bytes));
  Set(out, "ephemeral", json::value(volume.ephemeral));
  return out;
}

json::object Dump(const Resources& resources) {
  json::object out;
  Set(out, "cpuMillicores", json::value(resources.cpu_millicores));
  Set(out, "memoryBytes", json::value(resources.memory_bytes));
  Set(out, "gpuMillis", json::value(resources.gpu_millis));
  Set(out, "volumes", DumpAll<Volume>(resources.volumes, Dump));
  Set(out, "extended", json::array(resources.extended.begin(), resources.extended.end()));
  return out;
}

json::object Dump(const HttpHeader& header) {
  return {{"name", header.name}, {"value", header.value}};
}

json::value Dump(const std::optional<Probe>& probe) {
  if (!probe) return json::object();
  json::object out;
  Set(out, "exec", probe->exec);
  if (probe->http_get) {
    json::object http;
    Set(http, "path", probe->http_get->path);
    Set(http, "port", json::value(probe->http_get->port));
    Set(http, "headers", DumpAll<HttpHeader>(probe->http_get->headers, Dump));
    out["httpGet"] = std::move(http);
  }
  if (probe->tcp_port) out["tcpPort"] = *probe->tcp_port;
  Set(out, "initialDelaySeconds", json::value(probe->initial_delay_seconds));
  Set(out, "periodSeconds", json::value(probe->period_seconds));
  Set(out, "timeoutSeconds", json::value(probe->timeout_seconds));
  Set(out, "successThreshold", json::value(probe->success_threshold));
  Set(out, "failureThreshold", json::value(probe->failure_threshold));
  return out;
}

json::object Dump(const Container& container) {
  json::object out;
  Set(out, "name", container.name);
  Set(out, "image", container.image);
  Set(out, "cmd", container.command);
  Set(out, "args", container.args);
  Set(out, "env", DumpAll<EnvironmentVariable>(container.env, Dump));
  Set(out, "config", DumpAll<ConfigFile>(container.config, Dump));
  Set(out, "ports", DumpAll<Port>(container.ports, Dump));
  Set(out, "resources", Dump(container.resources));
  Set(out, "livenessProbe", Dump(container.liveness));
  Set(out, "readinessProbe", Dump(container.readiness));
  Set(out, "imagePullSecret", container.image_pull_secret);
  return out;
}

json::object Dump(const WorkloadSetting& setting) {
  json::object out;
  Set(out, "name", setting.name);
  Set(out, "description", setting.description);
  Set(out, "type", setting.type);
  Put(out, "value", setting.value);
  Set(out, "fromParam", setting.from_param);
  Set(out, "required", json::value(setting.required));
  return out;
}

json::object Dump(const ParameterValue& value) {
  return {{"name", value.name}, {"value", value.value}};
}

json::object Dump(const Trait& trait) {
  return {{"name", trait.name}, {"properties", trait.properties}};
}

json::object Dump(const ScopeUse& scope) {
  return {{"name", scope.name}, {"type", scope.type}, {"properties", scope.properties}};
}

json::object Dump(const ApplicationComponent& component) {
  json::object out;
  Set(out, "componentName", component.component_name);
  Set(out, "instanceName", component.instance_name);
  Set(out, "parameterValues", DumpAll<ParameterValue>(component.parameter_values, Dump));
  Set(out, "traits", DumpAll<Trait>(component.traits, Dump));
  Set(out, "applicationScopes", component.application_scopes);
  return out;
}

void SetSpec(const ComponentSchematic& component, json::object& out) {
  Set(out, "workloadType", component.workload_type);
  Set(out, "osType", component.os_type);
  Set(out, "arch", component.arch);
  Set(out, "parameters", DumpAll<Parameter>(component.parameters, Dump));
  Set(out, "containers", DumpAll<Container>(component.containers, Dump));
  Set(out, "workloadSettings", DumpAll<WorkloadSetting>(component.workload_settings, Dump));
}

void SetSpec(const ApplicationConfiguration& application, json::object& out) {
  Set(out, "variables", DumpAll<ParameterValue>(application.variables, Dump));
  Set(out, "scopes", DumpAll<ScopeUse>(application.scopes, Dump));
  Set(out, "components", DumpAll<ApplicationComponent>(application.components, Dump));
}

std::string Line(const Document& document) {
  const Metadata& metadata = document.metadata();
  json::object model;
  Set(model, "labels", metadata.labels);
  Set(model, "annotations", metadata.annotations);
  std::visit([&](const auto& value) { SetSpec(value, model); }, document.value);
  return absl::StrCat(document.kind(), " ", metadata.name_space, "/", metadata.name, " ",
                      json::Canonical(model));
}

// Spaces of JSON that is written over several lines are the reader's.
std::string WithCanonicalModel(const std::string& line, const std::string& where) {
  const size_t brace = line.find('{');
  if (brace == std::string::npos) return line;
  const absl::StatusOr<std::string> model = json::Canonicalize(line.substr(brace));
  EXPECT_TRUE(model.ok()) << where << ": " << model.status();
  return model.ok() ? line.substr(0, brace) + *model : line;
}

}  // namespace

std::vector<GoldenCase> ReadGoldenFile(const std::string& path) {
  enum class In { kComment, kHead, kText, kExpected } in = In::kComment;
  std::vector<GoldenCase> cases;
  std::string head;
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line == kHead) {
      in = In::kHead;
      head.clear();
    } else if (line.starts_with(kCase)) {
      in = In::kText;
      const std::string name = path.substr(path.rfind('/') + 1);
      cases.push_back({absl::StrCat(name, ":", number, " ", line.substr(3)), head, {}});
    } else if (in == In::kText && line == kExpected) {
      in = In::kExpected;
    } else if (in == In::kHead) {
      absl::StrAppend(&head, line, "\n");
    } else if (in == In::kText) {
      absl::StrAppend(&cases.back().text, line, "\n");
    } else if (in == In::kExpected && line.starts_with(kContinued) &&
               !cases.back().expected.empty()) {
      absl::StrAppend(&cases.back().expected.back(), " ", absl::StripLeadingAsciiWhitespace(line));
    } else if (in == In::kExpected && !line.empty()) {
      cases.back().expected.push_back(line);
    }
  }
  for (GoldenCase& c : cases) {
    EXPECT_FALSE(c.expected.empty()) << c.name << ": nothing is expected";
    for (std::string& line : c.expected) {
      if (!absl::ascii_isdigit(line[0])) line = WithCanonicalModel(line, c.name);
    }
  }
  return cases;
}

std::vector<std::string> Golden(const Decoded& decoded) {
  std::vector<std::string> lines;
  for (const Document& document : decoded.documents) lines.push_back(Line(document));
  for (const Diagnostic& d : decoded.diagnostics) {
    lines.push_back(absl::StrCat(Brief(d), d.hint.empty() ? "" : " | ", d.hint));
  }
  return lines;
}

}  // namespace weft::model
