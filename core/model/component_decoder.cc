#include "absl/strings/str_cat.h"
#include "core/model/kinds.h"
#include "core/model/quantity.h"
#include "core/model/text.h"

namespace weft::model {
namespace {

const std::vector<std::string>& ParameterTypes() {
  static const auto& types =
      *new std::vector<std::string>{"boolean", "string", "number", "object", "array", "null"};
  return types;
}

void ReadParameter(ObjectReader& in, Parameter& out) {
  in.Name("name", out.name, kOamName, Need::kRequired);
  std::optional<std::string> description;
  if (in.Text("description", description)) out.description = *description;
  in.OneOf("type", out.type, ParameterTypes(), Need::kRequired);
  in.Boolean("required", out.required);
  in.Json("default", out.default_value, out.type);
}

// What an environment variable and a config file have in common.
void ReadValueSource(ObjectReader& in, std::string_view what, std::optional<std::string>& value,
                     std::string& from_param) {
  in.Text("value", value);
  in.String("fromParam", from_param);
  if (in.Has("value") || in.Has("fromParam")) return;
  in.Lacks({"value", "fromParam"}, absl::StrCat(absl::string_view(what.data(), what.size()),
                                                " needs \"value\" or \"fromParam\""))
      .hint = "for an empty value write value: \"\"";
}

void ReadEnvironmentVariable(ObjectReader& in, EnvironmentVariable& out) {
  in.Name("name", out.name, kEnvironmentName, Need::kRequired);
  ReadValueSource(in, "an environment variable", out.value, out.from_param);
}

void ReadConfigFile(ObjectReader& in, ConfigFile& out) {
  // A relative path is relative to the root.
  if (in.String("path", out.path, Need::kRequired) && !out.path.starts_with('/'))
    out.path.insert(0, "/");
  ReadValueSource(in, "a config file", out.value, out.from_param);
}

void ReadPort(ObjectReader& in, Port& out) {
  in.Name("name", out.name, kPortName, Need::kRequired);
  in.Integer("containerPort", out.container_port, 1, 65535, Need::kRequired);
  in.OneOf("protocol", out.protocol, {"TCP", "UDP", "SCTP"});
}

void ReadVolume(ObjectReader& in, Volume& out) {
  in.Name("name", out.name, kDnsLabel, Need::kRequired);
  in.String("mountPath", out.mount_path, Need::kRequired);
  in.OneOf("accessMode", out.access_mode, {"RW", "RO"});
  in.OneOf("sharingPolicy", out.sharing_policy, {"Exclusive", "Shared"});
  in.Object("disk", "a disk", [&](ObjectReader& disk) {
    disk.Quantity("required", out.disk_bytes, ParseSize, Need::kRequired);
    disk.Boolean("ephemeral", out.ephemeral);
  });
}

void ReadExtendedResource(ObjectReader& in, json::value& out) {
  std::string name;
  in.String("name", name, Need::kRequired);
  std::optional<std::string> required;
  in.Text("required", required);
  out = {{"name", name}, {"required", required.value_or("")}};
}

void ReadResources(ObjectReader& in, Resources& out) {
  const auto amount = [&](const char* field, int64_t& value,
                          absl::StatusOr<int64_t> (*parse)(std::string_view)) {
    in.Object(field, absl::StrCat("\"", field, "\""), [&](ObjectReader& resource) {
      resource.Quantity("required", value, parse, Need::kRequired);
    });
  };
  amount("cpu", out.cpu_millicores, ParseMillis);
  amount("memory", out.memory_bytes, ParseSize);
  amount("gpu", out.gpu_millis, ParseMillis);
  in.List("volumes", "a volume", out.volumes, ReadVolume);
  in.Unique("volumes", "name", NamesOf(out.volumes));
  in.Unique("volumes", "mountPath", NamesOf(out.volumes, &Volume::mount_path));
  in.List("extended", "an extended resource", out.extended, ReadExtendedResource);
}

// Objects merge their ports by number and protocol, so that these name a port.
std::vector<std::string> PortNames(const std::vector<Port>& ports) {
  std::vector<std::string> names;
  names.reserve(ports.size());
  for (const Port& port : ports) {
    names.push_back(
        port.container_port == 0 ? "" : absl::StrCat(port.container_port, "/", port.protocol));
  }
  return names;
}

void ReadContainer(ObjectReader& in, Container& out) {
  in.Name("name", out.name, kDnsLabel, Need::kRequired);
  in.String("image", out.image, Need::kRequired);
  in.Object("resources", "\"resources\"",
            [&](ObjectReader& resources) { ReadResources(resources, out.resources); });
  in.Texts("cmd", out.command);
  in.Texts("args", out.args);
  in.List("env", "an environment variable", out.env, ReadEnvironmentVariable);
  in.Unique("env", "name", NamesOf(out.env));
  in.List("config", "a config file", out.config, ReadConfigFile);
  in.Unique("config", "path", NamesOf(out.config, &ConfigFile::path));
  in.List("ports", "a port", out.ports, ReadPort);
  in.Unique("ports", "name", NamesOf(out.ports));
  in.Unique("ports", "containerPort", PortNames(out.ports));
  in.Object("livenessProbe", "a probe",
            [&](ObjectReader& probe) { ReadProbe(probe, out.liveness.emplace()); });
  in.Object("readinessProbe", "a probe",
            [&](ObjectReader& probe) { ReadProbe(probe, out.readiness.emplace()); });
  in.String("imagePullSecret", out.image_pull_secret);
}

void ReadWorkloadSetting(ObjectReader& in, WorkloadSetting& out) {
  in.Name("name", out.name, kOamName, Need::kRequired);
  std::optional<std::string> description;
  if (in.Text("description", description)) out.description = *description;
  in.OneOf("type", out.type, ParameterTypes(), Need::kRequired);
  in.Json("value", out.value, out.type);
  in.String("fromParam", out.from_param);
  in.Boolean("required", out.required);
  if (!out.required || out.value || in.Has("fromParam")) return;
  Diagnostic& error =
      in.Lacks({"value", "fromParam"},
               absl::StrCat("the workload setting ", Quoted(out.name),
                            " is required and has neither \"value\" nor \"fromParam\""));
  error.code = "MISSING_SETTING";
  error.hint = "add one of them, or leave \"required\" out";
}

}  // namespace

void ReadComponent(ObjectReader& document, ComponentSchematic& out) {
  document.Object(
      "spec", "the spec of a component",
      [&](ObjectReader& in) {
        in.String("workloadType", out.workload_type, Need::kRequired);
        in.OneOf("osType", out.os_type, {"linux", "windows"});
        in.OneOf("arch", out.arch, {"i386", "amd64", "arm", "arm64"});
        in.List("parameters", "a parameter", out.parameters, ReadParameter);
        in.Unique("parameters", "name", NamesOf(out.parameters));
        in.List("containers", "a container", out.containers, ReadContainer);
        in.Unique("containers", "name", NamesOf(out.containers));
        in.List("workloadSettings", "a workload setting", out.workload_settings,
                ReadWorkloadSetting);
        in.Unique("workloadSettings", "name", NamesOf(out.workload_settings));
      },
      Need::kRequired);
}

}  // namespace weft::model
