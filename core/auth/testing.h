#pragma once

#include <filesystem>
#include <string>

#include "core/base/data_directory.h"

// For tests only.
namespace weft::auth {

// A data directory, gone at the end.
class TestData {
 public:
  TestData() : data_(DataDirectory::Open("/tmp/weft_auth_" + RandomHex(4)).value()) {}
  ~TestData() { std::filesystem::remove_all(data_.path()); }
  TestData(const TestData&) = delete;
  TestData& operator=(const TestData&) = delete;

  const DataDirectory* operator->() const { return &data_; }
  const DataDirectory& operator*() const { return data_; }

 private:
  const DataDirectory data_;
};

}  // namespace weft::auth
