#include "core/api/instances_service.h"

#include <memory>
#include <utility>

#include "core/api/act_call.h"
#include "core/api/own_type.h"
#include "core/api/reply.h"
#include "core/auth/authorize.h"
#include "core/base/status.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/instance_actions.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/runtime_choice.h"

namespace weft::api {
namespace {

scheduler::InstanceFeed::Source MakeSource(store::Store* store,
                                           const scheduler::Runtimes* runtimes) {
  return {.store = store,
          .observed =
              [runtimes](const store::v1::ApplicationRecord& record) {
                const auto runtime = runtimes->Find(scheduler::RuntimeOf(record));
                return runtime == nullptr ? scheduler::Observed::View()
                                          : runtime->observed.Of(scheduler::ApplicationKeyOf(
                                                record.name_space(), record.name()));
              },
          .platform =
              [runtimes](const std::string& name) {
                for (const scheduler::RuntimeState& state : runtimes->states()) {
                  if (state.config.name == name) return state.platform;
                }
                return std::string();
              }};
}

}  // namespace

InstancesService::InstancesService(Parts parts)
    : parts_(std::move(parts)),
      watches_({.source = MakeSource(parts_.store, parts_.runtimes),
                .providers = parts_.providers,
                .now = parts_.steady_now}) {
  parts_.scheduler->Listen(
      [this](const std::string& application) { watches_.Changed(application); });
}

InstancesService::~InstancesService() { parts_.scheduler->Listen(nullptr); }

absl::StatusOr<auth::Caller> InstancesService::Provider(
    const grpc::ServerContextBase& context) const {
  WEFT_ASSIGN_OR_RETURN(auth::Caller caller, parts_.identify(context));
  if (caller.kind != auth::Caller::Kind::kProvider)
    return absl::PermissionDeniedError("only providers may call weft.core.v1.Instances");
  return caller;
}

InstanceWatches::Reactor* InstancesService::Watch(grpc::CallbackServerContext* context) {
  return watches_.Open(Provider(*context));
}

grpc::ServerUnaryReactor* InstancesService::Act(grpc::CallbackServerContext* context,
                                                const core::v1::ActRequest* request,
                                                core::v1::ActResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<auth::Caller> caller = Provider(*context);
  absl::Status status = caller.status();
  if (status.ok()) status = scheduler::CheckActions(*request);
  if (!status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  const std::string by = auth::ToText(*caller);
  scheduler::Acting acting{
      .permitted =
          [this, caller = *std::move(caller)](const std::string& type) {
            return CheckOwnType(caller, type, *parts_.providers);
          },
      .held = [this](const std::string& type) { return watches_.epochs().Held(type); },
      .now = parts_.now,
      .by = by,
      .events = parts_.events};
  StartAct({.store = parts_.store,
            .pool = parts_.pool,
            .on_stored = [this](const std::string& key) { parts_.scheduler->Touch(key); }},
           std::move(acting), *request, *response, *reactor);
  return reactor;
}

grpc::ServerUnaryReactor* InstancesService::Report(grpc::CallbackServerContext* context,
                                                   const core::v1::ReportRequest* request,
                                                   core::v1::ReportResponse*) {
  return Reply(context, *parts_.pool, [this, context, request]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const auth::Caller caller, Provider(*context));
    WEFT_RETURN_IF_ERROR(scheduler::StoreReport(
        *request,
        [&](const std::string& type) { return CheckOwnType(caller, type, *parts_.providers); },
        absl::ToUnixMillis(parts_.now()), *parts_.store));
    const std::string application = scheduler::ApplicationOfInstance(request->instance());
    parts_.scheduler->Touch(application);
    if (parts_.rerenderer != nullptr) parts_.rerenderer->Touch(application);
    return absl::OkStatus();
  });
}

void InstancesService::EndStreams() { watches_.End(); }

}  // namespace weft::api
