#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "plugins/sdk/instances.h"
#include "plugins/workloads/faas/settings.h"

namespace weft::faas {

struct FunctionName {
  std::string name_space;
  std::string name;

  auto operator<=>(const FunctionName&) const = default;
};

// Where a request can be sent.
struct Endpoint {
  std::string name;  // Of the pod; empty: of the platform, which chooses one.
  std::string host;  // An address.
  int port = 0;

  bool operator==(const Endpoint&) const = default;
};

// One function: what the core told of it last, and what goes on at the gateway. Decides which
// replicas take requests and how many there should be. Not thread-safe; knows no clock.
class Function {
 public:
  // A pod that was to go and is wanted again is spared for so long: it may go all the same.
  static constexpr absl::Duration kSpared = absl::Seconds(5);
  // An action that failed is asked for again after so long.
  static constexpr absl::Duration kActAgain = absl::Seconds(1);

  explicit Function(absl::Time now) : unused_since_(now) {}

  void Tell(const sdk::LiveInstance& live);

  // Where the next request goes: the ready replicas in turn, without those that go away; another
  // one than `avoid` if there is one.
  std::optional<Endpoint> Next(const std::string& avoid, absl::Time now);

  // A request came; a request ended.
  void Begin() { ++in_flight_; }
  void End(absl::Time now);

  // The change of its size that is due, if one is. It counts as asked for until Answered.
  std::optional<sdk::Action> Due(absl::Time now);
  void Answered(bool done, absl::Time now);
  // This process may act from now on; what others saw of the function before is not known.
  void Resume(absl::Time now);

  const std::string& key() const { return key_; }
  const std::string& type() const { return type_; }
  const FunctionName& name() const { return name_; }
  const Settings& settings() const { return settings_; }
  int64_t replicas() const { return replicas_; }  // -1: not known.
  int64_t ready() const { return static_cast<int64_t>(ready_); }
  uint64_t invocations() const { return invocations_; }  // That ended.

 private:
  void TellEndpoints(const sdk::LiveInstance& live);
  void TellScale(const sdk::LiveInstance& live);
  int64_t Current() const;

  std::string key_;
  std::string type_;
  FunctionName name_;
  Settings settings_;
  std::optional<sdk::SteeredLeaf> scale_;  // Nothing: not steered (yet).
  int64_t replicas_ = -1;
  size_t ready_ = 0;

  std::vector<Endpoint> endpoints_;  // Ready ones.
  size_t turn_ = 0;
  std::map<std::string, absl::Time> leaving_;  // By endpoint: until when it takes no requests.

  int64_t in_flight_ = 0;
  uint64_t invocations_ = 0;
  absl::Time unused_since_;

  bool asking_ = false;           // An action is under way.
  std::optional<int64_t> asked_;  // What it or the last one said, until the core tells of it.
  absl::Time not_before_ = absl::InfinitePast();  // The next action.
};

}  // namespace weft::faas
