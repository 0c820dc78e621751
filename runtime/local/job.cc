#include "runtime/local/job.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/base/json_list.h"

namespace weft::local {
namespace {

// Source: Kubernetes, Job, "Pod backoff failure policy".
constexpr absl::Duration kFirstBackOff = absl::Seconds(10);
constexpr absl::Duration kLongestBackOff = absl::Minutes(6);

// Of a pod that was planned by index; -1: it was not.
int IndexOf(const Pod& pod) {
  int index = -1;
  const size_t dash = pod.name.rfind('-');
  return dash != std::string::npos && absl::SimpleAtoi(pod.name.substr(dash + 1), &index) ? index
                                                                                          : -1;
}

// How often its containers were run again.
int RestartsOf(const Pod& pod) {
  int restarts = 0;
  for (const Member& member : pod.members) restarts += member.run.number;
  return restarts;
}

absl::Time EndOf(const Pod& pod) {
  absl::Time end = absl::InfinitePast();
  for (const Member& member : pod.members)
    end = std::max({end, member.run.container.created, TimeOf(member.run.container.finished_at)});
  return end;
}

// What has come to an end is written down once.
void Record(const std::vector<Pod>& pods, JobRecord& record) {
  for (const Pod& pod : pods) {
    if (pod.template_hash != record.template_hash || pod.terminating || !Finished(pod) ||
        record.dropped.contains(IndexOf(pod)))
      continue;
    const bool succeeded = PhaseOf(pod) == Phase::kSucceeded;
    const bool fresh = record.ended.try_emplace(IndexOf(pod), succeeded).second;
    if (fresh && !succeeded) record.last_failure = std::max(record.last_failure, EndOf(pod));
  }
}

// Source: Kubernetes, the Job controller: exceedsBackoffLimit and pastBackoffLimitOnFailure.
bool FailedTooOften(const JobSpec& spec, const JobRecord& record, const std::vector<Pod>& active) {
  if (record.Failed() > spec.backoff_limit) return true;
  if (spec.pod.restart != RestartPolicy::kOnFailure) return false;
  int restarts = 0;
  for (const Pod& pod : active) restarts += RestartsOf(pod);
  return restarts > 0 && restarts >= spec.backoff_limit;
}

std::optional<JobRecord::End> EndNow(const JobSpec& spec, const JobRecord& record,
                                     const std::vector<Pod>& active, absl::Time now) {
  const bool complete = spec.completions.has_value() ? record.Succeeded() >= *spec.completions
                                                     : record.Succeeded() > 0 && active.empty();
  if (complete)
    return JobRecord::End{true, "CompletionsReached", "Reached expected number of succeeded pods",
                          now};
  if (FailedTooOften(spec, record, active))
    return JobRecord::End{false, "BackoffLimitExceeded",
                          "Job has reached the specified backoff limit", now};
  if (!spec.suspend && now - record.started >= spec.active_deadline)
    return JobRecord::End{false, "DeadlineExceeded",
                          "Job was active longer than specified deadline", now};
  return std::nullopt;
}

// How many pods are to run now.
int Wanted(const JobSpec& spec, const JobRecord& record, int active) {
  if (spec.completions.has_value())
    return std::min(spec.parallelism, *spec.completions - record.Succeeded());
  return record.Succeeded() > 0 ? std::min(spec.parallelism, active) : spec.parallelism;
}

}  // namespace

int JobRecord::Succeeded() const {
  return static_cast<int>(
      std::count_if(ended.begin(), ended.end(), [](const auto& pod) { return pod.second; }));
}

int JobRecord::Failed() const { return static_cast<int>(ended.size()) - Succeeded(); }

std::string RecordSetting(const std::string& key) { return absl::StrCat("record of ", key); }

std::string JobRecordToJson(const JobRecord& record) {
  json::array succeeded, failed;
  for (const auto& [index, well] : record.ended) (well ? succeeded : failed).push_back(index);
  json::object v = {{"template", record.template_hash},
                    {"succeeded", std::move(succeeded)},
                    {"failed", std::move(failed)},
                    {"dropped", json::array(record.dropped.begin(), record.dropped.end())}};
  if (record.started > absl::InfinitePast()) v["started"] = TimeText(record.started);
  if (record.last_failure > absl::InfinitePast()) v["lastFailure"] = TimeText(record.last_failure);
  if (record.end.has_value())
    v["end"] = json::object{{"complete", record.end->complete},
                            {"reason", record.end->reason},
                            {"message", record.end->message},
                            {"time", TimeText(record.end->time)}};
  return json::Canonical(v);
}

JobRecord JobRecordFromJson(const std::string& text) {
  JobRecord record;
  const absl::StatusOr<json::value> v = json::Parse(text);
  if (!v.ok()) return record;
  record.template_hash = json::GetString(*v, {"template"});
  record.started = TimeOf(json::GetString(*v, {"started"}));
  record.last_failure = TimeOf(json::GetString(*v, {"lastFailure"}));
  for (const auto& [list, well] : {std::pair("succeeded", true), std::pair("failed", false)})
    for (const json::value& index : json::ListAt(*v, list))
      if (index.is_int64()) record.ended[static_cast<int>(index.get_int64())] = well;
  for (const json::value& index : json::ListAt(*v, "dropped"))
    if (index.is_int64()) record.dropped.insert(static_cast<int>(index.get_int64()));
  if (const json::value* end = json::Find(*v, "end"))
    record.end =
        JobRecord::End{json::GetBool(*end, {"complete"}), json::GetString(*end, {"reason"}),
                       json::GetString(*end, {"message"}), TimeOf(json::GetString(*end, {"time"}))};
  return record;
}

JobPlan PlanJob(const ObjectRef& job, const JobSpec& spec, JobRecord record,
                const std::vector<Pod>& pods, absl::Time now) {
  JobPlan plan;
  plan.pods.up_to_date = true;
  if (record.template_hash != spec.pod.hash) record = {.template_hash = spec.pod.hash};
  if (spec.suspend) record.started = absl::InfinitePast();
  if (!spec.suspend && record.started == absl::InfinitePast()) record.started = now;
  Record(pods, record);
  std::vector<Pod> active, finished;
  std::set<std::string> taken;
  int ending = 0;
  for (const Pod& pod : pods) {
    taken.insert(pod.name);
    const bool old = pod.template_hash != spec.pod.hash;
    if (old) plan.pods.up_to_date = false;
    if (pod.terminating) {
      ++ending;
    } else if (old || record.dropped.contains(IndexOf(pod))) {
      plan.pods.remove.push_back(pod);
    } else {
      (Finished(pod) ? finished : active).push_back(pod);
    }
  }
  if (!record.end.has_value()) record.end = EndNow(spec, record, active, now);
  int wanted = 0;
  if (record.end.has_value()) {
    const absl::Time gone = record.end->time + spec.ttl;
    if (now < gone) plan.again = gone - now;
    std::vector<Pod>& to = now < gone ? plan.pods.keep : plan.pods.remove;
    to.insert(to.end(), finished.begin(), finished.end());
  } else {
    plan.pods.keep = std::move(finished);
    if (!spec.suspend) {
      plan.again = record.started + spec.active_deadline - now;
      wanted = Wanted(spec, record, static_cast<int>(active.size()));
    }
  }
  // Those that have come furthest stay.
  std::sort(active.begin(), active.end(), [](const Pod& a, const Pod& b) {
    return a.sandbox.created != b.sandbox.created ? a.sandbox.created < b.sandbox.created
                                                  : a.name < b.name;
  });
  for (size_t i = 0; i < active.size(); ++i) {
    const bool stays = static_cast<int>(i) < wanted;
    if (!stays) record.dropped.insert(IndexOf(active[i]));
    (stays ? plan.pods.keep : plan.pods.remove).push_back(std::move(active[i]));
  }
  // What still ends has its place until it is gone, so that never more run than may.
  ending += static_cast<int>(plan.pods.remove.size());
  int missing = wanted - static_cast<int>(active.size()) - ending;
  if (missing > 0 && record.Failed() > 0) {
    const absl::Time at =
        record.last_failure +
        std::min(kFirstBackOff * (1 << std::min(record.Failed() - 1, 10)), kLongestBackOff);
    // A clock that was set back delays nothing.
    if (at > now && record.last_failure <= now) {
      missing = 0;
      plan.again = std::min(plan.again, at - now);
    }
  }
  for (int index = 0; missing > 0; ++index) {
    Pod pod = PlannedPod(job, spec.pod, index);
    if (record.ended.contains(index) || record.dropped.contains(index) || taken.contains(pod.name))
      continue;
    plan.pods.create.push_back(std::move(pod));
    --missing;
  }
  plan.record = std::move(record);
  return plan;
}

std::string JobStatusJson(const JobSpec& spec, const JobRecord& record,
                          const std::vector<Pod>& pods) {
  int active = 0, ready = 0;
  for (const Pod& pod : pods) {
    if (pod.terminating || Finished(pod)) continue;
    ++active;
    if (pod.readiness() == Readiness::kReady) ++ready;
  }
  json::object status = {{"active", active},
                         {"ready", ready},
                         {"succeeded", record.Succeeded()},
                         {"failed", record.Failed()}};
  if (record.started > absl::InfinitePast()) status["startTime"] = TimeText(record.started);
  json::array conditions;
  const auto add = [&](const char* type, const std::string& reason, const std::string& message) {
    conditions.push_back(
        json::object{{"type", type}, {"status", "True"}, {"reason", reason}, {"message", message}});
  };
  if (record.end.has_value()) {
    add(record.end->complete ? "Complete" : "Failed", record.end->reason, record.end->message);
    if (record.end->complete) status["completionTime"] = TimeText(record.end->time);
  } else if (spec.suspend) {
    add("Suspended", "JobSuspended", "Job suspended");
  }
  if (!conditions.empty()) status["conditions"] = std::move(conditions);
  return json::Canonical(status);
}

}  // namespace weft::local
