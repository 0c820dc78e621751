#include "plugins/sdk/serve.h"

#include <cstdlib>
#include <iostream>
#include <spdlog/spdlog.h>

#include "core/base/service.h"
#include "plugins/sdk/convert.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/trait.grpc.pb.h"
#include "weft/provider/v1/workload.grpc.pb.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::provider::v1;

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// Renders and assesses on gRPC's own threads: both are pure and short.
template <typename Author, typename Request>
grpc::Status Render(const Author& author, const std::string& artifact, const Request& request,
                    pb::RenderResponse* response) {
  auto converted = FromProto(request);
  if (!converted.ok()) return ToGrpc(converted.status());
  Diagnostics diagnostics;
  const Parts parts = author.render(*converted, diagnostics);
  *response = ToProto(parts, diagnostics);
  response->set_artifact(artifact);
  return grpc::Status::OK;
}

template <typename Author>
grpc::Status Assess(const Author& author, const std::string& artifact,
                    const pb::AssessRequest& request, pb::AssessResponse* response) {
  if (!author.assess)
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this type does not assess");
  auto converted = FromProto(request);
  if (!converted.ok()) return ToGrpc(converted.status());
  *response->mutable_health() = ToProto(author.assess(*converted));
  response->set_artifact(artifact);
  return grpc::Status::OK;
}

class IdentityService final : public pb::Identity::CallbackService {
 public:
  explicit IdentityService(pb::DescribeResponse answer) : answer_(std::move(answer)) {}
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const pb::DescribeRequest*,
                                     pb::DescribeResponse* response) override {
    *response = answer_;
    return Finish(context, grpc::Status::OK);
  }

 private:
  const pb::DescribeResponse answer_;
};

template <typename Base, typename Author, typename RenderRequest>
class ProviderService final : public Base {
 public:
  ProviderService(const Author& author, std::string artifact)
      : author_(author), artifact_(std::move(artifact)) {}
  grpc::ServerUnaryReactor* Render(grpc::CallbackServerContext* context,
                                   const RenderRequest* request,
                                   pb::RenderResponse* response) override {
    return Finish(context, sdk::Render(author_, artifact_, *request, response));
  }
  grpc::ServerUnaryReactor* Assess(grpc::CallbackServerContext* context,
                                   const pb::AssessRequest* request,
                                   pb::AssessResponse* response) override {
    return Finish(context, sdk::Assess(author_, artifact_, *request, response));
  }

 private:
  const Author& author_;
  const std::string artifact_;
};

// The address to listen on, or an exit status.
struct Arguments {
  std::string listen;
  int exit = -1;
};

Arguments ParseArguments(const std::string& program, int argc, char** argv) {
  Arguments arguments{Environment("WEFT_LISTEN")};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--version") {
      std::cout << program << " " << WEFT_VERSION << "\n";
      arguments.exit = 0;
      return arguments;
    }
    if (argument == "--listen" && i + 1 < argc) {
      arguments.listen = argv[++i];
      continue;
    }
    std::cerr << program << ": unknown argument '" << argument << "'\n";
    arguments.exit = 2;
    return arguments;
  }
  if (arguments.listen.empty()) {
    std::cerr << "usage: " << program
              << " --listen ADDRESS   (or WEFT_LISTEN; unix:/path or host:port)\n";
    arguments.exit = 2;
  }
  return arguments;
}

template <typename Base, typename RenderRequest, typename Author>
int ServeAny(const std::string& name, const Author& author, int argc, char** argv) {
  const std::string program = "weft-provider-" + name;
  const Arguments arguments = ParseArguments(program, argc, argv);
  if (arguments.exit >= 0) return arguments.exit;
  InitializeService(program);
  const std::string artifact = Environment("WEFT_ARTIFACT");
  pb::DescribeResponse description;
  description.set_name(name);
  description.set_version(WEFT_VERSION);
  description.set_artifact(artifact);
  description.add_protocol_versions("v1");
  *description.add_capabilities() = ToProto(author);
  IdentityService identity(std::move(description));
  ProviderService<Base, Author, RenderRequest> provider(author, artifact);
  const absl::Status status = RunService(
      {.name = program, .address = arguments.listen, .services = {&identity, &provider}});
  if (!status.ok()) spdlog::error("msg=\"{}\"", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace

int Serve(const std::string& name, const Workload& workload, int argc, char** argv) {
  return ServeAny<pb::WorkloadProvider::CallbackService, pb::RenderWorkloadRequest>(name, workload,
                                                                                    argc, argv);
}

int Serve(const std::string& name, const Trait& trait, int argc, char** argv) {
  return ServeAny<pb::TraitProvider::CallbackService, pb::RenderTraitRequest>(name, trait, argc,
                                                                              argv);
}

}  // namespace weft::sdk
