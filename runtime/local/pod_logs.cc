#include "runtime/local/pod_logs.h"

#include <chrono>
#include <thread>

#include "core/base/status.h"

namespace weft::local {
namespace {

// The engine ends a container's output with its process and has no way to wait for the next one.
constexpr auto kLookAgain = std::chrono::milliseconds(200);

// The run after `before`. NOT_FOUND: there is none, or the pod is gone.
absl::StatusOr<PodRun> NextRun(const LastRun& last_run, const std::string& before,
                               engine::StreamControl& control) {
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(PodRun run, last_run());
    if (run.id != before) return run;
    if (run.last) return absl::NotFoundError("it was the last one");
    if (control.cancelled()) return absl::CancelledError("cancelled");
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace

absl::Status ReadPodLogs(engine::Engine& engine, const LastRun& last_run,
                         engine::LogSelection selection, engine::StreamControl& control,
                         const engine::ChunkSink& sink) {
  bool wanted = true;
  const auto watched_sink = [&](std::string_view bytes) { return wanted = sink(bytes); };
  WEFT_ASSIGN_OR_RETURN(PodRun run, last_run());
  for (;;) {
    absl::Status read = engine.ReadLogs(run.id, selection, control, watched_sink);
    if (!selection.follow || !wanted || !read.ok()) return read;
    const absl::StatusOr<PodRun> next = NextRun(last_run, run.id, control);
    if (absl::IsNotFound(next.status())) return absl::OkStatus();
    WEFT_RETURN_IF_ERROR(next.status());
    run = *next;
    selection.tail = -1;
  }
}

}  // namespace weft::local
