#include "core/scheduler/runtimes.h"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/service.h"
#include "core/scheduler/runtime_watch.h"

namespace weft::scheduler {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr std::chrono::seconds kDescribeDeadline(1);  // Source: weft.runtime.v1.
constexpr absl::Duration kDescribeAgain = absl::Seconds(1);

}  // namespace

// One runtime; guarded by the mutex of Runtimes.
struct Runtimes::Entry {
  std::shared_ptr<RuntimeConnection> connection;
  std::unique_ptr<RuntimeWatch> watch;  // Null: it has not begun, or it ended.
  runtime::v1::DescribeResponse description;
  std::string problem;                              // Why there is none.
  absl::Time describe_at = absl::InfiniteFuture();  // Infinite: it said what it is, or is away.
  bool describing = false;                          // A call is under way.

  const config::RuntimeConfig& config() const { return connection->config; }
  std::string WhyAway() const {
    return watch != nullptr ? watch->WhyAway()
                            : absl::StrCat("the runtime ", config().name, " has not answered yet");
  }
};

Runtimes::Runtimes(Options options) : options_(std::move(options)) { ReadConfiguration(); }

Runtimes::~Runtimes() {
  Stop();
  // A call under way holds this object.
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return describing_ == 0; });
}

void Runtimes::Start(Listener listener) {
  listener_ = std::move(listener);
  {
    std::lock_guard lock(mutex_);
    running_ = true;
    for (const auto& entry : entries_) {
      entry->connection = std::shared_ptr<RuntimeConnection>(
          new RuntimeConnection{entry->config(), entry->connection->stub, {}});
      BeginLocked(*entry);
    }
  }
  thread_ = std::thread([this] { Run(); });
}

void Runtimes::Stop() {
  std::vector<std::unique_ptr<RuntimeWatch>>
      ended;  // Waited for without the lock, which they take.
  {
    std::lock_guard lock(mutex_);
    running_ = false;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  for (const auto& entry : entries_) ended.push_back(std::move(entry->watch));
  lock.unlock();
}

void Runtimes::Run() {
  std::unique_lock lock(mutex_);
  while (running_) {
    lock.unlock();
    ReadConfiguration();
    DescribeDue();
    lock.lock();
    wake_.wait_for(lock, kTick, [this] { return !running_; });
  }
}

void Runtimes::ReadConfiguration() {
  std::string signature = config::SignatureOf(options_.directory);
  if (signature == signature_) return;
  signature_ = std::move(signature);
  const auto read = config::ReadRuntimeConfigs(options_.directory);
  for (const std::string& problem : read.problems)
    spdlog::warn("msg=\"a runtime's configuration is not used\" error=\"{}\"", problem);
  std::vector<std::shared_ptr<Entry>> before, entries;
  std::vector<std::unique_ptr<RuntimeWatch>> ended;
  std::vector<std::string> changed;
  {
    std::lock_guard lock(mutex_);
    before.swap(entries_);
    for (const config::RuntimeConfig& config : read.configs) {
      const auto known = std::find_if(before.begin(), before.end(), [&](const auto& entry) {
        return entry != nullptr && entry->config() == config;
      });
      if (known == before.end()) changed.push_back(config.name);
      entries.push_back(known == before.end() ? Adopt(config) : std::move(*known));
      if (known == before.end() && running_) BeginLocked(*entries.back());
    }
    for (const auto& entry : before) {
      if (entry == nullptr) continue;
      changed.push_back(entry->config().name);
      ended.push_back(std::move(entry->watch));
    }
    entries_ = std::move(entries);
    if (!running_) return;
  }
  ended.clear();
  for (const std::string& name : changed) listener_.on_runtime(name);
}

std::shared_ptr<Runtimes::Entry> Runtimes::Adopt(const config::RuntimeConfig& config) const {
  auto entry = std::make_shared<Entry>();
  entry->connection = std::shared_ptr<RuntimeConnection>(
      new RuntimeConnection{config, options_.connect(config), {}});
  return entry;
}

void Runtimes::BeginLocked(Entry& entry) {
  RuntimeConnection& connection = *entry.connection;
  entry.watch = std::make_unique<RuntimeWatch>(
      connection.config.name, *connection.stub, connection.observed,
      RuntimeWatch::Listener{.on_change = listener_.on_application,
                             .on_sync = [this, &entry] { Heard(entry); }});
}

// The connection of a runtime came or went.
void Runtimes::Heard(Entry& entry) {
  {
    std::lock_guard lock(mutex_);
    if (entry.watch == nullptr) return;  // It is being ended.
    entry.describe_at = entry.WhyAway().empty() ? absl::Now() : absl::InfiniteFuture();
  }
  listener_.on_runtime(entry.config().name);
}

void Runtimes::DescribeDue() {
  std::vector<std::shared_ptr<Entry>> due;
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : entries_) {
      if (entry->describing || entry->describe_at > absl::Now()) continue;
      entry->describing = true;
      entry->describe_at = absl::InfiniteFuture();
      ++describing_;
      due.push_back(entry);
    }
  }
  for (const auto& entry : due) Describe(entry);
}

