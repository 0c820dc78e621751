#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runtime/local/object.h"
#include "runtime/local/pod.h"
#include "runtime/local/rollout.h"

// A Job: how far it has come, and what is next. Pure. Source: Kubernetes, Job.
namespace weft::local {

// What must be known of a Job whatever becomes of its pods: a container that was removed does not
// make it run again.
struct JobRecord {
  struct End {
    bool complete = false;  // Else it failed.
    std::string reason;     // As Kubernetes says it: "BackoffLimitExceeded".
    std::string message;
    absl::Time time;

    bool operator==(const End&) const = default;
  };
  std::string template_hash;  // Of which it speaks; another template is another run.
  absl::Time started = absl::InfinitePast();  // InfinitePast: it is suspended.
  std::map<int, bool> ended = {};             // By the pod's index: whether it succeeded.
  std::set<int> dropped = {};  // Of pods that were ended without an end of their own.
  absl::Time last_failure = absl::InfinitePast();
  std::optional<End> end = {};

  int Succeeded() const;
  int Failed() const;

  bool operator==(const JobRecord&) const = default;
};

// Under which setting of the store the record of the object with this key is kept.
std::string RecordSetting(const std::string& key);

std::string JobRecordToJson(const JobRecord& record);
// Of a text that is not one: an empty one.
JobRecord JobRecordFromJson(const std::string& text);

struct JobPlan {
  JobRecord record;  // To be kept before anything else is done.
  RolloutPlan pods;
  absl::Duration again = absl::InfiniteDuration();  // When time alone changes something.
};

// The next step, from `pods`. Never more run at once than may, also while some still end.
JobPlan PlanJob(const ObjectRef& job, const JobSpec& spec, JobRecord record,
                const std::vector<Pod>& pods, absl::Time now);

// Source: Kubernetes API, batch/v1 JobStatus. `pods`: those that there are.
std::string JobStatusJson(const JobSpec& spec, const JobRecord& record,
                          const std::vector<Pod>& pods);

}  // namespace weft::local
