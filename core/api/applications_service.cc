#include "core/api/applications_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/api/exec_relay.h"
#include "core/api/forward_relay.h"
#include "core/api/log_relay.h"
#include "core/api/page.h"
#include "core/api/reply.h"
#include "core/api/timeline.h"
#include "core/api/usage_call.h"
#include "core/api/watches.h"
#include "core/auth/authorize.h"
#include "core/base/connection_call.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/render_again.h"
#include "core/scheduler/revisions.h"

namespace weft::api {
namespace {

constexpr int kMostCommands = 64;  // At once: each has two threads.

// Answers a call with what comes.
template <class Response>
auto FinishWith(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](absl::StatusOr<Response> answer) {
    if (!answer.ok()) return reactor->Finish(ToGrpc(answer.status()));
    *response = *std::move(answer);
    reactor->Finish(grpc::Status::OK);
  };
}

}  // namespace

ApplicationsService::ApplicationsService(Parts parts)
    : parts_(std::move(parts)),
      commands_(kMostCommands),
      connections_(kMostConnections),
      watches_(std::make_unique<Watches>(*parts_.scheduler, *parts_.store, *parts_.pool)) {}

ApplicationsService::~ApplicationsService() = default;

scheduler::Author ApplicationsService::AuthorOf(const grpc::ServerContextBase& context) const {
  if (parts_.identify == nullptr) return {};
  const absl::StatusOr<auth::Caller> caller = parts_.identify(context);
  return {.name = caller.ok() ? auth::ToText(*caller) : ""};
}

grpc::ServerUnaryReactor* ApplicationsService::Apply(grpc::CallbackServerContext* context,
                                                     const core::v1::ApplyRequest* request,
                                                     core::v1::ApplyResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.admission->Apply(*request, FinishWith(reactor, response), AuthorOf(*context));
  return reactor;
}

