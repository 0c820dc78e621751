// What very many applications cost the core.
#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/base/service.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "tests/bench/core.h"
#include "tests/e2e/documents.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::bench {
namespace {

constexpr int kConnections = 16;
constexpr int kNamespaces = 10;
constexpr absl::Duration kAnswer = absl::Seconds(30), kLimit = absl::Minutes(30);
constexpr absl::Duration kRest = absl::Seconds(10);

std::string NamespaceOf(int number) { return absl::StrCat("team-", number % kNamespaces); }

struct Scale {
  int applications = 0;
  double rate = 0;  // Applies a second, answered.
  double p50_us = 0, p99_us = 0;
  double settled_s = 0;        // From the first apply until all are carried out.
  double bytes_each = 0;       // Resident, over what the core takes without applications,
  double bytes_at_rest = 0;    // and after kRest.
  double synced_s = 0;         // From kill -9 until it knows all that the runtime has.
  double percent_at_rest = 0;  // Of a processor.
};

class Bench {
 public:
  static absl::StatusOr<Scale> Run(int applications) {
    WEFT_ASSIGN_OR_RETURN(CoreProcesses core, CoreProcesses::Start());
    Bench bench(core, applications);
    return bench.Run();
  }

 private:
  Bench(CoreProcesses& core, int applications)
      : core_(core),
        count_(applications),
        stub_(core::v1::Applications::NewStub(cli::Dial(core.address()))) {}

  absl::StatusOr<Scale> Run() {
    WEFT_RETURN_IF_ERROR(Prepare());
    Scale scale = {.applications = count_};
    const int64_t empty = core_.Memory();
    const auto each = [&] { return static_cast<double>(core_.Memory() - empty) / count_; };
    const absl::Time begin = absl::Now();
    WEFT_RETURN_IF_ERROR(ApplyAll(scale));
    WEFT_RETURN_IF_ERROR(Await([&] { return IsSettled(); }));
    scale.settled_s = absl::ToDoubleSeconds(absl::Now() - begin);
    scale.bytes_each = each();
    const absl::Duration before = core_.ProcessorTime();
    absl::SleepFor(kRest);
    scale.percent_at_rest = 100 * absl::FDivDuration(core_.ProcessorTime() - before, kRest);
    scale.bytes_at_rest = each();
    const int synced = core_.TimesSynced();
    const absl::Time killed = absl::Now();
    WEFT_RETURN_IF_ERROR(core_.RestartCore());
    WEFT_RETURN_IF_ERROR(Await([&] { return core_.TimesSynced() > synced; }));
    scale.synced_s = absl::ToDoubleSeconds(absl::Now() - killed);
    return scale;
  }

  // Waits until an application is carried out: then everything is connected and known.
  absl::Status Prepare() {
    return Await([&] {
      return Apply(-1, e2e::WebComponent()).ok() &&
             Apply(-1, e2e::Text({.name = "first", .replicas = 2})).ok() && IsSettled();
    });
  }

  absl::Status Apply(int number, const std::string& text) const {
    core::v1::ApplyRequest request;
    request.set_default_namespace(NamespaceOf(std::max(number, 0)));
    core::v1::Document& document = *request.add_documents();
    document.set_name("application.yaml");
    document.set_content(text);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kAnswer));
    core::v1::ApplyResponse response;
    const grpc::Status status = stub_->Apply(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    if (response.diagnostics().empty()) return absl::OkStatus();
    return absl::InternalError(response.diagnostics(0).message());
  }

  absl::Status ApplyAll(Scale& scale) const {
    for (int ns = 0; ns < kNamespaces; ++ns) WEFT_RETURN_IF_ERROR(Apply(ns, e2e::WebComponent()));
    std::atomic<int> next = 0;
    std::vector<double> took(count_);
    std::mutex mutex;
    absl::Status first_error;
    const absl::Time begin = absl::Now();
    {
      std::vector<std::jthread> callers;
      callers.reserve(kConnections);
      for (int i = 0; i < kConnections; ++i) {
        callers.emplace_back([&] {
          for (int number = next++; number < count_; number = next++) {
            const absl::Time start = absl::Now();
            const absl::Status status =
                Apply(number, e2e::Text({.name = absl::StrCat("shop-", number), .replicas = 2}));
            took[number] = absl::ToDoubleMicroseconds(absl::Now() - start);
            std::lock_guard lock(mutex);
            if (first_error.ok()) first_error = status;
          }
        });
      }
    }
    WEFT_RETURN_IF_ERROR(first_error);
    scale.rate = count_ / absl::ToDoubleSeconds(absl::Now() - begin);
    std::sort(took.begin(), took.end());
    scale.p50_us = took[count_ / 2];
    scale.p99_us = took[count_ * 99 / 100];
    return absl::OkStatus();
  }

  bool IsSettled() const {
    core::v1::ListApplicationsRequest request;
    request.set_page_size(1000);
    while (true) {
      grpc::ClientContext context;
      core::v1::ListApplicationsResponse response;
      if (!stub_->List(&context, request, &response).ok()) return false;
      for (const core::v1::Application& application : response.applications())
        if (!application.settled()) return false;
      if (response.next_page_token().empty()) return true;
      request.set_page_token(response.next_page_token());
    }
  }

  static absl::Status Await(const std::function<bool()>& is_so) {
    const absl::Time end = absl::Now() + kLimit;
    while (!is_so()) {
      if (absl::Now() > end) return absl::DeadlineExceededError("it takes too long");
      absl::SleepFor(absl::Milliseconds(20));
    }
    return absl::OkStatus();
  }

  CoreProcesses& core_;
  const int count_;
  std::unique_ptr<core::v1::Applications::Stub> stub_;
};

void Print(const Scale& scale, const Scale& first) {
  std::cout
      << absl::StrFormat(
             R"({"bench":"scale","applications":%d,"apply_per_s":%.0f,"p50_us":%.0f,)"
             R"("p99_us":%.0f,"settled_s":%.2f,"bytes_per_application":%.0f,)"
             R"("bytes_at_rest":%.0f,"restart_to_synced_s":%.2f,"percent_at_rest":%.2f,"ratio_to_%d":)"
             R"({"rate":%.3f,"bytes":%.3f}})",
             scale.applications, scale.rate, scale.p50_us, scale.p99_us, scale.settled_s,
             scale.bytes_each, scale.bytes_at_rest, scale.synced_s, scale.percent_at_rest,
             first.applications, scale.rate / first.rate, scale.bytes_each / first.bytes_each)
      << std::endl;
}

int Main(const std::vector<int>& numbers) {
  std::optional<Scale> first;
  for (const int applications : numbers) {
    const absl::StatusOr<Scale> scale = Bench::Run(applications);
    if (!scale.ok()) {
      std::cerr << applications << " applications: " << scale.status() << std::endl;
      return 1;
    }
    if (!first.has_value()) first = *scale;
    Print(*scale, *first);
  }
  return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  std::vector<int> numbers;
  for (int i = 1; i < argc; ++i) {
    int number = 0;
    if (!absl::SimpleAtoi(argv[i], &number) || number < 1) {
      std::cerr << "usage: weft-bench-scale [APPLICATIONS...]" << std::endl;
      return 2;
    }
    numbers.push_back(number);
  }
  if (numbers.empty()) numbers = {1000, 10000, 100000};
  return weft::bench::Main(numbers);
}
