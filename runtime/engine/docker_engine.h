#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/http.h"

namespace weft::engine {

// The Docker Engine API, v1.41, on a unix socket: Docker from 20.10, or Podman's compatible
// service.
class DockerEngine final : public Engine {
 public:
  explicit DockerEngine(const std::string& socket_path) : http_(socket_path) {}

  absl::Status Ping() override;
  absl::StatusOr<Info> GetInfo() override;

  absl::StatusOr<std::string> CreateContainer(const ContainerSpec& spec) override;
  absl::Status StartContainer(const std::string& id) override;
  absl::Status StopContainer(const std::string& id, absl::Duration grace) override;
  absl::Status RemoveContainer(const std::string& id) override;
  absl::StatusOr<ExecResult> Exec(const std::string& id, const std::vector<std::string>& command,
                                  absl::Duration deadline) override;
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
  absl::Status Call(const std::string& method, const std::string& target,
                    const std::string& attempted, const std::string& body = "",
                    absl::Duration deadline = absl::Seconds(30)) const;
  absl::StatusOr<json::value> Ask(const std::string& method, const std::string& target,
                                  const std::string& attempted, const std::string& body = "",
                                  absl::Duration deadline = absl::Seconds(30)) const;

  const HttpClient http_;
};

}  // namespace weft::engine
