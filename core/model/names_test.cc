#include "core/model/names.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/diagnostic.h"

namespace weft::model {
namespace {

// Checklist, rule 1.
TEST(Rule1Names, OamNames) {
  for (const char* good : {"a", "A1", "a-b_c.d", "0"}) EXPECT_TRUE(IsOamName(good)) << good;
  EXPECT_TRUE(IsOamName(std::string(63, 'x')));
  for (const std::string& bad :
       {std::string(), std::string("-a"), std::string("a-"), std::string(".a"), std::string("a b"),
        std::string("a/b"), std::string("\xC3\xA9"), std::string(64, 'x')}) {
    EXPECT_FALSE(IsOamName(bad)) << bad;
  }
}

TEST(Rule1Names, InstanceNamesAreDnsLabelsThatLeaveRoom) {
  EXPECT_TRUE(IsInstanceName("a"));
  EXPECT_TRUE(IsInstanceName("web-1"));
  EXPECT_TRUE(IsInstanceName(std::string(52, 'a')));
  for (const std::string& bad :
       {std::string(), std::string("1web"), std::string("-web"), std::string("web-"),
        std::string("Web"), std::string("web.a"), std::string("web_a"), std::string(53, 'a')}) {
    EXPECT_FALSE(IsInstanceName(bad)) << bad;
  }
}

TEST(Names, PortNamesAreServiceNames) {
  for (const char* good : {"http", "a", "9p", "grpc-web-v1-abc"}) EXPECT_TRUE(IsPortName(good));
  for (const char* bad : {"", "80", "-a", "a-", "a--b", "Http", "a_b", "sixteen-letters-"}) {
    EXPECT_FALSE(IsPortName(bad)) << bad;
  }
}

TEST(Names, DnsLabelsAndEnvironmentNames) {
  EXPECT_TRUE(IsDnsLabel("1a"));
  EXPECT_FALSE(IsDnsLabel("A"));
  EXPECT_TRUE(IsEnvironmentName("_A.b-1"));
  EXPECT_FALSE(IsEnvironmentName("1A"));
  EXPECT_FALSE(IsEnvironmentName("A=B"));
  EXPECT_FALSE(IsEnvironmentName(""));
}

TEST(Nearest, FindsLikelySlipsOfThePenOnly) {
  const std::vector<std::string> fields = {"containers", "containerPort", "cpu", "image", "name"};
  EXPECT_EQ(Nearest("continers", fields), "containers");
  EXPECT_EQ(Nearest("Containers", fields), "containers");
  EXPECT_EQ(Nearest("containerport", fields), "containerPort");
  EXPECT_EQ(Nearest("iamge", fields), "image");
  EXPECT_EQ(Nearest("gpu", fields), "cpu");
  EXPECT_EQ(Nearest("volumes", fields), "");
  EXPECT_EQ(Nearest("n", fields), "");
  EXPECT_EQ(Nearest("x", {}), "");
}

}  // namespace
}  // namespace weft::model
