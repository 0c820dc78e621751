#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/command.h"
#include "runtime/base/pod_usage.h"

// What Weft asks of a container engine: the part of the Docker Engine API (v1.41) that it uses, as
// plain values.
namespace weft::engine {

using Labels = std::map<std::string, std::string>;

// A directory of the engine's machine that a container sees at `target` and cannot write to.
struct Bind {
  std::string source;
  std::string target;

  bool operator==(const Bind&) const = default;
};

// A volume that a container sees at `target`. Nothing of the image's is copied into it.
struct VolumeMount {
  std::string volume;  // Its name; empty: a new one, which goes with this container.
  std::string target;
  bool read_only = false;
  // Of a new one: it is in memory, and empty as soon as no container runs that has it.
  bool memory = false;
  int64_t memory_bytes = 0;  // Then the most that it holds; 0: what the kernel allows.

  bool operator==(const VolumeMount&) const = default;
};

// A container's output is in so many files at most; the oldest one goes.
inline constexpr int kLogFiles = 5;

struct ContainerSpec {
  std::string name;
  std::string hostname;
  std::string image;
  std::vector<std::string> entrypoint;   // Empty: the image's, with the image's command.
  std::vector<std::string> command;      // Empty: the image's, unless `entrypoint` is set.
  std::vector<std::string> environment;  // "NAME=value"
  Labels labels;
  std::string working_directory;  // Empty: the image's.
  std::string user;               // "1000" or "1000:1000"; empty: the image's.
  bool read_only_root = false;
  bool no_new_privileges = false;
  std::vector<std::string> capabilities_add, capabilities_drop;
  int64_t cpu_shares = 0;          // Weight against other containers; 0: the engine's default.
  int64_t cpu_limit_milli = 0;     // Thousandths of a processor; 0: none.
  int64_t memory_reservation = 0;  // Bytes; 0: none.
  int64_t memory_limit = 0;        // Bytes, also with swap; 0: none.
  int64_t log_bytes = 0;           // Of each of the kLogFiles files of its output; 0: the engine's.
  int stop_grace_seconds = 10;     // Between SIGTERM and SIGKILL when the engine itself stops it.
  std::string network;             // Empty with `network_of`.
  std::string network_of;  // The id of a container whose network it shares, host name and all.
  std::vector<std::string> aliases;  // DNS names on the network, besides the container's own.
  std::string address;               // IPv4 on the network; empty: the engine chooses.
  // Whom the engine asks for names that it does not know itself (IPv4); empty: as the machine does.
  std::vector<std::string> name_servers;
  std::map<std::string, std::string> sysctls;
  std::vector<Bind> binds;
  std::vector<VolumeMount> volumes;
  // The engine restarts it whenever it ends, also when the engine itself starts, until it is
  // stopped or removed through the engine. Else it runs once.
  bool keep_running = false;
};

// A volume of its own, which stays until it is removed.
struct VolumeSpec {
  std::string name;
  Labels labels;
};

struct ContainerSummary {
  std::string id;
  std::string name;  // Without the engine's leading slash.
  Labels labels;
  std::string image_id = {};
};

// A volume as a container has it.
struct MountedVolume {
  std::string name;
  std::string path;  // On the engine's machine.

