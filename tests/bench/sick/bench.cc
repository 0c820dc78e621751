// What a sick provider costs the applications that do not use it.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "tests/bench/core.h"
#include "tests/bench/load.h"
#include "tests/e2e/documents.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::bench {
namespace {

constexpr int kHealthy = 200, kSick = 200, kOutstanding = 16, kPairs = 10;
// A window begins when as many calls hang as will: a Render may take 2 s.
constexpr std::chrono::seconds kWarmUp(2), kDuration(2);
// The windows of a pair, those beside the sick provider true. The machine is not as fast from one
// half minute to the next: windows are short, and both kinds stand in the middle of their pair.
constexpr bool kWindows[] = {false, true, true, false, false, true, true, false};
constexpr double kOfEach = std::size(kWindows) / 2.0;  // Windows of one kind.
constexpr std::chrono::milliseconds kSickEvery(50);
constexpr absl::Duration kStart = absl::Seconds(20), kAnswer = absl::Seconds(30);
// Every other answer is good, so that the breaker does not keep the provider from being asked.
constexpr const char* kFaults[] = {"hang", "trickle", "die", "garbage", "nothing", "kind", "large"};

class Client {
 public:
  explicit Client(const std::string& address)
      : stub_(core::v1::Applications::NewStub(cli::Dial(address))) {}

  // Starts an Apply; `done` is told whether everything in it was accepted.
  void Apply(const std::string& text, Done done) {
    auto call = std::make_shared<Call>();
    core::v1::Document& document = *call->request.add_documents();
    document.set_name("documents.yaml");
    document.set_content(text);
    call->context.set_wait_for_ready(true);
    call->context.set_deadline(absl::ToChronoTime(absl::Now() + kAnswer));
    stub_->async()->Apply(&call->context, &call->request, &call->response,
                          [call, done = std::move(done)](const grpc::Status& status) {
                            done(status.ok() && call->response.diagnostics().empty());
                          });
  }

  bool ApplyNow(const std::string& text) {
    std::mutex mutex;
    std::condition_variable answered;
    int result = -1;
    Apply(text, [&](bool ok) {
      std::lock_guard lock(mutex);
      result = ok ? 1 : 0;
      answered.notify_one();
    });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return result >= 0; });
    return result == 1;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    core::v1::ApplyRequest request;
    core::v1::ApplyResponse response;
  };
  const std::unique_ptr<core::v1::Applications::Stub> stub_;
};

// What the provider is asked for it answers with this fault.
std::string SickComponent(const std::string& fault) {
  return absl::Substitute(R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: $0}
spec:
  workloadType: example.org/v1.Sick
  parameters: [{name: number, type: number, required: true}]
  containers: [{name: sick, image: "$0:1", env: [{name: NUMBER, fromParam: number}]}]
)",
                          fault);
}

// One of the applications of the sick provider, other than it was.
std::string SickApplication(const std::string& fault, int number) {
  return absl::Substitute(R"(apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: sick-$1}
spec:
  components: [{componentName: $0, instanceName: sick-$1, parameterValues: [{name: number, value: $2}]}]
)",
                          fault, number % kSick, number);
}

// Applies applications of the sick provider as long as it lives, one every kSickEvery whatever
// becomes of those before.
class SickLoad {
 public:
  explicit SickLoad(Client& client) : thread_([this, &client] { Run(client); }) {}
  ~SickLoad() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return under_way_ == 0; });
  }

 private:
  void Run(Client& client) {
    static std::atomic<int> number = 0;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const int n = number++;
      const char* fault =
          n % 2 == 0 ? "good" : kFaults[static_cast<size_t>(n / 2) % std::size(kFaults)];
      ++under_way_;
      lock.unlock();
      client.Apply(SickApplication(fault, n), [this](bool) {
        std::lock_guard ended(mutex_);
        --under_way_;
        changed_.notify_all();
      });
      lock.lock();
      changed_.wait_for(lock, kSickEvery, [this] { return stopping_; });
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int under_way_ = 0;
  std::jthread thread_;
};

class Bench {
 public:
  explicit Bench(const std::string& address) : healthy_(address), sick_(address) {}

  absl::Status Run() {
    WEFT_RETURN_IF_ERROR(Prepare());
    std::vector<double> rates, p99s;
    for (int pair = 0; pair < kPairs; ++pair) {
      Figures alone, beside;
      for (const bool with : kWindows) {
        WEFT_ASSIGN_OR_RETURN(const Figures window, Measure(with));
        Figures& of = with ? beside : alone;
        of.rate_per_s += window.rate_per_s / kOfEach;
        of.p99_us += window.p99_us / kOfEach;
      }
      rates.push_back(beside.rate_per_s / alone.rate_per_s);
      p99s.push_back(beside.p99_us / alone.p99_us);
      std::cout << absl::StrFormat(
                       R"({"bench":"sick_pair","alone":{"rate_per_s":%.0f,"p99_us":%.0f},)"
                       R"("beside":{"rate_per_s":%.0f,"p99_us":%.0f},)"
                       R"("ratio_to_alone":{"rate":%.3f,"p99":%.3f}})",
                       alone.rate_per_s, alone.p99_us, beside.rate_per_s, beside.p99_us,
                       rates.back(), p99s.back())
                << std::endl;
    }
    std::cout
        << absl::StrFormat(
               R"({"bench":"sick","pairs":%d,"median_ratio_to_alone":{"rate":%.3f,"p99":%.3f}})",
               kPairs, Median(rates), Median(p99s))
        << std::endl;
    return absl::OkStatus();
  }

 private:
  absl::Status Prepare() {
    const absl::Time end = absl::Now() + kStart;
    while (!healthy_.ApplyNow(e2e::WebComponent()) || !healthy_.ApplyNow(Healthy()) ||
           !sick_.ApplyNow(SickComponent("good")) || !sick_.ApplyNow(SickApplication("good", 0))) {
      if (absl::Now() > end) return absl::DeadlineExceededError("the providers do not serve");
      absl::SleepFor(absl::Milliseconds(20));
    }
    for (const char* fault : kFaults)
      if (!sick_.ApplyNow(SickComponent(fault))) return absl::InternalError("an apply failed");
    for (int i = 0; i < kHealthy; ++i) {
      if (!healthy_.ApplyNow(Healthy())) return absl::InternalError("an apply failed");
    }
    return absl::OkStatus();
  }

  // Another one of the healthy applications, other than it was.
  std::string Healthy() {
    const int number = number_++;
    return e2e::Text({.name = absl::StrCat("shop-", number % kHealthy),
                      .replicas = 2,
                      .greeting = absl::StrCat("n", number)});
  }

  absl::StatusOr<Figures> Measure(bool with_sick) {
    std::optional<SickLoad> load;
    if (with_sick) load.emplace(sick_);
    return bench::Measure({.outstanding = kOutstanding, .warmup = kWarmUp, .duration = kDuration},
                          [this](Done done) { healthy_.Apply(Healthy(), std::move(done)); });
  }

  Client healthy_, sick_;
  std::atomic<int> number_ = 0;
};

absl::Status Main() {
  WEFT_ASSIGN_OR_RETURN(CoreProcesses core, CoreProcesses::Start());
  WEFT_RETURN_IF_ERROR(core.StartProvider("sick", {WEFT_BIN_DIR "/faulty_provider", "--for-ever"}));
  return Bench(core.address()).Run();
}

}  // namespace
}  // namespace weft::bench

int main() {
  const absl::Status status = weft::bench::Main();
  if (status.ok()) return 0;
  std::cerr << status << std::endl;
  return 1;
}
