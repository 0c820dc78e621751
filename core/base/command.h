#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weft {

// A command that is to run in a container with its streams.
struct CommandSpec {
  std::vector<std::string> words;
  bool input = false;  // It gets input; else it finds the end of it at once.
  bool tty = false;    // Its streams are a terminal.
};

// What says the end of the input to a terminal, for which no stream ends: Ctrl-D, once for a line
// that is begun and once for what reads the next.
inline constexpr char kEndOfInput[] = "\x04\x04";

// A command that runs in a container, wherever that is. One thread reads while another one writes;
// Cancel may come from any. Its destruction closes the streams, which the command may not heed.
class Command {
 public:
  struct Output {
    bool error = false;  // Standard error; never of a terminal.
    std::string bytes;
  };
  virtual ~Command() = default;

  // Blocks for the next output, never none. Nothing: it has ended, or was cancelled.
  virtual absl::StatusOr<std::optional<Output>> Read() = 0;
  // Once there is nothing to read. UNAVAILABLE: it cannot be told, or not within some seconds, for
  // which it may block.
  virtual absl::StatusOr<int64_t> ExitCode() = 0;

  // Blocks until it is on its way. UNAVAILABLE: nobody takes it any more.
  virtual absl::Status Write(std::string_view input) = 0;
  // Once, of a command that gets input.
  virtual void CloseInput() = 0;
  // Of its terminal. Blocks for a call; an error of that is no loss.
  virtual absl::Status Resize(uint32_t columns, uint32_t rows) = 0;

  // Closes the streams: Read and Write return.
  virtual void Cancel() = 0;
};

}  // namespace weft
