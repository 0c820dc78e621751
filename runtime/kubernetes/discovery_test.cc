#include "runtime/kubernetes/discovery.h"

#include <gtest/gtest.h>
#include <vector>

namespace weft::kubernetes {
namespace {

// Knows the kinds of two groups, one of them when it is told to.
class KindServer final : public ApiServer {
 public:
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    asked.push_back(request.path);
    if (away) return absl::UnavailableError("refused");
    if (request.path == "/api/v1") {
      return HttpResponse{200, R"({"kind":"APIResourceList","resources":[
        {"name":"services","kind":"Service","namespaced":true},
        {"name":"services/status","kind":"Service","namespaced":true},
        {"name":"namespaces","kind":"Namespace","namespaced":false}]})"};
    }
    if (request.path == "/apis/example.org/v1" && has_example) {
      return HttpResponse{
          200, R"({"resources":[{"name":"databases","kind":"Database","namespaced":true}]})"};
    }
    return HttpResponse{404, "404 page not found"};
  }
  std::vector<std::string> asked;
  bool has_example = false;
  bool away = false;
};

class DiscoveryTest : public testing::Test {
 protected:
  KindServer server_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  Discovery discovery_{server_, [this] { return now_; }};
};

TEST_F(DiscoveryTest, FindsPathsAndReadsAGroupOnce) {
  const auto service = discovery_.Find("v1", "Service");
  ASSERT_TRUE(service.ok()) << service.status();
  EXPECT_EQ(service->ObjectPath("shop", "web"), "/api/v1/namespaces/shop/services/web");
  EXPECT_EQ(service->CollectionPath(), "/api/v1/services");
  const auto ns = discovery_.Find("v1", "Namespace");
  ASSERT_TRUE(ns.ok());
  EXPECT_EQ(ns->ObjectPath("", "shop"), "/api/v1/namespaces/shop");
  EXPECT_EQ(server_.asked.size(), 1);
}

TEST_F(DiscoveryTest, LooksAgainForWhatItLacksButNotMoreThanEveryTenSeconds) {
  EXPECT_TRUE(absl::IsNotFound(discovery_.Find("example.org/v1", "Database").status()));
  server_.has_example = true;
  now_ += absl::Seconds(9);
  EXPECT_TRUE(absl::IsNotFound(discovery_.Find("example.org/v1", "Database").status()));
  EXPECT_EQ(server_.asked.size(), 1);
  now_ += absl::Seconds(1);
  const auto found = discovery_.Find("example.org/v1", "Database");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->ObjectPath("d", "x"), "/apis/example.org/v1/namespaces/d/databases/x");
}

TEST_F(DiscoveryTest, DoesNotTakeAServerThatIsAwayForOneWithoutTheKind) {
  server_.away = true;
  EXPECT_TRUE(absl::IsUnavailable(discovery_.Find("v1", "Service").status()));
  server_.away = false;
  EXPECT_TRUE(discovery_.Find("v1", "Service").ok());
}

}  // namespace
}  // namespace weft::kubernetes
