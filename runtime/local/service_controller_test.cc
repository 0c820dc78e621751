#include "runtime/local/service_controller.h"

#include <gtest/gtest.h>

namespace weft::local {
namespace {

Pod ReadyPod(const std::string& address, const std::string& app, int http) {
  Pod pod;
  pod.address = address;
  pod.labels = {{"app", app}, {"more", "x"}};
  pod.rules.ports = {{"http", http}};
  pod.members = {{.name = "main", .readiness = Readiness::kReady}};
  return pod;
}

using Targets = std::vector<std::pair<std::string, int>>;

TEST(ServicePorts, BehindAPortAreTheReadyPodsThatTheSelectorMatches) {
  Pod unready = ReadyPod("172.16.0.4", "web", 8080);
  unready.members[0].readiness = Readiness::kNotReady;
  Pod ending = ReadyPod("172.16.0.5", "web", 8080);
  ending.terminating = true;
  const std::vector<Pod> pods = {ReadyPod("172.16.0.3", "web", 8080),
                                 ReadyPod("172.16.0.2", "web", 8080),
                                 ReadyPod("172.16.0.9", "other", 8080), unready, ending};
  ServiceSpec spec;
  spec.selector = {{"app", "web"}};
  spec.ports = {{"", 80, {8080, ""}, "TCP"}};
  const auto ports = PortsOf(spec, pods);
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_EQ(ports[0].port, 80);
  EXPECT_EQ(ports[0].protocol, "TCP");
  EXPECT_EQ(ports[0].targets, (Targets{{"172.16.0.2", 8080}, {"172.16.0.3", 8080}}));
}

TEST(ServicePorts, ThoseThatAreNotReadyToo) {
  std::vector<Pod> pods = {ReadyPod("172.16.0.2", "web", 8080), ReadyPod("", "web", 8080),
                           ReadyPod("172.16.0.3", "web", 8080)};
  pods[0].members[0].readiness = Readiness::kNotReady;
  pods[2].terminating = true;
  ServiceSpec spec;
  spec.selector = {{"app", "web"}};
  spec.ports = {{"", 80, {8080, ""}, "TCP"}};
  EXPECT_EQ(PortsOf(spec, pods)[0].targets, Targets{});
  spec.publishes_not_ready = true;
  EXPECT_EQ(PortsOf(spec, pods)[0].targets, (Targets{{"172.16.0.2", 8080}, {"172.16.0.3", 8080}}));
}

TEST(ServicePorts, ANamedPortIsWhatEachPodCallsSo) {
  // Two templates, as in a rollout.
  std::vector<Pod> pods = {ReadyPod("172.16.0.2", "web", 8080),
                           ReadyPod("172.16.0.3", "web", 9090)};
  pods.push_back(ReadyPod("172.16.0.4", "web", 1));
  pods.back().rules.ports.clear();
  ServiceSpec spec;
  spec.selector = {{"app", "web"}};
  spec.ports = {{"", 80, {0, "http"}, "TCP"}};
  EXPECT_EQ(PortsOf(spec, pods)[0].targets, (Targets{{"172.16.0.2", 8080}, {"172.16.0.3", 9090}}));
}

TEST(ServicePorts, APortWithoutPodsIsStillThere) {
  ServiceSpec spec;
  spec.selector = {{"app", "web"}};
  spec.ports = {{"", 53, {53, ""}, "UDP"}};
  const auto ports = PortsOf(spec, {});
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_TRUE(ports[0].targets.empty());
}

}  // namespace
}  // namespace weft::local