grpc::ServerUnaryReactor* ApplicationsService::Plan(grpc::CallbackServerContext* context,
                                                    const core::v1::PlanRequest* request,
                                                    core::v1::PlanResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.admission->Plan(*request, FinishWith(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* ApplicationsService::History(grpc::CallbackServerContext* context,
                                                       const core::v1::HistoryRequest* request,
                                                       core::v1::HistoryResponse* response) {
  return Reply(context, *parts_.pool, [this, request, response]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(
        *response, scheduler::ReadHistory(request->namespace_(), request->name(), *parts_.store));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ApplicationsService::Rollback(grpc::CallbackServerContext* context,
                                                        const core::v1::RollbackRequest* request,
                                                        core::v1::RollbackResponse* response) {
  return Reply(context, *parts_.pool,
               [this, request, response, author = AuthorOf(*context)]() -> absl::Status {
                 WEFT_ASSIGN_OR_RETURN(*response, parts_.admission->Rollback(*request, author));
                 return absl::OkStatus();
               });
}

grpc::ServerUnaryReactor* ApplicationsService::Get(grpc::CallbackServerContext* context,
                                                   const core::v1::GetApplicationRequest* request,
                                                   core::v1::Application* response) {
  return Reply(context, *parts_.pool, [this, request, response]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(*response,
                          parts_.scheduler->Status(request->namespace_(), request->name()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ApplicationsService::List(
    grpc::CallbackServerContext* context, const core::v1::ListApplicationsRequest* request,
    core::v1::ListApplicationsResponse* response) {
  return Reply(context, *parts_.pool, [this, request, response]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const Page page, MakePage("application", request->namespace_(),
                                                    request->page_size(), request->page_token()));
    WEFT_ASSIGN_OR_RETURN(const auto entries,
                          parts_.store->List(page.prefix, page.after, page.size));
    for (const auto& [key, bytes] : entries) {
      const size_t ns = key.find('/') + 1;
      const size_t name = key.find('/', ns) + 1;
      auto status = parts_.scheduler->Status(key.substr(ns, name - ns - 1), key.substr(name));
      if (absl::IsNotFound(status.status())) continue;  // Gone since.
      if (!status.ok()) return status.status();
      *response->add_applications() = *std::move(status);
    }
    if (static_cast<int64_t>(entries.size()) == page.size)
      response->set_next_page_token(entries.back().first);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<core::v1::Application>* ApplicationsService::Watch(
    grpc::CallbackServerContext*, const core::v1::WatchApplicationRequest* request) {
  return watches_->Open(request->namespace_(), request->name());
}

grpc::ServerWriteReactor<core::v1::WatchAllResponse>* ApplicationsService::WatchAll(
    grpc::CallbackServerContext*, const core::v1::WatchAllRequest* request) {
  return watches_->OpenAll(*request);
}

grpc::ServerUnaryReactor* ApplicationsService::Delete(
    grpc::CallbackServerContext* context, const core::v1::DeleteApplicationRequest* request,
    core::v1::DeleteApplicationResponse*) {
  return Reply(context, *parts_.pool, [this, request, author = AuthorOf(*context)] {
    return parts_.admission->Delete(request->namespace_(), request->name(), author,
                                    request->force());
  });
}

grpc::ServerUnaryReactor* ApplicationsService::Confirm(grpc::CallbackServerContext* context,
                                                       const core::v1::ConfirmRequest* request,
                                                       core::v1::ConfirmResponse*) {
  return Reply(context, *parts_.pool, [this, request]() -> absl::Status {
    WEFT_RETURN_IF_ERROR(
        scheduler::ConfirmDeletions(request->namespace_(), request->name(), request->held_digest(),
                                    absl::ToUnixMillis(absl::Now()), *parts_.store));
    if (parts_.rerenderer != nullptr)
      parts_.rerenderer->Touch(scheduler::ApplicationKeyOf(request->namespace_(), request->name()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ApplicationsService::Events(grpc::CallbackServerContext* context,
                                                      const core::v1::EventsRequest* request,
                                                      core::v1::EventsResponse* response) {
  return Reply(context, *parts_.pool, [this, request, response]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const auto happened,
                          parts_.events->Read(request->namespace_(), request->name()));
    for (const store::v1::EventRecord& event : happened)
      *response->add_events() = scheduler::ToProto(event);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ApplicationsService::Timeline(grpc::CallbackServerContext* context,
                                                        const core::v1::TimelineRequest* request,
                                                        core::v1::TimelineResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  BeginIn(*parts_.pool, reactor, [this, request, done = FinishWith(reactor, response)] {
    Foretell(*request, *parts_.store, *parts_.providers, done);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ApplicationsService::Usage(grpc::CallbackServerContext* context,
                                                     const core::v1::UsageRequest* request,
                                                     core::v1::UsageResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  BeginIn(*parts_.pool, reactor, [this, request, done = FinishWith(reactor, response)] {
    AskUsage(*request, *parts_.scheduler, *parts_.runtimes, done);
  });
  return reactor;
}

grpc::ServerWriteReactor<core::v1::LogsResponse>* ApplicationsService::Logs(
    grpc::CallbackServerContext*, const core::v1::LogsRequest* request) {
  return RelayLogs(*request, *parts_.scheduler, *parts_.runtimes, *parts_.pool);
}

grpc::ServerBidiReactor<core::v1::ExecRequest, core::v1::ExecResponse>* ApplicationsService::Exec(
    grpc::CallbackServerContext* context) {
  return RelayExec(commands_, *parts_.scheduler, *parts_.runtimes, *parts_.events,
                   AuthorOf(*context).name);
}

grpc::ServerBidiReactor<core::v1::ForwardRequest, core::v1::ForwardResponse>*
ApplicationsService::Forward(grpc::CallbackServerContext* context) {
  return RelayForward(connections_, *parts_.scheduler, *parts_.runtimes, *parts_.events,
                      AuthorOf(*context).name);
}

void ApplicationsService::EndStreams() { watches_->End(); }

}  // namespace weft::api
