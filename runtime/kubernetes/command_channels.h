#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/command.h"

namespace weft::kubernetes {

// A command as the messages of Kubernetes' remote command protocol, v5.channel.k8s.io or
// v4.channel.k8s.io, whose first byte is a channel. It holds at most about 256 KiB each way:
// whoever writes waits, and whoever brings messages is to ask IsFull. Thread-safe.
class CommandChannels : public Command {
 public:
  // As a WebSocket's subprotocols: both, and the newer one.
  static constexpr char kProtocols[] = "v5.channel.k8s.io, v4.channel.k8s.io";
  static constexpr char kNewProtocol[] = "v5.channel.k8s.io";

  absl::StatusOr<std::optional<Output>> Read() override;
  absl::StatusOr<int64_t> ExitCode() override;
  absl::Status Write(std::string_view input) override;
  // Of a terminal it is typed. The older protocol has no other: there the command's call ends, and
  // Read says why.
  void CloseInput() override;
  absl::Status Resize(uint32_t columns, uint32_t rows) override;

 protected:
  explicit CommandChannels(CommandSpec spec) : spec_(std::move(spec)) {}

  // There is something to send, room for more output, or all is over. Any thread.
  virtual void Wake() = 0;

  // Before any message.
  void UseNewProtocol(bool is_new) { new_protocol_ = is_new; }
  // A message of the API server.
  void Take(std::string_view message);
  // Nothing more is to be brought before something was read.
  bool IsFull();
  // The next message to the API server; nothing: none waits.
  std::optional<std::string> NextToSend();
  // No message comes any more. `why` counts if none has said how the command ended.
  void End(absl::Status why);
  bool ended();

 private:
  absl::Status Send(std::string message);

  const CommandSpec spec_;
  bool new_protocol_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Output> outputs_;
  size_t held_ = 0;
  std::deque<std::string> to_send_;
  size_t to_send_bytes_ = 0;
  bool ended_ = false;
  std::optional<absl::StatusOr<int64_t>> end_;  // The exit code, or why there is none.
};

}  // namespace weft::kubernetes
