#include "tests/simulation/installation.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/stub_around.h"
#include "tests/simulation/platform.h"

namespace weft::simulation {
namespace {

namespace pb = ::weft::provider::v1;

constexpr char kAddress[] = "unix:/none";
constexpr std::chrono::seconds kLatest(10);

// Types of workloads, which make a Deployment, and for some values a Service: "Plain", "Leaving",
// which finalizes, and "Reading", which reads what is reported of it. The trait "note" adds to it.
pb::DescribeResponse MakeDescription() {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  for (const char* name : {"Plain", "Leaving", "Reading"}) {
    pb::Capability& capability = *description.add_capabilities();
    capability.set_kind(pb::CAPABILITY_KIND_WORKLOAD);
    capability.set_type(absl::StrCat("example.org/v1.", name));
    capability.add_aliases(name);
    for (const auto& [api_version, kind] :
         {std::pair("apps/v1", "Deployment"), {"v1", "Service"}}) {
      pb::Write& write = *capability.add_writes();
      write.set_api_version(api_version);
      write.set_kind(kind);
      write.set_mode(pb::WRITE_MODE_CREATE);
    }
    capability.mutable_shape()->set_api_version("apps/v1");
    capability.mutable_shape()->set_kind("Deployment");
  }
  pb::Capability& note = *description.add_capabilities();
  note.set_kind(pb::CAPABILITY_KIND_TRAIT);
  note.set_type("note");
  note.add_applies_to("*");
  note.set_properties_schema(R"({"type":"object","properties":{"text":{"type":"string"}}})");
  pb::Write& annotations = *note.add_writes();
  annotations.set_api_version("apps/v1");
  annotations.set_kind("Deployment");
  annotations.set_pointer("/metadata/annotations");
  annotations.set_mode(pb::WRITE_MODE_ADD);
  description.mutable_capabilities(1)->add_features(pb::FEATURE_FINALIZE);
  description.mutable_capabilities(2)->add_reads(pb::READ_STATE);
  return description;
}

std::string MakeDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "weft_simulation_XXXXXX";
  std::string directory = mkdtemp(pattern.data());
  for (const char* kind : {"providers", "runtimes"}) {
    std::filesystem::create_directory(absl::StrCat(directory, "/", kind));
    std::ofstream(absl::StrCat(directory, "/", kind, "/local.yaml"))
        << "name: local\naddress: " << kAddress << "\n";
  }
  return directory;
}

pb::Part& AddPart(pb::RenderResponse& response, const std::string& api_version,
                  const std::string& kind, const std::string& name, std::string json) {
  pb::Part& part = *response.add_parts();
  part.mutable_object()->set_api_version(api_version);
  part.mutable_object()->set_kind(kind);
  part.mutable_object()->set_name(name);
  part.set_operation(pb::PART_OPERATION_MERGE);
  part.set_json(std::move(json));
  return part;
}

// A Deployment of the value and the image, and a Service if the value is odd. Who reads what is
// reported has it there, and waits for it.
pb::RenderResponse Render(const pb::RenderWorkloadRequest& request) {
  pb::RenderResponse response;
  response.set_artifact(request.expected_artifact());
  std::string of;
  if (request.instance().type() == "example.org/v1.Reading") {
    if (request.state().empty()) {
      response.set_outcome(pb::OUTCOME_NOT_READY);
      response.set_reason("nothing was reported");
      return response;
    }
    of = absl::StrCat("\"of\":", request.state(), ",");
  }
  response.set_outcome(pb::OUTCOME_READY);
  const pb::Container& container = request.component().containers(0);
  uint64_t value = 0;
  (void)absl::SimpleAtoi(container.env(0).value(), &value);
  const std::string& name = request.instance().name();
  AddPart(response, "apps/v1", "Deployment", name,
          absl::StrCat("{", of, "\"spec\":{\"image\":\"", container.image(), "\",\"value\":", value,
                       "}}"));
  if (value % 2 == 1) {
    AddPart(response, "v1", "Service", name, absl::StrCat("{\"spec\":{\"value\":", value / 2, "}}"))
        .set_on_immutable(pb::ON_IMMUTABLE_REPLACE);
  }
  return response;
}

// An annotation.
pb::RenderResponse Render(const pb::RenderTraitRequest& request) {
  pb::RenderResponse response;
  response.set_artifact(request.expected_artifact());
  response.set_outcome(pb::OUTCOME_READY);
  const auto properties = json::Parse(request.instance().properties());
  AddPart(response, "apps/v1", "Deployment", request.instance().name(),
          absl::StrCat("{\"note\":\"", json::GetString(*properties, {"text"}), "\"}"))
      .set_pointer("/metadata/annotations");
  return response;
}

}  // namespace

