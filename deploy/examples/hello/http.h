#pragma once

#include <functional>
#include <string>

// As much of HTTP/1.1 (RFC 9112) as the example needs: GET without a body.
namespace hello {

struct Answer {
  int status;
  std::string text;
};
using Handler = std::function<Answer(const std::string& path)>;

// Writes a line to the standard output at once. Thread-safe.
void Log(const std::string& line);

// Answers GET requests on `port`, each connection on a thread of its own; `handler` is called by
// several at once. At SIGTERM or SIGINT it takes no more connections, lets the requests at hand be
// answered, and ends the program. Call it, or BlockSignals, before there is another thread.
[[noreturn]] void Serve(int port, const Handler& handler);

// Keeps SIGTERM and SIGINT for Serve, in this thread and those that it starts from now on.
void BlockSignals();

// What GET / at "host:port" answers with; empty if that fails, after a few seconds at most.
std::string Get(const std::string& target);

}  // namespace hello
