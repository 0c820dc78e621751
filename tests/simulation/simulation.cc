#include "tests/simulation/simulation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/drift.h"
#include "core/scheduler/reconcile.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"
#include "tests/simulation/failing.h"

namespace weft::simulation {
namespace {

constexpr int kSteps = 250;
constexpr int kSettlingPasses = 2000;

}  // namespace

Simulation::Simulation(uint64_t seed)
    : random_(seed),
      observed_(std::make_unique<scheduler::Observed>()),
      store_(std::make_unique<FaultyStore>(*this)),
      link_(std::make_unique<Link>(*this)) {}

Simulation::~Simulation() { EndCore(); }

const std::vector<std::string>& Simulation::Names() {
  static const auto* const names = new std::vector<std::string>{"shop", "blog", "wiki"};
  return *names;
}

void Simulation::Violated(const std::string& what) {
  Note(absl::StrCat("VIOLATED: ", what));
  if (violation_.empty()) violation_ = what;
}

std::string Simulation::Run() {
  StartCore();
  ApplyComponents();
  faulty_ = true;
  for (int i = 0; i < kSteps && violation_.empty(); ++i) {
    Step();
    if (crashed_) Restart();
  }
  faulty_ = false;
  if (violation_.empty()) Settle();
  if (violation_.empty()) CheckEverything();
  return violation_;
}

std::unique_ptr<scheduler::Events> Simulation::MakeEvents() {
  return std::make_unique<scheduler::Events>(*store_, [this] { return now_; });
}

void Simulation::Step() {
  if (random_.Percent(40) && Work()) return;
  const uint64_t choice = random_.Below(100);
  if (choice < 15) return ActAsUser();
  if (choice < 25) return ActAsPlatform();
  if (choice < 28) return DeliverLate();
  if (choice < 58) return DeliverEvent();
  if (choice < 60) return events_->Flush().IgnoreError();
  if (choice < 64) return Report(random_.Of(Names()));
  if (choice < 70) {
    const std::vector<std::string> again = ToRenderAgain();
    if (!again.empty()) RenderAgain(random_.Of(again));
    return;
  }
  if (dirty_.empty()) return;
  const std::vector<std::string> dirty(dirty_.begin(), dirty_.end());
  Pass(random_.Of(dirty));
}

// In the middle of something.
void Simulation::Meanwhile() {
  if (!faulty_ || crashed_ || depth_ > 0 || !random_.Percent(6)) return;
  ++depth_;
  Note("meanwhile:");
  const uint64_t choice = random_.Below(6);
  if (choice == 0) ActAsUser();
  if (choice == 1) ActAsPlatform();
  if (choice == 2) DeliverEvent();
  if (choice == 3) DeliverLate();
  if (choice == 4) Report(random_.Of(Names()));
  if (choice == 5) Work();
  --depth_;
}

void Simulation::ActAsUser() {
  const std::string& name = random_.Of(Names());
  const uint64_t choice = random_.Below(10);
  if (choice < 6) return Apply(name);
  if (choice < 8) return Rollback(name, static_cast<int64_t>(random_.Below(4)));
  Delete(name);
}

void Simulation::Delete(const std::string& name) {
  const bool force = random_.Percent(30);
  const absl::Status status = admission_->Delete(kNamespace, name, {}, force);
  if (!status.ok()) return ToldError(name, std::nullopt, status);
  Told(name, std::nullopt, status);
}

// What could not be computed was not changed; what could not be committed may have been.
void Simulation::ToldError(const std::string& name, const std::optional<std::string>& document,
                           const absl::Status& status) {
  if (absl::IsUnavailable(status)) Told(name, document, status);
}

void Simulation::Told(const std::string& name, const std::optional<std::string>& document,
                      const absl::Status& status) {
  Note(absl::StrCat("user: ", name, " -> ", document.value_or("(deleted)"), " ",
                    status.ok() ? "" : "or not"));
  Possible& possible = told_[name];
  if (status.ok()) {
    possible = {document};
  } else {
    if (possible.empty()) possible.insert(std::nullopt);
    possible.insert(document);
  }
}

void Simulation::ActAsPlatform() {
  std::vector<std::string> keys;
  for (const auto& [key, object] : platform_.objects()) keys.push_back(key);
  const uint64_t choice = random_.Below(10);
  if (choice < 5) return platform_.EndDeletions();
  if (choice < 6) {
    Note("the watch breaks");
    platform_.CloseWatch();
    observed_->Lost();
    return;
  }
  if (keys.empty()) return;
  const std::string& key = random_.Of(keys);
  if (choice < 8) {
    Note(absl::StrCat("somebody edits ", key));
    // Long after the last time: what is contested is not simulated.
    now_ += absl::Milliseconds(scheduler::kContestedWithinMs);
    return platform_.Edit(key, absl::StrCat("{\"spec\":{\"value\":", random_.Below(4), "}}"));
  }
  Note(absl::StrCat("somebody removes ", key));
  platform_.Lose(key);
}

// One event of the watch, or a new watch.
void Simulation::DeliverEvent() {
  if (!platform_.watched()) {
    observed_->Begin();
    platform_.OpenWatch();
    return;
  }
  pb::WatchResponse event;
  if (!platform_.Next(event)) return;
  std::string application;
  if (event.has_changed()) {
    Note(absl::StrCat("told: ", Short(event.changed().ref()), " ", event.changed().generation(),
                      event.changed().deleting() ? " deleting" : ""));
    application = observed_->Update(event.changed());
  }
  if (event.has_gone()) {
    Note(absl::StrCat("told: ", Short(event.gone()), " gone"));
    application = observed_->Remove(event.gone());
  }
  if (!application.empty()) dirty_.insert(application);
  if (!event.has_synced()) return;
  Note("told: synced");
  observed_->Synced(event.synced().complete());
  for (const auto& [key, value] : Stored("application/"))
    dirty_.insert(key.substr(key.find('/') + 1));
}

// A call that was sent long ago. A runtime gives up one whose caller is gone, so that nothing is
// made by it where nothing is, or something of another application.
void Simulation::DeliverLate() {
  if (!late_applies_.empty()) {
    pb::ApplyRequest request;
    for (const pb::AppliedObject& object : late_applies_.front().objects()) {
      const auto there = platform_.objects().find(store::ObjectKey(object.object().ref()));
      if (there != platform_.objects().end() && there->second.applied.owner() == object.owner())
        *request.add_objects() = object;
    }
    Note(absl::StrCat("a late apply of ", request.objects_size(), " objects"));
    platform_.Apply(request);
    late_applies_.pop_front();
  } else if (!late_deletes_.empty()) {
    Note("a late delete");
    platform_.Delete(late_deletes_.front());
    late_deletes_.pop_front();
  }
}

void Simulation::Pass(const std::string& application) {
  Note(absl::StrCat("pass over ", application));
  dirty_.erase(application);
  Finalize(application);
  if (crashed_) return;
  const auto result = scheduler::Reconcile(application, *store_, *link_, *observed_, now_);
  if (crashed_) return;
  if (!result.ok()) Note(absl::StrCat("it fails: ", result.status().message()));
  if (result.ok()) {
    for (const store::v1::EventRecord& event : result->events) events_->Record(application, event);
  }
  if (!result.ok() || result->again || SomebodyLeaves(application)) dirty_.insert(application);
}

void Simulation::Crash(const std::string& where) {
  if (crashed_) return;
  Note(absl::StrCat("the core dies ", where));
  crashed_ = true;
}

void Simulation::Restart() {
  EndCore();
  crashed_ = false;
  StartCore();
  observed_ = std::make_unique<scheduler::Observed>();
  platform_.CloseWatch();
  dirty_.clear();
  done_.clear();
  for (const auto& [key, value] : Stored("application/"))
    dirty_.insert(key.substr(key.find('/') + 1));
}

void Simulation::Settle() {
  Note("settling");
  while (!late_applies_.empty() || !late_deletes_.empty()) DeliverLate();
  while (Work()) continue;  // What is applied last may have something to report of.
  for (const std::string& name : Names()) Report(name);
  for (int i = 0; i < kSettlingPasses && violation_.empty(); ++i) {
    platform_.EndDeletions();
    if (!platform_.watched()) DeliverEvent();
    const std::vector<std::string> again = ToRenderAgain();
    if (Work()) continue;
    if (dirty_.empty() && !platform_.pending() && again.empty()) return;
    DeliverEvent();
    if (!again.empty()) RenderAgain(again.front());
    if (!dirty_.empty()) Pass(std::string(*dirty_.begin()));
  }
  Violated("it does not settle");
}

}  // namespace weft::simulation
