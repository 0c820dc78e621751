#include "absl/strings/str_cat.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

class NetworkPolicies : public Programs {
 protected:
  // A server behind a Service, which only pods of the Deployment "friend" reach.
  void Guarded() {
    Accept(Deployment("web", 1, Pod({"serve 8080"}, kAnswers)));
    Accept(Service("web", R"([{"port":80,"targetPort":8080}])"));
    UntilReady("web", 1);
    Accept(policy());
    Until("the policy is in force", [&] { return StatusOf("NetworkPolicy", "web").is_object(); });
  }
  runtime::v1::AppliedObject policy() { return NetworkPolicy("web", "friend"); }
  // Where it is reached: itself, and by its Service.
  std::vector<std::string> Places() {
    const std::string pod = json::GetString(PodsOf("web").at(0).status, {"podIP"});
    EXPECT_NE(pod, "");
    return {pod + ":8080", "web:80"};
  }
  void Ask(const std::string& name, const std::string& statement) {
    std::vector<std::string> statements;
    for (const std::string& place : Places())
      statements.push_back(absl::StrCat(statement, " ", place));
    statements.emplace_back("say over");
    statements.emplace_back("wait");
    Accept(Deployment(name, 1, Pod(statements)));
    UntilSaid(name, {"over"});
  }
};

TEST_F(NetworkPolicies, LetInWhomTheyNameAndNobodyElse) {
  WEFT_NEEDS(kPolicies);
  Guarded();
  Ask("stranger", "refused");
  Ask("friend", "get");
  EXPECT_EQ(PodsOf("web").at(0).Restarts(), 0) << "its probes reach it all the same";
}

TEST_F(NetworkPolicies, LetInEverybodyWhenTheyAreGone) {
  WEFT_NEEDS(kPolicies);
  Guarded();
  EXPECT_TRUE(Delete(policy()).ok());
  Until("it is gone", [&] { return !Find("NetworkPolicy", "web").has_value(); });
  Ask("stranger", "get");
}

TEST_F(NetworkPolicies, HoldForAPodThatIsMadeAnew) {
  WEFT_NEEDS(kPolicies);
  Guarded();
  const std::string before = PodsOf("web").at(0).id();
  Accept(Deployment("web", 1,
                    Pod({"serve 8080"}, absl::StrCat(kAnswers, R"(,"env":[{"name":"A"}])"))));
  Until("another one serves", [&] {
    const auto pods = AllPodsOf("web");
    return pods.size() == 1 && pods[0].IsReady() && pods[0].id() != before;
  });
  Ask("stranger", "refused");
  Ask("friend", "get");
}

}  // namespace
}  // namespace weft::conformance