class Installation::Stub final : public mesh::StubAround {
 public:
  Stub(std::shared_ptr<mesh::ProviderStub> described, const Run& run)
      : StubAround(std::move(described)), run_(run) {}
  void RenderWorkload(pb::RenderWorkloadRequest request,
                      mesh::Callback<pb::RenderResponse> done) override {
    run_.ask({request.instance().key(), Render(request), std::move(done)});
  }
  void RenderTrait(pb::RenderTraitRequest request,
                   mesh::Callback<pb::RenderResponse> done) override {
    run_.ask({request.instance().key(), Render(request), std::move(done)});
  }

 private:
  const Run& run_;
};

class Installation::Runtime final : public CallsOnly {
 public:
  explicit Runtime(const Run& run) : run_(run) {}
  grpc::Status Apply(grpc::ClientContext* context, const runtime::v1::ApplyRequest& request,
                     runtime::v1::ApplyResponse* response) override {
    return run_.runtime->Apply(context, request, response);
  }
  grpc::Status Delete(grpc::ClientContext* context, const runtime::v1::DeleteRequest& request,
                      runtime::v1::DeleteResponse* response) override {
    return run_.runtime->Delete(context, request, response);
  }
  grpc::Status List(grpc::ClientContext* context, const runtime::v1::ListRequest& request,
                    runtime::v1::ListResponse* response) override {
    return run_.runtime->List(context, request, response);
  }

 private:
  const Run& run_;
};

Installation::Installation() : directory_(MakeDirectory()) {
  const auto described = std::make_shared<mesh::FakeProvider>();
  described->SetDescription(MakeDescription());
  std::mutex mutex;
  std::condition_variable changed;
  bool has_changed = false;
  providers_ = std::make_unique<mesh::Providers>(mesh::Providers::Options{
      .directory = directory_ + "/providers",
      .store = &descriptions_,
      .connect =
          [&](const mesh::ProviderConfig& config) {
            return mesh::MakeCheckingStub(std::make_shared<Stub>(described, run_), config.artifact);
          },
      .on_change =
          [&] {
            std::lock_guard lock(mutex);
            has_changed = true;
            changed.notify_all();
          }});
  runtimes_ = std::make_unique<scheduler::Runtimes>(scheduler::Runtimes::Options{
      .directory = directory_ + "/runtimes",
      .defaults = {},
      .connect = [this](const config::RuntimeConfig&) { return std::make_shared<Runtime>(run_); }});
  providers_->Start();
  std::unique_lock lock(mutex);
  while (!providers_->WhyAway("local").empty()) {
    if (!changed.wait_for(lock, kLatest, [&] { return has_changed; })) {
      std::cerr << "the provider local " << providers_->WhyAway("local") << std::endl;
      std::abort();
    }
    has_changed = false;
  }
  lock.unlock();
  providers_->Stop();
}

Installation::~Installation() { std::filesystem::remove_all(directory_); }

const Installation& Installation::For(Run run) {
  static Installation only;
  only.run_ = std::move(run);
  return only;
}

}  // namespace weft::simulation