void Runtimes::Describe(const std::shared_ptr<Entry>& entry) {
  struct Call {
    grpc::ClientContext context;
    runtime::v1::DescribeRequest request;
    runtime::v1::DescribeResponse response;
  };
  auto call = std::make_shared<Call>();
  call->context.set_deadline(std::chrono::system_clock::now() + kDescribeDeadline);
  call->request.add_protocol_versions("v1");
  entry->connection->stub->async()->Describe(&call->context, &call->request, &call->response,
                                             [this, entry, call](const grpc::Status& status) {
                                               Described(entry, call->response, FromGrpc(status));
                                             });
}

void Runtimes::Described(const std::shared_ptr<Entry>& entry,
                         const runtime::v1::DescribeResponse& response,
                         const absl::Status& status) {
  std::lock_guard lock(mutex_);
  entry->describing = false;
  --describing_;
  if (status.ok()) {
    entry->description = response;
    entry->problem.clear();
    spdlog::info("msg=\"runtime described\" runtime={} platform={} platform_version={}",
                 entry->config().name, response.platform(), response.platform_version());
  } else {
    entry->problem = absl::StrCat("it does not say what it is: ", status.message());
    // What happened to the connection meanwhile says when to ask again, if anything did.
    if (entry->describe_at == absl::InfiniteFuture())
      entry->describe_at = absl::Now() + kDescribeAgain;
  }
  wake_.notify_all();
}

const Runtimes::Entry* Runtimes::FindLocked(const std::string& name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->config().name == name; });
  return found == entries_.end() ? nullptr : found->get();
}

std::shared_ptr<RuntimeConnection> Runtimes::Find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = FindLocked(name);
  return entry == nullptr ? nullptr : entry->connection;
}

std::string Runtimes::WhyAway(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = FindLocked(name);
  return entry == nullptr ? absl::StrCat("the runtime ", name, " is not configured")
                          : entry->WhyAway();
}

bool Runtimes::HasSpoken(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = FindLocked(name);
  return entry == nullptr || (entry->watch != nullptr && entry->watch->HasSpoken());
}

RuntimeChoice Runtimes::choice() const {
  RuntimeChoice choice;
  choice.names.clear();
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : entries_) choice.names.push_back(entry->config().name);
  }
  choice.of_namespace = options_.defaults.of_namespace;
  if (!options_.defaults.runtime.empty()) {
    choice.runtime = options_.defaults.runtime;
  } else if (choice.names.size() == 1) {
    choice.runtime = choice.names[0];
  }
  return choice;
}

std::vector<RuntimeState> Runtimes::states() const {
  std::lock_guard lock(mutex_);
  std::vector<RuntimeState> states;
  for (const auto& entry : entries_) {
    RuntimeState state{.config = entry->config(),
                       .platform = entry->description.platform(),
                       .platform_version = entry->description.platform_version(),
                       .version = entry->description.version(),
                       .message = entry->WhyAway()};
    state.available = state.message.empty();
    if (state.available) state.message = entry->problem;
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace weft::scheduler
