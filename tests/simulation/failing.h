#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/records.h"
#include "core/store/keys.h"
#include "core/store/object_key.h"
#include "tests/simulation/simulation.h"

// What the simulated core has between itself and the world, which fails.
namespace weft::simulation {

namespace pb = ::weft::runtime::v1;

inline const absl::Status& Dead() {
  static const auto* dead = new absl::Status(absl::UnavailableError("the process is dead"));
  return *dead;
}

inline const grpc::Status kDeadCall(grpc::StatusCode::UNAVAILABLE, "the process is dead");

inline std::string Short(const common::v1::ObjectRef& ref) {
  return absl::StrCat(ref.kind(), "/", ref.name());
}

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
    const auto puts = transaction.puts;
    const absl::Status committed = run_.durable_.Commit(std::move(transaction));
    if (committed.ok()) run_.Remember(puts);
    if (run_.Chance(1)) run_.Crash("after a commit");
    if (run_.crashed_) return Dead();
    if (!committed.ok()) run_.Note(absl::StrCat("a commit is refused: ", committed.message()));
    if (committed.ok() && run_.Chance(1)) {
      run_.Note("a commit's answer is lost");
      return absl::UnavailableError("the disk");
    }
    return committed;
  }
  void CommitLater(store::Transaction transaction, absl::Duration) override {
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
    if (request.dry_run()) {
      std::deque<pb::ApplyRequest> never;
      return Call("dry run", request, never, [&] { *response = run_.platform_.Apply(request); });
    }
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
    if (!run_.crashed_) CheckDeletion(request);
    return Call(what, request, run_.late_deletes_, [&] { run_.platform_.Delete(request); });
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
    if (run_.Chance(3)) late.push_back(request);  // Twice.
    if (run_.Chance(3)) {
      run_.Note(absl::StrCat("its reply is lost: ", what));
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "its reply is lost"};
    }
    return grpc::Status::OK;
  }

  // Nothing may be deleted that is wanted as it stands there, or that was not let go.
  void CheckDeletion(const pb::DeleteRequest& request) const {
    for (const common::v1::ObjectRef& ref : request.objects()) {
      const std::string key = store::ObjectKey(ref);
      const auto there = run_.platform_.objects().find(key);
      const auto owner = run_.durable_.Get(store::ObjectOwnerKey(key));
      if (there == run_.platform_.objects().end() || !owner.ok()) continue;
      if (there->second.deleting) continue;  // It goes already.
      const auto [ns, name] = scheduler::SplitApplicationKey(*owner);
      const auto inventory = scheduler::ReadInventory(run_.durable_, ns, name);
      const auto record = inventory->find(key);
      if (record != inventory->end() && record->second.wanted() &&
          record->second.generation() == there->second.applied.generation())
        run_.Violated(absl::StrCat("deleted ", key, ", which is wanted"));
      if (record != inventory->end()) run_.CheckLetGo(there->second.applied, record->second);
    }
  }

  Simulation& run_;
};

}  // namespace weft::simulation
