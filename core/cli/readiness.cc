#include "core/cli/readiness.h"

#include <algorithm>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/files.h"
#include "core/cli/client.h"
#include "core/cli/health.h"
#include "core/cli/launch.h"
#include "core/cli/process_record.h"
#include "core/cli/progress.h"
#include "weft/core/v1/catalog.grpc.pb.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(50);
constexpr absl::Duration kHealthLimit = absl::Seconds(1);
constexpr int kLogLines = 10;
constexpr int kAttempts = 5;  // Starts in a row that are no accident any more.

struct Awaited {
  const Service* service;
  std::shared_ptr<grpc::Channel> channel;
  bool serves = false;  // When it was asked last.
};

// A process that is about to be replaced may answer still: its program tells.
bool IsReady(const DataDirectory& data, const Awaited& awaited) {
  const std::optional<ProcessRecord> record = FindRunning(data, awaited.service->name);
  if (!record.has_value()) return false;
  const absl::StatusOr<std::string> artifact = MeasureArtifact(awaited.service->program);
  return artifact.ok() && *artifact == record->artifact && IsServing(awaited.channel, kHealthLimit);
}

// Has an answer, or is older than the question.
bool Answered(const grpc::Status& status) {
  return status.ok() || status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
}

// It serves before its engine or cluster answers.
bool RuntimeCanWork(const Awaited& awaited) {
  grpc::ClientContext context;
  SetDeadline(context, kHealthLimit);
  runtime::v1::DescribeResponse response;
  const grpc::Status status =
      runtime::v1::Runtime::NewStub(awaited.channel)->Describe(&context, {}, &response);
  return Answered(status) && !(status.ok() && response.platform_version().empty());
}

// Whether `name` is among `known`, the core's providers or runtimes, and can be used.
template <typename Known>
bool IsAvailable(const Known& known, const std::string& name) {
  return std::any_of(known.begin(), known.end(),
                     [&](const auto& one) { return one.name() == name && one.available(); });
}

// It serves before it has heard from the providers and runtimes that are started beside it.
bool CoreCanWork(const Awaited& awaited, const std::vector<Service>& services) {
  const auto stub = core::v1::Catalog::NewStub(awaited.channel);
  grpc::ClientContext first, second;
  SetDeadline(first, kHealthLimit);
  SetDeadline(second, kHealthLimit);
  core::v1::ListProvidersResponse providers;
  core::v1::ListRuntimesResponse runtimes;
  const grpc::Status listed = stub->ListProviders(&first, {}, &providers);
  const grpc::Status too = stub->ListRuntimes(&second, {}, &runtimes);
  return Answered(listed) && Answered(too) &&
         std::all_of(services.begin(), services.end(), [&](const Service& service) {
           const bool provider = listed.ok() && !service.provider.empty();
           const bool runtime = too.ok() && !service.runtime.empty();
           return (!provider || IsAvailable(providers.providers(), service.provider)) &&
                  (!runtime || IsAvailable(runtimes.runtimes(), service.runtime));
         });
}

bool CanWork(const Awaited& awaited, const std::vector<Service>& services) {
  if (!awaited.service->runtime.empty()) return RuntimeCanWork(awaited);
  return awaited.service->name != kCoreService || CoreCanWork(awaited, services);
}

// The service to name when time is up: the first that does not serve; of those that cannot work
// yet, one that the core waits for.
const std::string& Culprit(const std::vector<Awaited>& waiting) {
  auto culprit = std::find_if(waiting.begin(), waiting.end(),
                              [](const Awaited& awaited) { return !awaited.serves; });
  if (culprit == waiting.end())
    culprit = std::find_if(waiting.begin(), waiting.end(), [](const Awaited& awaited) {
      return awaited.service->name != kCoreService;
    });
  return (culprit == waiting.end() ? waiting.front() : *culprit).service->name;
}

bool KeepsEnding(const DataDirectory& data, const std::string& name) {
  const std::optional<ProcessRecord> record =
      ParseProcessRecord(ReadFileOrEmpty(ProcessRecordPath(data, name)));
  return record.has_value() && record->attempt >= kAttempts && !IsAlive(record->process);
}

std::string Describe(const std::vector<Awaited>& waiting) {
  return absl::StrCat("waiting for ",
                      absl::StrJoin(waiting, ", ", [](std::string* out, const Awaited& awaited) {
                        absl::StrAppend(out, awaited.service->name);
                        if (!awaited.service->note.empty())
                          absl::StrAppend(out, " (", awaited.service->note, ")");
                      }));
}

}  // namespace

std::string WithLog(const DataDirectory& data, const std::string& name, std::string_view message) {
  const std::string log = LogPath(data, name);
  const std::string lines = LastLines(log, kLogLines);
  const absl::string_view text(message.data(), message.size());
  if (lines.empty()) return absl::StrCat(text, "; its log ", log, " is empty");
  return absl::StrCat(text, "; the last lines of ", log, ":\n",
                      absl::StripTrailingAsciiWhitespace(lines));
}

absl::Status AwaitServing(const DataDirectory& data, const std::vector<Service>& services,
                          const ProcessHandle& supervisor, const Terminal& terminal,
                          absl::Duration timeout) {
  std::vector<Awaited> waiting;
  waiting.reserve(services.size());
  for (const Service& service : services) waiting.push_back({&service, Dial(service.address)});
  const absl::Time deadline = absl::Now() + timeout;
  Progress progress(terminal);
  for (;;) {
    waiting.erase(std::remove_if(waiting.begin(), waiting.end(),
                                 [&](Awaited& awaited) {
                                   awaited.serves = IsReady(data, awaited);
                                   return awaited.serves && CanWork(awaited, services);
                                 }),
                  waiting.end());
    if (waiting.empty()) return absl::OkStatus();
    progress.Show(Describe(waiting));
    for (const Awaited& awaited : waiting) {
      const std::string& name = awaited.service->name;
      if (KeepsEnding(data, name))
        return absl::UnavailableError(
            WithLog(data, name, name + " ends as often as it is started"));
    }
    if (absl::Now() >= deadline) {
      const std::string& late = Culprit(waiting);
      return absl::DeadlineExceededError(WithLog(data, late, late + " does not answer in time"));
    }
    if (supervisor.AwaitEnd(kPoll))
      return absl::UnavailableError(WithLog(data, kSupervisor, "the supervisor ended"));
  }
}

}  // namespace weft::cli
