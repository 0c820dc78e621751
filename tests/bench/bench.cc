// weft-bench: what a call through the mesh costs, beside the least that gRPC can do on this
// machine. One JSON line for each figure. See tests/bench/README.md.
#include <filesystem>
#include <iostream>
#include <memory>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "tests/bench/allocations.h"
#include "tests/bench/echo.grpc.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/mesh.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"

namespace weft::bench {
namespace {

constexpr int kPayloadBytes = 1024;
constexpr auto kStartLimit = std::chrono::seconds(10);

// Calls the Echo service at `address`. UNAVAILABLE: it does not come up in time.
absl::StatusOr<StartCall> CallEcho(const std::string& address) {
  const std::shared_ptr<grpc::Channel> channel = MakeChannel(address);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kStartLimit))
    return absl::UnavailableError(absl::StrCat("no answer from ", address));
  struct Call {
    grpc::ClientContext context;
    v1::Payload response;
  };
  const std::shared_ptr<v1::Echo::Stub> stub = v1::Echo::NewStub(channel);
  auto request = std::make_shared<v1::Payload>();
  request->set_data(std::string(kPayloadBytes, 'x'));
  return [stub, request](Done done) {
    auto call = std::make_shared<Call>();
    stub->async()->Call(&call->context, request.get(), &call->response,
                        [call, done = std::move(done)](const grpc::Status& status) {
                          done(status.ok() && call->response.data().size() == kPayloadBytes);
                        });
  };
}

absl::Status RunAll(const std::string& programs) {
  const std::string echo_program = programs + "/weft-bench-echo";
  WEFT_ASSIGN_OR_RETURN(const Folder folder, Folder::Make());
  const auto address = [&](const char* name) { return "unix:" + folder.Below(name); };
  WEFT_ASSIGN_OR_RETURN(const Process first, Process::Start({echo_program, address("first")}));
  WEFT_ASSIGN_OR_RETURN(const Process second, Process::Start({echo_program, address("second")}));
  WEFT_ASSIGN_OR_RETURN(const Process fan, Process::Start({echo_program, address("fan"),
                                                           address("first"), address("second")}));
  WEFT_ASSIGN_OR_RETURN(const StartCall echo, CallEcho(address("first")));
  WEFT_RETURN_IF_ERROR(Run("grpc_echo", echo, {}));
  WEFT_ASSIGN_OR_RETURN(const StartCall fan_out, CallEcho(address("fan")));
  WEFT_RETURN_IF_ERROR(Run("grpc_fanout", fan_out, {{"echo", echo}}));
  const std::vector<Reference> references = {{"echo", echo}, {"fanout", fan_out}};
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<Mesh> mesh, Mesh::Start(programs, folder.path()));
  for (const Size size : {Size{1, 1}, Size{1, 3}, Size{6, 1}, Size{6, 3}}) {
    std::string more = size.components == 1 ? "" : absl::StrCat("_", size.components);
    if (size.traits != 1) absl::StrAppend(&more, "_", size.traits, "_traits");
    WEFT_ASSIGN_OR_RETURN(const StartCall cold, mesh->Cold(size));
    WEFT_RETURN_IF_ERROR(Run("mesh_render_cold" + more, cold, references));
    WEFT_ASSIGN_OR_RETURN(const StartCall cached, mesh->Cached(size));
    WEFT_RETURN_IF_ERROR(Run("mesh_render_cached" + more, cached, references));
  }
  std::cout << absl::StrFormat(R"({"bench":"memory","peak_kib":%d})", PeakMemoryKiB()) << std::endl;
  return absl::OkStatus();
}

int Main(char** argv) {
  SkipLockChecks();
  // Standard output is for figures.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("weft-bench"));
  spdlog::set_level(spdlog::level::warn);
  const absl::Status status = RunAll(std::filesystem::path(argv[0]).parent_path());
  if (!status.ok()) std::cerr << "weft-bench: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace weft::bench

int main(int, char** argv) { return weft::bench::Main(argv); }
