#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/check/rules.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;

constexpr absl::Duration kImpatient = absl::Milliseconds(1);

absl::Status Failed(const std::string& what) { return absl::FailedPreconditionError(what); }

bool Declares(const TypeUnderCheck& type, pb::Feature feature) {
  const auto& features = type.capability.features();
  return std::find(features.begin(), features.end(), feature) != features.end();
}

// Not the same answer every time: what is waited for may have come.
absl::Status Finalizes(Subject& subject, const Request& request) {
  const auto answer = subject.Finalize(request);
  if (!answer.ok())
    return Failed(absl::StrCat("declares FINALIZE, but: ", answer.status().message()));
  if (answer->outcome() == pb::FINALIZE_OUTCOME_DONE ||
      answer->outcome() == pb::FINALIZE_OUTCOME_WAIT)
    return absl::OkStatus();
  return Failed(absl::StrCat("Finalize answers with the outcome ",
                             static_cast<int>(answer->outcome()), ", not DONE or WAIT"));
}

}  // namespace

absl::Status Deadline(Subject& subject, const TypeUnderCheck& type) {
  // Whoever gives up early must not hurt those who wait.
  for (const Request& request : type.requests)
    subject.Render(request, kImpatient).status().IgnoreError();
  for (const Request& request : type.requests) {
    if (absl::IsDeadlineExceeded(subject.Render(request).status()))
      return Failed("Render took more than 2 s");
  }
  return absl::OkStatus();
}

absl::Status Features(Subject& subject, const TypeUnderCheck& type) {
  const Request& request = type.requests.front();
  if (Declares(type, pb::FEATURE_ASSESS)) {
    const auto assessed = subject.Assess(request);
    if (!assessed.ok())
      return Failed(absl::StrCat("declares ASSESS, but: ", assessed.status().message()));
    if (!assessed->has_health()) return Failed("Assess answers without a health");
  }
  if (Declares(type, pb::FEATURE_TIMELINE)) {
    const auto timeline = subject.Timeline(request);
    if (!timeline.ok())
      return Failed(absl::StrCat("declares TIMELINE, but: ", timeline.status().message()));
  }
  if (Declares(type, pb::FEATURE_FINALIZE)) return Finalizes(subject, request);
  return absl::OkStatus();
}

absl::Status Drain(Subject& subject, const TypeUnderCheck& type, const Options& options) {
  if (options.terminate == nullptr)
    return absl::UnimplementedError("only a program that is started here can be told to drain");
  // Of one that is late anyhow nothing can be said.
  if (absl::IsDeadlineExceeded(subject.Render(type.requests.front()).status()))
    return absl::UnimplementedError("it does not answer in time: see deadline");
  std::atomic<bool> ended = false;
  absl::Status lost;
  // Calls all the time while it drains: each is answered, or refused as gRPC's servers do that
  // drain (UNAVAILABLE; CANCELLED, though nobody here cancels).
  std::thread caller([&] {
    while (!ended && lost.ok()) {
      const absl::Status status = subject.Render(type.requests.front()).status();
      if (absl::IsUnavailable(status) || absl::IsCancelled(status)) return;
      if (!status.ok())
        lost = Failed(absl::StrCat("a call during the drain was lost: ", status.message()));
    }
  });
  options.terminate();
  const absl::Status end = options.await_end();
  ended = true;
  caller.join();
  WEFT_RETURN_IF_ERROR(end);
  return lost;
}

}  // namespace weft::check
