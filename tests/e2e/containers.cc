#include "tests/e2e/containers.h"

#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::e2e {

namespace {

absl::StatusOr<Runs> InspectRuns(engine::Engine& engine,
                                 const std::vector<engine::ContainerSummary>& containers) {
  Runs runs;
  for (const engine::ContainerSummary& summary : containers) {
    const absl::StatusOr<engine::Container> container = engine.InspectContainer(summary.id);
    if (absl::IsNotFound(container.status())) continue;  // Gone meanwhile.
    WEFT_RETURN_IF_ERROR(container.status());
    runs[container->name] = {container->id, container->state, container->started_at};
  }
  return runs;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Run& run) {
  return out << run.id.substr(0, 12) << " " << run.state << " since " << run.started_at;
}

absl::StatusOr<Runs> ListRuns(engine::Engine& engine, const engine::Labels& labels) {
  WEFT_ASSIGN_OR_RETURN(const auto containers, engine.ListContainers(labels));
  return InspectRuns(engine, containers);
}

absl::StatusOr<Runs> ListPods(engine::Engine& engine, const std::string& instance) {
  WEFT_ASSIGN_OR_RETURN(auto containers, engine.ListContainers({}));
  std::erase_if(containers, [&](const engine::ContainerSummary& container) {
    const auto controller = container.labels.find("weft.dev/controller");
    return controller == container.labels.end() || !controller->second.ends_with("/" + instance) ||
           !container.labels.contains("weft.dev/container");
  });
  WEFT_ASSIGN_OR_RETURN(Runs runs, InspectRuns(engine, containers));
  std::erase_if(runs, [](const auto& run) { return run.second.state != "running"; });
  return runs;
}

std::string Disturbed(const Runs& before, const Runs& after) {
  std::string text;
  for (const auto& [name, run] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      absl::StrAppend(&text, name, " is gone\n");
    } else if (!(now->second == run)) {
      std::ostringstream change;
      change << name << " was " << run << ", is " << now->second << "\n";
      text += change.str();
    }
  }
  return text;
}

}  // namespace weft::e2e
