#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/connection.h"
#include "runtime/kubernetes/pod_channels.h"

namespace weft::kubernetes {

// A connection to one port of a pod, as the messages of Kubernetes' port forwarding over WebSocket:
// a channel of data and one of errors, each of which begins with the port. Thread-safe.
class PortChannels : public PodChannels, public Connection {
 public:
  absl::StatusOr<std::string> Read() override;
  absl::Status Write(std::string_view bytes) override;
  // This protocol has no half of a connection: the pod is told nothing. When it says nothing for
  // 30 s either, nobody does any more, and it is the end.
  void CloseWrite() override { EndAfterSilence(silence_); }

  const char* Protocols() const override { return "v4.channel.k8s.io"; }

 protected:
  explicit PortChannels(std::chrono::milliseconds silence = std::chrono::seconds(30))
      : silence_(silence) {}

  void TakeLocked(char channel, std::string_view bytes) override;
  absl::Status WhenClosed() const override { return absl::OkStatus(); }

 private:
  const std::chrono::milliseconds silence_;
  bool data_began_ = false, errors_began_ = false;
};

}  // namespace weft::kubernetes
