#include "plugins/sdk/serve.h"

#include <iostream>
#include <map>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "core/base/environment.h"
#include "core/base/service.h"
#include "core/base/worker_pool.h"
#include "plugins/sdk/convert.h"
#include "plugins/sdk/instances_client.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/trait.grpc.pb.h"
#include "weft/provider/v1/workload.grpc.pb.h"

namespace weft::sdk {
namespace {

namespace pb = ::weft::provider::v1;

constexpr int kFinalizing = 2;           // Instances at once.
constexpr size_t kFinalizingWait = 100;  // More than the core asks for at once.

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// The types that a process serves, all of one kind.
template <typename Author>
using Authors = std::vector<const Author*>;

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
  *response = ToAssessResponse(author.assess(*converted));
  response->set_artifact(artifact);
  return grpc::Status::OK;
}

template <typename Author>
grpc::Status Foretell(const Author& author, const std::string& artifact,
                      const pb::TimelineRequest& request, pb::TimelineResponse* response) {
  if (!author.timeline)
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this type has no timeline");
  auto converted = FromProto(request);
  if (!converted.ok()) return ToGrpc(converted.status());
  *response = ToProto(author.timeline(converted->instance, converted->from, converted->to));
  response->set_artifact(artifact);
  return grpc::Status::OK;
}

template <typename Author>
grpc::Status LetGo(const Author& author, const std::string& artifact,
                   const pb::FinalizeRequest& request, pb::FinalizeResponse* response) {
  if (!author.finalize)
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this type does not finalize");
  auto converted = FromProto(request);
  if (!converted.ok()) return ToGrpc(converted.status());
  *response = ToProto(author.finalize(*converted));
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
  ProviderService(const Authors<Author>& authors, std::string artifact)
      : authors_(authors), artifact_(std::move(artifact)) {}
  grpc::ServerUnaryReactor* Render(grpc::CallbackServerContext* context,
                                   const RenderRequest* request,
                                   pb::RenderResponse* response) override {
    return With(context, request->instance().type(), [&](const Author& author) {
      return sdk::Render(author, artifact_, *request, response);
    });
  }
  grpc::ServerUnaryReactor* Assess(grpc::CallbackServerContext* context,
                                   const pb::AssessRequest* request,
                                   pb::AssessResponse* response) override {
    return With(context, request->instance().type(), [&](const Author& author) {
      return sdk::Assess(author, artifact_, *request, response);
    });
  }
  grpc::ServerUnaryReactor* Timeline(grpc::CallbackServerContext* context,
                                     const pb::TimelineRequest* request,
                                     pb::TimelineResponse* response) override {
    return With(context, request->instance().type(), [&](const Author& author) {
      return Foretell(author, artifact_, *request, response);
    });
  }
  grpc::ServerUnaryReactor* Finalize(grpc::CallbackServerContext* context,
                                     const pb::FinalizeRequest* request,
                                     pb::FinalizeResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const bool taken = finalizing_.TryRun([this, reactor, request, response] {
      reactor->Finish(Call(request->instance().type(), [&](const Author& author) {
        return LetGo(author, artifact_, *request, response);
      }));
    });
    if (!taken)
      reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls wait: try again"});
    return reactor;
  }

 private:
  // Answers for the type that a request names.
  template <typename Answer>
  grpc::Status Call(const std::string& type, const Answer& answer) const {
    for (const Author* author : authors_)
      if (author->type == type) return answer(*author);
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("this provider does not serve the type '", type, "'")};
  }
  template <typename Answer>
  grpc::ServerUnaryReactor* With(grpc::CallbackServerContext* context, const std::string& type,
                                 const Answer& answer) {
    return Finish(context, Call(type, answer));
  }

  const Authors<Author> authors_;
  const std::string artifact_;
  WorkerPool finalizing_{kFinalizing, kFinalizingWait};  // It may block.
};

// Where to listen and where the core is, or an exit status.
struct Arguments {
  std::string listen;
  std::string core;
  std::string tls_dir;
  int exit = -1;
};

