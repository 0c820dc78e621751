// Requests to one pod: from a container on the same network directly, through a Service's anchor,
// and through a proxy in user space; from the machine directly, through the anchor, and through the
// proxy of Ingresses to the anchor. One JSON line a figure. Needs root, for a private engine.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/network.h"
#include "runtime/anchor/network_access.h"
#include "runtime/anchor/network_namespace.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/private_engine.h"
#include "runtime/engine/tar.h"
#include "runtime/proxy/haproxy.h"
#include "tests/bench/service/requests.h"

namespace weft::bench {
namespace {

constexpr char kImage[] = "weft/bench-peer:v1";
constexpr char kNetwork[] = "weft-bench";
constexpr char kLoopback[] = "127.0.0.1";
constexpr int kIngressPort = 18080;
const engine::Labels kLabels = {{anchor::kInstallationLabel, "bench"}};

struct Way {
  std::string name;
  std::string address;
  int port;
};

absl::Status ImportPeer(engine::Engine& engine) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "weft-bench-service-peer";
  std::ifstream file(program, std::ios::binary);
  if (!file) return absl::NotFoundError("missing: " + program.string());
  std::string tar =
      engine::TarOf({{.path = "peer",
                      .content = std::string(std::istreambuf_iterator<char>(file), {}),
                      .mode = 0755}});
  return engine.ImportImage(
      kImage, {"/peer"}, [&]() -> absl::StatusOr<std::string> { return std::exchange(tar, ""); });
}

absl::StatusOr<engine::Container> Start(engine::Engine& engine, const std::string& name,
                                        std::vector<std::string> command) {
  engine::ContainerSpec spec;
  spec.name = spec.hostname = name;
  spec.image = kImage;
  spec.command = std::move(command);
  spec.network = kNetwork;
  spec.labels = kLabels;
  WEFT_ASSIGN_OR_RETURN(const std::string id, engine.CreateContainer(spec));
  WEFT_RETURN_IF_ERROR(engine.StartContainer(id));
  return engine.InspectContainer(id);
}

// Takes the ways in turn, three times, so that a disturbance falls on all; prints each way's best.
void MeasureWays(const char* from, const std::vector<Way>& ways, int outstanding, bool anew) {
  std::vector<RequestFigures> best(ways.size());
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const RequestFigures figures =
          MeasureRequests(ways[i].address, ways[i].port, outstanding, anew, absl::Seconds(3));
      const int failed = best[i].failed + figures.failed;
      if (figures.rate_per_s > best[i].rate_per_s) best[i] = figures;
      best[i].failed = failed;
    }
  }
  for (size_t i = 0; i < ways.size(); ++i) {
    std::cout
        << absl::StrFormat(
               R"({"bench":"service","from":"%s","way":"%s","connections":"%s","outstanding":%d,)"
               R"("p50_us":%.1f,"p99_us":%.1f,"rate_per_s":%.0f,"failed":%d,)"
               R"("ratio_to_direct":{"p50":%.2f,"rate":%.3f}})",
               from, ways[i].name, anew ? "new" : "kept", outstanding, best[i].p50_us,
               best[i].p99_us, best[i].rate_per_s, best[i].failed, best[i].p50_us / best[0].p50_us,
               best[i].rate_per_s / best[0].rate_per_s)
        << std::endl;
  }
}

void MeasureFrom(const char* from, const std::vector<Way>& ways) {
  for (const int outstanding : {1, 16})
    for (const bool anew : {false, true}) MeasureWays(from, ways, outstanding, anew);
}

absl::Status MeasureAll(engine::Engine& engine, proxy::Proxy& ingress) {
  WEFT_RETURN_IF_ERROR(ImportPeer(engine));
  WEFT_RETURN_IF_ERROR(anchor::EnsureNetwork(engine, kNetwork, kLabels).status());
  WEFT_ASSIGN_OR_RETURN(const engine::Container pod, Start(engine, "pod", {"serve", "8080"}));
  const std::string address = pod.addresses.at(kNetwork);
  WEFT_ASSIGN_OR_RETURN(const engine::Container proxy,
                        Start(engine, "proxy", {"proxy", "80", address, "8080"}));
  WEFT_ASSIGN_OR_RETURN(const engine::Container client, Start(engine, "client", {"serve", "1"}));
  const auto services = anchor::MakeAnchorNetwork(engine, "bench", anchor::NetworkAccess::kDirect);
  WEFT_ASSIGN_OR_RETURN(
      const std::string service,
      services->Ensure({"default", "web", kNetwork, {{80, "TCP", {{address, 8080}}}}}));
  const std::vector<Way> ways = {{"direct", address, 8080},
                                 {"anchor", service, 80},
                                 {"proxy", proxy.addresses.at(kNetwork), 80}};
  WEFT_RETURN_IF_ERROR(anchor::RunInNetworkNamespace(client.network_namespace, [&] {
    MeasureFrom("container", ways);
    return absl::OkStatus();
  }));
  WEFT_RETURN_IF_ERROR(ingress.Serve({absl::StrCat(kLoopback, ":", kIngressPort),
                                      "",
                                      {{"web", "/", false, absl::StrCat(service, ":80")}},
                                      {}}));
  MeasureFrom(
      "machine",
      {{"direct", address, 8080}, {"anchor", service, 80}, {"ingress", kLoopback, kIngressPort}});
  ingress.Stop();
  return absl::OkStatus();
}

// The anchor of the Service too; bridges are on the machine, and outlive their engine.
void RemoveAll(engine::Engine& engine) {
  const auto containers = engine.ListContainers({});
  if (!containers.ok()) return;
  for (const auto& container : *containers) (void)engine.RemoveContainer(container.id);
  (void)engine.RemoveNetwork(kNetwork);
}

absl::Status Run() {
  WEFT_RETURN_IF_ERROR(engine::PrivateEngine::CheckPossible());
  char pattern[] = "/tmp/weft-bench-XXXXXX";
  const std::string directory = mkdtemp(pattern);
  engine::PrivateEngine dockerd(directory, directory + "/log");
  absl::Status status = dockerd.EnsureRunning([] { return false; });
  if (status.ok()) {
    engine::DockerEngine engine(dockerd.socket_path());
    proxy::HaProxy ingress(directory + "/ingress");
    status = MeasureAll(engine, ingress);
    ingress.Stop();
    RemoveAll(engine);
  }
  pid_t pid = 0;
  std::ifstream(directory + "/dockerd.pid") >> pid;
  if (pid > 1 && kill(pid, SIGTERM) == 0) waitpid(pid, nullptr, 0);
  std::error_code ec;
  std::filesystem::remove_all(directory, ec);
  return status;
}

}  // namespace
}  // namespace weft::bench

int main() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("bench"));
  const absl::Status status = weft::bench::Run();
  if (!status.ok()) std::cerr << "weft-bench-service: " << status << "\n";
  return status.ok() ? 0 : 1;
}
