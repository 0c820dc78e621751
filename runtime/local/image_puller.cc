#include "runtime/local/image_puller.h"

#include <algorithm>
#include <optional>
#include <spdlog/spdlog.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "runtime/local/registry_login.h"

namespace weft::local {
namespace {

// Whether a registry wants to know who asks. Docker and Podman say it in several ways.
bool IsDenial(const absl::Status& status) {
  const std::string text = absl::AsciiStrToLower(status.message());
  for (const char* word : {"denied", "unauthorized", "authentication required", "no basic auth"})
    if (absl::StrContains(text, word)) return true;
  return false;
}

}  // namespace

ImagePuller::ImagePuller(engine::Engine& engine, int threads, Duration first, Duration longest,
                         MachineLogins machine_logins,
                         std::function<void(const std::string& key)> on_change)
    : engine_(engine),
      first_(first),
      longest_(longest),
      machine_logins_(std::move(machine_logins)),
      on_change_(std::move(on_change)),
      queue_(threads, [this](const std::string& reference) { return Pull(reference); }) {}

uint64_t ImagePuller::Mark() const {
  std::lock_guard lock(mutex_);
  return begun_ + 1;
}

absl::StatusOr<ImagePuller::Answer> ImagePuller::Ask(const Wish& wish) {
  const auto& [reference, may_pull, key, logins, since] = wish;
  {
    // Registered before looking, so that an image that comes in between is not missed.
    std::lock_guard lock(mutex_);
    uint64_t& last =
        wanted_.try_emplace(reference, Wanted{.next = first_}).first->second.waiting[key];
    last = std::max(last, since);
  }
  absl::Status there = engine_.InspectImage(reference).status();
  std::lock_guard lock(mutex_);
  if (there.ok() && since > 0 && brought_[reference] < since)
    there = absl::NotFoundError("what is there may not be what the registry has");
  Wanted& wanted = wanted_.try_emplace(reference, Wanted{.next = first_}).first->second;
  if (there.ok() || !absl::IsNotFound(there)) {
    // Another container of the key may wait for what is not there yet.
    if (const auto found = wanted.waiting.find(key);
        found != wanted.waiting.end() && (!there.ok() || found->second <= since))
      wanted.waiting.erase(found);
    if (there.ok() && wanted.waiting.empty() && !wanted.pull) wanted_.erase(reference);
    if (!there.ok()) return there;
    return Answer{true, "", ""};
  }
  wanted.waiting[key] = std::max(wanted.waiting[key], since);
  if (!may_pull) {
    return Answer{
        false, "ErrImageNeverPull",
        absl::StrCat("image ", reference, " is not on this machine, and imagePullPolicy is Never")};
  }
  wanted.logins[key] = logins;
  if (!wanted.pull || wanted.unasked) {  // Its time to wait is over when nobody asks.
    wanted.pull = true;
    wanted.unasked = false;
    queue_.Add(reference);
  }
  if (wanted.failure.empty())
    return Answer{false, "ContainerCreating", absl::StrCat("pulling image ", reference)};
  return Answer{false, "ImagePullBackOff", wanted.failure};
}

// As everybody of whom there is a login for the image, the pods' own first; else as nobody. Whose
// login it was is not told: the image may be another namespace's too.
absl::Status ImagePuller::PullWith(const std::string& reference,
                                   const std::vector<std::string>& logins) {
  const std::vector<std::string> machine = machine_logins_();
  std::vector<engine::RegistryLogin> found = LoginsFor(reference, logins);
  for (engine::RegistryLogin& login : LoginsFor(reference, machine))
    found.push_back(std::move(login));
  absl::Status pulled;
  for (const engine::RegistryLogin& login : found) {
    pulled = engine_.PullImage(reference, login);
    if (pulled.ok()) return pulled;
  }
  if (found.empty()) pulled = engine_.PullImage(reference, std::nullopt);
  if (pulled.ok() || !IsDenial(pulled)) return pulled;
  const char* const helper = HasHelperFor(reference, machine)
                                 ? " but for one in a credential helper, which is not asked"
                                 : "";
  const std::string why =
      found.empty()
          ? absl::StrCat("there is no login for ", RegistryOf(reference), helper,
                         ": `docker login` or an imagePullSecret gives one")
          : absl::StrCat("no login that there is for ", RegistryOf(reference), " will do");
  return absl::Status(pulled.code(), absl::StrCat(pulled.message(), ": ", why));
}

ImagePuller::Duration ImagePuller::Pull(const std::string& reference) {
  std::vector<std::string> logins;
  uint64_t number = 0;
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
    for (const auto& [key, own] : found->second.logins)
      logins.insert(logins.end(), own.begin(), own.end());
    number = ++begun_;
  }
  const absl::Status pulled = PullWith(reference, logins);
  std::map<std::string, uint64_t> waiting;
  Duration again = KeyedQueue::kDone;
  {
    std::lock_guard lock(mutex_);
    if (pulled.ok()) brought_[reference] = number;
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
      wanted.logins.clear();  // Whoever still waits asks again.
      again = wanted.next;
      wanted.next = std::min(wanted.next * 2, longest_);
    }
  }
  for (const auto& [key, since] : waiting) on_change_(key);
  return again;
}

void ImagePuller::ImagesChanged() {
  std::map<std::string, uint64_t> waiting;
  {
    std::lock_guard lock(mutex_);
    for (auto& [reference, wanted] : wanted_) waiting.merge(wanted.waiting);
    std::erase_if(wanted_, [](const auto& entry) { return !entry.second.pull; });
  }
  for (const auto& [key, since] : waiting) on_change_(key);
}

}  // namespace weft::local
