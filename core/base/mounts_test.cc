#include "core/base/mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(MountsBelowTest, GivesTheDeepestFirstAndNothingBeside) {
  EXPECT_THAT(MountsBelow("22 1 0:1 / / rw - ext4 /dev/a rw\n"
                          "23 22 0:2 / /d/engine rw - tmpfs x rw\n"
                          "24 23 0:3 / /d/engine/two\\040words/netns rw - nsfs nsfs rw\n"
                          "27 23 0:5 / /d/engine/two\\040words rw - tmpfs x rw\n"
                          "25 22 0:4 / /d/engineer rw - tmpfs x rw\n"
                          "26 22 0:4 / /d rw - tmpfs x rw\n",
                          "/d/engine"),
              testing::ElementsAre("/d/engine/two words/netns", "/d/engine/two words"));
}

}  // namespace
}  // namespace weft
