#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft::kubernetes {

// What goes to and comes from a pod over one WebSocket: messages whose first byte is a channel, as
// Kubernetes' protocols vN.channel.k8s.io have them. It holds at most about 256 KiB each way:
// whoever sends waits, and whoever brings messages is to ask IsFull. Thread-safe.
class PodChannels {
 public:
  virtual ~PodChannels() = default;

  // For the transport.

  // As a WebSocket's subprotocols, separated by commas.
  virtual const char* Protocols() const = 0;
  // The API server has chosen `protocol`. Before any message.
  virtual void UseProtocol(std::string_view) {}
  // A message of the API server.
  void Take(std::string_view message);
  // Nothing more is to be brought before something was read.
  bool IsFull();
  // The next message to the API server; nothing: none waits.
  std::optional<std::string> NextToSend();
  // No message comes any more, by a failure.
  void End(absl::Status why);
  // No message comes any more: the API server has closed.
  void Close();
  bool ended();

 protected:
  struct Piece {
    char channel;
    std::string bytes;
  };

  // There is something to send, room for more, or all is over. Any thread.
  virtual void Wake() = 0;
  // A message of a channel. With the lock: it may call Hold and SetEnd.
  virtual void TakeLocked(char channel, std::string_view bytes) = 0;
  // How it has ended if the API server closes and nothing said how.
  virtual absl::Status WhenClosed() const = 0;

  // Nothing more is sent: when the other side has said nothing for so long, it has ended well.
  void EndAfterSilence(std::chrono::milliseconds silence);

  // Blocks for the next piece that is held. Nothing: it has ended well.
  absl::StatusOr<std::optional<Piece>> Next();
  // Blocks until there is room. UNAVAILABLE: it has ended.
  absl::Status Send(char channel, std::string_view bytes);
  // Nothing: it has not ended.
  std::optional<absl::Status> end();

  void Hold(char channel, std::string_view bytes);
  // The first one counts.
  void SetEnd(absl::Status how);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> held_;
  size_t held_bytes_ = 0;
  std::deque<std::string> to_send_;
  size_t to_send_bytes_ = 0;
  std::optional<std::chrono::milliseconds> silence_;
  bool ended_ = false;
  std::optional<absl::Status> end_;
};

}  // namespace weft::kubernetes
