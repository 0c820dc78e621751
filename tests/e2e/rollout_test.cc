// An update while people use what is updated: nobody notices, whether the new version is good or
// not.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>
#include <algorithm>
#include <atomic>
#include <gmock/gmock.h>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "deploy/examples/hello/http.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using testing::Contains;
using testing::HasSubstr;

// About 200 requests a second for as long as it lives.
class Load {
 public:
  explicit Load(const std::string& target) {
    for (int i = 0; i < kThreads; ++i)
      threads_.emplace_back([this, target](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const absl::Time next = absl::Now() + absl::Milliseconds(20);
          Take(hello::Get(target));
          absl::SleepFor(std::max(absl::ZeroDuration(), next - absl::Now()));
        }
      });
  }

  int answered() const { return answered_; }
  int lost() const { return lost_; }
  // The first words of all answers.
  std::set<std::string> Greetings() const {
    std::lock_guard lock(mutex_);
    return greetings_;
  }

 private:
  static constexpr int kThreads = 4;

  void Take(const std::string& answer) {
    if (answer.empty()) {
      ++lost_;
      return;
    }
    ++answered_;
    std::lock_guard lock(mutex_);
    greetings_.insert(answer.substr(0, answer.find(' ')));
  }

  std::atomic<int> answered_ = 0, lost_ = 0;
  mutable std::mutex mutex_;
  std::set<std::string> greetings_;
  std::vector<std::jthread> threads_;  // Last: they use the rest.
};

class Rollout : public Mesh {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ImportHello();
    ASSERT_EQ(Apply("component", Component("weft/hello:v1")).status, 0);
    ASSERT_EQ(Apply("shop", Shop("Hello")).status, 0);
    ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 3}}));
  }

  static std::string Shop(const std::string& greeting) {
    return absl::StrCat(Text({"shop", 3, greeting}),
                        "        - name: ingress\n"
                        "          properties: {hostname: localhost, servicePort: 8080}\n");
  }

  static std::string Component(const std::string& image) {
    return absl::StrCat(absl::StrReplaceAll(WebComponent(), {{"weft/hello:v1", image}}),
                        "      readinessProbe: {httpGet: {path: /healthz, port: 8080}, "
                        "periodSeconds: 1}\n");
  }
  // Its Service.
  std::string Target() const {
    const core::v1::ComponentStatus web = OnlyComponent("shop");
    EXPECT_EQ(web.health().endpoints_size(), 1);
    if (web.health().endpoints_size() == 0) return "";
    return std::string(absl::StripPrefix(web.health().endpoints(0).url(), "http://"));
  }
  // Its Ingress.
  std::string Outside() const {
    return absl::StrCat("localhost", ingress().substr(ingress().rfind(':')));
  }
};

TEST_F(Rollout, LosesNoRequest) {
  Load within(Target()), outside(Outside());
  for (const std::string greeting : {"Ahoy", "Salut"}) {
    ASSERT_EQ(Apply("shop", Shop(greeting)).status, 0);
    ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 3}}));
  }
  for (const Load* load : {&within, &outside}) {
    SCOPED_TRACE(load == &within ? "by the Service" : "by the Ingress");
    ASSERT_TRUE(Await("the last greeting", [&] { return load->Greetings().contains("Salut"); }));
    EXPECT_THAT(load->Greetings(), Contains("Ahoy"));
    EXPECT_EQ(load->lost(), 0) << "of " << load->answered() + load->lost();
    EXPECT_GT(load->answered(), 500);
  }
}

TEST_F(Rollout, ToAVersionThatCannotRunLeavesTheOldOneServing) {
  Load within(Target()), outside(Outside());
  const Runs before = Pods("shop-web");
  ASSERT_EQ(Apply("component", Component("weft/nowhere:v2")).status, 0);
  ASSERT_EQ(Apply("shop", Shop("Hello")).status, 0);
  EXPECT_TRUE(AwaitStatus("shop", [](const core::v1::Application& shop) {
    return shop.components_size() == 1 &&
           shop.components(0).health().reason() == "ImagePullBackOff";
  }));
  EXPECT_THAT(Weft({"status", "shop"}).out, HasSubstr("weft/nowhere:v2"));
  EXPECT_EQ(Disturbed(before, Pods("shop-web")), "");
  for (const Load* load : {&within, &outside}) {
    ASSERT_TRUE(Await("more requests",
                      [&, sofar = load->answered()] { return load->answered() > sofar + 200; }));
    EXPECT_EQ(load->lost(), 0) << "of " << load->answered() + load->lost();
  }
}

}  // namespace
}  // namespace weft::e2e
