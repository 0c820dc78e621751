#include "core/scheduler/testing.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/json.h"
#include "core/mesh/guarded_stub.h"

namespace weft::scheduler {

namespace pb = ::weft::provider::v1;

namespace {

constexpr char kFake[] = "unix:/none";  // Of providers in memory.

pb::Capability MakeCapability(pb::CapabilityKind kind, const std::string& type) {
  pb::Capability capability;
  capability.set_kind(kind);
  capability.set_type(type);
  capability.add_features(pb::FEATURE_ASSESS);
  return capability;
}

void AddWrite(pb::Capability& capability, const std::string& api_version, const std::string& kind,
              const std::string& pointer, pb::WriteMode mode) {
  pb::Write* write = capability.add_writes();
  write->set_api_version(api_version);
  write->set_kind(kind);
  write->set_pointer(pointer);
  write->set_mode(mode);
}

// An answer with one part of the Deployment `name`.
pb::RenderResponse Answer(const std::string& artifact, const std::string& name,
                          const std::string& pointer, const std::string& json) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(artifact);
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version("apps/v1");
  part->mutable_object()->set_kind("Deployment");
  part->mutable_object()->set_name(name);
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_pointer(pointer);
  part->set_json(json);
  return response;
}

}  // namespace

bool Await(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

common::v1::ObjectRef Ref(const std::string& kind, const std::string& name) {
  common::v1::ObjectRef ref;
  ref.set_api_version(kind == "Deployment" ? "apps/v1" : "v1");
  ref.set_kind(kind);
  ref.set_namespace_("default");
  ref.set_name(name);
  return ref;
}

common::v1::Health MakeHealth(common::v1::Verdict verdict, const std::string& reason) {
  common::v1::Health health;
  health.set_verdict(verdict);
  health.set_reason(reason);
  return health;
}

std::string ComponentText(const std::string& image) {
  return absl::StrCat(
      "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: site}\n"
      "spec:\n  workloadType: Web\n  containers: [{name: main, image: '",
      image, "'}]\n");
}

std::string ApplicationText(const std::string& traits, const std::string& name,
                            const std::string& instance) {
  return absl::StrCat(
      "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\nmetadata: {name: ", name,
      "}\nspec:\n  components:\n    - componentName: site\n      instanceName: ", instance,
      "\n      traits: [", traits, "]\n");
}

std::vector<std::string> Brief(const core::v1::ApplyResponse& response) {
  std::vector<std::string> brief;
  for (const common::v1::Diagnostic& d : response.diagnostics()) {
    const char* severity = d.severity() == common::v1::SEVERITY_ERROR     ? ""
                           : d.severity() == common::v1::SEVERITY_WARNING ? "warning "
                                                                          : "note ";
    brief.push_back(
        absl::StrCat(d.line(), ":", d.column(), " ", severity, d.code(), " ", d.pointer()));
  }
  return brief;
}

std::vector<std::string> Changes(const core::v1::ApplyResponse& response) {
  std::vector<std::string> changes;
  for (const auto& change : response.changes()) {
    changes.push_back(
        absl::StrCat(change.kind(), " ", change.name(), " ", change.revision(), " ",
                     core::v1::ApplyResponse::Action_Name(change.action()).substr(7)));
  }
  return changes;
}

std::vector<std::string> Keys(store::Store& store, const std::string& prefix) {
  std::vector<std::string> keys;
  const auto entries = store.List(prefix);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const auto& [key, value] : *entries) keys.push_back(key);
  return keys;
}

