#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "core/base/command.h"
#include "runtime/kubernetes/pod_channels.h"

namespace weft::kubernetes {

// A command as the messages of Kubernetes' remote command protocol, v5.channel.k8s.io or
// v4.channel.k8s.io. Thread-safe.
class CommandChannels : public PodChannels, public Command {
 public:
  // The exit code is not known before Read has said that there is nothing more.
  absl::StatusOr<std::optional<Output>> Read() override;
  absl::StatusOr<int64_t> ExitCode() override;
  absl::Status Write(std::string_view input) override;
  // Of a terminal it is typed. The older protocol has no other: there the command's call ends, and
  // Read says why.
  void CloseInput() override;
  absl::Status Resize(uint32_t columns, uint32_t rows) override;

  const char* Protocols() const override { return "v5.channel.k8s.io, v4.channel.k8s.io"; }
  void UseProtocol(std::string_view protocol) override {
    new_protocol_ = protocol == "v5.channel.k8s.io";
  }

 protected:
  explicit CommandChannels(CommandSpec spec) : spec_(std::move(spec)) {}

  void TakeLocked(char channel, std::string_view bytes) override;
  absl::Status WhenClosed() const override;

 private:
  const CommandSpec spec_;
  bool new_protocol_ = false;
  int64_t exit_code_ = 0;  // Once it has ended well.
};

}  // namespace weft::kubernetes
