#include "core/api/act_call.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/service.h"
#include "core/scheduler/application_key.h"

namespace weft::api {
namespace {

constexpr size_t kLanes = 8;  // Applications of one call that are worked on at a time, at most.

// One call. Every lane takes one application after the other; the last to leave finishes the call.
class ActCall : public std::enable_shared_from_this<ActCall> {
 public:
  ActCall(ActParts parts, scheduler::Acting acting, const core::v1::ActRequest& request,
          core::v1::ActResponse& response, grpc::ServerUnaryReactor& reactor)
      : parts_(std::move(parts)), acting_(std::move(acting)), reactor_(reactor) {
    // All results first: their addresses hold as long as none is added.
    for (int i = 0; i < request.actions_size(); ++i) response.add_results();
    std::map<std::string, std::vector<scheduler::PendingAction>> by_application;
    for (int i = 0; i < request.actions_size(); ++i) {
      const core::v1::Action& action = request.actions(i);
      by_application[scheduler::ApplicationOfInstance(action.instance())].push_back(
          {&action, response.mutable_results(i)});
    }
    work_.assign(by_application.begin(), by_application.end());
  }

  void Start() {
    const size_t lanes = std::max<size_t>(1, std::min(kLanes, work_.size()));
    Enter();  // Until all lanes are there, so that none is the last too early.
    for (size_t lane = 0; lane < lanes; ++lane) {
      Enter();
      if (parts_.pool->TryRun([self = shared_from_this()] { self->Run(); })) continue;
      // With fewer lanes it takes longer; with none, it is refused.
      if (lane == 0) Fail(absl::ResourceExhaustedError("too many calls wait: try again"));
      Leave();
      break;
    }
    Leave();
  }

 private:
  using Application = std::pair<std::string, std::vector<scheduler::PendingAction>>;

  void Run() {
    while (const Application* application = Next()) {
      const absl::StatusOr<bool> stored = scheduler::ActOnApplication(
          application->first, application->second, acting_, *parts_.store);
      if (!stored.ok()) {
        Fail(stored.status());
      } else if (*stored) {
        parts_.on_stored(application->first);
      }
    }
    Leave();
  }

  const Application* Next() {
    std::lock_guard lock(mutex_);
    return status_.ok() && next_ < work_.size() ? &work_[next_++] : nullptr;
  }

  void Fail(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    status_.Update(status);
  }

  void Enter() {
    std::lock_guard lock(mutex_);
    ++lanes_;
  }

  void Leave() {
    {
      std::lock_guard lock(mutex_);
      if (--lanes_ > 0) return;
    }
    reactor_.Finish(ToGrpc(status_));
  }

  const ActParts parts_;
  const scheduler::Acting acting_;
  grpc::ServerUnaryReactor& reactor_;
  std::vector<Application> work_;
  std::mutex mutex_;
  size_t next_ = 0;   // Of work_.
  size_t lanes_ = 0;  // That have not left, and Start.
  absl::Status status_;
};

}  // namespace

void StartAct(const ActParts& parts, scheduler::Acting acting, const core::v1::ActRequest& request,
              core::v1::ActResponse& response, grpc::ServerUnaryReactor& reactor) {
  std::make_shared<ActCall>(parts, std::move(acting), request, response, reactor)->Start();
}

}  // namespace weft::api
