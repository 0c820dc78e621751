#include "runtime/kubernetes/applier.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/data_directory.h"
#include "core/base/status.h"
#include "runtime/kubernetes/managed_fields.h"
#include "runtime/kubernetes/refusal.h"

namespace weft::kubernetes {
namespace {

using Outcome = ApplyResult::Outcome;

// An object whose status changes all the time may be in conflict often; each time it is read again.
constexpr int kMostRounds = 20;
constexpr char kDryRun[] = "&dryRun=All";
// Every cluster has it. What is checked there bears a name of no object.
constexpr char kStandInNamespace[] = "default";

ApplyResult Failed(Outcome outcome, std::string message) {
  ApplyResult result;
  result.outcome = outcome;
  result.message = std::move(message);
  return result;
}

ApplyResult Failed(const absl::Status& status) {
  ApplyResult result = Failed(Outcome::kFailed, std::string(status.message()));
  result.unreachable = absl::IsUnavailable(status);
  return result;
}

// The API server would take the namespace of such an object away, and with it what the core knows
// of it: whether it has one is the core's to judge (docs/merge.md).
ApplyResult BadScope(const Resource& resource) {
  ApplyResult result =
      Failed(Outcome::kRefused,
             absl::StrCat("objects of the kind ", resource.kind, " of ", resource.api_version, " ",
                          resource.namespaced ? "need a namespace" : "have no namespace"));
  result.problems.push_back({"UNSUPPORTED_VALUE", "/metadata/namespace", result.message});
  return result;
}

std::string Installation(const json::value& object) {
  return json::GetString(object, {"metadata", "labels", kInstallationLabel});
}

bool IsBeingDeleted(const json::value& object) {
  return json::FindPath(object, {"metadata", "deletionTimestamp"}) != nullptr;
}

bool IsMissingNamespace(const ApiStatus& status) {
  return status.code == 404 && status.kind == "namespaces";
}

// A precondition of ours did not hold: the object is another one now.
bool IsConflict(const ApiStatus& status) {
  return status.code == 409 ||
         (status.code == 422 &&
          std::any_of(status.causes.begin(), status.causes.end(),
                      [](const auto& cause) { return cause.field == "metadata.uid"; }));
}

}  // namespace

// One Apply of one object.
struct Applier::Attempt {
  const AppliedObject& wanted;
  Resource resource;
  json::value before;  // As it was found first; null: it was not there.
  json::value live;    // As it was seen last; null: it is not there.
  bool looked = false;
  AppliedSoFar done;
  ApplyResult result;

