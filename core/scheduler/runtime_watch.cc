#include "core/scheduler/runtime_watch.h"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::scheduler {

RuntimeWatch::RuntimeWatch(const std::string& name, runtime::v1::Runtime::StubInterface& stub,
                           Observed& observed, Listener listener)
    : name_(name),
      stub_(stub),
      observed_(observed),
      listener_(std::move(listener)),
      away_(absl::StrCat("the runtime ", name, " has not answered yet")),
      thread_([this] { Run(); }) {}

RuntimeWatch::~RuntimeWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (call_ != nullptr) call_->TryCancel();
  }
  wake_.notify_all();
  thread_.join();
}

std::string RuntimeWatch::WhyAway() const {
  std::lock_guard lock(mutex_);
  return away_;
}

void RuntimeWatch::Run() {
  constexpr std::chrono::milliseconds kFirst(100), kLongest(2000);
  std::chrono::milliseconds delay = kFirst;
  while (true) {
    const std::string end = WatchOnce();
    observed_.Lost();
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    const bool stood = away_.empty();
    away_ = absl::StrCat("the runtime ", name_, " does not answer: ", end);
    delay = stood ? kFirst : std::min(delay * 2, kLongest);
    lock.unlock();
    if (stood)
      spdlog::warn("msg=\"the watch of a runtime ended\" runtime={} error=\"{}\"", name_, end);
    if (stood || !has_spoken_) {
      has_spoken_ = true;
      listener_.on_sync();
    }
    lock.lock();
    if (wake_.wait_for(lock, delay, [this] { return stopping_; })) return;
  }
}

// Returns why the stream ended.
std::string RuntimeWatch::WatchOnce() {
  grpc::ClientContext context;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return "stopping";
    call_ = &context;
  }
  observed_.Begin();
  synced_ = false;
  const auto stream = stub_.Watch(&context, runtime::v1::WatchRequest());
  runtime::v1::WatchResponse response;
  while (stream->Read(&response)) Take(response);
  const grpc::Status status = stream->Finish();
  std::lock_guard lock(mutex_);
  call_ = nullptr;
  return status.ok() ? "it ended the stream" : status.error_message();
}

void RuntimeWatch::Take(const runtime::v1::WatchResponse& response) {
  std::string application;
  switch (response.event_case()) {
    case runtime::v1::WatchResponse::kChanged:
      application = observed_.Update(response.changed());
      break;
    case runtime::v1::WatchResponse::kGone:
      application = observed_.Remove(response.gone());
      break;
    case runtime::v1::WatchResponse::kSynced: {
      observed_.Synced(response.synced().complete());
      {
        std::lock_guard lock(mutex_);
        away_.clear();
      }
      synced_ = has_spoken_ = true;
      spdlog::info("msg=\"watching a runtime\" runtime={} complete={}", name_,
                   response.synced().complete());
      listener_.on_sync();
      return;
    }
    case runtime::v1::WatchResponse::EVENT_NOT_SET:  // Of a newer runtime.
      return;
  }
  if (synced_ && !application.empty()) listener_.on_change(application);
}

}  // namespace weft::scheduler
