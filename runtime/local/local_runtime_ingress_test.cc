// Ingresses on a runtime whose engine and proxy are in memory.
#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "runtime/local/local_runtime_fixture.h"
#include "runtime/proxy/testing.h"

namespace weft::local {
namespace {

using testing::HasSubstr;

const ObjectRef kShop = {"networking.k8s.io/v1", "Ingress", "default", "shop"};
const ObjectRef kWebService = {"v1", "Service", "default", "web"};
constexpr char kShopKey[] = "Ingress/default/shop";

constexpr char kService[] = R"({"apiVersion":"v1","kind":"Service",
    "metadata":{"name":"web","namespace":"default"},
    "spec":{"selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":8080}]}})";

// $0: more of its spec; $1: more of its first path.
constexpr char kIngress[] = R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
    "metadata":{"name":"shop","namespace":"default"},"spec":{"ingressClassName":"any"$0,
    "rules":[{"host":"shop.example.org","http":{"paths":[
      {"path":"/cart","pathType":"Prefix",
       "backend":{"service":{"name":"web","port":{"name":"http"}}}$1},
      {"path":"/x","pathType":"Exact",
       "backend":{"service":{"name":"other","port":{"number":81}}}}]}}]}})";

class IngressOfTheRuntime : public LocalRuntimeTest {
 protected:
  void ApplyIngress(const std::string& more, uint64_t generation) {
    const ApplyResult result = Apply(kShop, absl::Substitute(kIngress, more, ""), generation);
    EXPECT_EQ(result.outcome, ApplyResult::Outcome::kAccepted) << result.message;
  }
  void ApplyService() {
    EXPECT_EQ(Apply(kWebService, kService, 1).outcome, ApplyResult::Outcome::kAccepted);
  }
  bool UntilSaid(const std::string& text) {
    return follower_->Until([&](const Seen& seen) {
      const auto shop = seen.find(kShopKey);
      return shop != seen.end() && absl::StrContains(shop->second.status, text);
    });
  }
};

TEST_F(IngressOfTheRuntime, SendsRequestsToTheAddressesOfServices) {
  Start();
  ApplyService();
  ApplyIngress("", 1);
  ASSERT_TRUE(UntilSaid(R"({"conditions":[{"message":"service \"other\" not found","reason")"));
  EXPECT_FALSE(follower_->seen().at(kShopKey).up_to_date);
  EXPECT_EQ(follower_->seen().at(kShopKey).status,
            R"({"conditions":[{"message":"service \"other\" not found","reason":"Incomplete",)"
            R"("status":"False","type":"Served"}],"loadBalancer":{"ingress":[{"ip":"127.0.0.1",)"
            R"("ports":[{"port":80,"protocol":"TCP"}]}]}})");
  ASSERT_TRUE(Soon([&] { return proxy_.setup()->routes.at(0).backend == "10.0.0.1:80"; }));
  const proxy::ProxySetup setup = *proxy_.setup();
  ASSERT_EQ(setup.routes.size(), 2u);
  EXPECT_EQ(setup.routes[0].host, "shop.example.org");
  EXPECT_EQ(setup.routes[0].path, "/cart");
  EXPECT_FALSE(setup.routes[0].exact);
  EXPECT_TRUE(setup.routes[1].exact);
  EXPECT_EQ(setup.routes[1].backend, "");
  Apply({"v1", "Service", "default", "other"},
        absl::StrReplaceAll(
            kService, {{R"("name":"web")", R"("name":"other")"}, {R"("port":80)", R"("port":81)"}}),
        1);
  EXPECT_TRUE(Soon([&] { return proxy_.setup()->routes.at(1).backend == "10.0.0.2:81"; }));
  EXPECT_TRUE(follower_->Until(
      [](const Seen& seen) { return !absl::StrContains(seen.at(kShopKey).status, "conditions"); }));
  ASSERT_TRUE(runtime_->Delete({kShop}).ok());
  EXPECT_TRUE(follower_->Until([](const Seen& seen) { return seen.count(kShopKey) == 0; }));
  EXPECT_TRUE(Soon([&] { return !proxy_.setup().has_value(); })) << "nothing is served any more";
}

TEST_F(IngressOfTheRuntime, AfterARestartNothingIsTakenFromWhatIsServed) {
  Start();
  ApplyService();
  ApplyIngress(R"(,"defaultBackend":{"service":{"name":"web","port":{"number":80}}})", 1);
  ASSERT_TRUE(Soon([&] {
    return proxy_.setup().has_value() && proxy_.setup()->routes.at(0).backend == "10.0.0.1:80";
  }));
  proxy_.Begin();
  Start();
  ASSERT_TRUE(UntilSaid("127.0.0.1"));
  EXPECT_EQ(proxy_.least_backends(), 2u) << "that of `web`, and none for `other`";
}

