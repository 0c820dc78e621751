// A service for the tests of the supervisor: it answers health checks where a service of its name
// would. While a file PROGRAM.fails stands beside it, it says so and ends with status 3.
#include <filesystem>
#include <iostream>
#include <string>

#include "core/base/service.h"

int main(int argc, char** argv) {
  const std::filesystem::path program = argv[0];
  std::string address;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--listen") address = argv[i + 1];
    if (option == "--data")
      address = std::string("unix:") + argv[i + 1] + "/run/" +
                program.filename().string().substr(sizeof("weft-") - 1) + ".sock";
  }
  if (std::filesystem::exists(program.string() + ".fails")) {
    std::cerr << "the database is made of cheese" << std::endl;
    return 3;
  }
  weft::InitializeService(program.filename().string());
  return weft::RunService({.name = program.filename().string(), .address = address}).ok() ? 0 : 1;
}
