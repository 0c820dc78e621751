#include "core/api/page.h"

#include <gtest/gtest.h>

namespace weft::api {
namespace {

TEST(Page, CutsListsAsAskedFor) {
  const struct {
    const char* name;
    const char* ns;
    int32_t size;
    const char* token;
    Page expected;
  } kCases[] = {
      {"everything", "", 0, "", {"application/", "", 100}},
      {"one namespace", "lab", 7, "", {"application/lab/", "", 7}},
      {"a size that makes no sense", "", -3, "", {"application/", "", 100}},
      {"as many as there may be", "", 1000, "", {"application/", "", 1000}},
      {"too many", "", 1001, "", {"application/", "", 1000}},
      {"the next",
       "lab",
       0,
       "application/lab/shop",
       {"application/lab/", "application/lab/shop", 100}},
      {"the next of all",
       "",
       0,
       "application/lab/shop",
       {"application/", "application/lab/shop", 100}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const absl::StatusOr<Page> page = MakePage("application", c.ns, c.size, c.token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->prefix, c.expected.prefix);
    EXPECT_EQ(page->after, c.expected.after);
    EXPECT_EQ(page->size, c.expected.size);
  }
}

TEST(Page, RefusesATokenOfAnotherList) {
  for (const char* token : {"x", "component/lab/site", "application/other/shop"}) {
    SCOPED_TRACE(token);
    EXPECT_TRUE(absl::IsInvalidArgument(MakePage("application", "lab", 0, token).status()));
  }
}

}  // namespace
}  // namespace weft::api
