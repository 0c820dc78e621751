#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "plugins/sdk/instances.h"
#include "plugins/traits/cron_hpa/cron_life.h"

namespace weft::cron_hpa {

// A CronLife by the system's clock, with the thread that drives it. Thread-safe.
class CronThread final : public sdk::Life {
 public:
  // `instances` as for CronLife.
  explicit CronThread(sdk::Instances& instances);
  ~CronThread() override;

  void Changed(const sdk::LiveInstance& instance) override { life_.Changed(instance); }
  void Gone(const std::string& key) override { life_.Gone(key); }
  void Synced() override { life_.Synced(); }
  void MayAct(bool may) override { life_.MayAct(may); }

 private:
  void Run();
  void Wake();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;  // Since Tick was called last.
  bool stopping_ = false;
  CronLife life_;
  std::thread thread_;
};

}  // namespace weft::cron_hpa
