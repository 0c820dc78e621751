#include "plugins/workloads/faas/functions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::faas {
namespace {

std::string Text(const FunctionName& name) {
  return absl::StrCat("the function ", name.name, " in the namespace ", name.name_space);
}

absl::Status NoFunction(const FunctionName& name) {
  return absl::NotFoundError(absl::StrCat("there is no such thing as ", Text(name)));
}

}  // namespace

struct Functions::Calls {
  struct Ask {
    sdk::Instances* instances;
    std::shared_ptr<Function> function;
    sdk::Action action;
  };
  std::vector<std::pair<Visit::Found, absl::StatusOr<Endpoint>>> found;
  std::vector<Ask> asks;
};

Visit::~Visit() {
  if (function_ != nullptr) functions_->Leave(function_);
}

void Visit::FindEndpoint(const std::string& avoid, Found found) const {
  functions_->Find(*this, avoid, std::move(found));
}

void Functions::Attach(const std::string& type, sdk::Instances& instances) {
  std::lock_guard lock(mutex_);
  types_[type].instances = &instances;
}

void Functions::Changed(const sdk::LiveInstance& instance) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    const FunctionName name{instance.instance.name_space, instance.instance.name};
    names_[instance.instance.key] = name;
    Entry& entry = entries_[name];
    if (entry.function == nullptr) entry.function = std::make_shared<Function>(clock_());
    entry.function->Tell(instance);
    ServeWaiters(entry, calls);
    AskIfDue(entry, calls);
  }
  Make(std::move(calls));
}

void Functions::Gone(const std::string& key) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    const auto name = names_.find(key);
    if (name == names_.end()) return;
    // The name may be another application's by now.
    const auto entry = entries_.find(name->second);
    if (entry != entries_.end() && entry->second.function->key() == key) {
      FailWaiters(entry->second, NoFunction(name->second), calls);
      entries_.erase(entry);
    }
    names_.erase(name);
  }
  Make(std::move(calls));
}

void Functions::Synced(const std::string& type) {
  std::lock_guard lock(mutex_);
  types_[type].synced = true;
}

void Functions::MayAct(const std::string& type, bool may) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    types_[type].may_act = may;
    for (auto& [name, entry] : entries_) {
      if (!may || entry.function->type() != type) continue;
      entry.function->Resume(clock_());
      AskIfDue(entry, calls);
    }
  }
  Make(std::move(calls));
}

void Functions::Tick() {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    for (auto& [name, entry] : entries_) {
      ServeWaiters(entry, calls);
      Expire(entry, calls);
      AskIfDue(entry, calls);
    }
  }
  Make(std::move(calls));
}

void Functions::Close() {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [name, entry] : entries_)
      FailWaiters(entry, absl::UnavailableError("the gateway ends"), calls);
  }
  Make(std::move(calls));
}

absl::StatusOr<Visit> Functions::Enter(const FunctionName& name) {
  Calls calls;
  std::shared_ptr<Function> function;
  const absl::Time now = clock_();
  {
    std::lock_guard lock(mutex_);
    const auto entry = entries_.find(name);
    if (entry == entries_.end()) {
      const bool synced = std::all_of(types_.begin(), types_.end(),
                                      [](const auto& type) { return type.second.synced; });
      if (synced) return NoFunction(name);
      return absl::UnavailableError(absl::StrCat(Text(name), " is not known yet"));
    }
    function = entry->second.function;
    function->Begin();
    AskIfDue(entry->second, calls);
  }
  Make(std::move(calls));
  return Visit(*this, std::move(function), now + limits_.hold);
}

std::vector<FunctionStatus> Functions::List() const {
  std::lock_guard lock(mutex_);
  std::vector<FunctionStatus> list;
  for (const auto& [name, entry] : entries_) {
    const Function& function = *entry.function;
    list.push_back({name, function.settings().image, std::max<int64_t>(0, function.replicas()),
                    function.ready(), function.invocations()});
  }
  return list;
}

