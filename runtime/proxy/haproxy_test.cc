#include "runtime/proxy/haproxy.h"

#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "runtime/base/detached_process.h"
#include "runtime/proxy/testing.h"

namespace weft::proxy {
namespace {

using testing::HasSubstr;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A TCP socket of this machine that listens.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 128), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { Close(); }
  void Close() {
    if (fd_ >= 0) shutdown(fd_, SHUT_RDWR), close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }
  int port() const { return port_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int fd_;
  int port_ = 0;
};

// Answers every request on a connection of its own with `text`.
class Server {
 public:
  explicit Server(std::string text) : text_(std::move(text)), thread_([this] { Run(); }) {}
  ~Server() {
    listener_.Close();
    thread_.join();
  }
  std::string address() const { return listener_.address(); }

 private:
  void Run() {
    const int listening = listener_.fd();
    for (int fd; (fd = accept(listening, nullptr, nullptr)) >= 0; close(fd)) {
      char request[4096];
      if (read(fd, request, sizeof request) <= 0) continue;
      const std::string answer = absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", text_.size(),
                                              "\r\nConnection: close\r\n\r\n", text_);
      if (write(fd, answer.data(), answer.size()) < 0) continue;
    }
  }

  const std::string text_;
  Listener listener_;
  std::thread thread_;
};

// A port of the machine that nobody listens at.
std::string FreeAddress() { return Listener().address(); }

bool Soon(const std::function<bool()>& is_so) {
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!is_so() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(5));
  return is_so();
}

// Requests one after the other, each over a connection of its own, as long as it lives.
class Client {
 public:
  explicit Client(const std::string& address)
      : port_(atoi(address.substr(address.find(':') + 1).c_str())), thread_([this] {
          while (!stop_) ++(Ask() ? heard_ : lost_);
        }) {}
  ~Client() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool HearsMore(int count) {
    return Soon([&, before = heard_.load()] { return heard_ >= before + count; });
  }
  int heard() const { return heard_; }
  int lost() const { return lost_; }

 private:
  bool Ask() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(port_);
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    char answer[4096] = "";
    const bool well =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        write(fd, request.data(), request.size()) > 0 && read(fd, answer, sizeof answer - 1) > 0 &&
        std::string_view(answer).starts_with("HTTP/1.1 200");
    close(fd);
    return well;
  }

  const int port_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> lost_ = 0, heard_ = 0;
  std::thread thread_;  // Last: it uses the rest.
};

class HaProxyTest : public testing::Test {
 protected:
  HaProxyTest() {
    char path[] = "/tmp/weft-proxy-XXXXXX";
    directory_ = mkdtemp(path);
    // Its user has to find the way.
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    proxy_ = std::make_unique<HaProxy>(directory_ + "/ingress");
  }
  ~HaProxyTest() override {
    for (const pid_t pid : AllWithin(directory_)) kill(pid, SIGKILL);
    std::filesystem::remove_all(directory_);
  }

  static std::vector<pid_t> AllWithin(const std::string& directory) {
    std::vector<pid_t> pids;
    std::error_code ec;
    for (std::filesystem::directory_iterator entry("/proc", ec), end; !ec && entry != end;
         entry.increment(ec))
      if (const pid_t pid = atoi(entry->path().filename().c_str());
          runtime::RunsWith(pid, directory + "/ingress/haproxy-"))
        pids.push_back(pid);
    return pids;
  }
  size_t Processes() const { return AllWithin(directory_).size(); }
  // The only one.
  pid_t Pid() const {
    const std::vector<pid_t> pids = AllWithin(directory_);
    return pids.size() == 1 ? pids[0] : -1;
  }
  // What curl says.
  std::string Ask(const std::string& url, const std::string& more = "") {
    const std::string file = directory_ + "/answer";
    const std::string command =
        absl::StrCat("curl -sS --max-time 10 ", more, " '", url, "' >", file, " 2>&1");
    const int status = system(command.c_str());
    return absl::StrCat(ReadFileOrEmpty(file), status == 0 ? "" : " (failed)");
  }

  const std::string http_ = FreeAddress(), https_ = FreeAddress();
  std::string directory_;
  std::unique_ptr<HaProxy> proxy_;
};