TEST_F(IngressOfTheRuntime, APortThatIsAnotherAndAProxyThatDiedAreSeen) {
  Start();
  ApplyService();
  ApplyIngress("", 1);
  ASSERT_TRUE(Soon([&] {
    return proxy_.setup().has_value() && proxy_.setup()->routes.at(0).backend == "10.0.0.1:80";
  }));
  Apply(kWebService, absl::StrReplaceAll(kService, {{R"("port":80)", R"("port":8888)"}}), 2);
  ASSERT_TRUE(Soon([&] { return proxy_.setup()->routes.at(0).backend == "10.0.0.1:8888"; }));
  proxy_.Die();
  EXPECT_TRUE(Soon([&] { return proxy_.setup().has_value(); }));
}

TEST_F(IngressOfTheRuntime, ServesHttpsWithWhatASecretHolds) {
  const ObjectRef secret{"v1", "Secret", "default", "cert"};
  const proxy::KeyPair pair = proxy::MakeCertificate("shop.example.org");
  const auto text = [](const std::string& certificate, const std::string& key) {
    return absl::Substitute(
        R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls",
            "metadata":{"name":"cert","namespace":"default"},
            "data":{"tls.crt":"$0","tls.key":"$1"}})",
        absl::Base64Escape(certificate), absl::Base64Escape(key));
  };
  Start();
  ApplyService();
  ApplyIngress(R"(,"tls":[{"hosts":["shop.example.org"],"secretName":"cert"}])", 1);
  ASSERT_TRUE(UntilSaid(R"(secret \"cert\" not found)"));
  Apply(secret, text(pair.certificate, "no"), 1);
  ASSERT_TRUE(UntilSaid(R"(secret \"cert\": tls.key is not a private key)"));
  EXPECT_TRUE(proxy_.setup()->certificates.empty());
  Apply(secret, text(pair.certificate, pair.key), 2);
  ASSERT_TRUE(Soon([&] { return proxy_.setup()->certificates.size() == 1; }));
  const proxy::Certificate certificate = proxy_.setup()->certificates[0];
  EXPECT_EQ(certificate.hosts, std::vector<std::string>{"shop.example.org"});
  EXPECT_THAT(certificate.pem, HasSubstr(pair.certificate));
  ASSERT_TRUE(runtime_->Delete({secret}).ok());
  EXPECT_TRUE(Soon([&] { return proxy_.setup()->certificates.empty(); }));
}

TEST_F(IngressOfTheRuntime, SaysWhyTheProxyDoesNotServe) {
  proxy_.SetError(absl::UnavailableError("haproxy: cannot bind socket"));
  Start();
  ApplyService();
  ApplyIngress("", 1);
  ASSERT_TRUE(UntilSaid("cannot bind socket"));
  EXPECT_FALSE(follower_->seen().at(kShopKey).up_to_date);
  EXPECT_THAT(follower_->seen().at(kShopKey).status, HasSubstr(R"("loadBalancer":{})"));
  const int calls = proxy_.calls();
  ASSERT_TRUE(Soon([&] { return proxy_.calls() >= calls + 2; }));
  const absl::Time now = absl::Now();
  ASSERT_TRUE(Soon([&] { return proxy_.calls() >= calls + 3; }));
  EXPECT_GT(absl::Now() - now, absl::Milliseconds(300)) << "with back-off";
  proxy_.SetError(absl::OkStatus());
  EXPECT_TRUE(UntilSaid("127.0.0.1"));
}

TEST_F(IngressOfTheRuntime, WhatCannotBeServedIsRefusedAtItsPlace) {
  Start();
  const auto pointers = [&](const std::string& from, const std::string& to) {
    std::vector<std::string> found;
    for (const Problem& problem :
         Apply(kShop, absl::StrReplaceAll(absl::Substitute(kIngress, "", ""), {{from, to}}), 1)
             .problems)
      found.push_back(problem.pointer);
    return found;
  };
  using Pointers = std::vector<std::string>;
  const std::string paths = "/spec/rules/0/http/paths/";
  EXPECT_EQ(pointers("shop.example.org", "Shop"), Pointers{"/spec/rules/0/host"});
  EXPECT_EQ(pointers("\"/cart\"", "\"/a b'\""), Pointers{paths + "0/path"});
  EXPECT_EQ(pointers("\"Exact\"", "\"Regex\""), Pointers{paths + "1/pathType"});
  EXPECT_EQ(pointers(R"({"number":81})", R"({"number":0})"),
            Pointers{paths + "1/backend/service/port"});
  EXPECT_EQ(pointers(R"("name":"other")", R"("name":"")"),
            Pointers{paths + "1/backend/service/name"});
  EXPECT_THAT(
      pointers(R"("backend":{"service":{"name":"other")", R"("backend":{"resource":{"name":"x")"),
      testing::Contains(paths + "1/backend/resource"));
}

}  // namespace
}  // namespace weft::local