void HookedStore::OnList(std::function<void(const std::string&)> called) {
  std::lock_guard lock(mutex_);
  on_list_ = std::move(called);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> HookedStore::List(
    const std::string& prefix, const std::string& after, int64_t limit) {
  std::unique_lock lock(mutex_);
  const auto called = on_list_;
  lock.unlock();
  if (called != nullptr) called(prefix);
  return memory_.List(prefix, after, limit);
}

TestCore::TestCore(const std::vector<std::string>& runtimes, const config::CoreConfig& defaults) {
  MakeWeb();
  MakeTraits();
  std::string pattern = "/tmp/weft_scheduler_XXXXXX";
  directory_ = mkdtemp(pattern.data());
  std::filesystem::create_directory(directory_ + "/runtimes");
  for (const std::string& name : runtimes) ConfigureRuntime(name);
  runtimes_ = std::make_unique<Runtimes>(
      Runtimes::Options{.directory = directory_ + "/runtimes",
                        .defaults = defaults,
                        .connect = [this](const config::RuntimeConfig& config) {
                          FakeRuntime& fake = config.name == kLocalRuntime ? runtime : other;
                          // It is the fake's own.
                          return std::shared_ptr<runtime::v1::Runtime::StubInterface>(
                              std::shared_ptr<void>(), &fake.stub());
                        }});
  for (const char* name : {"web", "traits"}) {
    ConfigureProvider(name, absl::StrCat("name: ", name, "\naddress: ", kFake,
                                         "\nartifact: sha256:", name, "\n"));
  }
  providers_ = std::make_unique<mesh::Providers>(mesh::Providers::Options{
      .directory = directory_,
      .store = &store,
      .connect =
          [this](const mesh::ProviderConfig& config) {
            std::shared_ptr<mesh::ProviderStub> stub = config.name == "web" ? web : traits;
            if (config.address != kFake) stub = mesh::MakeGrpcStub(config, "");
            return mesh::Guard(std::move(stub), config, answers_);
          },
      .on_change =
          [this] {
            std::lock_guard lock(mutex_);
            if (scheduler_ != nullptr) scheduler_->ProvidersChanged();
          }});
  admission_ = std::make_unique<Admission>(
      Admission::Options{.store = &store,
                         .providers = providers_.get(),
                         .runtimes = runtimes_.get(),
                         .pool = pool_.get(),
                         .events = &events,
                         .installation = "test",
                         .policies = defaults.policies,
                         .on_stored = [this](const std::string& application) {
                           std::lock_guard lock(mutex_);
                           if (scheduler_ != nullptr) scheduler_->Touch(application);
                           rerenderer_->Touch(application);
                         }});
  rerenderer_ = std::make_unique<Rerenderer>(store, events, [this] { return Now(); });
  providers_->Start();
  EXPECT_TRUE(Await(
      [&] { return providers_->WhyAway("web").empty() && providers_->WhyAway("traits").empty(); }));
}

TestCore::~TestCore() {
  EndWork();
  StopScheduler();
  providers_.reset();
  std::filesystem::remove_all(directory_);
}

void TestCore::StartScheduler() {
  StopScheduler();
  auto scheduler =
      std::make_unique<Scheduler>(store, *providers_, *runtimes_, events, [this] { return Now(); });
  EXPECT_TRUE(scheduler->Start().ok());
  EXPECT_TRUE(rerenderer_->Start(*admission_).ok());
  std::lock_guard lock(mutex_);
  scheduler_ = std::move(scheduler);
}

absl::Time TestCore::Now() const { return absl::Now() + absl::Milliseconds(skipped_ms_.load()); }

void TestCore::Skip(absl::Duration time) { skipped_ms_ += absl::ToInt64Milliseconds(time); }

void TestCore::StopScheduler() {
  rerenderer_->Stop();
  std::lock_guard lock(mutex_);
  scheduler_.reset();
}

void TestCore::MakeWeb() {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  pb::Capability capability = MakeCapability(pb::CAPABILITY_KIND_WORKLOAD, "example.org/v1.Web");
  capability.add_aliases("Web");
  AddWrite(capability, "apps/v1", "Deployment", "", pb::WRITE_MODE_CREATE);
  capability.mutable_shape()->set_api_version("apps/v1");
  capability.mutable_shape()->set_kind("Deployment");
  capability.mutable_shape()->set_scale("/spec/replicas");
  capability.mutable_shape()->set_pod_template("/spec/template");
  *description.add_capabilities() = capability;
  web->SetDescription(description);
  web->render_workload = [](const pb::RenderWorkloadRequest& request) {
    return Answer(request.expected_artifact(), request.instance().name(), "",
                  absl::StrCat(R"({"spec":{"replicas":1,"template":{"spec":{"containers":[)",
                               R"({"name":"main","image":")",
                               request.component().containers(0).image(), R"("}]}}}})"));
  };
  web->assess = [this](const pb::AssessRequest& request) {
    int current = 0;
    for (const pb::Projection& projection : request.observed()) {
      if (projection.ref().kind() != "Pod" && projection.up_to_date()) ++current;
    }
    pb::AssessResponse response;
    *response.mutable_health() = current == request.objects_size()
                                     ? MakeHealth(verdict, "Said")
                                     : MakeHealth(common::v1::VERDICT_PROGRESSING, "NotThere");
    return response;
  };
}