TEST_F(HaProxyTest, ServesAndIsKeptWhileNothingChangesWhoeverAsks) {
  Server one("one");
  const ProxySetup setup{http_, https_, {{"a.org", "/", false, one.address()}}, {}};
  EXPECT_FALSE(proxy_->Runs());
  const absl::Status served = proxy_->Serve(setup);
  ASSERT_TRUE(served.ok()) << served;
  EXPECT_TRUE(proxy_->Runs());
  EXPECT_EQ(Ask("http://" + http_ + "/x", "-H 'Host: a.org:80'"), "one");
  EXPECT_THAT(Ask("http://" + http_ + "/x"), HasSubstr("no ingress has this host and path"));
  const pid_t pid = Pid();
  HaProxy other(directory_ + "/ingress");
  ASSERT_TRUE(other.Serve(setup).ok());
  EXPECT_EQ(Pid(), pid);
  kill(pid, SIGKILL);
  ASSERT_TRUE(Soon([&] { return !other.Runs(); }));
  // One of its threads may still hold the address.
  ASSERT_TRUE(Soon([&] { return other.Serve(setup).ok(); }));
  EXPECT_EQ(Ask("http://" + http_ + "/x", "-H 'Host: a.org'"), "one");
}

TEST_F(HaProxyTest, ServesNothingAfterItsEndAndAgainAtOnce) {
  Server one("one");
  const ProxySetup setup{http_, https_, {{"", "/", false, one.address()}}, {}};
  for (int i = 0; i < 3; ++i) {
    // Its port may still be that of the one that ends.
    ASSERT_TRUE(Soon([&] { return proxy_->Serve(setup).ok(); }));
    EXPECT_EQ(Ask("http://" + http_), "one");
    proxy_->Stop();
    EXPECT_FALSE(proxy_->Runs());
  }
  EXPECT_TRUE(Soon([&] { return Processes() == 0; }));
  EXPECT_THAT(Ask("http://" + http_), HasSubstr("failed"));
}

// Such as one that somebody told to end and that has a connection yet, or whose socket was removed.
TEST_F(HaProxyTest, WhatDoesNotAnswerIsReplaced) {
  Server one("one");
  const ProxySetup setup{http_, https_, {{"", "/", false, one.address()}}, {}};
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  kill(Pid(), SIGUSR1);
  ASSERT_TRUE(Soon([&] { return !proxy_->Runs(); }));
  ASSERT_TRUE(Soon([&] { return proxy_->Serve(setup).ok(); }));
  EXPECT_EQ(Ask("http://" + http_), "one");
  std::filesystem::remove(directory_ + "/ingress/haproxy.sock");
  ASSERT_TRUE(Soon([&] { return proxy_->Serve(setup).ok(); }));
  EXPECT_EQ(Ask("http://" + http_), "one");
  EXPECT_TRUE(Soon([&] { return Processes() == 1; }));
}

TEST_F(HaProxyTest, LosesNoRequestWhileItsConfigurationChanges) {
  Server one("one"), two("two");
  ProxySetup setup{http_, https_, {{"", "/", false, one.address()}}, {}};
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  Client client(http_);
  for (int i = 0; i < 6; ++i) {
    setup.routes[0].backend = i % 2 == 0 ? two.address() : one.address();
    EXPECT_TRUE(proxy_->Serve(setup).ok());
    EXPECT_TRUE(client.HearsMore(20));
    EXPECT_EQ(Ask("http://" + http_), i % 2 == 0 ? "two" : "one");
  }
  client.Stop();
  EXPECT_EQ(client.lost(), 0) << "of " << client.heard() + client.lost();
  EXPECT_TRUE(Soon([&] { return Processes() == 1; })) << "those before have ended";
}

