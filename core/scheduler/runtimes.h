#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/config/core_config.h"
#include "core/config/runtime_config.h"
#include "core/scheduler/observed.h"
#include "core/scheduler/runtime_choice.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::scheduler {

// A runtime as it is used. Whoever uses it keeps it, also when it is not configured any more.
// Thread-safe.
struct RuntimeConnection {
  const config::RuntimeConfig config;
  const std::shared_ptr<runtime::v1::Runtime::StubInterface> stub;
  Observed observed;  // What it said of its platform.
};

// What is known of one configured runtime.
struct RuntimeState {
  config::RuntimeConfig config;
  std::string platform;  // As it last described itself; empty: it never did.
  std::string platform_version;
  std::string version;
  bool available = false;
  std::string message;  // Why it is not, or what it does not say.
};

// The configured runtimes: connects to each, watches each, and asks each what it is whenever it
// was connected. Each is on its own: one that is away or slow delays no other.
//
// Thread-safe, but for Start and Stop, which one thread calls.
class Runtimes {
 public:
  struct Options {
    std::string directory;        // Of the runtimes' files; read again when one changes.
    config::CoreConfig defaults;  // Which of them applications go to.
    // Makes the client of one runtime.
    std::function<std::shared_ptr<runtime::v1::Runtime::StubInterface>(
        const config::RuntimeConfig&)>
        connect;
  };
  // Called from threads of the object's own, between Start and Stop; may not call Stop.
  struct Listener {
    // The runtime said something new of an application.
    std::function<void(const std::string& application)> on_application;
    // The runtime came, went, or is configured in another way: look at all its applications.
    std::function<void(const std::string& runtime)> on_runtime;
  };

  // Reads the configuration; calls no runtime yet.
  explicit Runtimes(Options options);
  ~Runtimes();

  // Looks after the runtimes, of whose platforms nothing is known yet, in threads of its own.
  void Start(Listener listener);
  // Ends the threads: the listener is not called any more when it returns. Idempotent; may be
  // followed by Start.
  void Stop();

  // The runtime `name`; null: it is not configured.
  std::shared_ptr<RuntimeConnection> Find(const std::string& name) const;
  // Why the runtime cannot be heard at the moment; empty: it can.
  std::string WhyAway(const std::string& name) const;
  // False: it is still being heard for the first time, and the listener is told when that is over.
  bool HasSpoken(const std::string& name) const;
  // Which runtime applications go to. Without configuration the default is the only runtime there
  // is, else "local".
  RuntimeChoice choice() const;
  // By name.
  std::vector<RuntimeState> states() const;

 private:
  struct Entry;

  void Run();
  void ReadConfiguration();
  std::shared_ptr<Entry> Adopt(const config::RuntimeConfig& config) const;
  void BeginLocked(Entry& entry);
  void Heard(Entry& entry);
  void DescribeDue();
  void Describe(const std::shared_ptr<Entry>& entry);
  void Described(const std::shared_ptr<Entry>& entry, const runtime::v1::DescribeResponse& response,
                 const absl::Status& status);
  const Entry* FindLocked(const std::string& name) const;

  const Options options_;
  Listener listener_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool running_ = false;                         // Between Start and Stop.
  std::string signature_;                        // Of the configuration files as read last.
  std::vector<std::shared_ptr<Entry>> entries_;  // By name.
  int describing_ = 0;  // Calls under way, also of runtimes that are not configured any more.
  std::thread thread_;
};

}  // namespace weft::scheduler
