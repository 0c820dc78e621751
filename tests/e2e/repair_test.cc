// What is changed behind Weft's back is put right.
#include <algorithm>
#include <cstdlib>
#include <gmock/gmock.h>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

constexpr int kReplicas = 3;
constexpr int kRepairs = 10;

// When the containers of an engine ended and started, as its events told.
class EventTimes {
 public:
  explicit EventTimes(engine::Engine& engine)
      : thread_([this, &engine] {
          engine
              .WatchEvents(
                  control_,
                  [this] {
                    std::lock_guard lock(mutex_);
                    opened_ = true;
                  },
                  [this](const engine::Event& event) {
                    std::lock_guard lock(mutex_);
                    times_.emplace(event.action + " " + event.id, absl::Now());
                  })
              .IgnoreError();
        }) {}
  ~EventTimes() {
    control_.Cancel();
    thread_.join();
  }
  EventTimes(const EventTimes&) = delete;
  EventTimes& operator=(const EventTimes&) = delete;

  bool Opened() const {
    std::lock_guard lock(mutex_);
    return opened_;
  }
  std::optional<absl::Time> Of(const std::string& action, const std::string& id) const {
    std::lock_guard lock(mutex_);
    const auto found = times_.find(action + " " + id);
    return found == times_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  bool opened_ = false;
  std::map<std::string, absl::Time> times_;
  engine::StreamControl control_;
  std::thread thread_;
};

class Repair : public Mesh {};

TEST_F(Repair, AContainerThatIsRemovedComesBack) {
  ImportHello();
  ASSERT_EQ(Apply("component", WebComponent()).status, 0);
  ASSERT_EQ(Apply("shop", Text({"shop", kReplicas})).status, 0);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", kReplicas}}));
  EventTimes events(engine());
  ASSERT_TRUE(Await("the engine's events", [&] { return events.Opened(); }));
  std::vector<double> milliseconds;
  for (int i = 0; i < kRepairs; ++i) {
    const Runs before = Pods("shop-web");
    ASSERT_EQ(before.size(), static_cast<size_t>(kReplicas));
    const auto& [name, victim] = *before.begin();
    ASSERT_TRUE(engine().RemoveContainer(victim.id).ok());
    ASSERT_TRUE(Await("another container in its place", [&, &name = name, &victim = victim] {
      const Runs now = Pods("shop-web");
      const auto found = now.find(name);
      return found != now.end() && found->second.id != victim.id &&
             events.Of("start", found->second.id).has_value() &&
             events.Of("destroy", victim.id).has_value();
    }));
    ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", kReplicas}}));
    const Runs after = Pods("shop-web");
    Runs others = before;
    others.erase(name);
    EXPECT_EQ(Disturbed(others, after), "");
    milliseconds.push_back(absl::ToDoubleMilliseconds(*events.Of("start", after.at(name).id) -
                                                      *events.Of("destroy", victim.id)));
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  if (getenv("WEFT_BENCH") != nullptr) {
    std::cout << absl::StrFormat(R"({"bench":"repair","repairs":%d,"p50_ms":%.1f,"max_ms":%.1f})",
                                 kRepairs, milliseconds[kRepairs / 2], milliseconds.back())
              << std::endl;
  }
}

TEST_F(Repair, EventsTellOfAContainerThatIsRemovedAlsoAfterTheApplicationIsGone) {
  ImportHello();
  ASSERT_EQ(Apply("component", WebComponent()).status, 0);
  ASSERT_EQ(Apply("shop", Text({"shop", 1})).status, 0);
  ASSERT_TRUE(AwaitConverged("shop", {{"shop-web", 1}}));
  const Runs before = Pods("shop-web");
  ASSERT_EQ(before.size(), 1U);
  ASSERT_TRUE(engine().RemoveContainer(before.begin()->second.id).ok());
  std::string told;
  const auto tells = [&](const std::string& what) {
    told = Weft({"events", "shop"}).out;
    return absl::StrContains(told, what);
  };
  EXPECT_TRUE(Await("an event of the restart", [&] { return tells("Restarted"); })) << told;
  for (const char* part : {"Created", "generation 1, by user", "Healthy"})
    EXPECT_TRUE(tells(part)) << told;
  EXPECT_THAT(Weft({"status", "shop"}).err, testing::HasSubstr("weft events shop"));
  ASSERT_EQ(Weft({"delete", "shop", "--wait"}).status, 0);
  EXPECT_TRUE(Await("an event of the end", [&] { return tells("Deleted"); })) << told;
  for (const char* part : {"Restarted", "Deleting"}) EXPECT_TRUE(tells(part)) << told;
}

}  // namespace
}  // namespace weft::e2e
