#include "runtime/anchor/network_namespace.h"

#include <gtest/gtest.h>

namespace weft::anchor {
namespace {

TEST(RunInNetworkNamespace, DoesNothingWhenTheNamespaceIsGone) {
  bool ran = false;
  const absl::Status status = RunInNetworkNamespace("/nonexistent/netns", [&] {
    ran = true;
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_FALSE(ran);
}

TEST(SetParameter, FailsForOneThatTheKernelDoesNotHave) {
  EXPECT_EQ(SetParameter("ipv4/no_such_parameter", "1").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weft::anchor
