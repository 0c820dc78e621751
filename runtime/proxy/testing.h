#pragma once

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"

// What the tests of certificates share.
namespace weft::proxy {

struct KeyPair {
  std::string certificate;
  std::string key;
};

// A certificate for `host` that nobody but itself vouches for, by the program openssl; `key`: what
// it is told to make.
inline KeyPair MakeCertificate(const std::string& host,
                               const std::string& key = "ec -pkeyopt ec_paramgen_curve:P-256") {
  char path[] = "/tmp/weft-certificate-XXXXXX";
  const std::string directory = mkdtemp(path);
  const std::string command =
      absl::StrCat("openssl req -x509 -newkey ", key, " -nodes -days 2 -subj /CN=", host,
                   " -addext subjectAltName=DNS:", host, " -keyout ", directory, "/key -out ",
                   directory, "/crt 2>/dev/null");
  EXPECT_EQ(system(command.c_str()), 0) << command;
  KeyPair pair{ReadFileOrEmpty(directory + "/crt"), ReadFileOrEmpty(directory + "/key")};
  std::filesystem::remove_all(directory);
  return pair;
}

}  // namespace weft::proxy
