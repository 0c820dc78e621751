#include "core/scheduler/status.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/json.h"
#include "core/scheduler/claims.h"
#include "core/scheduler/drift.h"
#include "core/scheduler/leaving.h"
#include "core/scheduler/pod_status.h"
#include "core/scheduler/render_again.h"
#include "core/scheduler/runtime_choice.h"
#include "core/store/object_key.h"

namespace weft::scheduler {
namespace {

using common::v1::Health;
using google::protobuf::util::TimeUtil;

constexpr char kNotAssessed[] = "NotAssessed";

Health MakeHealth(common::v1::Verdict verdict, const std::string& reason,
                  const std::string& message) {
  Health health;
  health.set_verdict(verdict);
  health.set_reason(reason);
  health.set_message(message);
  return health;
}

// Composes one application.
class Composer {
 public:
  explicit Composer(const StatusInput& input) : input_(input) {}

  core::v1::Application Make() {
    const store::v1::ApplicationRecord& record = input_.record;
    to_.set_namespace_(record.name_space());
    to_.set_name(record.name());
    to_.set_generation(record.generation());
    to_.set_deleting(record.deleting());
    to_.set_runtime(RuntimeOf(record));
    *to_.mutable_created() = TimeUtil::MillisecondsToTimestamp(record.created_unix_ms());
    *to_.mutable_updated() = TimeUtil::MillisecondsToTimestamp(record.updated_unix_ms());
    for (const std::string& problem : input_.problems) to_.add_problems(problem);
    settled_ = !input_.pending && input_.problems.empty() && input_.observed.complete;
    for (const auto& [key, object] : input_.inventory) {
      settled_ = settled_ && object.wanted() && object.accepted() == object.generation();
    }
    worst_ = MakeHealth(common::v1::VERDICT_HEALTHY, "Healthy", "");
    for (const store::v1::InstanceRecord& instance : record.instances()) AddComponent(instance);
    if (record.deleting())
      worst_ = MakeHealth(common::v1::VERDICT_PROGRESSING, "Deleting", "it is being deleted");
    AddLeaving();
    AddRenderAgain();
    *to_.mutable_health() = worst_;
    to_.set_settled(settled_);
    return std::move(to_);
  }

 private:
  void AddLeaving() {
    std::map<std::pair<std::string, std::string>, core::v1::LeavingInstance> by_key;
    for (const store::v1::LeavingRecord& record : input_.record.leaving()) {
      settled_ = false;
      core::v1::LeavingInstance leaving;
      leaving.set_key(InstanceOf(record).key());
      leaving.set_type(InstanceOf(record).type());
      *leaving.mutable_since() = TimeUtil::MillisecondsToTimestamp(record.since_unix_ms());
      leaving.set_blocked(IsBlocked(record, input_.now));
      leaving.set_message(input_.waits_for(record));
      if (leaving.blocked())
        Judge(DescribeInstance(record),
              MakeHealth(common::v1::VERDICT_DEGRADED, "FinalizeBlocked", leaving.message()));
      by_key[{leaving.key(), leaving.type()}] = std::move(leaving);
    }
    for (auto& [key, leaving] : by_key) *to_.add_leaving() = std::move(leaving);
  }

  void AddRenderAgain() {
    const store::v1::RenderAgainRecord& again = input_.again;
    if (!again.problem().empty())
      to_.add_problems(
          absl::StrCat("cannot be rendered for what a provider reported: ", again.problem()));
    if (again.held().empty() || again.confirmed() == DigestOf(again.held())) return;
    *to_.mutable_held_deletions() = again.held();
    to_.set_held_digest(DigestOf(again.held()));
    to_.add_problems(absl::StrCat("rendered for what a provider reported, it would lose ",
                                  again.held_size(), " objects: weft confirm ", to_.name()));
  }

  // What has no answer yet of its provider is on its way, at best.
  void Wait(const std::string& instance, Health& health) const {
    if (IsWorse(health.verdict(), common::v1::VERDICT_PROGRESSING)) return;
    const auto reason = input_.again.waits().find(instance);
    health = MakeHealth(common::v1::VERDICT_PROGRESSING, "NotReady",
                        reason == input_.again.waits().end() ? "" : reason->second);
  }

  void AddComponent(const store::v1::InstanceRecord& instance) {
    core::v1::ComponentStatus* to = to_.add_components();
    to->set_instance_name(instance.instance().name());
    to->set_component_name(instance.component_name());
    to->set_revision(instance.revision());
    to->set_latest_revision(input_.latest_revision(instance.component_name()));
    to->set_workload_type(instance.instance().type());
    bool accepted = true;
    for (const common::v1::ObjectRef& ref : instance.objects()) {
      core::v1::ObjectStatus* object = to->add_objects();
      *object->mutable_ref() = ref;
      const auto known = input_.inventory.find(store::ObjectKey(ref));
      if (known == input_.inventory.end()) continue;
      object->set_accepted(known->second.accepted() == known->second.generation());
      object->set_message(known->second.replacing() ? "is deleted, to be made anew"
                                                    : known->second.problem());
      accepted = accepted && object->accepted();
      AddSteered(known->first, known->second, *object);
      AddContested(known->second, *object);
    }
    for (const auto& [key, projection] : input_.observed.objects) {
      if (projection.owner() == instance.instance().key() && projection.ref().kind() == "Pod")
        *to->add_pods() = ReadPodStatus(projection);
    }
    SetWorkloadHealth(instance, accepted, *to);
    if (instance.not_ready()) Wait(instance.instance().key(), *to->mutable_health());
    Judge(to->instance_name(), to->health());
    for (const store::v1::TraitRecord& trait : instance.traits()) {
      core::v1::TraitStatus* trait_to = to->add_traits();
      trait_to->set_type(trait.instance().type());
      *trait_to->mutable_health() = TraitHealth(trait);
      if (trait.not_ready()) Wait(trait.instance().key(), *trait_to->mutable_health());
      Judge(absl::StrCat(trait.instance().type(), " of ", to->instance_name()), trait_to->health());
    }
  }