TEST_F(HaProxyTest, GoesOnWithWhatItServesWhenAChangeCannotBe) {
  Server one("one");
  Listener taken;
  ProxySetup setup{http_, https_, {{"", "/", false, one.address()}}, {}};
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  Client client(http_);
  ProxySetup wrong = setup;
  wrong.https_address = taken.address();
  const KeyPair pair = MakeCertificate("a.test");
  wrong.certificates = {{"a.test", {}, absl::StrCat(pair.certificate, "\n", pair.key)}};
  const absl::Status refused = proxy_->Serve(wrong);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()), HasSubstr(taken.address()));
  EXPECT_TRUE(client.HearsMore(20));
  EXPECT_TRUE(proxy_->Serve(setup).ok());
  client.Stop();
  EXPECT_EQ(client.lost(), 0) << "of " << client.heard() + client.lost();
}

TEST_F(HaProxyTest, DoesNotShareItsAddressWithAnotherInstallation) {
  Server one("one");
  const ProxySetup setup{http_, https_, {{"", "/", false, one.address()}}, {}};
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  HaProxy other(directory_ + "/other");
  EXPECT_THAT(std::string(other.Serve(setup).message()), HasSubstr(http_));
}

// Whether HAProxy reads the conditions as they are meant.
TEST_F(HaProxyTest, SendsEachRequestWhereItsHostAndPathSay) {
  Server exact("exact"), below("below"), host("host"), any("any"), rest("rest");
  const ProxySetup setup{http_,
                         https_,
                         {{"a.org", "/x", true, exact.address()},
                          {"a.org", "/x", false, below.address()},
                          {"a.org", "/", false, host.address()},
                          {"*.a.org", "/", false, any.address()},
                          {"", "/rest", false, rest.address()},
                          {"", "/gone", false, ""}},
                         {}};
  const absl::Status served = proxy_->Serve(setup);
  ASSERT_TRUE(served.ok()) << served;
  const auto ask = [&](const std::string& of, const std::string& path) {
    return Ask("http://" + http_ + path, "-H 'Host: " + of + "'");
  };
  EXPECT_EQ(ask("a.org", "/x"), "exact");
  EXPECT_EQ(ask("A.org:80", "/x/y?z=1"), "below");
  EXPECT_EQ(ask("a.org", "/xy"), "host");
  EXPECT_EQ(ask("b.a.org", "/x"), "any");
  EXPECT_EQ(ask("aXorg", "/rest/"), "rest");
  EXPECT_EQ(ask("c.b.a.org", "/rest"), "rest") << "one label more, not two";
  EXPECT_THAT(ask("c.b.a.org", "/"), HasSubstr("no ingress has this host and path"));
  EXPECT_THAT(ask("other", "/gone"), HasSubstr("the service behind this path is not there"));
}

TEST_F(HaProxyTest, KeepsNoKeyThatIsNotServedAnyMore) {
  Server one("one");
  const KeyPair pair = MakeCertificate("a.test");
  ProxySetup setup{http_,
                   https_,
                   {{"", "/", false, one.address()}},
                   {{"a.test", {}, pair.certificate + pair.key}}};
  const std::string file = directory_ + "/ingress/certificates/a.test.pem";
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  EXPECT_TRUE(std::filesystem::exists(file));
  const std::vector<Certificate> certificates = std::exchange(setup.certificates, {});
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  EXPECT_FALSE(std::filesystem::exists(file));
  setup.certificates = certificates;
  ASSERT_TRUE(proxy_->Serve(setup).ok());
  proxy_->Stop();
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(HaProxyTest, ServesHttpsWithTheCertificateOfTheHost) {
  Server one("one");
  std::string trusted;
  const auto issue = [&](const std::string& host) {
    const KeyPair pair = MakeCertificate(host);
    trusted += pair.certificate;
    return Certificate{host, {host}, absl::StrCat(pair.certificate, "\n", pair.key)};
  };
  const ProxySetup setup{
      http_, https_, {{"", "/", false, one.address()}}, {issue("a.test"), issue("b.test")}};
  ASSERT_TRUE(WriteFileAtomically(directory_ + "/ca", trusted).ok());
  const absl::Status served = proxy_->Serve(setup);
  ASSERT_TRUE(served.ok()) << served;
  for (const std::string host : {"a.test", "b.test"})
    EXPECT_EQ(Ask(absl::StrCat("https://", host, https_.substr(https_.find(':'))),
                  absl::StrCat("--cacert ", directory_, "/ca --connect-to '::", https_, "'")),
              "one")
        << host;
}

}  // namespace
}  // namespace weft::proxy
