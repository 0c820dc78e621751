// What the containers of the suite run, static and alone in its image. Every argument is a
// statement; they are carried out in order, and then it ends with exit code 0.
//   say TEXT            writes TEXT to the standard output, as everything that it writes
//   complain TEXT       writes TEXT to the standard error
//   env NAME            writes NAME=VALUE, or "NAME is not set"
//   show PATH           writes what is in the file, or "no PATH"
//   write PATH TEXT     writes TEXT to the file, or says "cannot write PATH"
//   id                  writes the ids of the user and of the group, "1:2"
//   where               writes the working directory
//   once PATH CODE      ends with CODE if there is no such file, and leaves one
//   lock PATH           locks the file while it runs; taken: leaves PATH.taken and ends with 9
//   get HOST:PORT       writes what a GET answers, when it has answered
//   resolve NAME COUNT  goes on when NAME leads to so many addresses; writes them, in order
//   refused HOST:PORT   goes on when connections to it fail
//   echo                writes what comes to the standard input, to its end
//   lines COUNT         writes so many lines, which are numbers from 0
//   columns COUNT       waits until the terminal has so many, and writes its size
//   exit CODE           ends
//   crash               ends by a signal, SIGSEGV
//   eat MIB             fills so much memory
//   burn                uses about a fifth of a processor, for ever
//   follow PATH         writes what is in the file whenever that has changed, for ever
//   serve PORT          answers GET with the host's name, /fail with 503; ends with 0 at SIGTERM
//   mirror PORT         sends back what comes to 127.0.0.1:PORT, and writes "gone" when that ends
//   wait                ends with 0 at SIGTERM
//   stay                does not end at SIGTERM
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <netinet/in.h>
#include <resolv.h>
#include <set>
#include <string>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "deploy/examples/hello/http.h"

namespace {

void Say(const std::string& line) { std::cout << line << std::endl; }

std::string HostName() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? std::string(std::istreambuf_iterator<char>(file), {}) : "no " + path;
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

// Asks the name servers themselves: a static program has no other way. Nobody knows it: none.
std::set<std::string> Resolve(const std::string& name) {
  unsigned char answer[4096];
  const int size = res_search(name.c_str(), ns_c_in, ns_t_a, answer, sizeof answer);
  std::set<std::string> addresses;
  ns_msg message;
  if (size < 0 || ns_initparse(answer, size, &message) != 0) return addresses;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0 || ns_rr_type(record) != ns_t_a) continue;
    char text[INET_ADDRSTRLEN];
    addresses.insert(inet_ntop(AF_INET, ns_rr_rdata(record), text, sizeof text));
  }
  return addresses;
}

[[noreturn]] void Wait(bool for_term) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  for (int got = 0;;) {
    sigwait(&set, &got);
    if (for_term) _exit(0);
  }
}

[[noreturn]] void Follow(const std::string& path) {
  for (std::string last;; usleep(50'000)) {
    const std::string now = Read(path);
    if (now != last) Say(now);
    last = now;
  }
}

void Echo() {
  char piece[4096];
  for (ssize_t size; (size = read(STDIN_FILENO, piece, sizeof piece)) > 0;)
    std::cout.write(piece, size).flush();
}

[[noreturn]] void Mirror(int port) {
  std::thread([] { Wait(true); }).detach();
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listening, SOMAXCONN) != 0)
    _exit(65);
  Say("mirrors");
  while (true) {
    std::thread([fd = accept(listening, nullptr, nullptr)] {
      char piece[4096];
      for (ssize_t size; (size = read(fd, piece, sizeof piece)) > 0;)
        for (ssize_t sent = 0, now = 0; sent < size && now >= 0; sent += now)
          now = send(fd, piece + sent, static_cast<size_t>(size - sent), MSG_NOSIGNAL);
      close(fd);
      Say("gone");
    }).detach();
  }
}

