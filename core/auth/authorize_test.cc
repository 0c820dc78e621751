#include "core/auth/authorize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace weft::auth {
namespace {

using Kind = Caller::Kind;
using testing::HasSubstr;

constexpr char kInstances[] = "/weft.core.v1.Instances/Act";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

struct Row {
  const char* method;
  bool user, provider, runtime, core;
};

TEST(AuthorizeTest, WhoMayCallWhat) {
  for (const Row& row : std::initializer_list<Row>{
           {"/weft.core.v1.Applications/Apply", true, false, false, false},
           {"/weft.core.v1.Catalog/InstallProvider", true, false, false, false},
           {kInstances, true, true, false, false},
           {"/weft.core.v1.InstancesOfMine/Act", true, false, false, false},
           {"/weft.core.v2.Something/New", true, false, false, false},
           {kReflection, true, false, false, false},
           {kHealth, true, true, true, true},
           {"", true, false, false, false}}) {
    EXPECT_EQ(Authorize({Kind::kUser, ""}, row.method).ok(), row.user) << row.method;
    EXPECT_EQ(Authorize({Kind::kProvider, "x"}, row.method).ok(), row.provider) << row.method;
    EXPECT_EQ(Authorize({Kind::kRuntime, "x"}, row.method).ok(), row.runtime) << row.method;
    EXPECT_EQ(Authorize({Kind::kCore, "x"}, row.method).ok(), row.core) << row.method;
  }
}

TEST(AuthorizeTest, ADeniedCallSaysWhatItWouldTake) {
  const absl::Status denied =
      Authorize({Kind::kProvider, "greeter"}, "/weft.core.v1.Applications/Delete");
  EXPECT_TRUE(absl::IsPermissionDenied(denied));
  EXPECT_EQ(denied.message(),
            "you are provider/greeter; calling weft.core.v1.Applications/Delete takes a user");
  EXPECT_THAT(std::string(Authorize({Kind::kRuntime, "local"}, kInstances).message()),
              HasSubstr("takes a provider or a user"));
}

}  // namespace
}  // namespace weft::auth