  std::string Path() const { return resource.ObjectPath(wanted.ref.ns, wanted.ref.name); }
};

ApplyResult Applier::Apply(const AppliedObject& wanted, bool dry_run) {
  const auto resource = discovery_.Find(wanted.ref.api_version, wanted.ref.kind);
  if (absl::IsNotFound(resource.status())) {
    ApplyResult result = Failed(Outcome::kRefused, std::string(resource.status().message()));
    result.problems.push_back({"UNSUPPORTED_KIND", "/kind", result.message});
    return result;
  }
  if (!resource.ok()) return Failed(resource.status());
  if (resource->namespaced == wanted.ref.ns.empty()) return BadScope(*resource);
  const ObjectLocks::Held held(locks_, runtime::KeyOf(wanted.ref));
  Attempt attempt{wanted, *resource};
  if (dry_run) return DryRun(attempt);
  if (options_.seems_absent) attempt.looked = options_.seems_absent(wanted.ref);
  ApplyResult result = Carry(attempt);
  if (result.outcome != Outcome::kAccepted) return result;
  result.digest = Digest(attempt.live, ManagedFields(attempt.live));
  result.corrections = Corrections(wanted, attempt.before, attempt.live);
  if (options_.on_applied) options_.on_applied(attempt.resource, attempt.live);
  return result;
}

ApplyResult Applier::Carry(Attempt& attempt) {
  for (int round = 0; round < kMostRounds; ++round) {
    if (!attempt.looked && !Look(attempt)) return attempt.result;
    const auto step = NextStep(attempt.wanted, attempt.live, attempt.done);
    if (!step.has_value()) return {};
    if (!Take(attempt, *step)) return attempt.result;
  }
  return Failed(Outcome::kFailed, "somebody else changes the object all the time");
}

// Reads the object. False: the attempt ends with its result.
bool Applier::Look(Attempt& attempt) {
  const std::string what = runtime::Describe(attempt.wanted.ref);
  auto found = ReadObject(server_.Send({.path = attempt.Path()}), absl::StrCat("read ", what));
  attempt.looked = true;
  attempt.live = nullptr;
  if (absl::IsNotFound(found.status())) return true;
  if (!found.ok()) {
    attempt.result = Failed(found.status());
    return false;
  }
  attempt.live = *std::move(found);
  if (attempt.before.is_null()) attempt.before = attempt.live;
  const std::string installation = Installation(attempt.live);
  if (installation != options_.installation) {
    attempt.result = Failed(
        Outcome::kRefused,
        absl::StrCat(what, " is there already and is ",
                     installation.empty() ? "not made by Weft"
                                          : absl::StrCat("of the installation ", installation),
                     ": rename the instance, or remove that object"));
    return false;
  }
  if (IsBeingDeleted(attempt.live)) {
    attempt.result = Failed(Outcome::kFailed, absl::StrCat(what, " is still being deleted"));
    return false;
  }
  const uint64_t accepted = AcceptedGeneration(attempt.live, ManagedFields(attempt.live));
  if (accepted > attempt.wanted.generation) {
    attempt.result = Failed(Outcome::kOutdated,
                            absl::StrCat("generation ", accepted, " of ", what, " was accepted"));
    return false;
  }
  return true;
}

absl::StatusOr<HttpResponse> Applier::SendStep(const Attempt& attempt, const ApplyStep& step,
                                               const std::string& more) {
  return server_.Send({.method = "PATCH",
                       .path = absl::StrCat(attempt.Path(), "?fieldManager=", step.manager,
                                            "&force=true&fieldValidation=Strict", more),
                       .body = json::Canonical(step.body),
                       .content_type = "application/apply-patch+yaml"});
}

// Sends one step. False: the attempt ends with its result.
bool Applier::Take(Attempt& attempt, const ApplyStep& step) {
  const auto response = SendStep(attempt, step, "");
  if (response.ok() && !response->ok()) return TakeFailure(attempt, step, ReadApiStatus(*response));
  auto object = ReadObject(response, absl::StrCat("apply ", runtime::Describe(attempt.wanted.ref)));
  if (!object.ok()) {
    attempt.result = Failed(object.status());
    return false;
  }
  attempt.live = *std::move(object);
  (step.own ? attempt.done.own : attempt.done.steered) = true;
  return true;
}

bool Applier::TakeFailure(Attempt& attempt, const ApplyStep& step, const ApiStatus& status) {
  if (IsConflict(status)) {
    attempt.looked = false;
    return true;
  }
  if (IsMissingNamespace(status)) {
    const absl::Status made = MakeNamespace(attempt.wanted.ref.ns);
    if (!made.ok()) attempt.result = Failed(made);
    return made.ok();
  }
  const std::string what = runtime::Describe(attempt.wanted.ref);
  if (status.code != 400 && status.code != 413 && status.code != 422) {
    attempt.result = Failed(ToStatus(status, absl::StrCat("apply ", what)));
    return false;
  }
  attempt.result = Failed(Outcome::kRefused, status.message);
  attempt.result.problems = ReadProblems(status, step.body);
  attempt.result.immutable = ReadImmutable(status, step.body);
  return false;
}

// Whether the object, which nobody of ours seems to have, could be made: one request, and a cheaper
// one than a look and an apply. What it says against it an apply says better.
bool Applier::CouldBeMade(const Attempt& attempt) {
  if (!options_.seems_absent || !options_.seems_absent(attempt.wanted.ref)) return false;
  const auto response = server_.Send(
      {.method = "POST",
       .path = absl::StrCat(attempt.resource.CollectionPath(attempt.wanted.ref.ns),
                            "?fieldManager=", kManager, "&fieldValidation=Strict", kDryRun),
       .body = json::Canonical(WholeBody(attempt.wanted))});
  return response.ok() && response->ok();
}

ApplyResult Applier::DryRun(Attempt& attempt) {
  if (CouldBeMade(attempt)) return {};
  if (!Look(attempt) && attempt.result.outcome == Outcome::kRefused) return attempt.result;
  ApplyStep step{kManager, WholeBody(attempt.wanted), true};
  auto response = SendStep(attempt, step, kDryRun);
  AppliedObject stand_in = attempt.wanted;
  if (response.ok() && IsMissingNamespace(ReadApiStatus(*response))) {
    stand_in.ref.ns = kStandInNamespace;
    stand_in.ref.name = "weft-dry-run-" + RandomHex(8);
    step.body = WholeBody(stand_in);
    response = SendStep(Attempt{stand_in, attempt.resource}, step, kDryRun);
  }
  if (!response.ok()) return Failed(response.status());
  if (response->ok()) return {};
  const ApiStatus status = ReadApiStatus(*response);
  attempt.result = {};
  if (status.code != 403) {
    TakeFailure(attempt, step, status);
    return attempt.result;
  }
  ApplyResult result = Failed(Outcome::kRefused, status.message);
  result.problems = ReadProblems(status, step.body);
  return result;
}

absl::Status Applier::MakeNamespace(const std::string& ns) {
  const json::value body = json::object{
      {"apiVersion", "v1"},
      {"kind", "Namespace"},
      {"metadata",
       json::object{{"name", ns},
                    {"labels", json::object{{kInstallationLabel, options_.installation}}}}}};
  const auto response = server_.Send({.method = "POST",
                                      .path = "/api/v1/namespaces?fieldManager=weft",
                                      .body = json::Canonical(body)});
  const absl::Status status = ReadObject(response, absl::StrCat("make namespace ", ns)).status();
  return absl::IsAborted(status) ? absl::OkStatus() : status;  // Somebody else made it.
}

absl::Status Applier::Delete(const ObjectRef& ref) {
  const auto resource = discovery_.Find(ref.api_version, ref.kind);
  if (absl::IsNotFound(resource.status())) return absl::OkStatus();
  if (!resource.ok()) return resource.status();
  const ObjectLocks::Held held(locks_, runtime::KeyOf(ref));
  const std::string path = resource->ObjectPath(ref.ns, ref.name);
  const std::string what = absl::StrCat("delete ", runtime::Describe(ref));
  for (int round = 0; round < kMostRounds; ++round) {
    const auto live = ReadObject(server_.Send({.path = path}), what);
    if (absl::IsNotFound(live.status())) return absl::OkStatus();
    if (!live.ok()) return live.status();
    if (Installation(*live) != options_.installation) return absl::OkStatus();
    // A Job that is gone while its pods still run would run twice with the one that comes after it.
    const json::value body = json::object{
        {"propagationPolicy", ref.kind == "Job" ? "Foreground" : "Background"},
        {"preconditions", json::object{{"uid", json::GetString(*live, {"metadata", "uid"})}}}};
    const absl::Status deleted =
        ReadObject(server_.Send({.method = "DELETE", .path = path, .body = json::Canonical(body)}),
                   what)
            .status();
    // ABORTED: it is another object of that name by now.
    if (!absl::IsAborted(deleted)) return absl::IsNotFound(deleted) ? absl::OkStatus() : deleted;
  }
  return absl::AbortedError(absl::StrCat(what, ": it is made again all the time"));
}

}  // namespace weft::kubernetes