void AwaitColumns(int columns) {
  winsize size = {};
  while (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != columns) usleep(10'000);
  Say(std::to_string(size.ws_col) + " columns, " + std::to_string(size.ws_row) + " rows");
}

void Eat(size_t mebibytes) {
  for (std::vector<char*> all; all.size() < mebibytes;) {
    all.push_back(new char[1 << 20]);
    memset(all.back(), 1, 1 << 20);
  }
}

void Burn() {
  using Clock = std::chrono::steady_clock;
  while (true) {
    for (const auto end = Clock::now() + std::chrono::milliseconds(2); Clock::now() < end;) {
    }
    usleep(8'000);
  }
}

// The word before the first space, and what follows it.
std::pair<std::string, std::string> Split(const std::string& text) {
  const size_t space = text.find(' ');
  if (space == std::string::npos) return {text, ""};
  return {text.substr(0, space), text.substr(space + 1)};
}

void Run(const std::string& statement) {
  const auto [verb, rest] = Split(statement);
  const auto [first, second] = Split(rest);
  if (verb == "say") return Say(rest);
  if (verb == "complain") {
    std::cerr << rest << std::endl;
  } else if (verb == "env") {
    const char* value = getenv(rest.c_str());
    Say(value == nullptr ? rest + " is not set" : rest + "=" + value);
  } else if (verb == "show") {
    Say(Read(rest));
  } else if (verb == "write") {
    if (!Write(first, second)) Say("cannot write " + first);
  } else if (verb == "id") {
    Say(std::to_string(getuid()) + ":" + std::to_string(getgid()));
  } else if (verb == "where") {
    char path[4096] = {};
    Say(getcwd(path, sizeof path) == nullptr ? "nowhere" : path);
  } else if (verb == "once") {
    if (access(first.c_str(), F_OK) == 0) return;
    Write(first, "done");
    _exit(atoi(second.c_str()));
  } else if (verb == "lock") {
    const int file = open(rest.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) != 0) {
      Write(rest + ".taken", "by another");
      _exit(9);
    }
  } else if (verb == "get") {
    std::string answer;
    while ((answer = hello::Get(rest)).empty()) usleep(100'000);
    Say(answer);
  } else if (verb == "resolve") {
    std::set<std::string> addresses;
    while ((addresses = Resolve(first)).size() != static_cast<size_t>(atoi(second.c_str())))
      usleep(100'000);
    for (const std::string& address : addresses) Say(address);
  } else if (verb == "refused") {
    while (!hello::Get(rest).empty()) usleep(100'000);
  } else if (verb == "echo") {
    Echo();
  } else if (verb == "lines") {
    for (int i = 0; i < atoi(rest.c_str()); ++i) std::cout << i << "\n";
    std::cout << std::flush;
  } else if (verb == "columns") {
    AwaitColumns(atoi(rest.c_str()));
  } else if (verb == "exit") {
    _exit(atoi(rest.c_str()));
  } else if (verb == "crash") {
    // The first process of a container dies of no signal that it sends itself.
    *static_cast<volatile int*>(nullptr) = 0;  // NOLINT(clang-analyzer-core.NullDereference)
  } else if (verb == "eat") {
    Eat(static_cast<size_t>(atoi(rest.c_str())));
  } else if (verb == "burn") {
    Burn();
  } else if (verb == "follow") {
    Follow(rest);
  } else if (verb == "serve") {
    hello::Serve(atoi(rest.c_str()), [](const std::string& path) {
      return path == "/fail" ? hello::Answer{503, "not well\n"}
                             : hello::Answer{200, HostName() + "\n"};
    });
  } else if (verb == "mirror") {
    Mirror(atoi(rest.c_str()));
  } else if (verb == "wait" || verb == "stay") {
    Wait(verb == "wait");
  } else {
    std::cerr << "no such statement: " << statement << std::endl;
    _exit(64);
  }
}

}  // namespace

int main(int argc, char** argv) {
  hello::BlockSignals();
  for (int i = 1; i < argc; ++i) Run(argv[i]);
}
