#include "plugins/traits/cron_hpa/cron_hpa.h"

#include "absl/strings/str_cat.h"
#include "plugins/traits/cron_hpa/cron_thread.h"
#include "plugins/traits/cron_hpa/plan.h"
#include "plugins/traits/cron_hpa/schema.json.h"

namespace weft::cron_hpa {
namespace {

// The size is left to actions (CronLife); what is wrong with the jobs is said here, and only here.
sdk::Parts Render(const sdk::TraitRequest& request, sdk::Diagnostics& diagnostics) {
  ReadPlan(request.instance.properties, diagnostics);
  sdk::Parts parts;
  parts.Steer(request.workload.Primary(), request.workload.shape.scale, sdk::Steering::kActions);
  return parts;
}

std::vector<sdk::TimelineEntry> Foretell(const sdk::Instance& instance, absl::Time from,
                                         absl::Time to) {
  sdk::Diagnostics told_by_render;
  const Plan plan = ReadPlan(instance.properties, told_by_render);
  std::vector<sdk::TimelineEntry> entries;
  for (const Fire& fire : Fires(plan, from, to)) {
    entries.push_back({fire.time, Replicas(fire.job->size),
                       absl::StrCat("job ", fire.job->name, fire.job->once ? ", once" : "")});
  }
  return entries;
}

}  // namespace

const sdk::Trait kCronHpa = {
    .type = "cron-hpa",
    .summary = "Replicas by the clock",
    .schema = kCronHpaSchema,
    .applies_to = {sdk::kAnythingWithScale},
    .writes = {sdk::SteerScale()},
    .reads_shape = true,
    .render = Render,
    .timeline = Foretell,
    .live = [](sdk::Instances& instances) { return std::make_unique<CronThread>(instances); },
};

}  // namespace weft::cron_hpa
