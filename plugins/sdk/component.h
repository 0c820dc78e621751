#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// A component with all its parameters filled in, as the author of a workload type sees it. Source:
// weft.provider.v1, Component.
namespace weft::sdk {

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

struct Port {
  std::string name;
  int container_port = 0;
  std::string protocol = "TCP";
};

struct HttpHeader {
  std::string name;
  std::string value;
};

enum class ProbeAction { kHttpGet, kTcp, kExec };

// Seconds.
struct Probe {
  ProbeAction action = ProbeAction::kHttpGet;
  std::string path = {};                  // Of HTTP.
  int port = 0;                           // Of HTTP and TCP.
  std::vector<HttpHeader> headers = {};   // Of HTTP.
  std::vector<std::string> command = {};  // Of exec.
  int initial_delay_seconds = 0;
  int period_seconds = 10;
  int timeout_seconds = 1;
  int success_threshold = 1;
  int failure_threshold = 3;
};

struct ConfigFile {
  std::string path;  // Absolute.
  std::string content;
};

// Those of one name in a component are one.
struct Volume {
  std::string name;        // A DNS label.
  std::string mount_path;  // Absolute.
  bool read_only = false;
  int64_t disk_bytes = 0;  // What should be kept free for it; 0: not said.
  bool ephemeral = true;   // It is empty at first, and goes with its replica; else it outlives it.
  bool shared = false;     // Others may have it at the same time. Of one that is not ephemeral.
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvironmentVariable> env;
  std::vector<Port> ports;
  int64_t cpu_millicores = 0;  // Requests; 0: none.
  int64_t memory_bytes = 0;
  std::optional<Probe> readiness = {};
  std::optional<Probe> liveness = {};
  std::vector<ConfigFile> config_files = {};
  std::vector<Volume> volumes = {};
  std::string image_pull_secret = {};  // The name of a Secret of the namespace; empty: none.
};

}  // namespace weft::sdk
