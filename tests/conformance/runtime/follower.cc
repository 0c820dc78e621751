#include "tests/conformance/runtime/follower.h"

#include "absl/strings/str_cat.h"

namespace weft::conformance {

std::string KeyOf(const common::v1::ObjectRef& ref) {
  return absl::StrCat(ref.kind(), "/", ref.namespace_(), "/", ref.name());
}

Follower::Follower(runtime::v1::Runtime::StubInterface& runtime)
    : reader_(runtime.Watch(&context_, {})), thread_([this] { Run(); }) {}

Follower::~Follower() {
  context_.TryCancel();
  thread_.join();
}

Projections Follower::Now() {
  std::lock_guard lock(mutex_);
  return now_;
}

std::optional<runtime::v1::Projection> Follower::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = now_.find(key);
  return found == now_.end() ? std::nullopt : std::optional(found->second);
}

void Follower::Await(uint64_t& seen, absl::Time end) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, absl::ToChronoTime(end), [&] { return changes_ > seen; });
  seen = changes_;
}

void Follower::Run() {
  for (runtime::v1::WatchResponse response; reader_->Read(&response);) {
    std::lock_guard lock(mutex_);
    if (response.has_changed()) now_[KeyOf(response.changed().ref())] = response.changed();
    if (response.has_gone()) now_.erase(KeyOf(response.gone()));
    ++changes_;
    changed_.notify_all();
  }
}

}  // namespace weft::conformance
