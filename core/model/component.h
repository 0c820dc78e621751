#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/metadata.h"

// Components as plain values.
namespace weft::model {

// Source: OAM v1alpha1, section 3, "Component Schematics".
struct Parameter {
  std::string name;
  std::string description;
  std::string type;  // "boolean", "string", "number", "object", "array", "null"
  bool required = false;
  std::optional<json::value> default_value;
};

// Whether `value` is of the parameter type `type`.
bool IsOfType(const json::value& value, const std::string& type);

// `value` is absent where the document has none; an empty string is a value.
struct EnvironmentVariable {
  std::string name;
  std::optional<std::string> value;
  std::string from_param;  // Empty: none.
};

struct ConfigFile {
  std::string path;
  std::optional<std::string> value;
  std::string from_param;
};

struct Port {
  std::string name;
  int container_port = 0;  // 1 to 65535
  std::string protocol = "TCP";
};

struct Volume {
  std::string name;
  std::string mount_path;
  std::string access_mode = "RW";
  std::string sharing_policy = "Exclusive";
  int64_t disk_bytes = 0;  // 0: not said.
  bool ephemeral = false;
};

struct Resources {
  int64_t cpu_millicores = 0;  // 0: not said.
  int64_t memory_bytes = 0;
  int64_t gpu_millis = 0;  // Thousandths of a GPU.
  std::vector<Volume> volumes;
  std::vector<json::value> extended;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpGet {
  std::string path = "/";
  int port = 0;
  std::vector<HttpHeader> headers;
};

// Exactly one of exec, http_get and tcp_port is set. Seconds.
struct Probe {
  std::vector<std::string> exec;
  std::optional<HttpGet> http_get;
  std::optional<int> tcp_port;
  int initial_delay_seconds = 0;
  int period_seconds = 10;
  int timeout_seconds = 1;
  int success_threshold = 1;
  int failure_threshold = 3;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;  // OAM: cmd
  std::vector<std::string> args;
  std::vector<EnvironmentVariable> env;
  std::vector<ConfigFile> config;
  std::vector<Port> ports;
  Resources resources;
  std::optional<Probe> liveness;
  std::optional<Probe> readiness;
  std::string image_pull_secret;
};

// Source: OAM v1alpha1, section 3, "WorkloadSetting".
struct WorkloadSetting {
  std::string name;
  std::string description;
  std::string type;                  // As a parameter's.
  std::optional<json::value> value;  // Objects within may say `fromParam` beside their `value`.
  std::string from_param;
  bool required = false;
};

struct ComponentSchematic {
  Metadata metadata;
  std::string workload_type;  // As written.
  std::string os_type;
  std::string arch;
  std::vector<Parameter> parameters;
  std::vector<Container> containers;
  std::vector<WorkloadSetting> workload_settings;
};

}  // namespace weft::model
