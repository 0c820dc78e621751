// The anchor on a real engine: a private one, which only root can start.
#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/anchor/anchor_image.h"
#include "runtime/anchor/anchor_network.h"
#include "runtime/anchor/connections.h"
#include "runtime/anchor/network.h"
#include "runtime/anchor/network_access.h"
#include "runtime/anchor/network_namespace.h"
#include "runtime/anchor/rules.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/private_engine.h"
#include "runtime/engine/tar.h"

namespace weft::anchor {
namespace {

constexpr char kImage[] = "weft/hello:test";
constexpr char kNetwork[] = "weft-test";
const engine::Labels kLabels = {{kInstallationLabel, "test"}};

sockaddr_in Socket(const std::string& address, int port) {
  sockaddr_in in = {};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  return in;
}

// A connection over which one asks for "/" again and again.
class Client {
 public:
  explicit Client(const std::string& address, int port = 80)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit = {5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const sockaddr_in to = Socket(address, port);
    error_ = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int error() const { return error_; }

  // The answer's text without its line end; empty if there is none.
  std::string Get() const {
    if (error_ != 0) return "";
    constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
    send(fd_, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL);
    std::string answer;
    for (;;) {
      char buffer[1000];
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) return "";
      answer.append(buffer, n);
      const size_t text = answer.find("\r\n\r\n") + 4;
      if (text > 4 && text < answer.size() && answer.back() == '\n')
        return answer.find(" 200 ") < text ? answer.substr(text, answer.size() - text - 1) : "";
    }
  }

 private:
  const int fd_;
  int error_ = 0;
};

// A UDP socket on `address`, at a port of the kernel's choice.
class Datagrams {
 public:
  explicit Datagrams(const std::string& address) : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in in = Socket(address, 0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&in), sizeof in), 0);
  }
  ~Datagrams() { close(fd_); }
  Datagrams(const Datagrams&) = delete;
  Datagrams& operator=(const Datagrams&) = delete;

  int port() const {
    sockaddr_in in;
    socklen_t size = sizeof in;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&in), &size);
    return ntohs(in.sin_port);
  }
  void Send(const std::string& address, int port) const {
    const sockaddr_in to = Socket(address, port);
    sendto(fd_, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  bool Receives(int milliseconds) const {
    pollfd readable = {fd_, POLLIN, 0};
    char byte;
    return poll(&readable, 1, milliseconds) == 1 && recv(fd_, &byte, 1, 0) == 1;
  }

 private:
  const int fd_;
};

class AnchorIntegrationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!engine::PrivateEngine::CheckPossible().ok()) return;
    char pattern[] = "/tmp/weft-anchor-XXXXXX";
    directory_ = mkdtemp(pattern);
    engine::PrivateEngine dockerd(directory_, directory_ + "/log");
    const absl::Status started = dockerd.EnsureRunning([] { return false; });
    ASSERT_TRUE(started.ok()) << started;
    engine_ = std::make_unique<engine::DockerEngine>(dockerd.socket_path());
    std::ifstream file(std::string(WEFT_BIN_DIR) + "/hello-server", std::ios::binary);
    std::string tar =
        engine::TarOf({{.path = "hello-server",
                        .content = std::string(std::istreambuf_iterator<char>(file), {}),
                        .mode = 0755}});
    const absl::Status imported = engine_->ImportImage(
        kImage, {"/hello-server"},
        [&]() -> absl::StatusOr<std::string> { return std::exchange(tar, ""); });
    ASSERT_TRUE(imported.ok()) << imported;
  }

  static void TearDownTestSuite() {
    if (engine_ == nullptr) return;
    std::ifstream file(directory_ + "/dockerd.pid");
    pid_t pid = 0;
    file >> pid;
    if (pid > 1 && kill(pid, SIGTERM) == 0) waitpid(pid, nullptr, 0);
    engine_.reset();
    std::error_code ec;
    std::filesystem::remove_all(directory_, ec);
  }

  void SetUp() override {
    if (directory_.empty()) GTEST_SKIP() << engine::PrivateEngine::CheckPossible();
    ASSERT_NE(engine_, nullptr);
    const auto network = EnsureNetwork(*engine_, kNetwork, kLabels);
    ASSERT_TRUE(network.ok()) << network.status();
    services_ = MakeAnchorNetwork(*engine_, "test", NetworkAccess::kDirect);
  }

  void TearDown() override {
    if (engine_ == nullptr) return;
    const auto containers = *engine_->ListContainers(kLabels);
    for (const auto& container : containers)
      EXPECT_TRUE(engine_->RemoveContainer(container.id).ok());
    EXPECT_TRUE(engine_->RemoveNetwork(kNetwork).ok());
  }

  // Starts a container of the example's and waits until it answers; returns its address.
  std::string Start(const std::string& name, std::vector<std::string> command = {},
                    std::vector<std::string> environment = {}) {
    engine::ContainerSpec spec;
    spec.name = spec.hostname = name;
    spec.image = kImage;
    spec.command = std::move(command);
    spec.environment = std::move(environment);
    spec.network = kNetwork;
    spec.labels = kLabels;
    const auto id = engine_->CreateContainer(spec);
    EXPECT_TRUE(id.ok()) << id.status();
    EXPECT_TRUE(engine_->StartContainer(*id).ok());
    std::string address = engine_->InspectContainer(*id)->addresses.at(kNetwork);
    EXPECT_TRUE(Eventually([&] { return !Client(address, 8080).Get().empty(); })) << name;
    return address;
  }

  static ServiceNetwork::Service Web(const std::vector<std::string>& pods) {
    ServiceNetwork::Port port{80, "TCP", {}};
    for (const std::string& pod : pods) port.targets.push_back({pod, 8080});
    return {"default", "web", kNetwork, {port}};
  }

  std::string Ensure(const ServiceNetwork::Service& service) {
    const auto address = services_->Ensure(service);
    EXPECT_TRUE(address.ok()) << address.status();
    return address.ok() ? *address : "";
  }

  engine::Container Anchor() {
    return *engine_->InspectContainer(engine_->ListContainers({{kRoleLabel, "anchor"}})->at(0).id);
  }

  static bool Eventually(const std::function<bool()>& holds) {
    const absl::Time limit = absl::Now() + absl::Seconds(15);
    while (!holds()) {
      if (absl::Now() > limit) return false;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return true;
  }

  static inline std::string directory_;
  static inline std::unique_ptr<engine::DockerEngine> engine_;
  std::unique_ptr<ServiceNetwork> services_;
};

