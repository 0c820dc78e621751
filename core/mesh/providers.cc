#include "core/mesh/providers.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/config/directory.h"
#include "core/mesh/answer_check.h"
#include "core/mesh/rights.h"
#include "core/store/keys.h"
#include "core/store/records.pb.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr absl::Duration kDescribeAgain = absl::Seconds(1);
constexpr absl::Duration kResolveEvery = absl::Seconds(1);

// The types that `config` allows of those that its provider describes.
std::vector<catalog::Type> Allowed(const ProviderConfig& config, std::vector<catalog::Type> types) {
  if (config.types.empty()) return types;
  std::erase_if(types, [&](const catalog::Type& type) {
    const bool allowed =
        std::find(config.types.begin(), config.types.end(), type.name) != config.types.end();
    if (!allowed)
      spdlog::warn("msg=\"a provider describes a type that it may not serve\" provider={} type={}",
                   config.name, type.name);
    return !allowed;
  });
  return types;
}

// What `config` may serve of what its provider describes. FAILED_PRECONDITION: it asks for
// something else than was agreed to, or has a failure policy that its types cannot have; else the
// errors of ReadDescription.
absl::StatusOr<std::vector<catalog::Type>> ReadAllowed(const ProviderConfig& config,
                                                       const pb::DescribeResponse& description) {
  if (!config.accepted.empty() && RightsDigest(description) != config.accepted)
    return absl::FailedPreconditionError(
        "it asks for something else than was agreed to: install it again");
  WEFT_ASSIGN_OR_RETURN(std::vector<catalog::Type> types,
                        ReadDescription(config.name, description));
  types = Allowed(config, std::move(types));
  for (catalog::Type& type : types) {
    if (config.optional && type.kind == catalog::TypeKind::kWorkload)
      return absl::FailedPreconditionError(absl::StrCat(
          "its failure_policy is Optional, for traits alone, and it serves the workload type ",
          type.name));
    type.optional = config.optional;
  }
  return types;
}

std::string DoesNotAnswer(const ProviderConfig& config) {
  if (config.address.empty())
    return absl::StrCat("has no pod that is ready (", config.application, ")");
  return absl::StrCat("does not answer at ", config.address);
}

}  // namespace

// One provider; guarded by the mutex of Providers, but for what is const.
struct Providers::Entry {
  const ProviderConfig config;
  const std::shared_ptr<ProviderStub> stub;
  std::string version;
  std::vector<catalog::Type> types;
  std::string record;  // What is stored of it.
  bool connected = false;
  bool described = false;   // Since it was connected.
  bool describing = false;  // A call is under way.
  absl::Time describe_at = absl::InfinitePast();
  std::string message;

  // After "the provider NAME "; empty: it can be asked.
  std::string WhyAway() const { return connected && described ? stub->WhyNotAsked() : message; }
};

Providers::Providers(Options options)
    : options_(std::move(options)),
      types_(std::make_shared<catalog::TypeTable>(std::vector<catalog::Type>())) {}

Providers::~Providers() {
  Stop();
  // A description under way holds this object.
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return describing_ == 0; });
}

void Providers::Start() {
  ReadConfiguration();
  thread_ = std::thread([this] { Run(); });
}

void Providers::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Providers::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Tick();
    lock.lock();
    wake_.wait_for(lock, kTick, [this] { return stopping_ || changed_; });
    if (!std::exchange(changed_, false)) continue;
    lock.unlock();
    options_.on_change();
    lock.lock();
  }
}

void Providers::Tick() {
  ReadConfiguration();
  Resolve();
  std::vector<std::shared_ptr<Entry>> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  for (const auto& entry : entries) Watch(entry);
}

// Providers whose pods answer elsewhere now get another entry, with what is known of the last one.
// While there is no pod at all the last address stays: it does not answer, and says so.
void Providers::Resolve() {
  if (options_.resolve == nullptr || absl::Now() < resolve_at_) return;
  resolve_at_ = absl::Now() + kResolveEvery;
  std::vector<std::shared_ptr<Entry>> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  for (std::shared_ptr<Entry>& entry : entries) {
    if (entry->config.application.empty()) continue;
    ProviderConfig config = entry->config;
    config.address = options_.resolve(config);
    if (!config.address.empty() && config.address != entry->config.address) entry = Adopt(config);
  }
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == entries_[i]) continue;
    entries[i]->types = entries_[i]->types;
    entries[i]->version = entries_[i]->version;
    entries[i]->record = entries_[i]->record;
  }
  entries_ = std::move(entries);
}

void Providers::ReadConfiguration() {
  std::string signature = config::SignatureOf(options_.directory);
  if (signature == signature_) return;
  signature_ = std::move(signature);
  ProviderConfigs read = ReadProviderConfigs(options_.directory);
  for (const std::string& problem : read.problems)
    spdlog::warn("msg=\"a provider's configuration is not used\" error=\"{}\"", problem);
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Entry>> entries;
  for (const ProviderConfig& config : read.providers) {
    const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
      ProviderConfig as_written = entry->config;
      if (!as_written.application.empty()) as_written.address.clear();
      return as_written == config;
    });
    entries.push_back(known != entries_.end() ? *known : Adopt(config));
  }
  entries_ = std::move(entries);
  resolve_at_ = absl::InfinitePast();
  problems_ = std::move(read.problems);
  RebuildTypesLocked();
}

