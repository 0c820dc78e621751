#include <algorithm>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/check/example.h"
#include "core/check/rules.h"
#include "core/merge/merge.h"
#include "core/mesh/answer_check.h"
#include "core/resolve/schema.h"
#include "core/scheduler/requests.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;

constexpr int kRepetitions = 5;
constexpr int kThreads = 8;
constexpr int kUnknownField = 19'876;

absl::Status Failed(const std::string& what) { return absl::FailedPreconditionError(what); }

// Asks; an error of the call becomes one that says for which instance.
absl::StatusOr<pb::RenderResponse> Ask(Subject& subject, const Request& request) {
  absl::StatusOr<pb::RenderResponse> answer = subject.Render(request);
  if (answer.ok()) return answer;
  // What follows from what another rule says is not said again.
  if (absl::IsDeadlineExceeded(answer.status()))
    return absl::UnimplementedError("it does not answer in time: see deadline");
  if (absl::IsResourceExhausted(answer.status()))
    return absl::UnimplementedError("its answer is too large: see limits");
  return Failed(absl::StrCat("Render of the instance ", InstanceOf(request).name(),
                             " failed: ", absl::StatusCodeToString(answer.status().code()), ": ",
                             answer.status().message()));
}

bool HasError(const pb::RenderResponse& answer) {
  return std::any_of(answer.diagnostics().begin(), answer.diagnostics().end(), [](const auto& d) {
    return d.severity() != common::v1::SEVERITY_WARNING &&
           d.severity() != common::v1::SEVERITY_NOTE;
  });
}

// The answer as one text, with the JSON of its parts canonical: equal answers, equal texts.
std::string Fingerprint(pb::RenderResponse answer) {
  for (pb::Part& part : *answer.mutable_parts()) {
    if (auto canonical = json::Canonicalize(part.json()); canonical.ok())
      part.set_json(*std::move(canonical));
  }
  return answer.SerializeAsString();
}

// Compares what is answered now with what was answered before.
absl::Status Same(Subject& subject, const Request& request, const std::string& before,
                  const std::string& how) {
  WEFT_ASSIGN_OR_RETURN(const pb::RenderResponse answer, Ask(subject, request));
  if (Fingerprint(answer) == before) return absl::OkStatus();
  return Failed(absl::StrCat("the same request for the instance ", InstanceOf(request).name(),
                             " was answered otherwise ", how));
}

absl::Status SameConcurrently(Subject& subject, const std::vector<Request>& requests,
                              const std::vector<std::string>& before) {
  std::vector<absl::Status> found(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < requests.size() * kRepetitions && found[t].ok(); ++i) {
        const size_t which = (i + t) % requests.size();
        found[t] = Same(subject, requests[which], before[which], "when asked concurrently");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : found) WEFT_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

merge::Workload WorkloadOf(const TypeUnderCheck& type, const Request& request) {
  merge::Workload workload;
  const pb::Instance& instance = InstanceOf(request);
  workload.key =
      absl::StrCat(instance.namespace_(), "/", instance.application(), "/", instance.name());
  workload.name_space = instance.namespace_();
  workload.name = instance.name();
  const pb::Shape example = ExampleShape();
  workload.shape = type.type.kind == catalog::TypeKind::kWorkload
                       ? type.type.shape
                       : catalog::Shape{example.api_version(), example.kind(), example.scale(),
                                        example.pod_template()};
  return workload;
}

// What stands before a trait: everything that its workload has.
absl::StatusOr<merge::Contribution> Before(const catalog::Type& trait, const Request& request) {
  merge::Contribution workload{.owner = "workload", .parts = {}, .writes = {}};
  const pb::Workload example = ExampleWorkload(trait, InstanceOf(request).name());
  for (const common::v1::Object& object : example.objects()) {
    WEFT_ASSIGN_OR_RETURN(json::value value, json::Parse(object.json()));
    const common::v1::ObjectRef& ref = object.ref();
    workload.writes.push_back({ref.api_version(), ref.kind(), "", catalog::WriteMode::kCreate});
    workload.parts.push_back(
        {.object = {ref.api_version(), ref.kind(), ref.namespace_(), ref.name()},
         .pointer = "",
         .value = std::move(value)});
  }
  return workload;
}

}  // namespace

absl::Status Schema(const TypeUnderCheck& type) {
  for (const resolve::Violation& violation : resolve::Validate(json::object(), type.type.schema)) {
    if (violation.code == "BAD_SCHEMA" || violation.code == "LIMIT")
      return Failed(absl::StrCat("properties_schema: ", violation.message));
  }
  return absl::OkStatus();
}