TEST_F(AnchorIntegrationTest, SpreadsConnectionsEvenly) {
  const std::string address = Ensure(Web({Start("one"), Start("two")}));
  std::map<std::string, int> answers;
  for (int i = 0; i < 40; ++i) ++answers[Client(address).Get()];
  EXPECT_EQ(answers, (std::map<std::string, int>{{"Hello from one", 20}, {"Hello from two", 20}}));
}

TEST_F(AnchorIntegrationTest, PodsReachItByEveryNameOfTheService) {
  const std::string pod = Start("one");
  Ensure(Web({pod}));
  for (const char* name : {"web", "web.default", "web.default.svc.cluster.local"}) {
    const std::string target = absl::StrCat("TARGET=", name, ":80");
    const std::string caller = Start("caller", {"caller"}, {target});
    EXPECT_TRUE(absl::EndsWith(Client(caller, 8080).Get(), ":80 says: Hello from one")) << name;
    ASSERT_TRUE(engine_->RemoveContainer("caller").ok());
  }
}

TEST_F(AnchorIntegrationTest, RefusesAtOnceWithoutPods) {
  const std::string address = Ensure(Web({}));
  EXPECT_EQ(Client(address).error(), ECONNREFUSED);
  EXPECT_EQ(Client(Ensure(Web({Start("one")})), 81).error(), ECONNREFUSED);
}

