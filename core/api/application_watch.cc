#include "core/api/watch_reactor.h"
#include "core/scheduler/application_key.h"

// weft.core.v1.Applications.Watch.
namespace weft::api {
namespace {

// Writes the application's status, and again whenever it is another.
class ApplicationWatch final : public WatchReactor<core::v1::Application> {
 public:
  ApplicationWatch(Watches& watches, const std::string& ns, const std::string& name)
      : WatchReactor(watches, scheduler::ApplicationKeyOf(ns, name)), ns_(ns), name_(name) {}

 private:
  absl::StatusOr<Composed> Compose(core::v1::Application& message) override {
    absl::StatusOr<core::v1::Application> status = watches().scheduler().Status(ns_, name_);
    if (!status.ok()) return status.status();
    std::string bytes = status->SerializeAsString();
    if (bytes == written_) return Composed{};
    written_ = std::move(bytes);
    message = *std::move(status);
    return Composed{.write = true};
  }

  const std::string ns_, name_;
  std::string written_;  // The last message, to write nothing twice.
};

}  // namespace

grpc::ServerWriteReactor<core::v1::Application>* Watches::Open(const std::string& ns,
                                                               const std::string& name) {
  auto watch = std::make_shared<ApplicationWatch>(*this, ns, name);
  Begin(watch);
  return watch.get();
}

}  // namespace weft::api
