#include "core/model/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace weft::model {
namespace {

TEST(Rule3Sizes, ReadsUnitsOfBothKindsInAnyCase) {
  const std::vector<std::pair<std::string, int64_t>> cases = {{"128", 128LL << 20},
                                                              {"0.5", 1 << 19},
                                                              {"1K", 1000},
                                                              {"1k", 1000},
                                                              {"1Ki", 1024},
                                                              {"1KIB", 1024},
                                                              {"100MB", 100000000},
                                                              {"100mb", 100000000},
                                                              {"64Mi", 64 << 20},
                                                              {"1.5G", 1500000000},
                                                              {"2T", 2000000000000},
                                                              {"1Pi", 1LL << 50},
                                                              {"1E", 1000000000000000000},
                                                              {"7Ei", 7LL << 60},
                                                              {"0", 0},
                                                              {"0.0001K", 1},
                                                              {"50M", 50000000}};
  for (const auto& [text, bytes] : cases) {
    const absl::StatusOr<int64_t> size = ParseSize(text);
    ASSERT_TRUE(size.ok()) << text << ": " << size.status();
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(Rule3Sizes, RefusesWhatIsNotAnAmount) {
  for (const char* text : {"", "M", "-1", "1.2.3", "1X", "1Mii", "1 M", "128B", "8Ei", "1e3", ".",
                           "1234567890123456789", "0x10"}) {
    const absl::StatusOr<int64_t> size = ParseSize(text);
    EXPECT_EQ(size.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Rule3Millis, ReadsWholeDecimalAndMilliAmountsRoundingUp) {
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"2", 2000}, {"0.5", 500}, {"500m", 500}, {".1", 100}, {"0.0001", 1}, {"1.5m", 2}, {"0", 0}};
  for (const auto& [text, millis] : cases) {
    const absl::StatusOr<int64_t> amount = ParseMillis(text);
    ASSERT_TRUE(amount.ok()) << text << ": " << amount.status();
    EXPECT_EQ(*amount, millis) << text;
  }
  for (const char* text : {"", "m", "-1", "1M", "two", "1.5.2"}) {
    EXPECT_FALSE(ParseMillis(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weft::model
