#include "core/base/container_state.h"

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/readable.h"

namespace weft {

std::string LastWords(const json::value& container) {
  return LastLine(json::GetString(container, {"lastState", "terminated", "message"}));
}

std::string StateMessage(const json::value& container, const char* state) {
  std::string message = json::GetString(container, {"state", state, "message"});
  if (std::string_view(state) == "terminated") return LastLine(message);
  const std::string last = LastWords(container);
  // Of what is just being made there is nothing to say.
  if (message.empty() || last.empty() || absl::StrContains(message, last)) return message;
  return absl::StrCat(message, ": ", last);
}

}  // namespace weft
