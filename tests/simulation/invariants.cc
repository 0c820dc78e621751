// What holds when nothing fails any more and everything is carried out.
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"
#include "tests/simulation/simulation.h"

namespace weft::simulation {

void Simulation::CheckEverything() {
  if (!applies_.empty() || !rendering_again_.empty()) Violated("something is never answered");
  CheckApplications();
  CheckOwners();
  CheckRendered();
  CheckPlatform();
  CheckReports();
  CheckEvents();
}

// Each application is what a user was told, and nothing is stored of one that is gone.
void Simulation::CheckApplications() {
  for (const std::string& name : Names()) {
    const auto application = scheduler::ReadApplication(durable_, kNamespace, name);
    const std::optional<std::string> document =
        application.ok() ? std::optional(application->record.document()) : std::nullopt;
    const Possible possible = told_.contains(name) ? told_[name] : Possible{std::nullopt};
    if (!possible.contains(document))
      Violated(
          absl::StrCat(name, " is ", document.value_or("(deleted)"), ", which no user was told"));
    if (application.ok() && application->record.deleting())
      Violated(absl::StrCat(name, " is deleted for ever"));
    if (application.ok() && !application->record.leaving().empty())
      Violated(absl::StrCat("somebody leaves ", name, " for ever"));
    const auto desired = scheduler::ReadDesired(durable_, kNamespace, name);
    const auto inventory = scheduler::ReadInventory(durable_, kNamespace, name);
    for (const auto& [key, record] : *inventory) {
      if (!desired->contains(key)) Violated(absl::StrCat(key, " is unwanted and not gone"));
      if (record.accepted() != record.generation()) Violated(absl::StrCat(key, " is not accepted"));
    }
    if (application.ok()) continue;
    for (const char* prefix : {"history/", "desired/", "inventory/", "status/"}) {
      if (!Stored(absl::StrCat(prefix, kNamespace, "/", name, "/")).empty())
        Violated(absl::StrCat("something is left of ", name, " in ", prefix));
    }
  }
}

// Whoever is stored as the owner of an instance or an object has it.
void Simulation::CheckOwners() {
  for (const auto& [key, name] : Stored("instance/")) {
    const auto application = scheduler::ReadApplication(durable_, kNamespace, name);
    bool has = false;
    if (application.ok()) {
      for (const auto& instance : application->record.instances())
        has = has || store::InstanceKey(kNamespace, instance.instance().name()) == key;
    }
    if (!has) Violated(absl::StrCat(key, " is owned by ", name, ", which has it not"));
  }
  for (const auto& [key, owner] : Stored("object/")) {
    const std::string object = key.substr(key.find('/') + 1);
    const auto [ns, name] = scheduler::SplitApplicationKey(owner);
    if (!scheduler::ReadDesired(durable_, ns, name)->contains(object))
      Violated(absl::StrCat(key, " is owned by ", owner, " and not wanted"));
  }
}

// What is wanted is what the document says as it is stored: of each object its value and note.
void Simulation::CheckRendered() {
  using Objects = std::map<std::string, std::string>;
  for (const std::string& name : Names()) {
    const auto stored = scheduler::ReadApplication(durable_, kNamespace, name);
    if (!stored.ok()) continue;
    Objects expected;
    const auto document = json::Parse(stored->record.document());
    for (const json::value& component :
         json::FindPath(*document, {"spec", "components"})->as_array()) {
      const std::string instance = json::GetString(component, {"instanceName"});
      const int64_t value =
          json::GetInt(json::Find(component, "parameterValues")->as_array().at(0), {"value"});
      const json::value* traits = json::Find(component, "traits");
      expected[absl::StrCat("apps/v1|Deployment|", kNamespace, "|", instance)] = absl::StrCat(
          value, " ",
          traits == nullptr ? ""
                            : json::GetString(traits->as_array().at(0), {"properties", "text"}));
      if (value % 2 == 1)
        expected[absl::StrCat("v1|Service|", kNamespace, "|", instance)] =
            absl::StrCat(value / 2, " ");
    }
    const auto wanted = [&] {
      Objects objects;
      const auto desired = scheduler::ReadDesired(durable_, kNamespace, name);
      for (const auto& [key, record] : *desired) {
        const auto object = json::Parse(record.object().json());
        objects[key] = absl::StrCat(json::GetInt(*object, {"spec", "value"}), " ",
                                    json::GetString(*object, {"metadata", "annotations", "note"}));
      }
      return objects;
    };
    if (wanted() != expected) Violated(absl::StrCat(name, " is not what its document says"));
    // Nor is it when it is rendered again.
    absl::Status status = absl::InternalError("no answer");
    admission_->RenderAgain(kNamespace, name, [&](const auto& again) { status = again.status(); });
    while (Work()) continue;
    if (!status.ok()) Violated(absl::StrCat(name, " cannot be rendered again: ", status.message()));
    if (wanted() != expected) Violated(absl::StrCat(name, " is another when rendered again"));
  }
}

// The platform has what is wanted, as it is wanted, and nothing else.
void Simulation::CheckPlatform() {
  std::map<std::string, store::v1::DesiredRecord> wanted;
  for (const std::string& name : Names()) {
    const auto desired = scheduler::ReadDesired(durable_, kNamespace, name);
    for (const auto& [key, record] : *desired) {
      if (!wanted.emplace(key, record).second)
        Violated(absl::StrCat(key, " is wanted by two applications"));
    }
  }
  for (const auto& [key, object] : platform_.objects()) {
    const auto record = wanted.find(key);
    if (record == wanted.end()) {
      Violated(absl::StrCat(key, " is on the platform and not wanted"));
    } else if (object.live != record->second.object().json() ||
               object.applied.owner() != record->second.owner()) {
      Violated(absl::StrCat(key, " is ", object.live, " of ", object.applied.owner(),
                            ", not as wanted"));
    }
  }
  for (const auto& [key, record] : wanted) {
    if (!platform_.objects().contains(key)) Violated(absl::StrCat(key, " is not on the platform"));
  }
}

// Events outlive their application for a time that is known, and no longer.
void Simulation::CheckEvents() {
  const auto exists = [this](const std::string& name) {
    return scheduler::ReadApplication(durable_, kNamespace, name).ok();
  };
  if (!events_->Flush().ok()) Violated("events cannot be written");
  for (const std::string& name : Names()) {
    const bool departed = durable_.Get(store::DepartureKey(kNamespace, name)).ok();
    if (departed && exists(name)) Violated(absl::StrCat(name, " went and is there"));
    if (!departed && !exists(name) && !Stored(store::EventPrefix(kNamespace, name)).empty())
      Violated(absl::StrCat("events of ", name, " are kept for ever"));
  }
  now_ += scheduler::Events::kKeptAfterDeparture + absl::Hours(1);
  if (!events_->Flush().ok()) Violated("events cannot be removed");
  for (const std::string& name : Names()) {
    const bool left = !Stored(store::EventPrefix(kNamespace, name)).empty() ||
                      durable_.Get(store::DepartureKey(kNamespace, name)).ok();
    if (left && !exists(name)) Violated(absl::StrCat("events of ", name, " are left"));
  }
}

}  // namespace weft::simulation