absl::Status Answers(Subject& subject, const TypeUnderCheck& type) {
  for (const Request& request : type.requests) {
    WEFT_ASSIGN_OR_RETURN(pb::RenderResponse answer, Ask(subject, request));
    if (!mesh::CheckLimits(answer).ok()) continue;  // Another rule's.
    if (absl::Status status = mesh::CheckAnswer(type.artifact, answer); !status.ok())
      return Failed(std::string(status.message()));
    if (answer.outcome() != pb::OUTCOME_NOT_READY) continue;
    if (!type.type.MayWait())
      return Failed(
          "it is NOT_READY and reads neither STATE nor PEERS: the same request would be so for "
          "ever");
    if (answer.reason().empty()) return Failed("it is NOT_READY and gives no reason");
  }
  return absl::OkStatus();
}

absl::Status Limits(Subject& subject, const TypeUnderCheck& type) {
  for (const Request& request : type.requests) {
    const absl::StatusOr<pb::RenderResponse> answer = subject.Render(request);
    // The channel takes messages up to the limit of 4 MiB.
    if (absl::IsResourceExhausted(answer.status()))
      return Failed(absl::StrCat("an answer is too large: ", answer.status().message()));
    if (answer.ok()) WEFT_RETURN_IF_ERROR(mesh::CheckLimits(*answer));
  }
  return absl::OkStatus();
}

absl::Status Writes(Subject& subject, const TypeUnderCheck& type) {
  for (const Request& request : type.requests) {
    WEFT_ASSIGN_OR_RETURN(pb::RenderResponse answer, Ask(subject, request));
    if (HasError(answer) || !mesh::CheckAnswer(type.artifact, answer).ok()) continue;
    std::vector<std::vector<merge::Contribution>> stages;
    if (type.type.kind == catalog::TypeKind::kTrait) {
      WEFT_ASSIGN_OR_RETURN(merge::Contribution before, Before(type.type, request));
      stages.push_back({std::move(before)});
    }
    stages.push_back({scheduler::MakeContribution(type.type.name, type.type.writes, answer)});
    const merge::Merged merged = merge::Merge(WorkloadOf(type, request), stages);
    if (!merged.problems.empty())
      return Failed(absl::StrCat(merged.problems[0].code, ": ", merged.problems[0].message));
  }
  return absl::OkStatus();
}

absl::Status Purity(Subject& subject, const TypeUnderCheck& type) {
  std::vector<std::string> first;
  for (const Request& request : type.requests) {
    WEFT_ASSIGN_OR_RETURN(const pb::RenderResponse answer, Ask(subject, request));
    first.push_back(Fingerprint(answer));
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < first.size(); ++i) {
    for (int n = 0; n < kRepetitions; ++n) {
      WEFT_RETURN_IF_ERROR(Same(subject, type.requests[i], first[i], "when repeated"));
      order.push_back(i);
    }
  }
  std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
  for (const size_t i : order)
    WEFT_RETURN_IF_ERROR(Same(subject, type.requests[i], first[i], "in another order"));
  return SameConcurrently(subject, type.requests, first);
}

absl::Status UnknownFields(Subject& subject, const TypeUnderCheck& type) {
  for (const Request& request : type.requests) {
    WEFT_ASSIGN_OR_RETURN(const pb::RenderResponse answer, Ask(subject, request));
    if (!Same(subject, request, Fingerprint(answer), "").ok())
      return absl::UnimplementedError("its answers differ anyhow: see purity");
    Request newer = request;
    std::visit(
        [](auto& r) {
          for (google::protobuf::Message* message :
               {static_cast<google::protobuf::Message*>(&r),
                static_cast<google::protobuf::Message*>(r.mutable_instance())}) {
            message->GetReflection()->MutableUnknownFields(message)->AddLengthDelimited(
                kUnknownField, "of a later version");
          }
        },
        newer);
    const absl::StatusOr<pb::RenderResponse> ignored = subject.Render(newer);
    if (!ignored.ok())
      return Failed(absl::StrCat("a request with fields that it does not know fails: ",
                                 ignored.status().message()));
    if (Fingerprint(*ignored) != Fingerprint(answer))
      return Failed("fields that it does not know change its answer");
  }
  return absl::OkStatus();
}

}  // namespace weft::check
