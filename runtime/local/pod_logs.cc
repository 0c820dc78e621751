#include "runtime/local/pod_logs.h"

#include <chrono>
#include <thread>

#include "core/base/status.h"

namespace weft::local {
namespace {

// The engine ends a container's output with its process and has no way to wait for the next one.
constexpr auto kLookAgain = std::chrono::milliseconds(200);

// When the run after the one that started at `before` started. NOT_FOUND: the container is gone.
absl::StatusOr<std::string> NextRun(engine::Engine& engine, const std::string& container_id,
                                    const std::string& before, engine::StreamControl& control) {
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const engine::Container container, engine.InspectContainer(container_id));
    if (container.started_at != before) return container.started_at;
    if (control.cancelled()) return absl::CancelledError("cancelled");
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace

absl::Status ReadPodLogs(engine::Engine& engine, const std::string& container_id,
                         engine::LogSelection selection, engine::StreamControl& control,
                         const engine::ChunkSink& sink) {
  bool wanted = true;
  const auto watched_sink = [&](std::string_view bytes) { return wanted = sink(bytes); };
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const engine::Container container, engine.InspectContainer(container_id));
    const absl::Status read = engine.ReadLogs(container_id, selection, control, watched_sink);
    if (!selection.follow || !wanted || !read.ok()) return read;
    const absl::StatusOr<std::string> next =
        NextRun(engine, container_id, container.started_at, control);
    if (absl::IsNotFound(next.status())) return absl::OkStatus();
    WEFT_RETURN_IF_ERROR(next.status());
    selection.since = *next;
    selection.tail = -1;
  }
}

}  // namespace weft::local
