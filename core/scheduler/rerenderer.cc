#include "core/scheduler/rerenderer.h"

#include <algorithm>
#include <future>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/back_off.h"
#include "core/store/keys.h"

namespace weft::scheduler {
namespace {

using std::chrono::milliseconds;

constexpr int kThreads = 2;
constexpr milliseconds kRetryFirst(1000), kRetryLongest(60000);
constexpr absl::Duration kNever = absl::InfiniteDuration();

}  // namespace

Rerenderer::Rerenderer(store::Store& store, Events& events, std::function<absl::Time()> now)
    : store_(store), events_(events), now_(std::move(now)) {}

Rerenderer::~Rerenderer() { Stop(); }

absl::Status Rerenderer::Start(const Admission& admission) {
  admission_ = &admission;
  const std::string prefix = store::kRenderAgain;
  WEFT_ASSIGN_OR_RETURN(const auto due, store_.List(prefix));
  {
    std::lock_guard lock(mutex_);
    queue_ = std::make_unique<KeyedQueue>(
        kThreads, [this](const std::string& application) { return Work(application); },
        [](const std::string& application) { return SplitApplicationKey(application).first; });
  }
  for (const auto& [key, bytes] : due) Touch(key.substr(prefix.size()));
  return absl::OkStatus();
}

void Rerenderer::Stop() {
  std::unique_ptr<KeyedQueue> queue;
  {
    std::lock_guard lock(mutex_);
    queue = std::move(queue_);
  }
  if (queue != nullptr) queue->Stop();
}

void Rerenderer::Touch(const std::string& application) {
  std::lock_guard lock(mutex_);
  if (queue_ != nullptr) queue_->Add(application);
}

KeyedQueue::Clock::duration Rerenderer::Work(const std::string& application) {
  const auto [ns, name] = SplitApplicationKey(application);
  const absl::StatusOr<absl::Duration> again = Render(ns, name);
  if (!again.ok()) {
    spdlog::error("msg=\"cannot render an application again\" application={} error=\"{}\"",
                  application, std::string(again.status().message()));
    return kRetryFirst;
  }
  if (*again == kNever) return KeyedQueue::kDone;
  return absl::ToChronoMilliseconds(std::max(*again, absl::Milliseconds(1)));
}

// After how long to come back. An error is the store's.
absl::StatusOr<absl::Duration> Rerenderer::Render(const std::string& ns, const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(StoredRenderAgain before, ReadRenderAgain(store_, ns, name));
  const store::v1::RenderAgainRecord& record = before.record;
  if (!before.bytes.has_value()) return kNever;
  if (!record.held().empty() && record.confirmed() != DigestOf(record.held())) return kNever;
  const absl::Duration wait = absl::FromUnixMillis(record.due_unix_ms()) - now_();
  if (wait > absl::ZeroDuration()) return wait;
  std::promise<absl::StatusOr<Admission::RenderedAgain>> answer;
  admission_->RenderAgain(ns, name, [&](absl::StatusOr<Admission::RenderedAgain> rendered) {
    answer.set_value(std::move(rendered));
  });
  const absl::StatusOr<Admission::RenderedAgain> rendered = answer.get_future().get();
  absl::Status status;
  if (absl::IsNotFound(rendered.status())) return kNever;  // It goes with the application.
  if (absl::IsResourceExhausted(rendered.status())) return absl::FromChrono(kRetryFirst);
  if (!rendered.ok()) {
    status = Failed(ns, name, rendered.status(), std::move(before));
  } else if (!rendered->held.empty()) {
    status = Held(ns, name, rendered->held, std::move(before));
  }
  // ABORTED: it is due for another reason by now.
  if (!status.ok() && !absl::IsAborted(status)) return status;
  return absl::ZeroDuration();
}

absl::Status Rerenderer::Held(const std::string& ns, const std::string& name,
                              const std::vector<common::v1::ObjectRef>& held,
                              StoredRenderAgain before) {
  store::v1::RenderAgainRecord& record = before.record;
  record.mutable_held()->Assign(held.begin(), held.end());
  record.clear_problem();
  record.clear_failures();
  WEFT_RETURN_IF_ERROR(Put(ns, name, before));
  events_.Record(ApplicationKeyOf(ns, name),
                 MakeEvent(events::kDeletionHeld,
                           {.by = "core",
                            .message = absl::StrCat(
                                "to be rendered for what a provider reported, ", held.size(),
                                " objects would be deleted: weft confirm ", name)}));
  return absl::OkStatus();
}

absl::Status Rerenderer::Failed(const std::string& ns, const std::string& name,
                                const absl::Status& why, StoredRenderAgain before) {
  store::v1::RenderAgainRecord& record = before.record;
  record.clear_held();
  record.set_problem(std::string(why.message()));
  const milliseconds wait = BackOff(record.failures(), kRetryFirst, kRetryLongest);
  record.set_failures(record.failures() + 1);
  record.set_due_unix_ms(absl::ToUnixMillis(now_() + absl::FromChrono(wait)));
  WEFT_RETURN_IF_ERROR(Put(ns, name, before));
  events_.Record(ApplicationKeyOf(ns, name),
                 MakeEvent(events::kRenderFailed, {.by = "core", .message = record.problem()}));
  return absl::OkStatus();
}

absl::Status Rerenderer::Put(const std::string& ns, const std::string& name,
                             const StoredRenderAgain& again) {
  store::Transaction transaction;
  transaction.Expect(store::RenderAgainKey(ns, name), again.bytes);
  transaction.Put(store::RenderAgainKey(ns, name), again.record.SerializeAsString());
  return store_.Commit(std::move(transaction));
}

}  // namespace weft::scheduler
