#include "tests/simulation/simulation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/scheduler/admission_store.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/drift.h"
#include "core/scheduler/reconcile.h"
#include "core/scheduler/records.h"
#include "core/scheduler/revisions.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"

namespace weft::simulation {
namespace {

namespace pb = ::weft::runtime::v1;
using scheduler::ApplicationKeyOf;
using scheduler::DesiredApplication;

constexpr int kSteps = 150;
constexpr int kSettlingPasses = 2000;
constexpr char kNamespace[] = "default";
constexpr char kRuntime[] = "local";

const std::vector<std::string>& Names() {
  static const auto* names = new std::vector<std::string>{"shop", "blog", "wiki"};
  return *names;
}

// Fewer than the applications would have, so that they get in each other's way.
const std::vector<std::string>& Instances() {
  static const auto* instances = new std::vector<std::string>{"front", "back", "mail", "jobs"};
  return *instances;
}

const absl::Status& Dead() {
  static const auto* dead = new absl::Status(absl::UnavailableError("the process is dead"));
  return *dead;
}

const grpc::Status kDeadCall(grpc::StatusCode::UNAVAILABLE, "the process is dead");

store::v1::DesiredRecord MakeObject(const std::string& api_version, const std::string& kind,
                                    const std::string& name, const std::string& owner,
                                    uint64_t value) {
  store::v1::DesiredRecord record;
  common::v1::ObjectRef& ref = *record.mutable_object()->mutable_ref();
  ref.set_api_version(api_version);
  ref.set_kind(kind);
  ref.set_namespace_(kNamespace);
  ref.set_name(name);
  record.mutable_object()->set_json(absl::StrCat("{\"spec\":{\"value\":", value, "}}"));
  record.set_owner(owner);
  return record;
}

std::string Short(const common::v1::ObjectRef& ref) {
  return absl::StrCat(ref.kind(), "/", ref.name());
}

}  // namespace

// The core's store: what was committed is durable, but a commit may fail, its answer may be lost,
// and the core may die before and after it.
class Simulation::FaultyStore final : public store::Store {
 public:
  explicit FaultyStore(Simulation& run) : run_(run) {}

  absl::StatusOr<std::string> Get(const std::string& key) override {
    run_.Meanwhile();
    if (run_.crashed_) return Dead();
    return run_.durable_.Get(key);
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(const std::string& prefix,
                                                                        const std::string& after,
                                                                        int64_t limit) override {
    run_.Meanwhile();
    if (run_.crashed_) return Dead();
    return run_.durable_.List(prefix, after, limit);
  }
  absl::Status Commit(store::Transaction transaction) override {
    run_.Meanwhile();
    if (run_.Chance(1)) run_.Crash("before a commit");
    if (run_.crashed_) return Dead();
    if (run_.Chance(1)) {
      run_.Note("a commit fails");
      return absl::UnavailableError("the disk");
    }
    const absl::Status committed = run_.durable_.Commit(std::move(transaction));
    if (run_.Chance(1)) run_.Crash("after a commit");
    if (run_.crashed_) return Dead();
    if (!committed.ok()) run_.Note(absl::StrCat("a commit is refused: ", committed.message()));
    if (committed.ok() && run_.Chance(1)) {
      run_.Note("a commit's answer is lost");
      return absl::UnavailableError("the disk");
    }
    return committed;
  }
  void CommitLater(store::Transaction transaction) override {
    Commit(std::move(transaction)).IgnoreError();
  }

 private:
  Simulation& run_;
};

// The core's connection to the runtime.
class Simulation::Link final : public CallsOnly {
 public:
  explicit Link(Simulation& run) : run_(run) {}

  grpc::Status Apply(grpc::ClientContext*, const pb::ApplyRequest& request,
                     pb::ApplyResponse* response) override {
    std::string what = "apply";
    for (const pb::AppliedObject& object : request.objects())
      absl::StrAppend(&what, " ", Short(object.object().ref()), " ", object.generation());
    return Call(what, request, run_.late_applies_,
                [&] { *response = run_.platform_.Apply(request); });
  }
  grpc::Status Delete(grpc::ClientContext*, const pb::DeleteRequest& request,
                      pb::DeleteResponse*) override {
    std::string what = "delete";
    for (const common::v1::ObjectRef& ref : request.objects())
      absl::StrAppend(&what, " ", Short(ref));
    return Call(what, request, run_.late_deletes_, [&] {
      CheckDeletion(request);
      run_.platform_.Delete(request);
    });
  }
  grpc::Status List(grpc::ClientContext*, const pb::ListRequest& request,
                    pb::ListResponse* response) override {
    std::deque<pb::ListRequest> never;
    const grpc::Status status =
        Call("list", request, never, [&] { *response = run_.platform_.List(); });
    if (run_.Chance(5)) response->set_complete(false);
    return status;
  }

