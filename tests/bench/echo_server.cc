// weft-bench-echo ADDRESS [BACKEND...]: serves weft.bench.v1.Echo at ADDRESS. With backends it
// first calls all of them in parallel and answers when the last has answered: a mesh that does
// nothing.
#include <atomic>
#include <iostream>
#include <memory>
#include <vector>

#include "core/base/service.h"
#include "tests/bench/echo.grpc.pb.h"

namespace weft::bench {
namespace {

class EchoService final : public v1::Echo::CallbackService {
 public:
  explicit EchoService(const std::vector<std::string>& backends) {
    for (const std::string& address : backends)
      backends_.push_back(v1::Echo::NewStub(MakeChannel(address)));
  }

  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context, const v1::Payload* request,
                                 v1::Payload* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    response->set_data(request->data());
    if (backends_.empty()) {
      reactor->Finish(grpc::Status::OK);
    } else {
      FanOut(*request, reactor);
    }
    return reactor;
  }

 private:
  struct Branch {
    grpc::ClientContext context;
    v1::Payload response;
  };
  struct Calls {
    explicit Calls(size_t count) : left(count), branches(count) {}
    std::atomic<size_t> left;
    std::atomic<bool> failed{false};
    std::vector<Branch> branches;
  };

  // `request` lives until the reactor finishes.
  void FanOut(const v1::Payload& request, grpc::ServerUnaryReactor* reactor) {
    auto calls = std::make_shared<Calls>(backends_.size());
    for (size_t i = 0; i < backends_.size(); ++i) {
      Branch& branch = calls->branches[i];
      branch.context.set_wait_for_ready(true);
      backends_[i]->async()->Call(
          &branch.context, &request, &branch.response,
          [calls, reactor](const grpc::Status& status) {
            if (!status.ok()) calls->failed = true;
            if (--calls->left > 0) return;
            reactor->Finish(calls->failed
                                ? grpc::Status(grpc::StatusCode::INTERNAL, "a backend failed")
                                : grpc::Status::OK);
          });
    }
  }

  std::vector<std::unique_ptr<v1::Echo::Stub>> backends_;
};

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: weft-bench-echo ADDRESS [BACKEND...]\n";
    return 2;
  }
  InitializeService("weft-bench-echo");
  EchoService service(std::vector<std::string>(argv + 2, argv + argc));
  const absl::Status status =
      RunService({.name = "weft-bench-echo", .address = argv[1], .services = {&service}});
  if (!status.ok()) std::cerr << "weft-bench-echo: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) { return weft::bench::Main(argc, argv); }
