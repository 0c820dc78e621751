#include "runtime/local/image_puller.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::local {

ImagePuller::ImagePuller(engine::Engine& engine, int threads, Duration first, Duration longest,
                         std::function<void(const std::string& key)> on_change)
    : engine_(engine),
      first_(first),
      longest_(longest),
      on_change_(std::move(on_change)),
      queue_(threads, [this](const std::string& reference) { return Pull(reference); }) {}

absl::StatusOr<ImagePuller::Answer> ImagePuller::Ask(const std::string& reference, bool may_pull,
                                                     const std::string& key) {
  {
    // Registered before looking, so that an image that comes in between is not missed.
    std::lock_guard lock(mutex_);
    wanted_.try_emplace(reference, Wanted{.next = first_}).first->second.waiting.insert(key);
  }
  const absl::Status there = engine_.InspectImage(reference).status();
  std::lock_guard lock(mutex_);
  Wanted& wanted = wanted_.try_emplace(reference, Wanted{.next = first_}).first->second;
  if (there.ok() || !absl::IsNotFound(there)) {
    wanted.waiting.erase(key);
    if (there.ok() && wanted.waiting.empty()) wanted_.erase(reference);
    if (!there.ok()) return there;
    return Answer{true, "", ""};
  }
  wanted.waiting.insert(key);
  if (!may_pull) {
    return Answer{
        false, "ErrImageNeverPull",
        absl::StrCat("image ", reference, " is not on this machine, and imagePullPolicy is Never")};
  }
  if (!wanted.pull || wanted.unasked) {  // Its time to wait is over when nobody asks.
    wanted.pull = true;
    wanted.unasked = false;
    queue_.Add(reference);
  }
  if (wanted.failure.empty())
    return Answer{false, "ContainerCreating", absl::StrCat("pulling image ", reference)};
  return Answer{false, "ImagePullBackOff", wanted.failure};
}

ImagePuller::Duration ImagePuller::Pull(const std::string& reference) {
  {
    std::lock_guard lock(mutex_);
    const auto found = wanted_.find(reference);
    if (found == wanted_.end()) return KeyedQueue::kDone;
    if (found->second.waiting.empty()) {
      if (!found->second.unasked) {  // Whoever is slow to ask again still hears why.
        found->second.unasked = true;
        return longest_;
      }
      wanted_.erase(found);
      return KeyedQueue::kDone;
    }
  }
  const absl::Status pulled = engine_.PullImage(reference);
  std::set<std::string> waiting;
  Duration again = KeyedQueue::kDone;
  {
    std::lock_guard lock(mutex_);
    const auto found = wanted_.find(reference);
    if (found == wanted_.end()) return KeyedQueue::kDone;
    Wanted& wanted = found->second;
    waiting.swap(wanted.waiting);
    if (pulled.ok()) {
      wanted_.erase(found);
    } else {
      spdlog::warn("msg=\"cannot pull\" image={} error=\"{}\"", reference,
                   std::string(pulled.message()));
      wanted.failure = std::string(pulled.message());
      again = wanted.next;
      wanted.next = std::min(wanted.next * 2, longest_);
    }
  }
  for (const std::string& key : waiting) on_change_(key);
  return again;
}

void ImagePuller::ImagesChanged() {
  std::set<std::string> waiting;
  {
    std::lock_guard lock(mutex_);
    for (auto& [reference, wanted] : wanted_) waiting.merge(wanted.waiting);
    std::erase_if(wanted_, [](const auto& entry) { return !entry.second.pull; });
  }
  for (const std::string& key : waiting) on_change_(key);
}

}  // namespace weft::local