void Functions::Find(const Visit& visit, const std::string& avoid, Visit::Found found) {
  const absl::StatusOr<Endpoint> answer = [&]() -> absl::StatusOr<Endpoint> {
    std::lock_guard lock(mutex_);
    Function& function = *visit.function_;
    const absl::Time now = clock_();
    Entry* entry = EntryOf(visit.function_);
    if (entry == nullptr) return NoFunction(function.name());
    if (closed_) return absl::UnavailableError("the gateway ends");
    if (now >= visit.deadline_)
      return absl::DeadlineExceededError(absl::StrCat(Text(function.name()), " does not answer"));
    if (std::optional<Endpoint> endpoint = function.Next(avoid, now)) return *endpoint;
    if (held_ >= limits_.held || entry->waiters.size() >= limits_.held_per_function)
      return absl::ResourceExhaustedError(
          absl::StrCat("too many requests wait for ", Text(function.name())));
    ++held_;
    entry->waiters.push_back({visit.deadline_, avoid, std::move(found)});
    return absl::CancelledError();  // `found` is called later.
  }();
  if (!absl::IsCancelled(answer.status())) found(answer);
}

void Functions::Leave(const std::shared_ptr<Function>& function) {
  std::lock_guard lock(mutex_);
  function->End(clock_());
}

void Functions::Answered(const std::shared_ptr<Function>& function, bool done) {
  Calls calls;
  {
    std::lock_guard lock(mutex_);
    function->Answered(done, clock_());
    Entry* entry = EntryOf(function);
    if (entry == nullptr) return;
    ServeWaiters(*entry, calls);  // What was to go away may stay.
    AskIfDue(*entry, calls);
  }
  Make(std::move(calls));
}

// Null: the function went away.
Functions::Entry* Functions::EntryOf(const std::shared_ptr<Function>& function) {
  const auto entry = entries_.find(function->name());
  return entry == entries_.end() || entry->second.function != function ? nullptr : &entry->second;
}

void Functions::ServeWaiters(Entry& entry, Calls& calls) {
  const absl::Time now = clock_();
  while (!entry.waiters.empty()) {
    Waiter& waiter = entry.waiters.front();
    std::optional<Endpoint> endpoint = entry.function->Next(waiter.avoid, now);
    if (!endpoint) return;
    calls.found.emplace_back(std::move(waiter.found), *std::move(endpoint));
    entry.waiters.pop_front();
    --held_;
  }
}

void Functions::Expire(Entry& entry, Calls& calls) {
  const absl::Time now = clock_();
  std::deque<Waiter> waiting;
  for (Waiter& waiter : entry.waiters) {
    if (waiter.deadline > now) {
      waiting.push_back(std::move(waiter));
      continue;
    }
    --held_;
    calls.found.emplace_back(std::move(waiter.found),
                             absl::DeadlineExceededError(absl::StrCat(
                                 Text(entry.function->name()), " did not become ready in time")));
  }
  entry.waiters.swap(waiting);
}

void Functions::FailWaiters(Entry& entry, const absl::Status& status, Calls& calls) {
  held_ -= entry.waiters.size();
  for (Waiter& waiter : entry.waiters) calls.found.emplace_back(std::move(waiter.found), status);
  entry.waiters.clear();
}

void Functions::AskIfDue(Entry& entry, Calls& calls) {
  const auto type = types_.find(entry.function->type());
  if (closed_ || type == types_.end() || !type->second.may_act) return;
  std::optional<sdk::Action> action = entry.function->Due(clock_());
  if (action) calls.asks.push_back({type->second.instances, entry.function, *std::move(action)});
}

void Functions::Make(Calls calls) {
  for (auto& [found, answer] : calls.found) found(std::move(answer));
  for (Calls::Ask& ask : calls.asks) {
    ask.instances->Act({std::move(ask.action)},
                       [this, function = ask.function](
                           const absl::StatusOr<std::vector<sdk::ActOutcome>>& outcomes) {
                         Answered(function, outcomes.ok() && outcomes->size() == 1 &&
                                                outcomes->front() == sdk::ActOutcome::kDone);
                       });
  }
}

}  // namespace weft::faas