TEST_F(AnchorIntegrationTest, NoRequestFailsWhenAPodLeaves) {
  const std::string one = Start("one"), two = Start("two");
  const std::string address = Ensure(Web({one, two}));
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0, failed = 0;
  std::thread client([&] {
    while (!done) ++(Client(address).Get().empty() ? failed : answered);
  });
  EXPECT_TRUE(Eventually([&] { return answered >= 50; }));
  EXPECT_EQ(Ensure(Web({two})), address);
  EXPECT_TRUE(engine_->StopContainer("one", absl::Seconds(5)).ok());
  EXPECT_TRUE(engine_->RemoveContainer("one").ok());
  const int before = answered;
  EXPECT_TRUE(Eventually([&] { return answered >= before + 50; }));
  done = true;
  client.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(AnchorIntegrationTest, AConnectionToAPodThatLeavesMayFinish) {
  const std::string one = Start("one"), two = Start("two");
  const std::string address = Ensure(Web({one}));
  Client client(address);
  EXPECT_EQ(client.Get(), "Hello from one");
  Ensure(Web({two}));
  EXPECT_EQ(client.Get(), "Hello from one");
  EXPECT_EQ(Client(address).Get(), "Hello from two");
}

TEST_F(AnchorIntegrationTest, AConnectionToAPodThatLeftEnds) {
  const auto one = Web({Start("one")}), two = Web({Start("two")});
  const std::string address = Ensure(one);
  Client client(address);
  EXPECT_EQ(client.Get(), "Hello from one");
  const absl::Status released = RunInNetworkNamespace(Anchor().network_namespace, [&] {
    const absl::Status written = RunNft(Rules(address, two.ports));
    return written.ok() ? ReleaseConnections(address, two.ports, absl::Seconds(1)) : written;
  });
  EXPECT_TRUE(released.ok()) << released;
  EXPECT_TRUE(Eventually([&] { return client.Get().empty(); }));
}

TEST_F(AnchorIntegrationTest, RulesThatAreRefusedChangeNothing) {
  const std::string address = Ensure(Web({Start("one")}));
  const absl::Status refused = RunInNetworkNamespace(
      Anchor().network_namespace, [] { return RunNft("flush table ip weft\nnonsense\n"); });
  EXPECT_EQ(refused.code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(absl::StrContains(std::string(refused.message()), "nonsense")) << refused;
  EXPECT_EQ(Client(address).Get(), "Hello from one");
}

TEST_F(AnchorIntegrationTest, DatagramsFollowTheTargets) {
  const auto service = [&](std::vector<std::pair<std::string, int>> targets) {
    return ServiceNetwork::Service{"default", "dns", kNetwork, {{53, "UDP", std::move(targets)}}};
  };
  const std::string address = Ensure(service({}));
  const std::string host = OwnAddressTowards(address);
  Datagrams one(host), two(host), client(host);
  client.Send(address, 53);  // To nobody, and remembered so.
  Ensure(service({{host, one.port()}}));
  client.Send(address, 53);
  EXPECT_TRUE(one.Receives(5000));
  Ensure(service({{host, two.port()}}));
  client.Send(address, 53);
  EXPECT_TRUE(two.Receives(5000));
  EXPECT_FALSE(one.Receives(0));
}

TEST_F(AnchorIntegrationTest, ARemovedAnchorComesBackWithItsAddress) {
  const auto web = Web({Start("one")});
  const std::string address = Ensure(web);
  ASSERT_TRUE(engine_->RemoveContainer(Anchor().id).ok());
  services_ = MakeAnchorNetwork(*engine_, "test", NetworkAccess::kDirect);
  EXPECT_EQ(Ensure(web), address);
  EXPECT_EQ(Client(address).Get(), "Hello from one");
}

TEST_F(AnchorIntegrationTest, ARestartedAnchorForwardsAgain) {
  const auto web = Web({Start("one")});
  const std::string address = Ensure(web);
  const engine::Container before = Anchor();
  ASSERT_EQ(kill(before.pid, SIGKILL), 0);
  EXPECT_TRUE(Eventually([&] {
    const engine::Container now = Anchor();
    return now.started_at != before.started_at && now.state == "running";
  }));
  EXPECT_TRUE(Client(address).Get().empty());
  EXPECT_EQ(Ensure(web), address);
  EXPECT_EQ(Client(address).Get(), "Hello from one");
  EXPECT_EQ(Anchor().id, before.id);
}

}  // namespace
}  // namespace weft::anchor
