#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

// For tests only: both ends of the gateway's connections.
namespace weft::faas {

struct Answer {
  int status = 0;  // 0: none came, `error` says why.
  std::string body;
  std::map<std::string, std::string> headers;  // By lower-case name.
  bool anew = false;                           // Over a new connection.
  std::string error;
};

// A client with one connection, which it keeps. Waits 90 s at most for an answer. Not thread-safe.
class Client {
 public:
  // `socket`: the path of the unix socket to ask at, whatever host a URL names.
  explicit Client(std::string socket = "");
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Answer Get(const std::string& url) { return Ask("GET", url); }
  // Sends `body` with POST and PUT. `headers`: "Name: value".
  Answer Ask(const std::string& method, const std::string& url, const std::string& body = "",
             const std::vector<std::string>& headers = {});

 private:
  const std::string socket_;
  void* const curl_;
};

// What answers in the place of a function's pod, on a loopback address.
class Backend {
 public:
  // Takes the head and the decoded body of a request; returns the bytes of the answer. Nothing:
  // the connection is closed. Called by several threads at once.
  using Handler = std::function<std::string(const std::string& head, const std::string& body)>;

  // Listens at `address` on `port`, or on a free port.
  explicit Backend(Handler handler, const std::string& address = "127.0.0.1", int port = 0);
  ~Backend();

  int port() const { return port_; }
  int connections() const;  // That were ever taken.

 private:
  void Accept();
  void Serve(int connection);

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::set<int> open_;
  std::vector<std::thread> threads_;  // One a connection.
  std::thread accepting_;
};

// An answer of 200 with this body.
std::string Ok(const std::string& body);

}  // namespace weft::faas
