#include "core/cmd/core_parts.h"

#include <algorithm>
#include <filesystem>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/api/applications_service.h"
#include "core/api/catalog_service.h"
#include "core/api/instances_service.h"
#include "core/api/provider_installer.h"
#include "core/auth/identities.h"
#include "core/base/certificate.h"
#include "core/base/channel.h"
#include "core/base/status.h"
#include "core/mesh/answer_cache.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/providers.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/application_key.h"
#include "core/scheduler/events.h"
#include "core/scheduler/rerenderer.h"
#include "core/scheduler/runtimes.h"
#include "core/scheduler/scheduler.h"

namespace weft::cmd {
namespace {

constexpr int kWorkers = 8;
constexpr size_t kWaiting = 256;
constexpr absl::Duration kImagesDeadline = absl::Seconds(5);

// The directory of the identity with which the core calls `address`; through a unix socket it
// needs none.
std::string TlsDirectory(const DataDirectory& data, const std::string& address) {
  if (IsUnixSocket(address)) return "";
  std::string directory = auth::Identities(data).DirectoryOf(kCoreIdentity);
  std::error_code ec;
  if (std::filesystem::exists(directory, ec)) return directory;
  if (const auto made = EnsureIdentity(data); !made.ok())
    spdlog::error("msg=\"the core has no identity\" error=\"{}\"",
                  std::string(made.status().message()));
  return directory;
}

std::shared_ptr<grpc::Channel> ConnectChannel(const DataDirectory& data,
                                              const config::RuntimeConfig& config) {
  const std::string& name = config.identity.empty() ? config.name : config.identity;
  return MakeChannel(config.address, {.tls_dir = TlsDirectory(data, config.address),
                                      .identity = absl::StrCat("runtime/", name)});
}

// The digest of an image of the runtime that system applications go to.
absl::StatusOr<std::string> DigestOf(const std::string& image, const DataDirectory& data,
                                     const scheduler::Runtimes& runtimes) {
  const std::string name = runtimes.choice().DefaultOf(scheduler::kSystemNamespace);
  const auto runtime = runtimes.Find(name);
  if (runtime == nullptr)
    return absl::FailedPreconditionError(absl::StrCat("there is no runtime ", name));
  const auto images = runtime::v1::Images::NewStub(ConnectChannel(data, runtime->config));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kImagesDeadline));
  runtime::v1::ListImagesResponse list;
  const grpc::Status status = images->List(&context, {}, &list);
  if (!status.ok())
    return absl::FailedPreconditionError(
        absl::StrCat("the runtime ", name, " does not tell its images: ", status.error_message()));
  for (const auto& have : list.images()) {
    const auto& references = have.references();
    if (std::find(references.begin(), references.end(), image) != references.end())
      return have.id();
  }
  return absl::NotFoundError(absl::StrCat("the runtime ", name, " has no image ", image,
                                          ": `weft image load` or `weft image import` it first"));
}

}  // namespace

// The identity of this core, issued on first need, for hosts that reach it at `address` if that is
// TCP.
absl::StatusOr<std::string> EnsureIdentity(const DataDirectory& data, const std::string& address) {
  auth::Subject subject = {.identity = kCoreIdentity};
  const std::string host = ServerName(address, kCoreIdentity);
  if (!address.empty() && host != DnsNameOf(kCoreIdentity)) subject.dns_names = {host};
  return auth::Identities(data).Ensure(subject, absl::Now());
}

// From the bottom up: what is above is gone before what is below.
struct Parts::Wiring {
  Wiring(const Settings& opened, const auth::Authenticator& callers)
      : settings(opened), authenticator(callers) {}
  // The providers' thread tells the scheduler, which goes first.
  ~Wiring() { providers.Stop(); }

