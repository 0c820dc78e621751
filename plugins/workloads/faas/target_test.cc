#include "plugins/workloads/faas/target.h"

#include <gtest/gtest.h>

namespace weft::faas {
namespace {

TEST(Target, NamesAFunctionAndWhatItIsAskedFor) {
  struct Row {
    const char* target;
    FunctionName function;
    const char* rest;
  };
  for (const Row& row : std::vector<Row>{
           {"/function/fn", {"default", "fn"}, "/"},
           {"/function/fn/", {"default", "fn"}, "/"},
           {"/function/fn/a/b?c=d", {"default", "fn"}, "/a/b?c=d"},
           {"/function/fn?c=d", {"default", "fn"}, "/?c=d"},
           {"/function/fn.shop/a", {"shop", "fn"}, "/a"},
           {"http://gateway:8080/function/fn/a", {"default", "fn"}, "/a"},
       }) {
    const Target target = ReadTarget(row.target);
    EXPECT_EQ(target.kind, Target::Kind::kFunction) << row.target;
    EXPECT_EQ(target.function, row.function) << row.target;
    EXPECT_EQ(target.rest, row.rest) << row.target;
  }
}

TEST(Target, IsTheGatewaysOwn) {
  EXPECT_EQ(ReadTarget("/healthz").kind, Target::Kind::kHealth);
  EXPECT_EQ(ReadTarget("/system/functions").kind, Target::Kind::kFunctions);
  EXPECT_EQ(ReadTarget("/system/functions").name_space, "");
  EXPECT_EQ(ReadTarget("/system/functions?a=b&namespace=shop").name_space, "shop");
  EXPECT_EQ(ReadTarget("http://gateway/healthz").kind, Target::Kind::kHealth);
}

TEST(Target, IsUnknown) {
  for (const char* target : {"", "/", "*", "/function/", "/function", "/function/.shop",
                             "/function/fn.", "/functions/fn", "http://gateway", "healthz"})
    EXPECT_EQ(ReadTarget(target).kind, Target::Kind::kUnknown) << target;
}

}  // namespace
}  // namespace weft::faas
