#include "runtime/local/pod_port.h"

#include <cerrno>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace weft::local {
namespace {

using testing::HasSubstr;

// This process stands for a sandbox: what it listens on is on the machine's 127.0.0.1.
class PodPortTest : public testing::Test {
 protected:
  PodPortTest() : listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    if (bind(listening_, plain, size) != 0 || listen(listening_, 1) != 0 ||
        getsockname(listening_, plain, &size) != 0) {
      ADD_FAILURE() << "cannot listen: " << std::strerror(errno);
    }
    port_ = ntohs(address.sin_port);
  }
  ~PodPortTest() override { StopListening(); }
  void StopListening() {
    if (listening_ >= 0) close(std::exchange(listening_, -1));
  }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root may look into a network namespace";
  }

  int listening_;
  uint32_t port_ = 0;
};

TEST_F(PodPortTest, ConnectsInsideOfThePod) {
  const auto connection = ConnectToPod(getpid(), "127.0.0.1", port_);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Write("hello").ok());
  const int accepted = accept(listening_, nullptr, nullptr);
  char heard[5] = {};
  EXPECT_EQ(recv(accepted, heard, sizeof(heard), MSG_WAITALL), 5);
  EXPECT_EQ(std::string(heard, sizeof(heard)), "hello");
  close(accepted);
  EXPECT_EQ((*connection)->Read().value_or("an error"), "");
}

TEST_F(PodPortTest, SaysWhereNothingListens) {
  StopListening();
  const absl::Status refused = ConnectToPod(getpid(), "127.0.0.1", port_).status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("Connection refused"));
}

// RFC 5737: an address that no machine has.
TEST_F(PodPortTest, AProcessThatIsNotThePodsIsNotAsked) {
  const absl::Status other = ConnectToPod(getpid(), "192.0.2.1", port_).status();
  EXPECT_TRUE(absl::IsUnavailable(other)) << other;
  EXPECT_EQ(other.message(), "the pod has just ended");
}

}  // namespace
}  // namespace weft::local
