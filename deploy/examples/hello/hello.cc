// The programs of the example application, in one static binary:
//
//   hello-server           answers "GREETING from HOSTNAME"; GREETING may stand in the file
//                          GREETING_FILE instead; counts its starts in the file STARTS_FILE
//   hello-server caller    asks TARGET (host:port) for that every second, by its name, and answers
//                          with what it heard last
//   hello-server once      says the same once, and ends
//
// The first two answer HTTP on PORT (8080), GET / and GET /healthz, and end at SIGTERM when what
// they are answering is answered.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

#include "http.h"

namespace hello {
namespace {

constexpr auto kCallInterval = std::chrono::seconds(1);

std::string Environment(const char* name, const char* fallback) {
  const char* value = getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

// How often this was asked before, in the file STARTS_FILE; empty: there is none.
std::string CountStart() {
  const std::string path = Environment("STARTS_FILE", "");
  if (path.empty()) return "";
  int starts = 0;
  std::ifstream(path) >> starts;
  if (!(std::ofstream(path) << ++starts << "\n")) return ", who cannot write to " + path;
  return ", start " + std::to_string(starts);
}

std::string Text() {
  std::ifstream file(Environment("GREETING_FILE", "/"));
  std::string greeting;
  if (!std::getline(file, greeting)) greeting = Environment("GREETING", "Hello");
  return greeting + " from " + HostName() + CountStart() + "\n";
}

[[noreturn]] void RunServer(int port) {
  const std::string text = Text();
  Serve(port, [&](const std::string& path) {
    if (path == "/") return Answer{200, text};
    return path == "/healthz" ? Answer{200, "ok\n"} : Answer{404, "not found\n"};
  });
}

// Asks now and then. The last answer is kept when there is none.
class Caller {
 public:
  explicit Caller(std::string target) : target_(std::move(target)) {}

  [[noreturn]] void Run() {
    for (;; std::this_thread::sleep_for(kCallInterval)) {
      std::string answer = Get(target_);
      Log(target_ + (answer.empty() ? " does not answer" : " says: " + answer));
      std::lock_guard lock(mutex_);
      if (!answer.empty()) heard_ = std::move(answer);
    }
  }

  // Healthy as soon as it was answered once.
  Answer Handle(const std::string& path) {
    if (path != "/" && path != "/healthz") return {404, "not found\n"};
    std::lock_guard lock(mutex_);
    if (heard_.empty()) return {503, "nothing heard of " + target_ + " yet\n"};
    return {200, path == "/" ? target_ + " says: " + heard_ : "ok\n"};
  }

 private:
  const std::string target_;
  std::mutex mutex_;
  std::string heard_;  // Guarded by mutex_.
};

[[noreturn]] void RunCaller(int port) {
  Caller caller(Environment("TARGET", "hello-web:8080"));
  BlockSignals();
  std::thread([&] { caller.Run(); }).detach();
  Serve(port, [&](const std::string& path) { return caller.Handle(path); });
}

}  // namespace
}  // namespace hello

int main(int argc, char** argv) {
  const int port = atoi(hello::Environment("PORT", "8080").c_str());
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "caller") hello::RunCaller(port);
  if (command == "once") return fputs(hello::Text().c_str(), stdout) < 0 ? 1 : 0;
  hello::RunServer(port);
}