 private:
  template <typename Request, typename Carry>
  grpc::Status Call(const std::string& what, const Request& request, std::deque<Request>& late,
                    Carry carry_out) {
    run_.Meanwhile();
    if (run_.Chance(1)) run_.Crash(absl::StrCat("before a call of ", what));
    if (run_.crashed_) return kDeadCall;
    if (run_.Chance(4)) {
      run_.Note(absl::StrCat("not delivered: ", what));
      return {grpc::StatusCode::UNAVAILABLE, "not delivered"};
    }
    if (run_.Chance(3)) {
      run_.Note(absl::StrCat("late: ", what));
      late.push_back(request);
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "late"};
    }
    run_.Note(what);
    carry_out();
    run_.Meanwhile();
    if (run_.Chance(1)) run_.Crash(absl::StrCat("after a call of ", what));
    if (run_.crashed_) return kDeadCall;
    if (run_.Chance(3)) late.push_back(request);
    if (run_.Chance(3)) {
      run_.Note(absl::StrCat("its reply is lost: ", what));
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "its reply is lost"};
    }
    return grpc::Status::OK;
  }

  // Nothing may be deleted that is wanted as it stands there.
  void CheckDeletion(const pb::DeleteRequest& request) const {
    for (const common::v1::ObjectRef& ref : request.objects()) {
      const std::string key = store::ObjectKey(ref);
      const auto there = run_.platform_.objects().find(key);
      const auto owner = run_.durable_.Get(store::ObjectOwnerKey(key));
      if (there == run_.platform_.objects().end() || !owner.ok()) continue;
      const auto [ns, name] = scheduler::SplitApplicationKey(*owner);
      const auto inventory = scheduler::ReadInventory(run_.durable_, ns, name);
      const auto record = inventory->find(key);
      if (record != inventory->end() && record->second.wanted() &&
          record->second.generation() == there->second.applied.generation())
        run_.Violated(absl::StrCat("deleted ", key, ", which is wanted"));
    }
  }

  Simulation& run_;
};

Simulation::Simulation(uint64_t seed)
    : random_(seed),
      observed_(std::make_unique<scheduler::Observed>()),
      store_(std::make_unique<FaultyStore>(*this)),
      link_(std::make_unique<Link>(*this)),
      events_(MakeEvents()) {}

Simulation::~Simulation() = default;

void Simulation::Violated(const std::string& what) {
  Note(absl::StrCat("VIOLATED: ", what));
  if (violation_.empty()) violation_ = what;
}

std::string Simulation::Run() {
  for (int i = 0; i < kSteps && violation_.empty(); ++i) {
    Step();
    if (crashed_) Restart();
  }
  faulty_ = false;
  if (violation_.empty()) Settle();
  if (violation_.empty()) CheckEverything();
  if (violation_.empty()) CheckEvents();
  return violation_;
}

std::unique_ptr<scheduler::Events> Simulation::MakeEvents() {
  return std::make_unique<scheduler::Events>(*store_, [this] { return now_; });
}

void Simulation::Step() {
  const uint64_t choice = random_.Below(100);
  if (choice < 15) return ActAsUser();
  if (choice < 25) return ActAsPlatform();
  if (choice < 28) return DeliverLate();
  if (choice < 58) return DeliverEvent();
  if (choice < 60) return events_->Flush().IgnoreError();
  if (dirty_.empty()) return;
  const std::vector<std::string> dirty(dirty_.begin(), dirty_.end());
  Pass(random_.Of(dirty));
}

// In the middle of something.
void Simulation::Meanwhile() {
  if (!faulty_ || crashed_ || depth_ > 0 || !random_.Percent(6)) return;
  ++depth_;
  Note("meanwhile:");
  const uint64_t choice = random_.Below(4);
  if (choice == 0) ActAsUser();
  if (choice == 1) ActAsPlatform();
  if (choice == 2) DeliverEvent();
  if (choice == 3) DeliverLate();
  --depth_;
}

void Simulation::ActAsUser() {
  const std::string& name = random_.Of(Names());
  const uint64_t choice = random_.Below(10);
  if (choice < 6) {
    DesiredApplication desired = ChooseApplication();
    desired.name = name;
    for (auto& instance : desired.instances)
      instance.mutable_instance()->set_key(
          absl::StrCat(kNamespace, "/", name, "/", instance.instance().name()));
    for (auto& object : desired.objects)
      object.set_owner(absl::StrCat(kNamespace, "/", name, "/", object.object().ref().name()));
    return Change(name, [&] { return desired; });
  }
  if (choice < 8) {
    const auto generation = static_cast<int64_t>(random_.Below(4));
    return Change(name, [&] { return scheduler::Restore(kNamespace, name, generation, *store_); });
  }
  Delete(name);
}

