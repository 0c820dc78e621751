#include "tests/bench/mesh.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/base/worker_pool.h"
#include "core/mesh/guarded_stub.h"
#include "core/mesh/providers.h"
#include "core/scheduler/rendering.h"
#include "core/store/sqlite_store.h"
#include "tests/bench/input.h"
#include "tests/bench/process.h"

namespace weft::bench {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(10);
constexpr char kArtifact[] = "sha256:0000";  // Of this run; the store is empty at its start.

class RealMesh final : public Mesh {
 public:
  RealMesh(std::vector<Process> processes, std::unique_ptr<store::Store> store,
           const std::string& configuration)
      : processes_(std::move(processes)),
        store_(std::move(store)),
        providers_({.directory = configuration,
                    .store = store_.get(),
                    .connect =
                        [this](const mesh::ProviderConfig& config) {
                          return mesh::Guard(mesh::MakeGrpcStub(config.address, {}), config,
                                             answers_);
                        },
                    .on_change = [this] { Changed(); }}) {}

  absl::Status Connect() {
    providers_.Start();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kStartLimit, [this] { return Served(); }))
      return absl::UnavailableError("the providers did not come up");
    return absl::OkStatus();
  }

  absl::StatusOr<StartCall> Cold(const Size& size) override {
    WEFT_ASSIGN_OR_RETURN(const auto input, Input(size));
    return [this, input, traits = size.traits](Done done) {
      // Of an application that nobody was asked about: its name is in every request.
      scheduler::RenderInput other = *input;
      other.application.name = absl::StrCat("shop-", ++number_);
      Render(std::move(other), traits, std::move(done));
    };
  }
  absl::StatusOr<StartCall> Cached(const Size& size) override {
    WEFT_ASSIGN_OR_RETURN(const auto input, Input(size));
    return
        [this, input, traits = size.traits](Done done) { Render(*input, traits, std::move(done)); };
  }

 private:
  void Changed() {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  bool Served() const {
    const catalog::TypeTablePtr types = providers_.types();
    for (const char* trait : {"manual-scaler", "ingress", "volume-mounter"})
      if (types->Find(catalog::TypeKind::kTrait, trait) == nullptr) return false;
    return types->Find(catalog::TypeKind::kWorkload, "Server") != nullptr;
  }
  absl::StatusOr<std::shared_ptr<const scheduler::RenderInput>> Input(const Size& size) const {
    WEFT_ASSIGN_OR_RETURN(scheduler::RenderInput input, MakeInput(*providers_.types(), size));
    return std::make_shared<const scheduler::RenderInput>(std::move(input));
  }
  void Render(scheduler::RenderInput input, int traits, Done done) {
    // A Deployment and a Service; of three traits an Ingress and a claim too.
    const size_t objects = traits == 1 ? 2 : 4;
    scheduler::Render(
        std::move(input), providers_, pool_,
        [objects, done = std::move(done)](const scheduler::Rendered& rendered) {
          done(rendered.diagnostics.empty() && rendered.objects.at(0).size() == objects);
        });
  }

  const std::vector<Process> processes_;
  const std::unique_ptr<store::Store> store_;
  mesh::AnswerCache answers_{*store_};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int64_t> number_{0};
  mesh::Providers providers_;
  WorkerPool pool_{2, 1024};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Mesh>> Mesh::Start(const std::string& programs,
                                                  const std::string& folder) {
  const std::string configuration = folder + "/providers";
  std::filesystem::create_directory(configuration);
  std::vector<Process> processes;
  for (const std::string name : {"server", "manual-scaler", "ingress", "volume-mounter"}) {
    const std::string address = absl::StrCat("unix:", folder, "/", name, ".sock");
    WEFT_ASSIGN_OR_RETURN(
        Process process,
        Process::Start({absl::StrCat(programs, "/weft-provider-", name), "--listen", address},
                       {absl::StrCat("WEFT_ARTIFACT=", kArtifact)}));
    processes.push_back(std::move(process));
    std::ofstream(absl::StrCat(configuration, "/", name, ".yaml"))
        << "name: " << name << "\naddress: " << address << "\nartifact: " << kArtifact << "\n";
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                        store::OpenSqliteStore(folder + "/core.db"));
  auto mesh = std::make_unique<RealMesh>(std::move(processes), std::move(store), configuration);
  WEFT_RETURN_IF_ERROR(mesh->Connect());
  return mesh;
}

}  // namespace weft::bench
