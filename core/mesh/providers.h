#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "core/catalog/type.h"
#include "core/mesh/provider_config.h"
#include "core/mesh/provider_stub.h"
#include "core/store/store.h"

namespace weft::mesh {

// What is known of one configured provider.
struct ProviderState {
  ProviderConfig config;
  std::string version;             // As it last described itself; empty: it never did.
  std::vector<std::string> types;  // Canonical names.
  bool available = false;
  std::string message;  // Why it is not, or is not asked at the moment.
};

// The configured providers: connects to each, asks each what it serves and remembers the last
// answer in the store, so that the types of a provider that is away stay known.
//
// Thread-safe.
class Providers {
 public:
  struct Options {
    std::string directory;          // Of the providers' files; read again when one changes.
    store::Store* store = nullptr;  // Outlives the object.
    // Makes the client of one provider, cache and all.
    std::function<std::shared_ptr<ProviderStub>(const ProviderConfig&)> connect;
    // Where the ready pods of `config.application` answer, in gRPC's form; empty: nowhere. Asked
    // every second. May be empty where no provider has an application.
    std::function<std::string(const ProviderConfig& config)> resolve = {};
    // Called from the object's own thread after a provider or the table of types changed.
    std::function<void()> on_change;
  };
  explicit Providers(Options options);
  ~Providers();

  // Reads the configuration and what is stored, then looks after the providers in a thread of its
  // own.
  void Start();
  // Ends the thread: on_change is not called any more when it returns. Idempotent.
  void Stop();

  // Everything that is served now, from the last description of each configured provider.
  catalog::TypeTablePtr types() const;
  // By name.
  std::vector<ProviderState> states() const;
  // Files that cannot be used: "FILE: what is wrong".
  std::vector<std::string> problems() const;

  // The client of the provider `name`; null: it is not configured.
  std::shared_ptr<ProviderStub> Find(const std::string& name) const;
  // Why the provider cannot be asked at the moment; empty: it can.
  std::string WhyAway(const std::string& name) const;

 private:
  struct Entry;

  void Run();
  void Tick();
  void ReadConfiguration();
  void Resolve();
  std::shared_ptr<Entry> Adopt(const ProviderConfig& config) const;
  void Watch(const std::shared_ptr<Entry>& entry);
  void Described(const std::shared_ptr<Entry>& entry,
                 absl::StatusOr<provider::v1::DescribeResponse> response);
  void RebuildTypesLocked();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool changed_ = false;                          // Since on_change was called last.
  std::string signature_;                         // Of the configuration files as read last.
  absl::Time resolve_at_ = absl::InfinitePast();  // Applications' addresses.
  std::vector<std::shared_ptr<Entry>> entries_;   // By name.
  std::vector<std::string> problems_;
  catalog::TypeTablePtr types_;
  int describing_ = 0;  // Calls under way, also of providers that are not configured any more.
  std::thread thread_;
};

}  // namespace weft::mesh