DesiredApplication Simulation::ChooseApplication() {
  DesiredApplication desired;
  desired.name_space = kNamespace;
  desired.runtime = kRuntime;
  for (const std::string& instance : Instances()) {
    if (!random_.Percent(50)) continue;
    const uint64_t value = random_.Below(4);
    absl::StrAppend(&desired.document, instance, " ", value, ";");
    desired.instances.emplace_back().mutable_instance()->set_name(instance);
    desired.objects.push_back(MakeObject("apps/v1", "Deployment", instance, "", value));
    if (value % 2 == 1) desired.objects.push_back(MakeObject("v1", "Service", instance, "", 0));
  }
  return desired;
}

// As Admission does it.
void Simulation::Change(const std::string& name,
                        const std::function<absl::StatusOr<DesiredApplication>()>& choose) {
  absl::Status status = absl::AbortedError("");
  std::string document;
  for (int attempt = 0; attempt < 10 && absl::IsAborted(status); ++attempt) {
    const absl::StatusOr<DesiredApplication> desired = choose();
    if (!desired.ok()) return;
    document = desired->document;
    auto change = scheduler::MakeRestoration(*desired, absl::ToUnixMillis(now_), *store_);
    status = change.status();
    if (!change.ok()) continue;
    if (model::HasError(change->diagnostics)) return;
    if (change->transaction.puts.empty() && change->transaction.deletes.empty()) return;
    status = scheduler::CommitChange(*change, *store_, [&](const std::string& application) {
      if (!crashed_) dirty_.insert(application);
    });
    if (status.ok()) {
      events_->Record(ApplicationKeyOf(kNamespace, name),
                      scheduler::MakeEvent(scheduler::events::kUpdated, {}));
    }
    // What could not be computed was not changed; what could not be committed may have been.
    if (!absl::IsAborted(status)) return Told(name, document, status);
  }
}

void Simulation::Delete(const std::string& name) {
  absl::Status status = absl::AbortedError("");
  for (int attempt = 0; attempt < 10 && absl::IsAborted(status); ++attempt) {
    auto transaction = scheduler::MakeDeletion(kNamespace, name, absl::ToUnixMillis(now_), *store_);
    if (!transaction.ok() || transaction->puts.empty()) return;
    status = store_->Commit(*std::move(transaction));
    if (absl::IsAborted(status)) continue;
    if (!crashed_) dirty_.insert(ApplicationKeyOf(kNamespace, name));
    return Told(name, std::nullopt, status);
  }
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

void Simulation::Pass(std::string application) {
  Note(absl::StrCat("pass over ", application));
  dirty_.erase(application);
  const auto result = scheduler::Reconcile(application, *store_, *link_, *observed_, now_);
  if (crashed_) return;
  if (!result.ok()) Note(absl::StrCat("it fails: ", result.status().message()));
  if (result.ok()) {
    for (const store::v1::EventRecord& event : result->events) events_->Record(application, event);
  }
  if (!result.ok() || result->again) dirty_.insert(application);
}

void Simulation::Crash(const std::string& where) {
  if (crashed_) return;
  Note(absl::StrCat("the core dies ", where));
  crashed_ = true;
}

void Simulation::Restart() {
  events_.reset();  // While it is dead: what was not written is lost.
  crashed_ = false;
  events_ = MakeEvents();
  observed_ = std::make_unique<scheduler::Observed>();
  platform_.CloseWatch();
  dirty_.clear();
  for (const auto& [key, value] : Stored("application/"))
    dirty_.insert(key.substr(key.find('/') + 1));
}

void Simulation::Settle() {
  Note("settling");
  while (!late_applies_.empty() || !late_deletes_.empty()) DeliverLate();
  for (int i = 0; i < kSettlingPasses && violation_.empty(); ++i) {
    platform_.EndDeletions();
    if (!platform_.watched()) DeliverEvent();
    if (dirty_.empty() && !platform_.pending()) return;
    DeliverEvent();
    if (!dirty_.empty()) Pass(*dirty_.begin());
  }
  Violated("it does not settle");
}

void Simulation::CheckEverything() {
  std::map<std::string, store::v1::DesiredRecord> wanted;
  std::set<std::string> stored;
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
    const auto desired = scheduler::ReadDesired(durable_, kNamespace, name);
    for (const auto& [key, record] : *desired) {
      if (!wanted.emplace(key, record).second)
        Violated(absl::StrCat(key, " is wanted by two applications"));
    }
    const auto inventory = scheduler::ReadInventory(durable_, kNamespace, name);
    for (const auto& [key, record] : *inventory) {
      if (!desired->contains(key)) Violated(absl::StrCat(key, " is unwanted and not gone"));
      if (record.accepted() != record.generation()) Violated(absl::StrCat(key, " is not accepted"));
    }
    if (!application.ok()) {
      for (const char* prefix : {"history/", "desired/", "inventory/", "status/"}) {
        if (!Stored(absl::StrCat(prefix, kNamespace, "/", name, "/")).empty())
          Violated(absl::StrCat("something is left of ", name, " in ", prefix));
      }
    }
  }
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
    if (!wanted.contains(key.substr(key.find('/') + 1)))
      Violated(absl::StrCat(key, " is owned by ", owner, " and not wanted"));
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