  void AddSteered(const std::string& key, const store::v1::InventoryRecord& record,
                  core::v1::ObjectStatus& to) {
    const auto desired = input_.desired.find(key);
    if (desired == input_.desired.end()) return;
    for (const store::v1::SteeredLeafRecord& leaf : desired->second.steered()) {
      core::v1::SteeredLeafStatus* steered = to.add_steered();
      steered->set_pointer(leaf.pointer());
      steered->set_by(leaf.owner());
      const store::v1::ClaimRecord* claim = FindClaim(record, leaf);
      if (claim == nullptr) continue;
      if (!claim->released()) steered->set_value(claim->value());
      steered->set_reason(claim->reason());
      *steered->mutable_acted() = TimeUtil::MillisecondsToTimestamp(claim->acted_unix_ms());
    }
  }

  // Whoever reads the problems has to decide; nothing is left to be carried out.
  void AddContested(const store::v1::InventoryRecord& record, core::v1::ObjectStatus& to) {
    for (const store::v1::ContestedRecord& leaf : record.contested()) {
      core::v1::ContestedLeaf* contested = to.add_contested();
      contested->set_pointer(leaf.pointer());
      contested->set_writer(leaf.writer());
      to_.add_problems(absl::StrCat(record.ref().kind(), "/", record.ref().name(), " ",
                                    DescribeContested(leaf)));
    }
  }

  void SetWorkloadHealth(const store::v1::InstanceRecord& instance, bool accepted,
                         core::v1::ComponentStatus& to) {
    if (!instance.assesses()) {
      *to.mutable_health() = accepted
                                 ? Reported(instance.instance().key())
                                 : MakeHealth(common::v1::VERDICT_PROGRESSING, "NotAccepted", "");
      return;
    }
    const Opinion opinion = input_.opinion(instance.instance().key());
    const std::string failure = Failure(opinion, instance.provider());
    settled_ = settled_ && opinion.current;
    if (!opinion.known) {
      *to.mutable_health() = MakeHealth(
          failure.empty() ? common::v1::VERDICT_PROGRESSING : common::v1::VERDICT_UNKNOWN,
          kNotAssessed, failure);
      return;
    }
    *to.mutable_health() = opinion.health;
    to.set_stale(!failure.empty());
    to.set_stale_reason(failure);
  }

  // Of an instance whose type does not assess: what its provider reported, if it did.
  Health Reported(const std::string& instance) const {
    const auto report = input_.reports.find(instance);
    return report != input_.reports.end() && report->second.has_health()
               ? report->second.health()
               : MakeHealth(common::v1::VERDICT_HEALTHY, kNotAssessed, "");
  }

  Health TraitHealth(const store::v1::TraitRecord& trait) {
    if (!trait.assesses()) return Reported(trait.instance().key());
    const Opinion opinion = input_.opinion(trait.instance().key());
    const std::string failure = Failure(opinion, trait.provider());
    settled_ = settled_ && opinion.current;
    if (!failure.empty()) return MakeHealth(common::v1::VERDICT_UNKNOWN, "ProviderAway", failure);
    if (!opinion.known) return MakeHealth(common::v1::VERDICT_PROGRESSING, kNotAssessed, "");
    return opinion.health;
  }

  std::string Failure(const Opinion& opinion, const std::string& provider) const {
    const std::string away = input_.why_away(provider);
    return away.empty() && !opinion.failure.empty()
               ? absl::StrCat("the provider ", provider, " ", opinion.failure)
               : away;
  }

  void Judge(const std::string& subject, const Health& health) {
    if (!IsWorse(health.verdict(), worst_.verdict())) return;
    worst_ =
        MakeHealth(health.verdict(), health.reason(),
                   absl::StrCat(subject, health.message().empty() ? "" : ": ", health.message()));
  }

  const StatusInput& input_;
  core::v1::Application to_;
  Health worst_;
  bool settled_ = false;
};

int Rank(common::v1::Verdict verdict) {
  switch (verdict) {
    case common::v1::VERDICT_HEALTHY:
      return 0;
    case common::v1::VERDICT_PROGRESSING:
      return 1;
    case common::v1::VERDICT_DEGRADED:
      return 3;
    case common::v1::VERDICT_FAILED:
      return 4;
    default:
      return 2;
  }
}

}  // namespace

bool IsWorse(common::v1::Verdict a, common::v1::Verdict b) { return Rank(a) > Rank(b); }

core::v1::Application MakeStatus(const StatusInput& input) { return Composer(input).Make(); }

}  // namespace weft::scheduler
