#include "runtime/base/quantity.h"

#include <gtest/gtest.h>

namespace weft::runtime {
namespace {

TEST(Quantity, IsReadAsKubernetesReadsIt) {
  EXPECT_EQ(ParseQuantityMilli("100m"), 100);
  EXPECT_EQ(ParseQuantityMilli("1.5"), 1500);
  EXPECT_EQ(ParseQuantityMilli("64Mi"), int64_t{64} * 1024 * 1024 * 1000);
  EXPECT_EQ(ParseQuantityMilli("1e3"), 1000000);
  EXPECT_EQ(ParseQuantityMilli("1k"), 1000000);
  EXPECT_EQ(ParseQuantityMilli("1n"), 1);  // Rounded up.
  EXPECT_EQ(ParseQuantity("1500001n", 1'000'000'000), 1500001);
  EXPECT_EQ(ParseQuantity("4Ki", 1), 4096);
  for (const char* wrong : {"", "x", "-1", "1Xi", "1 Mi", "99999999999999999999", "1e99"})
    EXPECT_EQ(ParseQuantityMilli(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace weft::runtime
