#include "runtime/local/network_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/substitute.h"
#include "runtime/local/admission.h"

namespace weft::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Admitted Policy(const std::string& spec) {
  return Admit({"networking.k8s.io/v1", "NetworkPolicy", "d", "p"},
               absl::Substitute(R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
               "metadata":{"name":"p","namespace":"d"},"spec":$0})",
                                spec),
               {});
}

// Those that hold.
Policies Holding(const std::vector<std::string>& specs) {
  Policies policies;
  for (const std::string& spec : specs) {
    Admitted admitted = Policy(spec);
    EXPECT_THAT(admitted.problems, IsEmpty()) << spec;
    auto object = std::make_shared<Object>();
    object->spec = std::move(admitted.spec);
    policies.hold.push_back(std::move(object));
  }
  return policies;
}

Pod PodAt(const std::string& address, const std::string& app,
          std::map<std::string, int> ports = {}) {
  Pod pod;
  pod.address = address;
  pod.labels = {{"app", app}};
  pod.rules.ports = std::move(ports);
  return pod;
}

const Pod kWeb = PodAt("10.0.0.2", "web", {{"http", 8080}});
const std::vector<Pod> kPods = {kWeb, PodAt("10.0.0.3", "friend"), PodAt("10.0.0.4", "stranger"),
                                PodAt("", "friend")};

// What reaches the web pod.
std::string StatementsOf(const std::vector<std::string>& specs) {
  const auto filter = FilterOf(kWeb, Holding(specs), kPods);
  return filter.has_value() ? anchor::FilterStatements(kWeb.address, *filter) : "everybody";
}
constexpr char kNobody[] = "    ip daddr 10.0.0.2 reject\n";

TEST(NetworkPolicy, OnlyThoseThatItIsAboutAreFiltered) {
  EXPECT_EQ(StatementsOf({}), "everybody");
  EXPECT_EQ(StatementsOf({R"({"podSelector":{"matchLabels":{"app":"db"}}})"}), "everybody");
  EXPECT_EQ(StatementsOf({R"({"podSelector":{"matchLabels":{"app":"web"}}})"}), kNobody);
  EXPECT_EQ(StatementsOf({R"({"podSelector":{},"policyTypes":["Ingress"]})"}), kNobody);
}

TEST(NetworkPolicy, LetsInPodsByTheirLabelsOnPortsByNumberAndName) {
  EXPECT_EQ(StatementsOf({R"({"podSelector":{},"ingress":[{
                "from":[{"podSelector":{"matchLabels":{"app":"friend"}}}],
                "ports":[{"port":"http"},{"port":90,"endPort":99},{"protocol":"UDP","port":53}]}]})"}),
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3 } tcp dport 8080 accept\n"
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3 } tcp dport 90-99 accept\n"
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.3 } udp dport 53 accept\n"
            "    ip daddr 10.0.0.2 reject\n");
}

TEST(NetworkPolicy, ARuleWithoutSourcesLetsInEverybody) {
  EXPECT_EQ(StatementsOf({R"({"podSelector":{},"ingress":[{}]})"}),
            "    ip daddr 10.0.0.2 accept\n    ip daddr 10.0.0.2 reject\n");
  EXPECT_EQ(StatementsOf({R"({"podSelector":{},"ingress":[{"from":[{"podSelector":{}}]}]})"}),
            "    ip daddr 10.0.0.2 ip saddr { 10.0.0.2, 10.0.0.3, 10.0.0.4 } accept\n"
            "    ip daddr 10.0.0.2 reject\n");
}

TEST(NetworkPolicy, APortThatThePodDoesNotHaveLetsNobodyIn) {
  EXPECT_EQ(StatementsOf({R"({"podSelector":{},"ingress":[{"ports":[{"port":"admin"}]}]})"}),
            kNobody);
}

TEST(NetworkPolicy, WhatOneLetsInNoOtherKeepsOut) {
  EXPECT_EQ(StatementsOf({R"({"podSelector":{}})", R"({"podSelector":{},"ingress":[{}]})"}),
            "    ip daddr 10.0.0.2 accept\n    ip daddr 10.0.0.2 reject\n");
}

TEST(NetworkPolicy, ServicesFilterForThePodsThatHaveOne) {
  const anchor::Filters filters =
      FiltersOf(Holding({R"({"podSelector":{"matchLabels":{"app":"web"}}})"}), kPods, "10.0.0.1");
  EXPECT_EQ(filters.machine, "10.0.0.1");
  ASSERT_EQ(filters.pods.size(), 1u);
  EXPECT_EQ(filters.pods.begin()->first, "10.0.0.2");
}

TEST(NetworkPolicy, SaysAtItsPlaceWhatIsNotSupported) {
  const auto pointers = [](const std::string& spec) {
    std::vector<std::string> all;
    for (const Problem& problem : Policy(spec).problems) all.push_back(problem.pointer);
    return all;
  };
  EXPECT_THAT(pointers("{}"), ElementsAre("/spec/podSelector"));
  EXPECT_THAT(pointers(R"({"podSelector":{},"policyTypes":["Ingress","Egress"]})"),
              ElementsAre("/spec/policyTypes/1"));
  EXPECT_THAT(pointers(R"({"podSelector":{},"egress":[{}]})"), ElementsAre("/spec/egress"));
  EXPECT_THAT(pointers(R"({"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{}}]}]})"),
              ElementsAre("/spec/ingress/0/from/0/namespaceSelector"));
  EXPECT_THAT(pointers(R"({"podSelector":{},"ingress":[{"from":[{}]}]})"),
              ElementsAre("/spec/ingress/0/from/0"));
  EXPECT_THAT(pointers(R"({"podSelector":{},"ingress":[{"ports":[{"port":70000},
                          {"port":"http","endPort":9},{"port":9,"endPort":8},{"protocol":"SCTP"}]}]})"),
              ElementsAre("/spec/ingress/0/ports/0/port", "/spec/ingress/0/ports/1/endPort",
                          "/spec/ingress/0/ports/2/endPort", "/spec/ingress/0/ports/3/protocol"));
}

}  // namespace
}  // namespace weft::local
