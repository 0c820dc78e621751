// Answers every GET on PORT with "Hello TARGET", as the image of a published example does.
#include <cstdlib>
#include <string>

#include "deploy/examples/hello/http.h"

int main() {
  const char* target = getenv("TARGET");
  const char* port = getenv("PORT");
  if (target == nullptr || port == nullptr) return 2;
  hello::Serve(atoi(port), [text = std::string("Hello ") + target + "\n"](const std::string&) {
    return hello::Answer{200, text};
  });
}
