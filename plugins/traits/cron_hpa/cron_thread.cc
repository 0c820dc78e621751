#include "plugins/traits/cron_hpa/cron_thread.h"

#include "absl/time/clock.h"

namespace weft::cron_hpa {

CronThread::CronThread(sdk::Instances& instances)
    : life_(
          instances, [] { return absl::Now(); }, [this] { Wake(); }),
      thread_([this] { Run(); }) {}

CronThread::~CronThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void CronThread::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

// Waits for spans of time, not for times: a clock that is set back must not make it wait longer.
void CronThread::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    const absl::Time next = life_.Tick();
    lock.lock();
    changed_.wait_for(lock, absl::ToChronoNanoseconds(next - absl::Now()),
                      [this] { return woken_ || stopping_; });
  }
}

}  // namespace weft::cron_hpa
