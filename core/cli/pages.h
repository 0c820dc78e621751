#pragma once

#include <grpcpp/grpcpp.h>
#include <string>

#include "absl/status/statusor.h"
#include "core/cli/client.h"

namespace weft::cli {

// Every page of a list in one answer. `list(context, request, &page)` calls the service and returns
// its grpc::Status; the first that is not OK is the result, named after `action`.
template <typename Response, typename Request, typename List>
absl::StatusOr<Response> AllPages(Request request, const std::string& action, List list) {
  Response all;
  for (;;) {
    grpc::ClientContext context;
    SetDeadline(context, kCallLimit);
    Response page;
    const grpc::Status status = list(&context, request, &page);
    if (!status.ok()) return CallError(status, action);
    request.set_page_token(page.next_page_token());
    page.clear_next_page_token();
    all.MergeFrom(page);
    if (request.page_token().empty()) return all;
  }
}

}  // namespace weft::cli
