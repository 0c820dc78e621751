// weft-bench-render PYTHON_PROVIDER: one trait rendered by the same request, through the stub that
// the core has, in several ways. One JSON line for each figure. See tests/bench/README.md.
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/auth/identities.h"
#include "core/base/json.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/mesh/provider_stub.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"
#include "tests/free_port.h"

namespace weft::bench {
namespace {

namespace pb = ::weft::provider::v1;

constexpr auto kStartLimit = std::chrono::seconds(20);  // Python loads gRPC in some seconds.
constexpr char kArtifact[] = "sha256:0000";
constexpr char kProvider[] = "provider/greeter";

// What the core asks for a Deployment of one container.
pb::RenderTraitRequest MakeRequest() {
  pb::RenderTraitRequest request;
  pb::Instance& instance = *request.mutable_instance();
  instance.set_key("default/bench/web/greeter#0");
  instance.set_namespace_("default");
  instance.set_application("bench");
  instance.set_name("web");
  instance.set_type("greeter");
  instance.set_properties(
      R"({"container":"web","greeting":"Hello","image":"example/hello:v1","variable":"GREETING"})");
  pb::Workload& workload = *request.mutable_workload();
  workload.set_type("core.oam.dev/v1alpha1.Server");
  workload.mutable_shape()->set_api_version("apps/v1");
  workload.mutable_shape()->set_kind("Deployment");
  workload.mutable_shape()->set_scale("/spec/replicas");
  workload.mutable_shape()->set_pod_template("/spec/template");
  common::v1::Object& object = *workload.add_objects();
  object.mutable_ref()->set_api_version("apps/v1");
  object.mutable_ref()->set_kind("Deployment");
  object.mutable_ref()->set_namespace_("default");
  object.mutable_ref()->set_name("web");
  object.set_json(
      R"({"spec":{"replicas":1,"selector":{"matchLabels":{"app.kubernetes.io/name":"web"}},)"
      R"("template":{"metadata":{"labels":{"app.kubernetes.io/name":"web"}},"spec":{"containers":)"
      R"([{"env":[{"name":"NUMBER","value":"0"}],"image":"example/web:v1","name":"web",)"
      R"("ports":[{"containerPort":8080,"name":"http","protocol":"TCP"}]}]}}}})");
  request.set_expected_artifact(kArtifact);
  return request;
}

// One way to a provider, and what it answers.
struct Way {
  StartCall call;
  std::string answer;  // The canonical JSON of its only part.
};

// Waits for the provider at `address` and renders once. UNAVAILABLE: it does not come up in time.
absl::StatusOr<Way> Open(const std::string& address, const ChannelOptions& options = {}) {
  if (!MakeChannel(address, options)
           ->WaitForConnected(std::chrono::system_clock::now() + kStartLimit))
    return absl::UnavailableError(absl::StrCat("no answer from ", address));
  const std::shared_ptr<mesh::ProviderStub> stub =
      mesh::MakeGrpcStub(address, mesh::Deadlines(), options);
  const pb::RenderTraitRequest request = MakeRequest();
  std::promise<absl::StatusOr<pb::RenderResponse>> promise;
  stub->RenderTrait(request, [&](auto response) { promise.set_value(std::move(response)); });
  WEFT_ASSIGN_OR_RETURN(const pb::RenderResponse first, promise.get_future().get());
  if (first.parts_size() != 1) return absl::InternalError(first.ShortDebugString());
  WEFT_ASSIGN_OR_RETURN(std::string answer, json::Canonicalize(first.parts(0).json()));
  return Way{[stub, request](Done done) {
               stub->RenderTrait(request, [done = std::move(done)](const auto& response) {
                 done(response.ok() && response->parts_size() == 1);
               });
             },
             std::move(answer)};
}

absl::Status RunAll(const std::string& greeter, const std::string& python) {
  WEFT_ASSIGN_OR_RETURN(const Folder folder, Folder::Make());
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, DataDirectory::Open(folder.Below("data")));
  const auth::Identities identities(data);
  for (const char* identity : {kProvider, kCoreIdentity})
    WEFT_RETURN_IF_ERROR(identities.Ensure({.identity = identity}, absl::Now()).status());
  const std::string unix_socket = data.SocketAddress("greeter");
  const std::string tcp = absl::StrCat("127.0.0.1:", FreePort());
  const std::string python_socket = data.SocketAddress("python");
  const std::string artifact = absl::StrCat("WEFT_ARTIFACT=", kArtifact);
  WEFT_ASSIGN_OR_RETURN(const Process through_unix,
                        Process::Start({greeter, "--listen", unix_socket}, {artifact}));
  WEFT_ASSIGN_OR_RETURN(
      const Process through_tcp,
      Process::Start({greeter, "--listen", tcp, "--tls-dir", identities.DirectoryOf(kProvider)},
                     {artifact}));
  WEFT_ASSIGN_OR_RETURN(const Process in_python,
                        Process::Start({python}, {artifact, "WEFT_LISTEN=" + python_socket}));

  WEFT_ASSIGN_OR_RETURN(const Way plain, Open(unix_socket));
  WEFT_ASSIGN_OR_RETURN(const Way tls, Open(tcp, {.tls_dir = identities.DirectoryOf(kCoreIdentity),
                                                  .identity = kProvider}));
  WEFT_ASSIGN_OR_RETURN(const Way other, Open(python_socket));
  if (other.answer != plain.answer || tls.answer != plain.answer)
    return absl::InternalError(absl::StrCat("they differ: ", plain.answer, " and ", other.answer));
  WEFT_RETURN_IF_ERROR(Run("render_unix", plain.call, {}));
  const std::vector<Reference> references = {{"unix", plain.call}};
  WEFT_RETURN_IF_ERROR(Run("render_mtls_tcp", tls.call, references));
  return Run("render_python_unix", other.call, references);
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: weft-bench-render PYTHON_PROVIDER\n";
    return 2;
  }
  // Standard output is for figures.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("weft-bench-render"));
  spdlog::set_level(spdlog::level::warn);
  const std::filesystem::path programs = std::filesystem::path(argv[0]).parent_path();
  const absl::Status status = RunAll(programs / "weft-bench-greeter", argv[1]);
  if (!status.ok()) std::cerr << "weft-bench-render: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) { return weft::bench::Main(argc, argv); }
