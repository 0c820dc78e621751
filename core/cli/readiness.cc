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
};

// A process that is about to be replaced may answer still: its program tells.
bool IsReady(const DataDirectory& data, const Awaited& awaited) {
  const std::optional<ProcessRecord> record = FindRunning(data, awaited.service->name);
  if (!record.has_value()) return false;
  const absl::StatusOr<std::string> artifact = MeasureArtifact(awaited.service->program);
  return artifact.ok() && *artifact == record->artifact && IsServing(awaited.channel, kHealthLimit);
}

// A service may serve before it can do its work: the runtime before the engine answers, the core
// before it has heard from the providers that are started beside it. Other services have no such
// state, and one that is older than the question is ready.
bool CanWork(const Awaited& awaited, const std::vector<Service>& services) {
  grpc::ClientContext context;
  SetDeadline(context, kHealthLimit);
  if (awaited.service->name == kRuntimeService) {
    runtime::v1::DescribeResponse response;
    const grpc::Status status =
        runtime::v1::Runtime::NewStub(awaited.channel)->Describe(&context, {}, &response);
    return status.error_code() == grpc::StatusCode::UNIMPLEMENTED ||
           (status.ok() && !response.platform_version().empty());
  }
  if (awaited.service->name != kCoreService) return true;
  core::v1::ListProvidersResponse response;
  const grpc::Status status =
      core::v1::Catalog::NewStub(awaited.channel)->ListProviders(&context, {}, &response);
  if (!status.ok()) return status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  return std::all_of(services.begin(), services.end(), [&](const Service& service) {
    const auto& known = response.providers();
    return service.provider.empty() ||
           std::any_of(known.begin(), known.end(), [&](const core::v1::Provider& provider) {
             return provider.name() == service.provider && provider.available();
           });
  });
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
                                 [&](const Awaited& awaited) {
                                   return IsReady(data, awaited) && CanWork(awaited, services);
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
    const std::string& first = waiting.front().service->name;
    if (absl::Now() >= deadline)
      return absl::DeadlineExceededError(WithLog(data, first, first + " does not answer in time"));
    if (supervisor.AwaitEnd(kPoll))
      return absl::UnavailableError(WithLog(data, kSupervisor, "the supervisor ended"));
  }
}

}  // namespace weft::cli