  bool operator==(const MountedVolume&) const = default;
};

struct Container {
  std::string id;
  std::string name;
  std::string image;  // As it was asked for.
  Labels labels;
  absl::Time created;
  std::string state;        // created, running, paused, restarting, removing, exited or dead.
  std::string started_at;   // RFC 3339; empty if it never started.
  std::string finished_at;  // RFC 3339; empty if it never ended.
  int64_t exit_code = 0;
  bool out_of_memory = false;     // The kernel killed it for want of memory.
  std::string error;              // Why it could not be started.
  int64_t restart_count = 0;      // By the engine.
  int64_t pid = 0;                // On the machine; 0 if it does not run.
  std::string network_namespace;  // A file for setns(2), unique to this run; empty if none.
  std::map<std::string, std::string> addresses;  // IPv4 by network name; running containers only.
  std::map<std::string, MountedVolume> volumes;  // By where the container sees them.
};

struct NetworkSpec {
  std::string name;
  std::string subnet;    // "172.17.0.0/16"; empty: the engine chooses.
  std::string ip_range;  // Where it takes the addresses that nobody chose; empty: all of `subnet`.
  Labels labels;
};

struct Network {
  std::string id;
  std::string name;
  std::string subnet;
  std::string ip_range;
  std::string gateway;
  Labels labels;
  // Places whose container is gone, by their names, if all are: an engine that was killed leaves
  // them. While any container has a place, one that is just being started looks the same.
  std::vector<std::string> lost_endpoints = {};
};

struct Image {
  std::string id;                       // "sha256:..."
  std::vector<std::string> references;  // "weft/hello:v1"
  int64_t size_bytes = 0;
  absl::Time created;
};

struct Event {
  std::string type;    // "container", "network", "image".
  std::string action;  // "start", "die", "destroy", ...
  std::string id;
  Labels attributes;  // Of a container: its labels, image and name.
};

struct Info {
  bool is_podman = false;
  std::string version;
  std::string os;            // "linux"
  std::string architecture;  // As Go names it: "amd64".
  int64_t cpus = 0;
  int64_t memory_bytes = 0;
};

// Who asks a registry for an image.
struct RegistryLogin {
  std::string server;  // "registry.example.org:5000"
  std::string username, password;
  std::string identity_token;  // Instead of the password; empty: none.

  bool operator==(const RegistryLogin&) const = default;
};

// What a container that runs has used. Of memory without what the kernel can take back at once, as
// the kubelet counts.
struct Usage {
  absl::Duration cpu;  // Of all processors, since it started.
  int64_t memory_bytes = 0;
  std::optional<runtime::NetworkUsage> network =
      {};  // Of the network that it is in; nothing: not known.
};

// What a command in a container came to.
struct ExecResult {
  int64_t exit_code = 0;
  std::string output;  // Both streams, at most 4 KiB.
};

// Ends a streaming call from another thread. One for each call. Thread-safe.
class StreamControl {
 public:
  // Makes the call return CANCELLED soon; before the call starts, as soon as it does.
  void Cancel();
  bool cancelled() const;

  // For engines: the socket of the call, or -1 when it is over. False: cancelled already.
  bool Attach(int fd);

 private:
  mutable std::mutex mutex_;
  int fd_ = -1;
  bool cancelled_ = false;
};

// Which part of a container's output.
struct LogSelection {
  bool follow = false;  // On with what is still to come, until the process ends.
  int64_t tail = -1;    // So many last lines; < 0: all.
  std::string since;    // RFC 3339: nothing that was written before; empty: all.
};

// The next piece of an upload; empty at its end. An error ends the upload with it.
using ChunkSource = std::function<absl::StatusOr<std::string>()>;
// Takes a piece of a download; false ends it.
using ChunkSink = std::function<bool(std::string_view)>;

// Calls block and have deadlines of their own. Thread-safe. Errors carry the engine's own message:
// UNAVAILABLE (no connection), DEADLINE_EXCEEDED, NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION
// (a conflict), INTERNAL.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual absl::Status Ping() = 0;
  virtual absl::StatusOr<Info> GetInfo() = 0;

