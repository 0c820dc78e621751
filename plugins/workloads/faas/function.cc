#include "plugins/workloads/faas/function.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "plugins/workloads/faas/scale.h"

namespace weft::faas {
namespace {

int64_t Integer(const json::value& value) { return value.is_int64() ? value.get_int64() : 0; }

std::string Reason(const Demand& demand, int64_t wanted) {
  if (demand.in_flight > 0 && wanted > demand.minimum)
    return absl::StrCat(demand.in_flight, demand.in_flight == 1 ? " request" : " requests",
                        " at the gateway");
  if (demand.in_flight == 0 && wanted < demand.current && demand.unused >= demand.idle)
    return absl::StrCat("no request for ", absl::ToInt64Seconds(demand.unused), " s");
  return absl::StrCat("its minimum is ", demand.minimum);
}

}  // namespace

void Function::Tell(const sdk::LiveInstance& live) {
  key_ = live.instance.key;
  type_ = live.type;
  name_ = {live.instance.name_space, live.instance.name};
  settings_ = ReadSettings(live.type, live.instance.properties);
  TellScale(live);
  TellEndpoints(live);
}

void Function::TellScale(const sdk::LiveInstance& live) {
  const auto leaf =
      std::find_if(live.steered.begin(), live.steered.end(),
                   [&](const sdk::SteeredLeaf& l) { return l.pointer == live.shape.scale; });
  scale_ = leaf == live.steered.end() ? std::nullopt : std::optional(*leaf);
  replicas_ = live.replicas;
  if (!asking_) asked_.reset();
}

void Function::TellEndpoints(const sdk::LiveInstance& live) {
  endpoints_.clear();
  if (live.platform == "kubernetes") {
    ready_ = static_cast<size_t>(std::max<int64_t>(0, live.ready_replicas));
    if (ready_ > 0 && !live.address.empty())
      endpoints_.push_back({"", live.address, settings_.port});
  } else {
    for (const sdk::Pod& pod : live.pods)
      if (pod.ready && !pod.ip.empty()) endpoints_.push_back({pod.name, pod.ip, settings_.port});
    ready_ = endpoints_.size();
  }
  std::erase_if(leaving_, [&](const auto& leaving) {
    return std::none_of(endpoints_.begin(), endpoints_.end(),
                        [&](const Endpoint& endpoint) { return endpoint.name == leaving.first; });
  });
}

std::optional<Endpoint> Function::Next(const std::string& avoid, absl::Time now) {
  const Endpoint* avoided = nullptr;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = endpoints_[turn_++ % endpoints_.size()];
    const auto leaving = leaving_.find(endpoint.name);
    if (leaving != leaving_.end() && leaving->second > now) continue;
    if (avoid.empty() || endpoint.name != avoid) return endpoint;
    avoided = &endpoint;
  }
  return avoided == nullptr ? std::nullopt : std::optional(*avoided);
}

void Function::End(absl::Time now) {
  ++invocations_;
  if (--in_flight_ == 0) unused_since_ = now;
}

// What was asked for last, else what the platform has.
int64_t Function::Current() const {
  if (asked_) return *asked_;
  if (scale_->value) return Integer(*scale_->value);
  return replicas_ >= 0 ? replicas_ : Integer(scale_->seed);
}

std::optional<sdk::Action> Function::Due(absl::Time now) {
  if (!scale_ || asking_ || now < not_before_) return std::nullopt;
  const Demand demand{.minimum = Integer(scale_->seed),
                      .maximum = settings_.maximum,
                      .concurrency = settings_.concurrency,
                      .current = Current(),
                      .in_flight = in_flight_,
                      .unused = now - unused_since_,
                      .idle = settings_.idle};
  const int64_t wanted = WantedReplicas(demand);
  if (wanted == demand.current) return std::nullopt;
  asking_ = true;
  asked_ = wanted;
  if (wanted == 0) {
    for (const Endpoint& endpoint : endpoints_) leaving_[endpoint.name] = absl::InfiniteFuture();
  } else if (wanted > demand.current) {
    for (auto& [name, until] : leaving_) until = now + kSpared;
  }
  return sdk::Action{.instance = key_,
                     .object = scale_->object,
                     .pointer = scale_->pointer,
                     .value = json::value(wanted),
                     .not_after = absl::InfiniteFuture(),
                     .reason = Reason(demand, wanted)};
}

void Function::Answered(bool done, absl::Time now) {
  asking_ = false;
  if (done) return;
  asked_.reset();
  leaving_.clear();
  not_before_ = now + kActAgain;
}

void Function::Resume(absl::Time now) {
  if (!asking_) asked_.reset();
  if (in_flight_ == 0) unused_since_ = now;
  not_before_ = absl::InfinitePast();
}

}  // namespace weft::faas
