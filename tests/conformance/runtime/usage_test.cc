// Usage: what pods use.
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class Usage : public Programs {
 protected:
  grpc::Status Ask(const std::vector<std::string>& pods, runtime::v1::UsageResponse& response) {
    runtime::v1::UsageRequest request;
    for (const std::string& name : pods) {
      common::v1::ObjectRef& pod = *request.add_pods();
      pod.set_api_version("v1");
      pod.set_kind("Pod");
      pod.set_namespace_(ns_);
      pod.set_name(name);
    }
    response.Clear();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return runtime().Usage(&context, request, &response);
  }
  // Asks until the platform says of `container` of a pod what `is_so` wants; that of the pod.
  runtime::v1::PodUsage UntilUsed(
      const std::string& pod, const std::string& container,
      const std::function<bool(const common::v1::ContainerUsage&)>& is_so) {
    runtime::v1::UsageResponse response;
    const bool came = Until("what " + container + " uses", [&] {
      const grpc::Status status = Ask({pod}, response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (!status.ok()) return true;
      for (const runtime::v1::PodUsage& usage : response.pods())
        for (const common::v1::ContainerUsage& one : usage.containers())
          if (one.name() == container && is_so(one)) return true;
      return false;
    });
    return came && response.pods_size() == 1 ? response.pods(0) : runtime::v1::PodUsage();
  }
};

TEST_F(Usage, TellsOfEachContainerOfAPod) {
  WEFT_NEEDS(kNetwork);
  Accept(Deployment("web", 1,
                    PodOf({Container({"burn"}, "", "busy"), Container({"wait"}, "", "idle")})));
  UntilReady("web", 1);
  const std::string pod = PodsOf("web").at(0).name;
  const runtime::v1::PodUsage usage = UntilUsed(pod, "busy", [](const auto& one) {
    return one.cpu_nanocores() > 100'000'000 && one.memory_bytes() > 0;
  });
  EXPECT_EQ(usage.pod().kind(), "Pod");
  EXPECT_EQ(usage.pod().namespace_(), ns_);
  EXPECT_EQ(usage.pod().name(), pod);
  ASSERT_EQ(usage.containers_size(), 2);
  EXPECT_TRUE(usage.has_network());
  for (const common::v1::ContainerUsage& one : usage.containers()) {
    EXPECT_GT(one.memory_bytes(), 0u) << one.name();
    if (one.name() == "idle") EXPECT_LT(one.cpu_nanocores(), 50'000'000u);
  }
}

TEST_F(Usage, LeavesOutWhatIsNotThereOrDoesNotRun) {
  Accept(Job("done", PodOf({Container({"exit 0"})}, R"(,"restartPolicy":"Never")")));
  Until("it is complete", [&] { return HasCondition("Job", "done", "Complete"); });
  runtime::v1::UsageResponse response;
  const grpc::Status status = Ask({PodsOf("done", "Job").at(0).name, "no-such-pod"}, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.pods_size(), 0);
}

TEST_F(Usage, RefusesMoreThan512Pods) {
  runtime::v1::UsageResponse response;
  EXPECT_EQ(Ask(std::vector<std::string>(513, "web"), response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace weft::conformance
