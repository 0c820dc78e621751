#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class Services : public Programs {
 protected:
  std::string Address(const std::string& name) {
    const auto found = Find("Service", name);
    return found.has_value()
               ? json::GetString(json::Parse(found->status()).value_or(nullptr), {"clusterIP"})
               : "";
  }
  std::string UntilAddress(const std::string& name) {
    Until(name + " has an address", [&] { return !Address(name).empty(); });
    return Address(name);
  }
  void Server(const std::string& name) {
    Accept(Deployment(
        name, 1,
        Pod({"serve 8080"},
            absl::StrCat(R"(,"ports":[{"name":"http","containerPort":8080}])", kAnswers))));
    UntilReady(name, 1);
  }
  // Asks each until it is answered, by a pod of this name.
  void UntilAnswered(const std::vector<std::string>& targets, const std::string& pod) {
    std::vector<std::string> statements;
    for (const std::string& target : targets) statements.push_back("get " + target);
    statements.emplace_back("say over");
    statements.emplace_back("wait");
    Accept(Deployment("client", 1, Pod(statements)));
    UntilSaid("client", {"over"});
    const std::string said = Logs(PodsOf("client").at(0).name).value_or("");
    std::string expected;
    for (size_t i = 0; i < targets.size(); ++i) absl::StrAppend(&expected, pod, "\n");
    EXPECT_EQ(absl::StrReplaceAll(said, {{"\n\n", "\n"}}), expected + "over\n");
  }
};

const std::string kPort80 = R"([{"port":80,"targetPort":8080}])";

TEST_F(Services, HasAnAddressAndItsPorts) {
  Accept(Service("web", R"([{"name":"http","port":80,"targetPort":8080}])"));
  UntilAddress("web");
  const json::value status = json::Parse(Find("Service", "web").value().status()).value_or(nullptr);
  const json::value* ports = json::Find(status, "ports");
  ASSERT_NE(ports, nullptr);
  EXPECT_EQ(json::GetInt(ports->at(0), {"port"}), 80);
}

TEST_F(Services, KeepsItsAddress) {
  Accept(Service("web", kPort80));
  const std::string before = UntilAddress("web");
  const uint64_t generation = Accept(Service("web", R"([{"port":81,"targetPort":8080}])"));
  Until("the change is made", [&] {
    const auto found = Find("Service", "web");
    return found.has_value() && found->generation() == generation && found->up_to_date();
  });
  EXPECT_EQ(Address("web"), before);
}

TEST_F(Services, TwoHaveTwoAddresses) {
  Accept(Service("one", kPort80));
  Accept(Service("two", kPort80));
  EXPECT_NE(UntilAddress("one"), UntilAddress("two"));
}

TEST_F(Services, IsGoneWhenItIsDeleted) {
  const auto web = Service("web", kPort80);
  Accept(web);
  UntilAddress("web");
  EXPECT_TRUE(Delete(web).ok());
  Until("it is gone", [&] { return !Find("Service", "web").has_value(); });
}

TEST_F(Services, WithoutPortsIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Service("web", "[]")).outcome(), runtime::v1::APPLY_OUTCOME_REFUSED);
}

TEST_F(Services, APortBeyondTheLastIsRefused) {
  WEFT_NEEDS(kAdmission);
  EXPECT_EQ(Apply(Service("web", R"([{"port":65536}])")).outcome(),
            runtime::v1::APPLY_OUTCOME_REFUSED);
}

TEST_F(Services, LeadsToAReadyPod) {
  WEFT_NEEDS(kNetwork);
  Server("web");
  Accept(Service("web", kPort80));
  UntilAnswered({UntilAddress("web") + ":80"}, PodsOf("web").at(0).name);
}

TEST_F(Services, LeadsToAPortByItsName) {
  WEFT_NEEDS(kNetwork);
  Server("web");
  Accept(Service("web", R"([{"port":80,"targetPort":"http"}])"));
  UntilAnswered({UntilAddress("web") + ":80"}, PodsOf("web").at(0).name);
}

TEST_F(Services, HasSeveralPorts) {
  WEFT_NEEDS(kNetwork);
  Server("web");
  Accept(Service("web", R"([{"name":"a","port":80,"targetPort":8080},)"
                        R"({"name":"b","port":81,"targetPort":8080}])"));
  const std::string address = UntilAddress("web");
  UntilAnswered({address + ":80", address + ":81"}, PodsOf("web").at(0).name);
}

TEST_F(Services, ThatComesFirstLeadsToThePodThatComesLater) {
  WEFT_NEEDS(kNetwork);
  Accept(Service("web", kPort80));
  const std::string address = UntilAddress("web");
  Server("web");
  UntilAnswered({address + ":80"}, PodsOf("web").at(0).name);
}

TEST_F(Services, PassesOverThePodThatIsNotReady) {
  WEFT_NEEDS(kNetwork);
  Server("web");
  const std::string ready = PodsOf("web").at(0).name;
  Accept(Service("web", kPort80));
  const std::string address = UntilAddress("web");
  // A second one of the same label, which is never ready but would answer.
  runtime::v1::AppliedObject other = Deployment(
      "other", 1,
      Pod({"serve 8080"},
          R"(,"readinessProbe":{"httpGet":{"path":"/fail","port":8080},"periodSeconds":1})"));
  json::value object = *json::Parse(other.object().json());
  object.at("spec").at("template").at("metadata").at("labels").as_object()["app"] = "web";
  object.at("spec").at("template").at("metadata").at("labels").as_object()["which"] = "other";
  object.at("spec").at("selector").as_object()["matchLabels"] =
      json::object{{"app", "web"}, {"which", "other"}};
  other.mutable_object()->set_json(json::Canonical(object));
  Accept(other);
  UntilPod("the other runs", "other", [](const PodSeen& pod) { return !pod.id().empty(); });
  std::vector<std::string> gets(8, absl::StrCat("get ", address, ":80"));
  gets.emplace_back("say over");
  gets.emplace_back("wait");
  Accept(Deployment("client", 1, Pod(gets)));
  UntilSaid("client", {"over"});
  const std::string said = Logs(PodsOf("client").at(0).name).value_or("");
  EXPECT_THAT(said, testing::HasSubstr(ready));
  EXPECT_THAT(said, Not(testing::HasSubstr("other-")));
}

