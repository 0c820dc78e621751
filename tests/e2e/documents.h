#pragma once

#include <string>

// The small documents of these tests, as text.
namespace weft::e2e {

// The component "web" of the type Server: the program of the example in one container, which
// answers "GREETING from POD" on port 8080 and has no probe: it is ready as soon as it runs.
std::string WebComponent();

struct WebApplication {
  std::string name;
  int replicas = 0;  // 0: without the trait manual-scaler.
  std::string greeting = "Hello";
};

// An application of the component "web", whose only instance is named NAME-web.
std::string Text(const WebApplication& application);
std::string InstanceOf(const std::string& application);

}  // namespace weft::e2e
