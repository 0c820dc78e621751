#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/mesh/provider_config.h"
#include "core/mesh/provider_stub.h"
#include "core/scheduler/admission.h"
#include "core/scheduler/scheduler.h"
#include "core/store/store.h"
#include "weft/core/v1/catalog.pb.h"

namespace weft::api {

// Runs images of providers as system applications, and writes their configuration when a person has
// agreed to what they ask for. See docs/adr/0013-installed-providers.md.
//
// Thread-safe; calls for one provider must not overlap. Every call blocks.
class ProviderInstaller {
 public:
  struct Options {
    std::string directory;  // Of the providers' files.
    std::string core;       // Where they reach the core over TCP; empty: nowhere.
    store::Store* store = nullptr;
    const mesh::Providers* providers = nullptr;
    scheduler::Scheduler* scheduler = nullptr;
    const scheduler::Admission* admission = nullptr;  // All of these outlive the object.
    // The digest of an image as the default runtime has it. NOT_FOUND: it has none of that name.
    std::function<absl::StatusOr<std::string>(const std::string& image)> digest_of;
    // Makes the identity "provider/NAME".
    std::function<absl::Status(const std::string& name)> issue;
    // Removes it. NOT_FOUND: there was none.
    std::function<absl::Status(const std::string& name)> revoke;
    // Makes the client of one provider, without a cache.
    std::function<std::shared_ptr<mesh::ProviderStub>(const mesh::ProviderConfig&)> connect;
  };
  explicit ProviderInstaller(Options options) : options_(std::move(options)) {}

  // As Catalog.InstallProvider and RemoveProvider; gives up when `cancelled` says so.
  absl::StatusOr<core::v1::InstallProviderResponse> Install(
      const core::v1::InstallProviderRequest& request,
      const std::function<bool()>& cancelled) const;
  absl::Status Remove(const std::string& name, const std::function<bool()>& cancelled) const;

 private:
  absl::Status Deploy(const core::v1::InstallProviderRequest& request,
                      const std::string& artifact) const;
  absl::StatusOr<provider::v1::DescribeResponse> AwaitDescription(
      mesh::ProviderConfig config, const std::function<bool()>& cancelled) const;
  absl::Status CheckNames(const std::string& name,
                          const provider::v1::DescribeResponse& description) const;
  bool Await(const std::string& application, const std::function<bool()>& holds,
             const std::function<bool()>& cancelled) const;
  // Whether somebody else configured a provider of this name.
  bool IsConfigured(const std::string& name) const;
  std::string FileOf(const std::string& name) const;

  const Options options_;
};

// Where the ready pods of a system application answer at `port`, in gRPC's form:
// "ipv4:IP:PORT,..."; empty: nowhere.
std::string PodAddresses(const scheduler::Scheduler& scheduler, const std::string& application,
                         int port);

}  // namespace weft::api