void TestCore::MakeTraits() {
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  pb::Capability scaler = MakeCapability(pb::CAPABILITY_KIND_TRAIT, "scaler");
  scaler.set_properties_schema(
      R"({"type":"object","required":["replicas"],"properties":{"replicas":{"type":"integer"}}})");
  scaler.add_applies_to("+scale");
  AddWrite(scaler, "*", "*", "+scale", pb::WRITE_MODE_OVERRIDE);
  pb::Capability reader = MakeCapability(pb::CAPABILITY_KIND_TRAIT, "reader");
  reader.add_applies_to("*");
  reader.add_reads(pb::READ_WORKLOAD);
  AddWrite(reader, "*", "*", "/metadata/annotations", pb::WRITE_MODE_ADD);
  *description.add_capabilities() = scaler;
  *description.add_capabilities() = reader;
  traits->SetDescription(description);
  traits->render_trait = [](const pb::RenderTraitRequest& request) {
    const std::string& name = request.instance().name();
    if (request.instance().type() == "reader") {
      return Answer(request.expected_artifact(), name, "/metadata/annotations",
                    absl::StrCat(R"({"seen":")", request.workload().objects_size(), R"("})"));
    }
    const auto properties = json::Parse(request.instance().properties());
    return Answer(request.expected_artifact(), name, "/spec/replicas",
                  absl::StrCat(json::GetInt(*properties, {"replicas"})));
  };
  traits->assess = web->assess;
}

core::v1::ApplyResponse TestCore::Apply(const std::vector<std::string>& texts, bool dry_run) {
  core::v1::ApplyRequest request;
  request.set_dry_run(dry_run);
  for (const std::string& text : texts) {
    core::v1::Document* document = request.add_documents();
    document->set_name(absl::StrCat(request.documents_size() - 1, ".yaml"));
    document->set_content(text);
  }
  std::promise<absl::StatusOr<core::v1::ApplyResponse>> answer;
  admission_->Apply(std::move(request), [&](absl::StatusOr<core::v1::ApplyResponse> response) {
    answer.set_value(std::move(response));
  });
  absl::StatusOr<core::v1::ApplyResponse> response = answer.get_future().get();
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? *std::move(response) : core::v1::ApplyResponse();
}

core::v1::Application TestCore::Status(const std::string& name) const {
  const auto status = scheduler_->Status("default", name);
  return status.ok() ? *status : core::v1::Application();
}

std::vector<std::string> TestCore::EventsOf(const std::string& name) {
  std::vector<std::string> lines;
  const auto happened = events.Read("default", name);
  EXPECT_TRUE(happened.ok()) << happened.status();
  for (const auto& event : happened.ok() ? *happened : std::vector<store::v1::EventRecord>()) {
    lines.push_back(absl::StrCat(
        event.reason(), " ", event.has_object() ? event.object().name() : event.instance(), " x",
        event.count(), ": ", event.message(), " (", event.by(), ")"));
  }
  return lines;
}

bool TestCore::AwaitSettled(common::v1::Verdict expected) {
  core::v1::Application last;
  const bool settled = Await([&] {
    last = Status();
    return last.settled() && last.health().verdict() == expected;
  });
  EXPECT_TRUE(settled) << last.DebugString();
  return settled;
}

void TestCore::ConfigureProvider(const std::string& name, const std::string& text) {
  const std::string file = absl::StrCat(directory_, "/", name, ".yaml");
  std::ofstream(file + ".new") << text;
  std::filesystem::rename(file + ".new", file);
}

void TestCore::ConfigureRuntime(const std::string& name, bool configured) {
  const std::string file = absl::StrCat(directory_, "/runtimes/", name, ".yaml");
  if (!configured) {
    std::filesystem::remove(file);
    return;
  }
  std::ofstream(file + ".new") << config::RuntimeFile({name, "unix:/none", ""});
  std::filesystem::rename(file + ".new", file);
}

void TestCore::SetConnected(mesh::FakeProvider& provider, const std::string& name, bool connected) {
  provider.SetConnected(connected);
  EXPECT_TRUE(Await([&] { return providers_->WhyAway(name).empty() == connected; }));
}

}  // namespace weft::scheduler
