// A provider for tests, started by the container contract, that does whatever the image of the
// component says: "good", "hang" (never answers), "trickle" (begins to answer and does not go on),
// "die" (ends in the middle of its answer), "garbage" (bytes that are no message), "nothing" (an
// empty message), "kind" (an object of a kind that it did not declare) and "large" (5 MiB).
// With "--for-ever" it is there again whenever it has ended.
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/environment.h"
#include "core/base/service.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/workload.grpc.pb.h"

namespace weft {
namespace {

namespace pb = ::weft::provider::v1;

class Identity final : public pb::Identity::CallbackService {
  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const pb::DescribeRequest*,
                                     pb::DescribeResponse* response) override {
    response->set_name("sick");
    response->set_version("1");
    response->set_artifact(Environment("WEFT_ARTIFACT"));
    response->add_protocol_versions("v1");
    pb::Capability* capability = response->add_capabilities();
    capability->set_kind(pb::CAPABILITY_KIND_WORKLOAD);
    capability->set_type("example.org/v1.Sick");
    pb::Write* write = capability->add_writes();
    write->set_api_version("apps/v1");
    write->set_kind("Deployment");
    write->set_mode(pb::WRITE_MODE_CREATE);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Made once for all lives: what it takes to make is not what a benchmark of the core asks for.
grpc::Slice LargeAnswer() {
  static const auto* const answer = [] {
    pb::RenderResponse response;
    response.set_reason(std::string(5 << 20, 'x'));
    return new std::string(response.SerializeAsString());
  }();
  return {answer->data(), answer->size(), grpc::Slice::STATIC_SLICE};
}

grpc::Slice AnswerTo(const pb::RenderWorkloadRequest& request, const std::string& fault) {
  if (fault == "nothing") return {};
  if (fault == "garbage") return grpc::Slice(std::string(64, '\xff'));
  if (fault == "large") return LargeAnswer();
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(Environment("WEFT_ARTIFACT"));
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version(fault == "kind" ? "v1" : "apps/v1");
  part->mutable_object()->set_kind(fault == "kind" ? "Secret" : "Deployment");
  part->mutable_object()->set_name(request.instance().name());
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_json(R"({"spec":{"replicas":1}})");
  return grpc::Slice(response.SerializeAsString());
}

// One Render; ends with its call.
class Rendering final : public grpc::ServerUnaryReactor {
 public:
  Rendering(grpc::ByteBuffer bytes, grpc::ByteBuffer* answer) { Start(bytes, answer); }

  void OnSendInitialMetadataDone(bool) override {
    if (fault_ == "die") _exit(1);
  }
  void OnCancel() override {
    if (fault_ == "hang" || fault_ == "trickle") Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Start(grpc::ByteBuffer& bytes, grpc::ByteBuffer* answer) {
    grpc::Slice slice;
    pb::RenderWorkloadRequest request;
    if (!bytes.DumpToSingleSlice(&slice).ok() ||
        !request.ParseFromArray(slice.begin(), static_cast<int>(slice.size())))
      return Finish({grpc::StatusCode::INTERNAL, "no request"});
    const std::string& image = request.component().containers(0).image();
    fault_ = image.substr(0, image.find(':'));
    if (fault_ == "hang") return;
    if (fault_ == "trickle" || fault_ == "die") return StartSendInitialMetadata();
    const grpc::Slice text = AnswerTo(request, fault_);
    *answer = grpc::ByteBuffer(&text, 1);
    Finish(grpc::Status::OK);
  }

  std::string fault_;
};

// It sends bytes, not messages.
class Workload final
    : public pb::WorkloadProvider::WithRawCallbackMethod_Render<pb::WorkloadProvider::Service> {
  grpc::ServerUnaryReactor* Render(grpc::CallbackServerContext*, const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
    return new Rendering(*request, response);
  }
};

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  weft::LargeAnswer();
  // Not by starting the program anew: nor does it ask for that.
  while (argc > 1 && std::string_view(argv[1]) == "--for-ever") {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child > 0) {
      waitpid(child, nullptr, 0);
      continue;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    break;
  }
  weft::InitializeService("faulty-provider");
  weft::Identity identity;
  weft::Workload workload;
  return weft::RunService({.name = "faulty-provider",
                           .address = weft::Environment("WEFT_LISTEN"),
                           .services = {&identity, &workload}})
                 .ok()
             ? 0
             : 1;
}
