#include "plugins/workloads/faas/session.h"

#include <chrono>

#include <boost/beast/http/read.hpp>

#include "core/base/json.h"
#include "plugins/workloads/faas/exchange.h"
#include "plugins/workloads/faas/reply.h"
#include "plugins/workloads/faas/target.h"

namespace weft::faas {
namespace {

constexpr auto kBetweenRequests = std::chrono::seconds(60);

// As OpenFaaS lists functions.
std::string ListText(const std::vector<FunctionStatus>& functions, const std::string& name_space) {
  json::array list;
  for (const FunctionStatus& function : functions) {
    if (!name_space.empty() && function.name.name_space != name_space) continue;
    list.push_back(json::object{{"name", function.name.name},
                                {"namespace", function.name.name_space},
                                {"image", function.image},
                                {"replicas", function.replicas},
                                {"availableReplicas", function.ready},
                                {"invocationCount", static_cast<int64_t>(function.invocations)}});
  }
  return json::Canonical(list) + "\n";
}

bool IsBadRequest(const error_code& ec) {
  return ec.category() == http::make_error_code(http::error::bad_version).category() &&
         ec != http::error::end_of_stream && ec != http::error::partial_message;
}

}  // namespace

void Session::Drain() {
  draining_ = true;
  if (waiting_) client_.cancel();
}

asio::awaitable<void> Session::Run() {
  bool goes_on = true;
  while (goes_on && !draining_) {
    RequestParser request;
    request.header_limit(kHeaderLimit);
    request.body_limit(boost::none);
    client_.expires_after(kBetweenRequests);
    waiting_ = true;
    const auto [ec, n] = co_await http::async_read_header(client_, buffer_, request, kAwait);
    waiting_ = false;
    if (IsBadRequest(ec)) {
      Reply reply{.status = http::status::bad_request, .body = ec.message() + "\n"};
      co_await SendReply(client_, request, std::move(reply));
    }
    if (ec) break;
    goes_on = co_await Serve(request);
  }
  co_await EndConnection(client_);
}

asio::awaitable<bool> Session::Serve(RequestParser& request) {
  const auto text = request.get().target();
  Target target = ReadTarget({text.data(), text.size()});
  if (target.kind == Target::Kind::kFunction)
    co_return co_await Pass(request, std::move(target.function), std::move(target.rest));
  Reply reply;
  const http::verb method = request.get().method();
  if (target.kind == Target::Kind::kUnknown) {
    reply = {http::status::not_found, "ask for /function/NAME, /system/functions or /healthz\n"};
  } else if (method != http::verb::get && method != http::verb::head) {
    reply = {http::status::method_not_allowed,
             "functions come and go with the applications that use them: weft apply\n"};
  } else if (target.kind == Target::Kind::kFunctions) {
    reply = {http::status::ok, ListText(functions_.List(), target.name_space), "application/json"};
  } else {
    reply.body = "ok\n";
  }
  co_return co_await SendReply(client_, request, std::move(reply));
}

asio::awaitable<bool> Session::Pass(RequestParser& request, FunctionName name, std::string path) {
  absl::StatusOr<Visit> visit = functions_.Enter(name);
  if (!visit.ok()) co_return co_await SendReply(client_, request, ReplyOf(visit.status()));
  Exchange exchange(client_, buffer_, request, pool_, *std::move(visit), std::move(path));
  co_return co_await exchange.Run();
}

}  // namespace weft::faas