  const Settings& settings;
  const auth::Authenticator& authenticator;
  mesh::AnswerCache answers{*settings.store};
  mesh::Providers providers{
      {.directory = settings.data.Below("providers"),
       .store = settings.store.get(),
       .connect =
           [this](const mesh::ProviderConfig& config) {
             return mesh::Guard(
                 mesh::MakeGrpcStub(config, TlsDirectory(settings.data, config.address)), config,
                 answers);
           },
       .resolve =
           [this](const mesh::ProviderConfig& config) {
             return api::PodAddresses(scheduler, config.application, config.port);
           },
       .on_change = [this] { scheduler.ProvidersChanged(); }}};
  scheduler::Runtimes runtimes{
      {.directory = settings.data.Below("runtimes"),
       .defaults = settings.config,
       .connect = [data = settings.data](const config::RuntimeConfig& config) {
         return runtime::v1::Runtime::NewStub(ConnectChannel(data, config));
       }}};
  scheduler::Events events{*settings.store};
  scheduler::Scheduler scheduler{*settings.store, providers, runtimes, events};
  scheduler::Rerenderer rerenderer{*settings.store, events, absl::Now};
  std::unique_ptr<WorkerPool> pool = std::make_unique<WorkerPool>(kWorkers, kWaiting);
  const scheduler::Admission admission{{.store = settings.store.get(),
                                        .providers = &providers,
                                        .runtimes = &runtimes,
                                        .pool = pool.get(),
                                        .events = &events,
                                        .installation = settings.installation,
                                        .policies = settings.config.policies,
                                        .on_stored = [this](const std::string& application) {
                                          scheduler.Touch(application);
                                          rerenderer.Touch(application);
                                        }}};
  api::ApplicationsService applications{{.store = settings.store.get(),
                                         .scheduler = &scheduler,
                                         .admission = &admission,
                                         .runtimes = &runtimes,
                                         .providers = &providers,
                                         .pool = pool.get(),
                                         .events = &events,
                                         .rerenderer = &rerenderer,
                                         .identify = authenticator.identify()}};
  const api::ProviderInstaller installer{
      {.directory = settings.data.Below("providers"),
       .core = settings.config.address,
       .store = settings.store.get(),
       .providers = &providers,
       .scheduler = &scheduler,
       .admission = &admission,
       .digest_of =
           [this](const std::string& image) { return DigestOf(image, settings.data, runtimes); },
       .issue = [data = settings.data](const std::string& name) -> absl::Status {
         return auth::Identities(data)
             .Ensure({.identity = absl::StrCat("provider/", name)}, absl::Now())
             .status();
       },
       .revoke =
           [data = settings.data](const std::string& name) {
             return auth::Identities(data).Remove(absl::StrCat("provider/", name));
           },
       .connect =
           [data = settings.data](const mesh::ProviderConfig& config) {
             return mesh::MakeGrpcStub(config, TlsDirectory(data, config.address));
           }}};
  api::CatalogService catalog{*settings.store, providers, runtimes, *pool, &installer};
  api::InstancesService instances{{.store = settings.store.get(),
                                   .providers = &providers,
                                   .scheduler = &scheduler,
                                   .runtimes = &runtimes,
                                   .pool = pool.get(),
                                   .identify = authenticator.identify(),
                                   .events = &events,
                                   .rerenderer = &rerenderer}};
};

Parts::Parts(const Settings& settings, const auth::Authenticator& authenticator)
    : wiring_(std::make_unique<Wiring>(settings, authenticator)) {}

Parts::~Parts() = default;

absl::Status Parts::Start() {
  wiring_->answers.Start();
  wiring_->events.Start();
  wiring_->providers.Start();
  WEFT_RETURN_IF_ERROR(wiring_->scheduler.Start());
  return wiring_->rerenderer.Start(wiring_->admission);
}

std::vector<grpc::Service*> Parts::services() {
  return {&wiring_->applications, &wiring_->catalog, &wiring_->instances};
}

void Parts::EndStreams() {
  wiring_->applications.EndStreams();
  wiring_->instances.EndStreams();
}

void Parts::EndWork() {
  wiring_->rerenderer.Stop();
  wiring_->pool.reset();
}

}  // namespace weft::cmd
