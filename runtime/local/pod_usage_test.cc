#include "runtime/local/pod_usage.h"

#include <gtest/gtest.h>

#include "runtime/engine/fake_engine.h"

namespace weft::local {
namespace {

class PodUsageTest : public testing::Test {
 protected:
  PodUsageTest() {
    engine_.AddImage("web:1");
    EXPECT_TRUE(engine_.CreateNetwork({.name = "shop"}).ok());
  }

  engine::Container Container(const std::string& name, bool running = true) {
    engine::ContainerSpec spec;
    spec.name = name;
    spec.image = "web:1";
    spec.network = "shop";
    const std::string id = *engine_.CreateContainer(spec);
    if (running) EXPECT_TRUE(engine_.StartContainer(id).ok());
    return *engine_.InspectContainer(id);
  }
  // A pod with a container of each name; one "off" does not run.
  Pod PodOf(const std::string& name, const std::vector<std::string>& containers) {
    Pod pod;
    pod.ns = "shop";
    pod.name = name;
    pod.sandbox = Container(name);
    for (const std::string& container : containers) {
      Member& member = pod.members.emplace_back();
      member.name = container;
      member.run.container = Container(name + container, container != "off");
    }
    return pod;
  }
  absl::StatusOr<std::vector<runtime::PodUsage>> Measure(const std::vector<Pod>& pods) {
    return MeasurePods(engine_, pods,
                       {.now = [this] { return now_; },
                        .sleep =
                            [this](auto time) {
                              now_ += time;
                              ++sleeps_;
                              if (between_) between_();
                            }});
  }

  engine::FakeEngine engine_;
  absl::Time now_ = absl::UnixEpoch();
  int sleeps_ = 0;
  std::function<void()> between_;
};

TEST_F(PodUsageTest, OfTheProcessorsWhatWasUsedBetweenTwoLooks) {
  engine_.SetUsage({absl::Seconds(100), 1 << 20});
  between_ = [this] {
    engine_.SetUsage({absl::Seconds(100) + absl::Milliseconds(50), 2 << 20, {{1000, 20}}});
  };
  const auto usage = Measure({PodOf("web", {"main", "off", "proxy"})});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1u);
  const runtime::PodUsage& web = usage->front();
  EXPECT_EQ(web.pod, (runtime::ObjectRef{"v1", "Pod", "shop", "web"}));
  ASSERT_EQ(web.containers.size(), 2u);
  EXPECT_EQ(web.containers[0].name, "main");
  EXPECT_EQ(web.containers[1].name, "proxy");
  EXPECT_EQ(web.containers[0].cpu_nanocores, 100'000'000);  // 50 ms in half a second.
  EXPECT_EQ(web.containers[0].memory_bytes, 2 << 20);
  EXPECT_EQ(web.containers[0].disk_bytes, engine::FakeEngine::kWritten);
  ASSERT_TRUE(web.network.has_value());
  EXPECT_EQ(web.network->received_bytes, 1000);
  EXPECT_EQ(web.network->sent_bytes, 20);
}

TEST_F(PodUsageTest, OneThatWasNotSeenBeforeHasNoRateYet) {
  Pod pod = PodOf("web", {"main", "off"});
  pod.members[1].run.container.state = "running";  // The engine knows better.
  between_ = [&] { EXPECT_TRUE(engine_.StartContainer(pod.members[1].run.container.id).ok()); };
  const auto usage = Measure({pod});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1u);
  ASSERT_EQ(usage->front().containers.size(), 2u);
  EXPECT_EQ(usage->front().containers[0].cpu_nanocores, 0);
  EXPECT_EQ(usage->front().containers[1].cpu_nanocores, std::nullopt);
  EXPECT_FALSE(usage->front().network.has_value());
}

TEST_F(PodUsageTest, DoesNotCountOnDiskForLong) {
  between_ = [this] { now_ += absl::Seconds(10); };
  const auto usage = Measure({PodOf("web", {"main"})});
  ASSERT_TRUE(usage.ok()) << usage.status();
  ASSERT_EQ(usage->size(), 1u);
  EXPECT_EQ(usage->front().containers[0].disk_bytes, std::nullopt);
}

TEST_F(PodUsageTest, LeavesOutWhatDoesNotRun) {
  const auto usage = Measure({PodOf("web", {"off"})});
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_TRUE(usage->empty());
  EXPECT_EQ(sleeps_, 0);
}

}  // namespace
}  // namespace weft::local
