// Instances that finalize, and the provider that lets them go.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/live_instances.h"
#include "core/scheduler/records.h"
#include "core/store/object_key.h"
#include "tests/simulation/failing.h"

namespace weft::simulation {

bool Simulation::Finalizes(const std::string& instance) {
  return instance == "mail" || instance == "jobs";
}

// As Finalizer does it: asks, then stores what was said, some of it by an earlier pass.
void Simulation::Finalize(const std::string& application) {
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const auto stored = scheduler::ReadApplication(*store_, ns, name);
  if (!stored.ok()) return;
  for (const store::v1::LeavingRecord& leaving : stored->record.leaving()) {
    const std::string& instance = scheduler::InstanceOf(leaving).key();
    if (faulty_ && !random_.Percent(40)) {
      Note(absl::StrCat("provider: ", instance, " has to wait"));
      continue;
    }
    Note(absl::StrCat("provider: ", instance, " may go"));
    let_go_[instance] = ++happened_;
    done_.emplace(instance, leaving.since_unix_ms());
  }
  if (Chance(3)) Crash("after it asked providers");
  const auto done = [&](const store::v1::LeavingRecord& leaving) {
    return done_.contains({scheduler::InstanceOf(leaving).key(), leaving.since_unix_ms()});
  };
  const auto& leaving = stored->record.leaving();
  if (crashed_ || std::none_of(leaving.begin(), leaving.end(), done)) return;
  auto transaction = scheduler::LetGo(*stored, done, *store_);
  if (transaction.ok()) store_->Commit(*std::move(transaction)).IgnoreError();
}

bool Simulation::SomebodyLeaves(const std::string& application) {
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const auto stored = scheduler::ReadApplication(durable_, ns, name);
  return stored.ok() && !stored->record.leaving().empty();
}

// What became durable.
void Simulation::Remember(const std::vector<std::pair<std::string, std::string>>& puts) {
  for (const auto& [key, bytes] : puts) {
    store::v1::ApplicationRecord record;
    if (!key.starts_with("application/") || !record.ParseFromString(bytes)) continue;
    if (record.forced()) forced_[key.substr(key.find('/') + 1)] = ++happened_;
    if (record.deleting()) continue;
    for (const store::v1::InstanceRecord& instance : record.instances())
      alive_[instance.instance().key()] = ++happened_;
  }
}

// What an instance that finalizes always has goes only after its provider said so, unless somebody
// forced it.
void Simulation::CheckLetGo(const runtime::v1::AppliedObject& object,
                            const store::v1::InventoryRecord& record) {
  const common::v1::ObjectRef& ref = object.object().ref();
  if (ref.kind() != "Deployment" || !Finalizes(ref.name())) return;
  // It is of an earlier life, which ended.
  if (record.wanted() && record.generation() != object.generation()) return;
  const std::string& instance = object.owner();
  const std::string application = scheduler::ApplicationOfInstance(instance);
  const auto [ns, name] = scheduler::SplitApplicationKey(application);
  const auto stored = scheduler::ReadApplication(durable_, ns, name);
  const bool leaves = !stored.ok() || stored->record.deleting() ||
                      scheduler::FindInstance(stored->record, instance) == nullptr;
  if (leaves && let_go_[instance] <= alive_[instance] && forced_[application] <= alive_[instance])
    Violated(absl::StrCat("deleted ", Short(ref), " before its provider let ", instance, " go"));
}

}  // namespace weft::simulation