  virtual absl::StatusOr<std::string> CreateContainer(const ContainerSpec& spec) = 0;
  virtual absl::Status StartContainer(const std::string& id) = 0;
  // SIGTERM, and SIGKILL after `grace`, which the Engine API counts in whole seconds: rounded up.
  virtual absl::Status StopContainer(const std::string& id, absl::Duration grace) = 0;
  // Removes it with its anonymous volumes, running or not. OK if there is none.
  virtual absl::Status RemoveContainer(const std::string& id) = 0;
  // Runs a command in a container that runs, to its end. INVALID_ARGUMENT: the container has no
  // such program; DEADLINE_EXCEEDED: the command has not ended by then, and goes on.
  virtual absl::StatusOr<ExecResult> Exec(const std::string& id,
                                          const std::vector<std::string>& command,
                                          absl::Duration deadline) = 0;
  // FAILED_PRECONDITION: the container does not run. INVALID_ARGUMENT: there is no such program, as
  // far as the engine says so here; else it is a command that writes why and ends with 126 or 127.
  virtual absl::StatusOr<std::unique_ptr<Command>> StartCommand(const std::string& id,
                                                                const CommandSpec& spec) = 0;
  // Unpacks a tar archive into the container's directory `path`, also into volumes below it. What
  // is there under the same name is replaced, but not in one step. A volume in memory keeps it only
  // if the container runs.
  virtual absl::Status Unpack(const std::string& id, const std::string& path,
                              const std::string& archive) = 0;
  virtual absl::StatusOr<Container> InspectContainer(const std::string& id) = 0;
  // What a container uses, by its id and its process. NOT_FOUND also if it does not run.
  virtual absl::StatusOr<Usage> GetUsage(const Container& container) = 0;
  // The bytes that a container holds on disk beside its image and volumes. Counted now, which takes
  // the longer the more files they are: DEADLINE_EXCEEDED after `limit`.
  virtual absl::StatusOr<int64_t> GetDiskUsage(const std::string& id, absl::Duration limit) = 0;
  // All that bear every one of `labels`, running or not.
  virtual absl::StatusOr<std::vector<ContainerSummary>> ListContainers(const Labels& labels) = 0;

  // One that is there under this name stays as it is.
  virtual absl::Status CreateVolume(const VolumeSpec& spec) = 0;
  // With what it holds. FAILED_PRECONDITION: a container has it. OK if there is none.
  virtual absl::Status RemoveVolume(const std::string& name) = 0;

  // FAILED_PRECONDITION: the name or the subnet is taken.
  virtual absl::StatusOr<std::string> CreateNetwork(const NetworkSpec& spec) = 0;
  virtual absl::StatusOr<Network> InspectNetwork(const std::string& name) = 0;
  // OK if there is none. Frees places that belong to no container (lost_endpoints).
  virtual absl::Status RemoveNetwork(const std::string& name) = 0;
  virtual absl::StatusOr<std::vector<Network>> ListNetworks(const Labels& labels) = 0;

  virtual absl::StatusOr<Image> InspectImage(const std::string& reference) = 0;
  // As `login`, or as nobody.
  virtual absl::Status PullImage(const std::string& reference,
                                 const std::optional<RegistryLogin>& login) = 0;
  // The references that were loaded.
  virtual absl::StatusOr<std::vector<std::string>> LoadImages(const ChunkSource& archive) = 0;
  virtual absl::Status ImportImage(const std::string& reference,
                                   const std::vector<std::string>& entrypoint,
                                   const ChunkSource& archive) = 0;
  virtual absl::StatusOr<std::vector<Image>> ListImages() = 0;
  // Removes it under all of its names. OK if there is none. FAILED_PRECONDITION: a container has
  // it.
  virtual absl::Status RemoveImage(const Image& image) = 0;

  // Events from now on; `opened` is called once when none can be missed any more. Blocks until the
  // engine ends the stream (UNAVAILABLE) or `control` does (CANCELLED).
  virtual absl::Status WatchEvents(StreamControl& control, const std::function<void()>& opened,
                                   const std::function<void(const Event&)>& on_event) = 0;
  // A container's output, both streams interleaved.
  virtual absl::Status ReadLogs(const std::string& id, const LogSelection& selection,
                                StreamControl& control, const ChunkSink& sink) = 0;
};

}  // namespace weft::engine
