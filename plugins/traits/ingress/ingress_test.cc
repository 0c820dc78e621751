#include "plugins/traits/ingress/ingress.h"

#include <gtest/gtest.h>

namespace weft::ingress {
namespace {

sdk::Instance With(const char* properties) {
  return {"d/a/web/ingress#0", "d", "a", "web", *json::Parse(properties)};
}

TEST(IngressTrait, SendsAHostAndAPathToTheWorkloadsService) {
  sdk::Diagnostics diagnostics;
  const sdk::Parts parts = kIngress.render(
      {With(R"({"hostname":"shop.example.org","servicePort":80,"path":"/cart"})"), {}},
      diagnostics);
  ASSERT_EQ(parts.parts().size(), 1u);
  EXPECT_EQ(parts.parts()[0].object,
            (sdk::ObjectRef{"networking.k8s.io/v1", "Ingress", "web", ""}));
  EXPECT_EQ(
      json::Canonical(parts.parts()[0].value),
      R"({"spec":{"rules":[{"host":"shop.example.org","http":{"paths":[{"backend":)"
      R"({"service":{"name":"web","port":{"number":80}}},"path":"/cart","pathType":"Prefix"}]}}]}})");
}

TEST(IngressTrait, ServesHttpsForTheHostUnlessOthersAreNamed) {
  sdk::Diagnostics diagnostics;
  const auto tls = [&](const char* properties) {
    const json::value value =
        kIngress.render({With(properties), {}}, diagnostics).parts().at(0).value;
    return json::Canonical(*json::FindPath(value, {"spec", "tls"}));
  };
  EXPECT_EQ(tls(R"({"hostname":"a.org","servicePort":80,"tlsSecretName":"cert"})"),
            R"([{"hosts":["a.org"],"secretName":"cert"}])");
  EXPECT_EQ(
      tls(R"({"hostname":"a.org","servicePort":80,"tlsSecretName":"cert","tlsHosts":["b.org"]})"),
      R"([{"hosts":["b.org"],"secretName":"cert"}])");
  EXPECT_TRUE(diagnostics.all().empty());
  kIngress.render({With(R"({"hostname":"a.org","servicePort":80,"tlsHosts":["b.org"]})"), {}},
                  diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, "NO_CERTIFICATE");
}

TEST(IngressTrait, IsHealthyWhenSomebodyServesItAndSaysWhyNot) {
  sdk::AssessRequest request{
      With(R"({"hostname":"a.org","servicePort":80,"path":"/x"})"), {}, {}, {}};
  EXPECT_EQ(kIngress.assess(request).reason, "NotCreated");
  request.observed.push_back({{"networking.k8s.io/v1", "Ingress", "web", "d"},
                              {},
                              *json::Parse(R"({"loadBalancer":{}})"),
                              true,
                              false});
  EXPECT_EQ(kIngress.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed[0].status = *json::Parse(R"({"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}})");
  const sdk::Health served = kIngress.assess(request);
  EXPECT_EQ(served.verdict, sdk::Verdict::kHealthy);
  EXPECT_EQ(served.message, "at 1.2.3.4");
  ASSERT_EQ(served.endpoints.size(), 1u);
  EXPECT_EQ(served.endpoints[0].url, "http://a.org/x");
  request.observed[0].status = *json::Parse(
      R"({"loadBalancer":{"ingress":[{"ip":"1.2.3.4","ports":[{"port":8080},{"port":8443}]}]}})");
  EXPECT_EQ(kIngress.assess(request).endpoints.at(0).url, "http://a.org:8080/x");
  request.instance =
      With(R"({"hostname":"a.org","servicePort":80,"path":"/x","tlsSecretName":"cert"})");
  EXPECT_EQ(kIngress.assess(request).endpoints.at(0).url, "https://a.org:8443/x");
  request.instance = With(R"({"hostname":"*.a.org","servicePort":80})");
  EXPECT_TRUE(kIngress.assess(request).endpoints.empty());
  request.observed[0].status = *json::Parse(
      R"({"loadBalancer":{},"conditions":[{"type":"Served","status":"False","reason":"Incomplete"}]})");
  EXPECT_EQ(kIngress.assess(request).verdict, sdk::Verdict::kProgressing);
  request.observed[0].status = *json::Parse(
      R"({"loadBalancer":{},"conditions":[{"type":"Served","status":"False","message":"the port is taken"}]})");
  EXPECT_EQ(kIngress.assess(request).verdict, sdk::Verdict::kFailed);
  EXPECT_EQ(kIngress.assess(request).message, "the port is taken");
}

}  // namespace
}  // namespace weft::ingress