// A new entry, with what the provider said of itself in an earlier life of the core.
std::shared_ptr<Providers::Entry> Providers::Adopt(const ProviderConfig& config) const {
  std::shared_ptr<Entry> entry(new Entry{.config = config, .stub = options_.connect(config)});
  entry->message = DoesNotAnswer(config);
  const absl::StatusOr<std::string> bytes = options_.store->Get(store::ProviderKey(config.name));
  store::v1::ProviderRecord record;
  if (!bytes.ok() || !record.ParseFromString(*bytes)) return entry;
  auto types = ReadAllowed(config, record.description());
  if (!types.ok()) return entry;
  entry->types = *std::move(types);
  entry->version = record.description().version();
  entry->record = *bytes;
  return entry;
}

void Providers::Watch(const std::shared_ptr<Entry>& entry) {
  const bool connected = entry->stub->Connected();
  {
    std::lock_guard lock(mutex_);
    if (entry->connected != connected) {
      entry->connected = connected;
      entry->described = false;
      entry->message = connected ? "has not said yet what it serves" : DoesNotAnswer(entry->config);
      entry->describe_at = absl::InfinitePast();
      changed_ = true;
      spdlog::info("msg=\"provider {}\" provider={} address={}",
                   connected ? "connected" : "disconnected", entry->config.name,
                   entry->config.address);
    }
    // A call tells why there is no connection, such as a certificate that is refused.
    const bool ask = connected ? !entry->described
                               : !entry->config.identity.empty() && !entry->config.address.empty();
    if (!ask || entry->describing || absl::Now() < entry->describe_at || stopping_) return;
    entry->describing = true;
    ++describing_;
  }
  pb::DescribeRequest request;
  request.add_protocol_versions("v1");
  entry->stub->Describe(request, [this, entry](absl::StatusOr<pb::DescribeResponse> response) {
    Described(entry, std::move(response));
  });
}

void Providers::Described(const std::shared_ptr<Entry>& entry,
                          absl::StatusOr<pb::DescribeResponse> response) {
  absl::StatusOr<std::vector<catalog::Type>> types =
      response.ok() ? ReadAllowed(entry->config, *response) : response.status();
  std::lock_guard lock(mutex_);
  entry->describing = false;
  --describing_;
  wake_.notify_all();
  // It was removed or replaced while it was asked.
  if (std::find(entries_.begin(), entries_.end(), entry) == entries_.end()) return;
  if (types.ok()) {
    entry->types = *std::move(types);
    entry->version = response->version();
    entry->described = true;
    entry->message.clear();
    changed_ = true;
    store::v1::ProviderRecord record;
    record.set_artifact(entry->config.artifact);
    *record.mutable_description() = *std::move(response);
    std::string bytes = record.SerializeAsString();
    if (bytes == entry->record) return;  // It says what it said before.
    entry->record = bytes;
    store::Transaction transaction;
    transaction.Put(store::ProviderKey(entry->config.name), std::move(bytes));
    options_.store->CommitLater(std::move(transaction), absl::ZeroDuration());
    RebuildTypesLocked();
  } else {
    std::string message =
        absl::StrCat(entry->connected ? "cannot be used" : DoesNotAnswer(entry->config), ": ",
                     types.status().message());
    entry->describe_at = absl::Now() + kDescribeAgain;
    if (message == entry->message) return;
    entry->message = std::move(message);
    changed_ = true;
    spdlog::warn("msg=\"a provider cannot be used\" provider={} error=\"{}\"", entry->config.name,
                 std::string(types.status().message()));
  }
}

void Providers::RebuildTypesLocked() {
  std::vector<catalog::Type> types;
  for (const auto& entry : entries_)
    types.insert(types.end(), entry->types.begin(), entry->types.end());
  types_ = std::make_shared<catalog::TypeTable>(std::move(types));
  changed_ = true;
}

catalog::TypeTablePtr Providers::types() const {
  std::lock_guard lock(mutex_);
  return types_;
}

std::vector<ProviderState> Providers::states() const {
  std::lock_guard lock(mutex_);
  std::vector<ProviderState> states;
  for (const auto& entry : entries_) {
    ProviderState state{.config = entry->config, .version = entry->version};
    for (const catalog::Type& type : entry->types) state.types.push_back(type.name);
    state.message = entry->WhyAway();
    state.available = entry->connected && entry->described;  // Also if it is not asked for a while.
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<std::string> Providers::problems() const {
  std::lock_guard lock(mutex_);
  return problems_;
}

std::shared_ptr<ProviderStub> Providers::Find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->config.name == name; });
  return found == entries_.end() ? nullptr : (*found)->stub;
}

std::string Providers::WhyAway(const std::string& name) const {
  std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) {
    if (entry->config.name != name) continue;
    const std::string why = entry->WhyAway();
    return why.empty() ? "" : absl::StrCat("the provider ", name, " ", why);
  }
  return absl::StrCat("the provider ", name, " is not configured");
}

}  // namespace weft::mesh
