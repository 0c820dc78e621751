#include "core/cli/deletion.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/pages.h"
#include "core/cli/progress.h"
#include "core/cli/status_tree.h"
#include "core/cli/watch.h"
#include "weft/core/v1/applications.grpc.pb.h"
#include "weft/core/v1/catalog.grpc.pb.h"

namespace weft::cli {

constexpr char kSystemNamespace[] = "weft-system";  // Source: docs/adr/0013-installed-providers.md.

absl::Status RequestDeletion(const DataDirectory& data, const std::string& name_space,
                             const std::string& name, bool force) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::DeleteApplicationRequest request;
  request.set_namespace_(name_space);
  request.set_name(name);
  request.set_force(force);
  core::v1::DeleteApplicationResponse response;
  return CallError(core::v1::Applications::NewStub(channel)->Delete(&call, request, &response),
                   absl::StrCat("delete ", name));
}

absl::Status AwaitDeleted(const DataDirectory& data, const Terminal& terminal,
                          const std::string& name_space, const std::string& name,
                          absl::Time deadline) {
  Progress progress(terminal);
  bool blocked = false;
  absl::Status gone = WatchApplication(
      data, name_space, name, deadline, [&](const core::v1::Application& application) {
        progress.Show(SummarizeStatus(application));
        blocked = std::any_of(application.leaving().begin(), application.leaving().end(),
                              [](const auto& leaving) { return leaving.blocked(); });
        return false;
      });
  progress.Finish();
  if (absl::IsDeadlineExceeded(gone))
    return absl::DeadlineExceededError(
        absl::StrCat("application ", name, " is not gone in time; its deletion goes on",
                     blocked ? ", and is blocked: `weft delete --force` asks no provider" : ""));
  if (!absl::IsNotFound(gone)) return gone;
  terminal.out << "application/" << name << " deleted" << std::endl;
  return absl::OkStatus();
}

absl::Status RemoveProvider(const DataDirectory& data, const std::string& name,
                            absl::Time deadline) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, deadline - absl::Now());
  core::v1::RemoveProviderRequest request;
  request.set_name(name);
  core::v1::RemoveProviderResponse response;
  return CallError(core::v1::Catalog::NewStub(channel)->RemoveProvider(&call, request, &response),
                   absl::StrCat("remove the provider ", name));
}

absl::Status DeleteAllApplications(const DataDirectory& data, const Terminal& terminal,
                                   absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  const auto stub = core::v1::Applications::NewStub(channel);
  WEFT_ASSIGN_OR_RETURN(const core::v1::ListApplicationsResponse list,
                        AllPages<core::v1::ListApplicationsResponse>(
                            core::v1::ListApplicationsRequest(), "list applications",
                            [&](auto* call, const auto& request, auto* page) {
                              return stub->List(call, request, page);
                            }));
  // What runs in its namespace are providers, which the others may still use.
  std::vector<core::v1::Application> users, providers;
  for (const core::v1::Application& application : list.applications())
    (application.namespace_() == kSystemNamespace ? providers : users).push_back(application);
  for (const core::v1::Application& application : users) {
    absl::Status asked = RequestDeletion(data, application.namespace_(), application.name());
    if (!asked.ok() && !absl::IsNotFound(asked)) return asked;
  }
  for (const core::v1::Application& application : users)
    WEFT_RETURN_IF_ERROR(
        AwaitDeleted(data, terminal, application.namespace_(), application.name(), deadline));
  for (const core::v1::Application& provider : providers) {
    absl::Status removed = RemoveProvider(data, provider.name(), deadline);
    if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    terminal.out << "provider/" << provider.name() << " removed" << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace weft::cli
