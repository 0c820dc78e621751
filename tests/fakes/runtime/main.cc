// weft-runtime-fake: weft.runtime.v1 on a FakePlatform. What it has goes with the process.
#include <iostream>

#include <CLI/CLI.hpp>

#include "core/base/files.h"
#include "core/base/service.h"
#include "runtime/base/convert.h"
#include "runtime/base/watch_streams.h"
#include "tests/fakes/runtime/fake_platform.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::fakes {
namespace {

namespace v1 = runtime::v1;

class FakeService final : public v1::Runtime::CallbackService {
 public:
  explicit FakeService(FakePlatform& platform) : platform_(platform), watches_(platform.board()) {}

  void Drain() { watches_.Drain(); }

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse* response) override {
    response->set_name("fake");
    response->set_version(WEFT_VERSION);
    response->set_platform("fake");
    response->add_protocol_versions("v1");
    return Answer(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const v1::ApplyRequest* request,
                                  v1::ApplyResponse* response) override {
    const absl::Status counted = runtime::CheckCount(request->objects_size());
    if (!counted.ok()) return Answer(context, ToGrpc(counted));
    for (const v1::AppliedObject& object : request->objects())
      platform_.Apply(object, request->dry_run(), *response->add_results());
    return Answer(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteRequest* request, v1::DeleteResponse*) override {
    for (const common::v1::ObjectRef& ref : request->objects()) platform_.Delete(ref);
    return Answer(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListRequest*,
                                 v1::ListResponse* response) override {
    bool complete = false;
    for (const runtime::Projection& projection : platform_.board().List(complete))
      runtime::ToProto(projection, response->add_items());
    response->set_complete(complete);
    return Answer(context, grpc::Status::OK);
  }
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext*,
                                                     const v1::WatchRequest*) override {
    return watches_.Open();
  }

 private:
  static grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                          const grpc::Status& status) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  FakePlatform& platform_;
  runtime::WatchStreams watches_;
};

absl::Status Serve(const std::string& listen, const std::string& dump) {
  FakePlatform platform(!dump.empty());
  FakeService service(platform);
  ServiceOptions options;
  options.name = "weft-runtime-fake";
  options.address = listen;
  options.services = {&service};
  options.on_drain = [&] { service.Drain(); };
  const absl::Status served = RunService(options);
  if (!served.ok() || dump.empty()) return served;
  return WriteFileAtomically(dump, json::Canonical(platform.Dump()));
}

}  // namespace
}  // namespace weft::fakes

int main(int argc, char** argv) {
  CLI::App app("Takes Weft's objects and does nothing with them");
  std::string listen;
  app.add_option("--listen", listen, "Where to serve: unix:/path")
      ->envname("WEFT_LISTEN")
      ->required();
  std::string dump;
  app.add_option("--dump", dump, "Where to write at the end what there is, as JSON");
  CLI11_PARSE(app, argc, argv);
  weft::InitializeService("weft-runtime-fake");
  const absl::Status served = weft::fakes::Serve(listen, dump);
  if (!served.ok()) std::cerr << "weft-runtime-fake: " << served.message() << std::endl;
  return served.ok() ? 0 : 1;
}
