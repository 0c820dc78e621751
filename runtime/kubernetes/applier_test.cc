#include "runtime/kubernetes/applier.h"

#include <gtest/gtest.h>
#include <vector>

namespace weft::kubernetes {
namespace {

// Knows the kinds of one group, and nothing else.
class KindServer final : public ApiServer {
 public:
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    if (request.path == "/apis/example.org/v1") {
      return HttpResponse{200, R"({"resources":[
        {"name":"farms","kind":"Farm","namespaced":true},
        {"name":"planets","kind":"Planet","namespaced":false}]})"};
    }
    asked.push_back(request.method + " " + request.path);
    return HttpResponse{404, R"({"message":"not found"})"};
  }
  std::vector<std::string> asked;
};

AppliedObject Object(const std::string& kind, const std::string& ns) {
  return {.ref = {"example.org/v1", kind, ns, "x"}, .object = json::object(), .owner = "o"};
}

// The core could not have judged it by its namespace's policy.
TEST(Applier, RefusesANamespaceWhereTheKindHasNoneAndNoneWhereItHas) {
  KindServer server;
  Discovery discovery(server);
  Applier applier(server, discovery, {.installation = "i"});
  for (const bool dry_run : {true, false}) {
    const ApplyResult planet = applier.Apply(Object("Planet", "shop"), dry_run);
    EXPECT_EQ(planet.outcome, ApplyResult::Outcome::kRefused);
    ASSERT_EQ(planet.problems.size(), 1);
    EXPECT_EQ(planet.problems[0],
              (Problem{"UNSUPPORTED_VALUE", "/metadata/namespace",
                       "objects of the kind Planet of example.org/v1 have no namespace"}));
    const ApplyResult farm = applier.Apply(Object("Farm", ""), dry_run);
    ASSERT_EQ(farm.problems.size(), 1);
    EXPECT_EQ(farm.message, "objects of the kind Farm of example.org/v1 need a namespace");
  }
  EXPECT_TRUE(server.asked.empty());
  applier.Apply(Object("Planet", ""), true);
  ASSERT_FALSE(server.asked.empty());
  EXPECT_EQ(server.asked[0], "GET /apis/example.org/v1/planets/x");
}

}  // namespace
}  // namespace weft::kubernetes
