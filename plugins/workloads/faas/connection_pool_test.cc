#include "plugins/workloads/faas/connection_pool.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "plugins/workloads/faas/testing.h"

namespace weft::faas {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class ConnectionPoolTest : public testing::Test {
 protected:
  // A connection to `backend_` that was made so long ago.
  std::unique_ptr<Connection> Make(seconds age) {
    std::unique_ptr<Connection> made;
    asio::co_spawn(
        context_, [&]() -> asio::awaitable<void> { made = co_await Connect(endpoint_); },
        asio::detached);
    context_.restart();
    context_.run();
    if (made != nullptr) made->made = steady_clock::now() - age;
    return made;
  }

  Backend backend_{[](const std::string&, const std::string&) { return Ok(""); }};
  const Endpoint endpoint_{"a", "127.0.0.1", backend_.port()};
  asio::io_context context_;
  ConnectionPool pool_;
};

TEST_F(ConnectionPoolTest, GivesBackWhatWasUsedLast) {
  std::unique_ptr<Connection> first = Make(seconds(0)), second = Make(seconds(4));
  ASSERT_TRUE(first != nullptr && second != nullptr);
  const Connection* const last = second.get();
  pool_.Put(std::move(first));
  pool_.Put(std::move(second));
  EXPECT_EQ(pool_.Take(endpoint_, seconds(30)).get(), last);
  EXPECT_NE(pool_.Take(endpoint_, seconds(30)), nullptr);
  EXPECT_EQ(pool_.Take(endpoint_, seconds(30)), nullptr);
}

// Behind the address of a Service a pod may have come since.
TEST_F(ConnectionPoolTest, KeepsNothingThatIsOld) {
  std::unique_ptr<Connection> old = Make(seconds(5));
  ASSERT_NE(old, nullptr);
  pool_.Put(std::move(old));
  EXPECT_EQ(pool_.Take(endpoint_, seconds(30)), nullptr);
}

}  // namespace
}  // namespace weft::faas
