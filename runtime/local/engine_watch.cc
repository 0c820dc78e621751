#include "runtime/local/engine_watch.h"

#include <spdlog/spdlog.h>

namespace weft::local {

// An engine that restarts is back within a second or two.
constexpr absl::Duration kReopen = absl::Milliseconds(200);
constexpr absl::Duration kResyncRetry = absl::Milliseconds(500);

EngineWatch::EngineWatch(engine::Engine& engine, absl::Duration resync_period,
                         std::function<absl::Status()> resync,
                         std::function<void(const engine::Event&)> on_event)
    : engine_(engine),
      resync_period_(resync_period),
      resync_(std::move(resync)),
      on_event_(std::move(on_event)),
      follower_([this] { Follow(); }),
      resyncer_([this] { Resync(); }) {}

EngineWatch::~EngineWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  changed_.notify_all();
  follower_.join();
  resyncer_.join();
}

bool EngineWatch::WaitStop(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(duration), [&] { return stopping_; });
}

void EngineWatch::Follow() {
  do {
    engine::StreamControl control;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      stream_ = &control;
    }
    const auto opened = [this] {
      {
        std::lock_guard lock(mutex_);
        due_ = true;
      }
      changed_.notify_all();
    };
    const absl::Status ended = engine_.WatchEvents(control, opened, on_event_);
    {
      std::lock_guard lock(mutex_);
      stream_ = nullptr;
      if (stopping_) return;
    }
    spdlog::debug("msg=\"the engine's events ended\" error=\"{}\"", std::string(ended.message()));
  } while (!WaitStop(kReopen));
}

void EngineWatch::Resync() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    due_ = false;
    lock.unlock();
    const bool ok = resync_().ok();
    lock.lock();
    const absl::Duration wait = ok ? resync_period_ : kResyncRetry;
    changed_.wait_for(lock, absl::ToChronoNanoseconds(wait), [&] { return stopping_ || due_; });
  }
}

}  // namespace weft::local
