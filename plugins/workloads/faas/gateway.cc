#include "plugins/workloads/faas/gateway.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <spdlog/spdlog.h>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "plugins/workloads/faas/listener.h"
#include "plugins/workloads/faas/session.h"

namespace weft::faas {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kIdleConnection = std::chrono::seconds(30);
constexpr auto kListenAgain = std::chrono::seconds(5);
constexpr auto kAcceptAgain = std::chrono::milliseconds(100);

}  // namespace

class Gateway::Server {
 public:
  Server(Functions& functions, Options options)
      : functions_(functions), options_(std::move(options)) {
    for (int i = 0; i < options_.threads; ++i) loops_.push_back(std::make_unique<Loop>());
    for (const auto& loop : loops_) {
      asio::co_spawn(loop->context, Tick(*loop, loop == loops_.front()), asio::detached);
      loop->thread = std::thread([&context = loop->context] { context.run(); });
    }
  }

  void Listen();
  int port() const {
    std::lock_guard lock(mutex_);
    return port_;
  }
  void Stop();

 private:
  // A thread, and what is its own.
  struct Loop {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    ConnectionPool pool;
    std::set<Session*> sessions;
    std::thread thread;
  };

  absl::Status TryListen();
  asio::awaitable<void> Tick(Loop& loop, bool first);
  asio::awaitable<void> ListenAgain();
  asio::awaitable<void> Accept();
  asio::awaitable<void> Serve(Loop& loop, asio::generic::stream_protocol::socket socket);

  Functions& functions_;
  const Options options_;
  std::vector<std::unique_ptr<Loop>> loops_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool begun_ = false;  // Listen was called.
  bool stopping_ = false;
  int port_ = 0;
  size_t connections_ = 0;
  std::optional<Acceptor> acceptor_;  // Set once; of the first loop from then on.
};

void Gateway::Server::Listen() {
  {
    std::lock_guard lock(mutex_);
    if (begun_ || stopping_) return;
    begun_ = true;
  }
  const absl::Status status = TryListen();
  if (status.ok()) return;
  spdlog::error("msg=\"no gateway for functions: trying again\" error=\"{}\"",
                std::string(status.message()));
  asio::co_spawn(loops_.front()->context, ListenAgain(), asio::detached);
}

absl::Status Gateway::Server::TryListen() {
  absl::StatusOr<Acceptor> acceptor = faas::Listen(loops_.front()->context, options_.address);
  if (!acceptor.ok()) return acceptor.status();
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return absl::OkStatus();
    port_ = PortOf(*acceptor);
    acceptor_.emplace(*std::move(acceptor));
  }
  spdlog::info("msg=\"gateway for functions\" address={}", options_.address);
  asio::co_spawn(loops_.front()->context, Accept(), asio::detached);
  return absl::OkStatus();
}

asio::awaitable<void> Gateway::Server::ListenAgain() {
  asio::steady_timer timer(loops_.front()->context);
  absl::Status status = absl::UnavailableError("");
  while (!status.ok()) {
    timer.expires_after(kListenAgain);
    co_await timer.async_wait(kAwait);
    status = TryListen();
  }
}

// The first loop moves the time of all functions on; each cleans up its own connections.
asio::awaitable<void> Gateway::Server::Tick(Loop& loop, bool first) {
  asio::steady_timer timer(loop.context);
  while (true) {
    if (first) functions_.Tick();
    loop.pool.Prune(kIdleConnection);
    timer.expires_after(kTick);
    co_await timer.async_wait(kAwait);
  }
}

asio::awaitable<void> Gateway::Server::Accept() {
  asio::steady_timer timer(loops_.front()->context);
  for (size_t turn = 0; acceptor_->is_open(); ++turn) {
    bool full = false;
    {
      std::lock_guard lock(mutex_);
      full = connections_ >= options_.connections;
    }
    error_code ec;
    Loop& loop = *loops_[turn % loops_.size()];
    if (!full) {
      auto [error, socket] = co_await acceptor_->async_accept(loop.context, kAwait);
      ec = error;
      if (ec == asio::error::operation_aborted) co_return;
      if (!ec) {
        {
          std::lock_guard lock(mutex_);
          ++connections_;
        }
        asio::co_spawn(loop.context, Serve(loop, std::move(socket)), asio::detached);
      }
    }
    if (!full && !ec) continue;
    // No room, or no descriptors.
    timer.expires_after(kAcceptAgain);
    co_await timer.async_wait(kAwait);
  }
}

asio::awaitable<void> Gateway::Server::Serve(Loop& loop,
                                             asio::generic::stream_protocol::socket socket) {
  error_code ec;  // A unix socket does not have the option.
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  Session session(ClientStream(std::move(socket)), functions_, loop.pool);
  loop.sessions.insert(&session);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) session.Drain();
  }
  co_await session.Run();
  loop.sessions.erase(&session);
  std::lock_guard lock(mutex_);
  --connections_;
  changed_.notify_all();
}

void Gateway::Server::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    if (acceptor_) asio::post(loops_.front()->context, [this] { acceptor_->close(); });
  }
  functions_.Close();
  for (const auto& loop : loops_) {
    asio::post(loop->context, [&sessions = loop->sessions] {
      for (Session* session : sessions) session->Drain();
    });
  }
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(options_.drain),
                      [this] { return connections_ == 0; });
  }
  for (const auto& loop : loops_) loop->context.stop();
  for (const auto& loop : loops_) loop->thread.join();
}

Gateway::Gateway(Functions& functions, Options options)
    : server_(std::make_unique<Server>(functions, std::move(options))) {}

Gateway::~Gateway() { Stop(); }

void Gateway::Listen() { server_->Listen(); }

int Gateway::port() const { return server_->port(); }

void Gateway::Stop() { server_->Stop(); }

}  // namespace weft::faas
