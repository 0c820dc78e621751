#include "core/cli/deletion.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/pages.h"
#include "core/cli/progress.h"
#include "core/cli/status_tree.h"
#include "core/cli/watch.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {

absl::Status RequestDeletion(const DataDirectory& data, const std::string& name_space,
                             const std::string& name) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::DeleteApplicationRequest request;
  request.set_namespace_(name_space);
  request.set_name(name);
  core::v1::DeleteApplicationResponse response;
  return CallError(core::v1::Applications::NewStub(channel)->Delete(&call, request, &response),
                   absl::StrCat("delete ", name));
}

absl::Status AwaitDeleted(const DataDirectory& data, const Terminal& terminal,
                          const std::string& name_space, const std::string& name,
                          absl::Time deadline) {
  Progress progress(terminal);
  absl::Status gone = WatchApplication(data, name_space, name, deadline,
                                       [&](const core::v1::Application& application) {
                                         progress.Show(SummarizeStatus(application));
                                         return false;
                                       });
  progress.Finish();
  if (absl::IsDeadlineExceeded(gone))
    return absl::DeadlineExceededError(
        absl::StrCat("application ", name, " is not gone in time; its deletion goes on"));
  if (!absl::IsNotFound(gone)) return gone;
  terminal.out << "application/" << name << " deleted" << std::endl;
  return absl::OkStatus();
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
  for (const core::v1::Application& application : list.applications()) {
    absl::Status asked = RequestDeletion(data, application.namespace_(), application.name());
    if (!asked.ok() && !absl::IsNotFound(asked)) return asked;
  }
  for (const core::v1::Application& application : list.applications())
    WEFT_RETURN_IF_ERROR(
        AwaitDeleted(data, terminal, application.namespace_(), application.name(), deadline));
  return absl::OkStatus();
}

}  // namespace weft::cli
