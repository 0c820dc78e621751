#include "plugins/workloads/faas/life.h"

#include <cstdlib>
#include <mutex>

#include "plugins/workloads/faas/functions.h"
#include "plugins/workloads/faas/gateway.h"

namespace weft::faas {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:31112";

// What the lives of a process share.
struct Shared {
  explicit Shared(std::string address) : gateway(functions, {.address = std::move(address)}) {}

  Functions functions;
  Gateway gateway;
};

std::shared_ptr<Shared> Share() {
  static std::mutex mutex;
  static auto& shared = *new std::weak_ptr<Shared>;
  std::lock_guard lock(mutex);
  if (auto existing = shared.lock()) return existing;
  const char* address = getenv("WEFT_FAAS_GATEWAY");
  auto made = std::make_shared<Shared>(address == nullptr ? kDefaultAddress : address);
  shared = made;
  return made;
}

class FunctionLife final : public sdk::Life {
 public:
  FunctionLife(std::string type, sdk::Instances& instances)
      : type_(std::move(type)), shared_(Share()) {
    shared_->functions.Attach(type_, instances);
  }
  // The gateway asks `instances` for changes, which lives no longer than this.
  ~FunctionLife() override { shared_->gateway.Stop(); }

  void Changed(const sdk::LiveInstance& instance) override {
    shared_->functions.Changed(instance);
    shared_->gateway.Listen();
  }
  void Gone(const std::string& key) override { shared_->functions.Gone(key); }
  void Synced() override { shared_->functions.Synced(type_); }
  void MayAct(bool may) override { shared_->functions.MayAct(type_, may); }

 private:
  const std::string type_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<sdk::Life> MakeLife(const std::string& type, sdk::Instances& instances) {
  return std::make_unique<FunctionLife>(type, instances);
}

}  // namespace weft::faas
