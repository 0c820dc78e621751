#include "core/api/catalog_service.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/api/page.h"
#include "core/api/reply.h"
#include "core/base/json.h"
#include "core/base/status.h"
#include "core/scheduler/orphans.h"
#include "core/store/records.pb.h"

namespace weft::api {
namespace {

void Convert(const store::v1::ComponentRecord& from, const catalog::TypeTable& types,
             core::v1::Component* to) {
  to->set_namespace_(from.name_space());
  to->set_name(from.name());
  to->set_revision(from.revision());
  to->set_workload_type(from.workload_type());
  to->set_served(types.Find(catalog::TypeKind::kWorkload, from.workload_type()) != nullptr);
  *to->mutable_created() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(from.created_unix_ms());
}

void Convert(const catalog::Type& from, core::v1::Type* to) {
  to->set_kind(from.kind == catalog::TypeKind::kWorkload ? "WORKLOAD" : "TRAIT");
  to->set_type(from.name);
  for (const std::string& alias : from.aliases) to->add_aliases(alias);
  to->set_summary(from.summary);
  to->set_provider(from.provider);
  for (const std::string& applies_to : from.applies_to) to->add_applies_to(applies_to);
  if (!from.schema.is_null()) to->set_properties_schema(json::Canonical(from.schema));
}

void Convert(const mesh::ProviderState& from, core::v1::Provider* to) {
  to->set_name(from.config.name);
  to->set_address(from.config.address);
  to->set_version(from.version);
  to->set_artifact(from.config.artifact);
  for (const std::string& type : from.types) to->add_types(type);
  to->set_available(from.available);
  to->set_message(from.message);
}

void Convert(const scheduler::RuntimeState& from, const scheduler::RuntimeChoice& choice,
             core::v1::RuntimeInfo* to) {
  to->set_name(from.config.name);
  to->set_address(from.config.address);
  to->set_platform(from.platform);
  to->set_platform_version(from.platform_version);
  to->set_version(from.version);
  to->set_available(from.available);
  to->set_message(from.message);
  to->set_default_(from.config.name == choice.runtime);
  for (const auto& [ns, runtime] : choice.of_namespace) {
    if (runtime == from.config.name) to->add_namespaces(ns);
  }
}

}  // namespace

grpc::ServerUnaryReactor* CatalogService::ListComponents(
    grpc::CallbackServerContext* context, const core::v1::ListComponentsRequest* request,
    core::v1::ListComponentsResponse* response) {
  return Reply(context, pool_, [this, request, response]() -> absl::Status {
    WEFT_ASSIGN_OR_RETURN(const Page page, MakePage("component", request->namespace_(),
                                                    request->page_size(), request->page_token()));
    WEFT_ASSIGN_OR_RETURN(const auto entries, store_.List(page.prefix, page.after, page.size));
    const catalog::TypeTablePtr types = providers_.types();
    for (const auto& [key, bytes] : entries) {
      store::v1::ComponentRecord record;
      if (!record.ParseFromString(bytes))
        return absl::DataLossError(absl::StrCat("the stored ", key, " cannot be read"));
      Convert(record, *types, response->add_components());
    }
    if (static_cast<int64_t>(entries.size()) == page.size)
      response->set_next_page_token(entries.back().first);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::ListTypes(grpc::CallbackServerContext* context,
                                                    const core::v1::ListTypesRequest*,
                                                    core::v1::ListTypesResponse* response) {
  const catalog::TypeTablePtr types = providers_.types();
  for (const catalog::Type& type : types->types()) Convert(type, response->add_types());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogService::ListProviders(grpc::CallbackServerContext* context,
                                                        const core::v1::ListProvidersRequest*,
                                                        core::v1::ListProvidersResponse* response) {
  for (const mesh::ProviderState& state : providers_.states())
    Convert(state, response->add_providers());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogService::ListRuntimes(grpc::CallbackServerContext* context,
                                                       const core::v1::ListRuntimesRequest*,
                                                       core::v1::ListRuntimesResponse* response) {
  const scheduler::RuntimeChoice choice = runtimes_.choice();
  for (const scheduler::RuntimeState& state : runtimes_.states())
    Convert(state, choice, response->add_runtimes());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogService::ListOrphans(grpc::CallbackServerContext* context,
                                                      const core::v1::ListOrphansRequest* request,
                                                      core::v1::ListOrphansResponse* response) {
  return Reply(context, pool_, [this, request, response]() -> absl::Status {
    if (!request->page_token().empty() && !absl::StrContains(request->page_token(), '/'))
      return absl::InvalidArgumentError("the page token is not of this list");
    const size_t size = PageSize(request->page_size());
    WEFT_ASSIGN_OR_RETURN(std::vector<scheduler::Orphan> orphans,
                          scheduler::FindOrphans(runtimes_, store_, request->page_token(), size));
    for (scheduler::Orphan& orphan : orphans) {
      core::v1::Orphan* to = response->add_orphans();
      to->set_runtime(orphan.runtime);
      *to->mutable_ref() = orphan.object.ref();
      to->set_owner(orphan.object.owner());
    }
    if (orphans.size() == size) response->set_next_page_token(scheduler::OrphanKey(orphans.back()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::RetryProvider(
    grpc::CallbackServerContext* context, const core::v1::RetryProviderRequest* request,
    core::v1::RetryProviderResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto provider = providers_.Find(request->name());
  if (provider == nullptr) {
    reactor->Finish(
        {grpc::StatusCode::NOT_FOUND, absl::StrCat("there is no provider ", request->name())});
    return reactor;
  }
  provider->Retry();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogService::InstallProvider(
    grpc::CallbackServerContext* context, const core::v1::InstallProviderRequest* request,
    core::v1::InstallProviderResponse* response) {
  return Reply(context, installing_, [this, context, request, response]() -> absl::Status {
    if (installer_ == nullptr) return absl::UnimplementedError("this core installs no providers");
    WEFT_ASSIGN_OR_RETURN(
        *response, installer_->Install(*request, [context] { return context->IsCancelled(); }));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::RemoveProvider(
    grpc::CallbackServerContext* context, const core::v1::RemoveProviderRequest* request,
    core::v1::RemoveProviderResponse*) {
  return Reply(context, installing_, [this, context, request]() -> absl::Status {
    if (installer_ == nullptr) return absl::UnimplementedError("this core installs no providers");
    return installer_->Remove(request->name(), [context] { return context->IsCancelled(); });
  });
}

}  // namespace weft::api
