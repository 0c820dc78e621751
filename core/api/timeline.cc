#include "core/api/timeline.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status.h"
#include "core/scheduler/records.h"

namespace weft::api {
namespace {

namespace pb = ::weft::provider::v1;

using core::v1::TimelineRequest;
using core::v1::TimelineResponse;
using Done = std::function<void(absl::StatusOr<TimelineResponse>)>;

// Source: weft.core.v1, Timeline; weft.provider.v1, TimelineResponse.
constexpr absl::Duration kLongest = absl::Hours(24 * 366);
constexpr int kMostOfInstance = 1000;
constexpr int kMostOfAll = 10000;  // A message has to hold them.

absl::Time TimeOf(const google::protobuf::Timestamp& from) {
  return absl::FromUnixSeconds(from.seconds()) + absl::Nanoseconds(from.nanos());
}

// What is asked about one instance.
struct Question {
  std::string instance_name;
  std::string provider;
  bool trait = false;
  pb::TimelineRequest request;

  std::string Problem(const std::string& what) const {
    return absl::StrCat(request.instance().type(), " of ", instance_name, ": ", what);
  }
};

// In the order of the document.
std::vector<Question> QuestionsFor(const store::v1::ApplicationRecord& record,
                                   const TimelineRequest& request) {
  std::vector<Question> questions;
  if (record.deleting()) return questions;
  const auto add = [&](const auto& of, bool trait, const std::string& instance_name) {
    if (!of.timeline()) return;
    Question& question = questions.emplace_back();
    question.instance_name = instance_name;
    question.provider = of.provider();
    question.trait = trait;
    *question.request.mutable_instance() = of.instance();
    *question.request.mutable_from() = request.from();
    *question.request.mutable_to() = request.to();
  };
  for (const store::v1::InstanceRecord& instance : record.instances()) {
    const std::string& name = instance.instance().name();
    add(instance, /*trait=*/false, name);
    for (const store::v1::TraitRecord& trait : instance.traits()) add(trait, /*trait=*/true, name);
  }
  return questions;
}

// Adds what one instance will do; a provider that breaks the rules of its answer costs only itself.
void AddAnswer(const Question& question, const pb::TimelineResponse& answer,
               TimelineResponse& response) {
  const absl::Time from = TimeOf(question.request.from()), to = TimeOf(question.request.to());
  const int count = std::min(answer.entries_size(), kMostOfInstance);
  for (int i = 0; i < count; ++i) {
    const pb::TimelineResponse::Entry& entry = answer.entries(i);
    if (TimeOf(entry.time()) < from || TimeOf(entry.time()) >= to) continue;
    TimelineResponse::Entry* out = response.add_entries();
    *out->mutable_time() = entry.time();
    out->set_instance_name(question.instance_name);
    out->set_type(question.request.instance().type());
    out->set_effect(entry.effect());
    out->set_reason(entry.reason());
  }
  if (count == kMostOfInstance)
    response.add_problems(
        question.Problem(absl::StrCat("only its first ", kMostOfInstance, " changes are told")));
}

void SortAndCut(TimelineResponse& response) {
  auto& entries = *response.mutable_entries();
  std::stable_sort(
      entries.pointer_begin(), entries.pointer_end(),
      [](const auto* a, const auto* b) { return TimeOf(a->time()) < TimeOf(b->time()); });
  if (entries.size() <= kMostOfAll) return;
  entries.DeleteSubrange(kMostOfAll, entries.size() - kMostOfAll);
  response.add_problems(absl::StrCat("only the first ", kMostOfAll, " changes are told"));
}

// The answers of all providers on their way into one. Thread-safe.
class Gathering final {
 public:
  Gathering(std::vector<Question> questions, Done done)
      : questions_(std::move(questions)),
        done_(std::move(done)),
        answers_(questions_.size(), absl::UnknownError("not asked")),
        waiting_(questions_.size()) {}

  const std::vector<Question>& questions() const { return questions_; }

  void Take(size_t question, absl::StatusOr<pb::TimelineResponse> answer) {
    {
      std::lock_guard lock(mutex_);
      answers_[question] = std::move(answer);
      if (--waiting_ > 0) return;
    }
    Finish();
  }

  // Every question is answered.
  void Finish() const {
    TimelineResponse response;
    for (size_t i = 0; i < questions_.size(); ++i) {
      if (answers_[i].ok()) {
        AddAnswer(questions_[i], *answers_[i], response);
      } else {
        response.add_problems(questions_[i].Problem(std::string(answers_[i].status().message())));
      }
    }
    SortAndCut(response);
    done_(std::move(response));
  }

 private:
  const std::vector<Question> questions_;
  const Done done_;
  std::mutex mutex_;
  std::vector<absl::StatusOr<pb::TimelineResponse>> answers_;
  size_t waiting_;
};

void Ask(const mesh::Providers& providers, const std::shared_ptr<Gathering>& gathering) {
  const std::vector<Question>& questions = gathering->questions();
  if (questions.empty()) return gathering->Finish();
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::string away = providers.WhyAway(questions[i].provider);
    const auto stub = away.empty() ? providers.Find(questions[i].provider) : nullptr;
    auto take = [gathering, i](absl::StatusOr<pb::TimelineResponse> answer) {
      gathering->Take(i, std::move(answer));
    };
    if (stub == nullptr) {
      take(absl::UnavailableError(away));
    } else if (questions[i].trait) {
      stub->TraitTimeline(questions[i].request, std::move(take));
    } else {
      stub->WorkloadTimeline(questions[i].request, std::move(take));
    }
  }
}

}  // namespace

void Foretell(const TimelineRequest& request, store::Store& store, const mesh::Providers& providers,
              Done done) {
  const absl::Duration span = TimeOf(request.to()) - TimeOf(request.from());
  if (span <= absl::ZeroDuration() || span > kLongest)
    return done(
        absl::InvalidArgumentError("`to` is not after `from`, or more than 366 days after it"));
  auto stored = scheduler::ReadApplication(store, request.namespace_(), request.name());
  if (!stored.ok()) return done(stored.status());
  Ask(providers,
      std::make_shared<Gathering>(QuestionsFor(stored->record, request), std::move(done)));
}

}  // namespace weft::api
