#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/engine.h"

namespace weft::engine {

// An engine in memory that behaves as Docker does for everything in Engine: names are taken once,
// networks give out addresses, stopped containers stay stopped, every change is an event. For
// tests. Thread-safe.
class FakeEngine final : public Engine {
 public:
  FakeEngine();

  // What a container does from its start.
  struct Run {
    std::string output;
    std::optional<int> exit_code;    // It ends at once with it; else it runs until it is stopped,
    int exit_code_when_stopped = 0;  // with this one.
    bool out_of_memory = false;
  };
  // Of one id. Called under the engine's lock. For a command that is executed in the container,
  // `spec` has its words after the first in place of the container's own.
  using Program = std::function<Run(const std::string& id, const ContainerSpec& spec)>;

  // What a test does behind the runtime's back.
  void AddImage(const std::string& reference);
  void AddImage(const std::string& reference, Program program);
  void SetReachable(bool reachable);  // False: calls fail, event streams end.
  // The process ends.
  void Exit(const std::string& id, int exit_code, bool out_of_memory = false);
  // It runs on without a place on its network, and nobody is told.
  void LoseNetwork(const std::string& id);
  // Of every start of a container in whose name `of` stands, until it is set to OK.
  void SetStartError(absl::Status error, std::string of = "");
  void SetExec(absl::StatusOr<ExecResult> result);  // Of every command; before: exit code 0.
  std::vector<std::string> commands() const;        // That ran: the container's id and their words.
  int creations() const;
  int starts() const;
  int pulls() const;
  // From now on its registry has this image for whoever gives this password; empty: for everybody.
  void SetPrivateImage(const std::string& reference, const std::string& password);
  std::vector<std::string> pulled_as() const;  // The users of all pulls; "": nobody.
  // Of a container that there is.
  std::vector<Bind> BindsOf(const std::string& id) const;
  std::vector<std::string> EnvironmentOf(const std::string& id) const;
  std::vector<VolumeMount> VolumesOf(const std::string& id) const;
  std::vector<std::string> NameServersOf(const std::string& id) const;
  // What was unpacked: the container's id, the path and the archive, with a space between them.
  std::vector<std::string> unpacked() const;
  void SetPodman();                          // From now on it says that it is one.
  void SetUsage(Usage usage);                // Of every container that runs.
  static constexpr int64_t kWritten = 8192;  // The disk usage of every container.
  std::set<std::string> volumes() const;     // That were made and are there.

  absl::Status Ping() override;
  absl::StatusOr<Info> GetInfo() override;
  absl::StatusOr<std::string> CreateContainer(const ContainerSpec& spec) override;
  absl::Status StartContainer(const std::string& id) override;
  absl::Status StopContainer(const std::string& id, absl::Duration grace) override;
  absl::Status RemoveContainer(const std::string& id) override;
  absl::StatusOr<ExecResult> Exec(const std::string& id, const std::vector<std::string>& command,
                                  absl::Duration deadline) override;
  // Of its whole output at once; input and terminal come to nothing.
  absl::StatusOr<std::unique_ptr<Command>> StartCommand(const std::string& id,
                                                        const CommandSpec& spec) override;
  absl::Status Unpack(const std::string& id, const std::string& path,
                      const std::string& archive) override;
  absl::StatusOr<Container> InspectContainer(const std::string& id) override;
  absl::StatusOr<Usage> GetUsage(const Container& container) override;
  absl::StatusOr<int64_t> GetDiskUsage(const std::string& id, absl::Duration limit) override;
  absl::StatusOr<std::vector<ContainerSummary>> ListContainers(const Labels& labels) override;
  absl::Status CreateVolume(const VolumeSpec& spec) override;
  absl::Status RemoveVolume(const std::string& name) override;
  absl::StatusOr<std::string> CreateNetwork(const NetworkSpec& spec) override;
  absl::StatusOr<Network> InspectNetwork(const std::string& name) override;
  absl::Status RemoveNetwork(const std::string& name) override;
  absl::StatusOr<std::vector<Network>> ListNetworks(const Labels& labels) override;
  absl::StatusOr<Image> InspectImage(const std::string& reference) override;
  absl::Status PullImage(const std::string& reference,
                         const std::optional<RegistryLogin>& login) override;
  absl::StatusOr<std::vector<std::string>> LoadImages(const ChunkSource& archive) override;
  absl::Status ImportImage(const std::string& reference, const std::vector<std::string>& entrypoint,
                           const ChunkSource& archive) override;
  absl::StatusOr<std::vector<Image>> ListImages() override;
  absl::Status RemoveImage(const Image& image) override;
  absl::Status WatchEvents(StreamControl& control, const std::function<void()>& opened,
                           const std::function<void(const Event&)>& on_event) override;
  absl::Status ReadLogs(const std::string& id, const LogSelection& selection,
                        StreamControl& control, const ChunkSink& sink) override;

 private:
  struct Held {
    Container container;
    ContainerSpec spec;
    Run run;
  };
  static std::string NowText();  // As an engine writes it.
  static void EndLocked(Held& held);
  void RunLocked(Held& held, const Program& program);
  absl::Status ReachableLocked() const;
  absl::StatusOr<Held*> FindLocked(const std::string& id);
  std::string ImageIdLocked(const Held& held) const;  // Empty: the image is not there.
  void EmitLocked(const std::string& type, const std::string& action, const std::string& id,
                  const Labels& attributes);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool reachable_ = true;
  absl::Status start_error_;
  std::string start_error_of_;
  absl::StatusOr<ExecResult> exec_ = ExecResult{};
  bool is_podman_ = false;
  std::vector<std::string> commands_, unpacked_;
  Usage usage_;
  std::pair<std::string, std::string> private_image_;  // And its password.
  std::vector<std::string> pulled_as_;
  int64_t counter_ = 0;
  int creations_ = 0, starts_ = 0, pulls_ = 0;
  std::map<std::string, Held> containers_;     // By id.
  std::map<std::string, VolumeSpec> volumes_;  // Of their own, by name.
  std::map<std::string, Network> networks_;    // By name.
  std::map<std::string, Image> images_;        // By reference.
  std::map<std::string, Program> programs_;    // By reference, of those that have one.
  std::deque<Event> events_;                   // Since the start.
};

}  // namespace weft::engine
