#include "runtime/anchor/addresses.h"

#include <gtest/gtest.h>

namespace weft::anchor {
namespace {

TEST(EngineRange, IsTheLowerHalfOfTheSubnet) {
  EXPECT_EQ(*EngineRange("10.88.0.0/20"), "10.88.0.0/21");
  EXPECT_EQ(*EngineRange("172.18.0.0/16"), "172.18.0.0/17");
  EXPECT_EQ(*EngineRange("10.88.5.7/20"), "10.88.0.0/21");
}

TEST(EngineRange, RefusesWhatIsNoSubnet) {
  for (const char* text : {"", "10.88.0.0", "10.88.0/20", "10.88.0.0/", "10.0.0.0/7", "fd00::/64",
                           "10.88.0.0/29", "10.88.0.0/x"}) {
    EXPECT_EQ(EngineRange(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(PickAddress, DependsOnTheKeyAlone) {
  const std::string address = *PickAddress("10.88.0.0/20", "default/web", {});
  EXPECT_EQ(*PickAddress("10.88.0.0/20", "default/web", {"10.88.8.0"}), address);
  EXPECT_NE(*PickAddress("10.88.0.0/20", "default/api", {}), address);
  // A new version of the program must not move the Services of an old one.
  EXPECT_EQ(address, "10.88.13.147");
}

TEST(PickAddress, TakesTheNextFreeOne) {
  const std::string first = *PickAddress("10.88.0.0/20", "default/web", {});
  const std::string second = *PickAddress("10.88.0.0/20", "default/web", {first});
  EXPECT_NE(second, first);
  EXPECT_TRUE(IsServiceAddress("10.88.0.0/20", second));
}

TEST(PickAddress, UsesEveryAddressOfTheUpperHalfButTheLastTwo) {
  std::set<std::string> taken;
  for (int i = 0; i < 6; ++i) {
    const auto address = PickAddress("10.0.0.0/28", "a", taken);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_TRUE(IsServiceAddress("10.0.0.0/28", *address)) << *address;
    EXPECT_TRUE(taken.insert(*address).second) << *address;
  }
  EXPECT_EQ(PickAddress("10.0.0.0/28", "a", taken).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(taken.count("10.0.0.15"), 0u);  // For everybody.
  EXPECT_EQ(*NameServerAddress("10.0.0.0/28"), "10.0.0.14");
  EXPECT_EQ(taken.count("10.0.0.14"), 0u);
}

TEST(IsServiceAddress, IsOnlyTheUpperHalf) {
  EXPECT_TRUE(IsServiceAddress("10.88.0.0/20", "10.88.8.0"));
  EXPECT_FALSE(IsServiceAddress("10.88.0.0/20", "10.88.7.255"));
  EXPECT_FALSE(IsServiceAddress("10.88.0.0/20", "10.88.15.254"));
  EXPECT_FALSE(IsServiceAddress("10.88.0.0/20", "10.88.15.255"));
  EXPECT_FALSE(IsServiceAddress("10.88.0.0/20", "10.88.16.1"));
  EXPECT_FALSE(IsServiceAddress("10.88.0.0/20", "web"));
  EXPECT_FALSE(IsServiceAddress("", "10.88.8.0"));
}

TEST(ServiceRange, IsTheUpperHalf) {
  EXPECT_EQ(*ServiceRange("10.88.0.0/20"), "10.88.8.0/21");
  EXPECT_FALSE(ServiceRange("everywhere").ok());
}

TEST(IsIn, IsTheWholeSubnetAndNothingElse) {
  EXPECT_TRUE(IsIn("10.88.0.0/20", "10.88.0.1"));
  EXPECT_TRUE(IsIn("10.88.0.0/20", "10.88.15.254"));
  for (const char* other : {"10.87.255.255", "10.88.16.0", "192.168.0.1", "", "web"})
    EXPECT_FALSE(IsIn("10.88.0.0/20", other)) << other;
}

}  // namespace
}  // namespace weft::anchor