// A type that lives in time, and the core it is connected to.
class Living {
 public:
  Living(const Live& live, const std::string& type, const std::string& core,
         const std::string& tls_dir)
      : client_(MakeCoreChannel(core, tls_dir), type), life_(live(client_)) {}
  void Start() { client_.Start(*life_); }
  // The life may still be told that it stands by; after this nothing calls it.
  void Stop() { client_.Stop(); }

 private:
  InstancesClient client_;
  const std::unique_ptr<Life> life_;
};

// Those of the types that live in time; none if nobody said where the core is.
template <typename Author>
std::vector<std::unique_ptr<Living>> MakeLiving(const Authors<Author>& authors,
                                                const Arguments& arguments) {
  std::vector<std::unique_ptr<Living>> living;
  for (const Author* author : authors) {
    if (!author->live) continue;
    if (arguments.core.empty()) {
      spdlog::warn("msg=\"without --core or WEFT_CORE this provider only renders\"");
      break;
    }
    living.push_back(
        std::make_unique<Living>(author->live, author->type, arguments.core, arguments.tls_dir));
  }
  return living;
}

Arguments ParseArguments(const std::string& program, int argc, char** argv) {
  Arguments arguments{Environment("WEFT_LISTEN"), Environment("WEFT_CORE"),
                      Environment("WEFT_TLS_DIR")};
  const std::map<std::string, std::string*> options = {{"--listen", &arguments.listen},
                                                       {"--core", &arguments.core},
                                                       {"--tls-dir", &arguments.tls_dir}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--version") {
      std::cout << program << " " << WEFT_VERSION << "\n";
      arguments.exit = 0;
      return arguments;
    }
    if (const auto option = options.find(argument); option != options.end() && i + 1 < argc) {
      *option->second = argv[++i];
      continue;
    }
    std::cerr << program << ": unknown argument '" << argument << "'\n";
    arguments.exit = 2;
    return arguments;
  }
  if (arguments.listen.empty()) {
    std::cerr << "usage: " << program
              << " --listen ADDRESS [--core ADDRESS] [--tls-dir DIR]\n"
                 "(or WEFT_LISTEN, WEFT_CORE, WEFT_TLS_DIR; an address is unix:/path or host:port, "
                 "which needs the directory of an identity)\n";
    arguments.exit = 2;
  }
  return arguments;
}

template <typename Base, typename RenderRequest, typename Author>
int ServeAny(const std::string& name, const Authors<Author>& authors, int argc, char** argv) {
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
  for (const Author* author : authors) *description.add_capabilities() = ToProto(*author);
  IdentityService identity(std::move(description));
  ProviderService<Base, Author, RenderRequest> provider(authors, artifact);
  const std::vector<std::unique_ptr<Living>> living = MakeLiving(authors, arguments);
  ServiceOptions options = {.name = program,
                            .address = arguments.listen,
                            .tls_dir = arguments.tls_dir,
                            .services = {&identity, &provider}};
  options.on_ready = [&living] {
    for (const auto& each : living) each->Start();
  };
  options.on_drain = [&living] {
    for (const auto& each : living) each->Stop();
  };
  const absl::Status status = RunService(options);
  if (!status.ok()) spdlog::error("msg=\"{}\"", std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace

int Serve(const std::string& name, const std::vector<const Workload*>& workloads, int argc,
          char** argv) {
  return ServeAny<pb::WorkloadProvider::CallbackService, pb::RenderWorkloadRequest>(name, workloads,
                                                                                    argc, argv);
}

int Serve(const std::string& name, const Workload& workload, int argc, char** argv) {
  return Serve(name, std::vector{&workload}, argc, argv);
}

int Serve(const std::string& name, const Trait& trait, int argc, char** argv) {
  return ServeAny<pb::TraitProvider::CallbackService, pb::RenderTraitRequest>(
      name, std::vector{&trait}, argc, argv);
}

}  // namespace weft::sdk