class HeadlessServices : public Services {
 protected:
  // Waits until a client that carries out these statements has said it, and so has what it said.
  std::string Said(const std::vector<std::string>& statements) {
    std::vector<std::string> all = statements;
    all.insert(all.end(), {"say over", "wait"});
    Accept(Deployment("client", 1, Pod(all)));
    return UntilClientSaid("over");
  }
  std::string UntilClientSaid(const std::string& line) {
    UntilSaid("client", {line});
    return Logs(PodsOf("client").at(0).name).value_or("");
  }
  // The statement that waits until a Service leads to so many pods.
  std::string Resolve(const std::string& name, int pods) {
    return absl::StrCat("resolve ", name, ".", ns_, ".svc.cluster.local ", pods);
  }
  // The addresses of a Deployment's pods as lines.
  std::string AddressesOf(const std::string& name) {
    std::set<std::string> addresses;
    for (const PodSeen& pod : PodsOf(name))
      addresses.insert(json::GetString(pod.status, {"podIP"}));
    std::string lines;
    for (const std::string& address : addresses) absl::StrAppend(&lines, address, "\n");
    return lines;
  }
};

TEST_F(HeadlessServices, HaveNoAddress) {
  WEFT_NEEDS(kNames);
  const uint64_t generation = Accept(HeadlessService("web", R"(,"ports":[{"port":80}])"));
  Until("it is there", [&] {
    const auto found = Find("Service", "web");
    return found.has_value() && found->generation() == generation && found->up_to_date();
  });
  EXPECT_EQ(Address("web"), "");
}

TEST_F(HeadlessServices, NeedNoPorts) {
  WEFT_NEEDS(kNames);
  EXPECT_EQ(Apply(HeadlessService("web")).outcome(), runtime::v1::APPLY_OUTCOME_ACCEPTED);
}

TEST_F(HeadlessServices, TheirNamesLeadToEachReadyPod) {
  WEFT_NEEDS(kNames);
  WEFT_NEEDS(kNetwork);
  Accept(HeadlessService("web"));
  Accept(Deployment("web", 2, Pod({"serve 8080"}, kAnswers)));
  UntilReady("web", 2);
  const std::string expected = AddressesOf("web");
  EXPECT_EQ(Said({"resolve web 2", absl::StrCat("resolve web.", ns_, " 2"), Resolve("web", 2)}),
            expected + expected + expected + "over\n");
}

TEST_F(HeadlessServices, PodsThatWereThereBeforeKnowThemToo) {
  WEFT_NEEDS(kNames);
  WEFT_NEEDS(kNetwork);
  Accept(Deployment("client", 1, Pod({"say begins", Resolve("web", 1), "say over", "wait"})));
  UntilClientSaid("begins");
  Accept(Deployment("web", 1, Pod({"serve 8080"}, kAnswers)));
  UntilReady("web", 1);
  Accept(HeadlessService("web"));
  EXPECT_EQ(UntilClientSaid("over"), "begins\n" + AddressesOf("web") + "over\n");
}

TEST_F(HeadlessServices, TheirNamesFollowThePods) {
  WEFT_NEEDS(kNames);
  WEFT_NEEDS(kNetwork);
  const auto web = [&](int replicas) {
    Accept(Deployment("web", replicas, Pod({"serve 8080"}, kAnswers)));
    UntilReady("web", replicas);
  };
  Accept(HeadlessService("web"));
  Accept(Deployment("client", 1,
                    Pod({Resolve("web", 1), "say one", Resolve("web", 3), "say three",
                         Resolve("web", 2), "say two", Resolve("web", 0), "say none", "wait"})));
  web(1);
  UntilClientSaid("one");
  web(3);
  UntilClientSaid("three");
  web(2);
  UntilClientSaid("two");
  EXPECT_TRUE(Delete(HeadlessService("web")).ok());
  UntilClientSaid("none");
}

TEST_F(HeadlessServices, LeadToPodsThatAreNotReadyIfTheySaySo) {
  WEFT_NEEDS(kNames);
  WEFT_NEEDS(kNetwork);
  Accept(HeadlessService("web"));
  Accept(HeadlessService("all", R"(,"publishNotReadyAddresses":true)"));
  const auto labelled = [&](const std::string& name, const std::string& probe) {
    runtime::v1::AppliedObject object = Deployment(name, 1, Pod({"serve 8080"}, probe));
    json::value text = *json::Parse(object.object().json());
    text.at("spec").at("template").at("metadata").at("labels").as_object()["app"] = "all";
    text.at("spec").at("selector").as_object()["matchLabels"] = json::object{{"app", "all"}};
    object.mutable_object()->set_json(json::Canonical(text));
    return object;
  };
  Accept(labelled("never", R"(,"readinessProbe":{"httpGet":{"path":"/fail","port":8080}})"));
  UntilPod("it runs", "never", [](const PodSeen& pod) { return pod.Runs(); });
  EXPECT_EQ(Said({Resolve("all", 1), Resolve("web", 0)}), AddressesOf("never") + "over\n");
}

}  // namespace
}  // namespace weft::conformance
