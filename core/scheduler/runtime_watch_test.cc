#include "core/scheduler/runtime_watch.h"

#include <gtest/gtest.h>
#include <mutex>
#include <vector>

#include "core/scheduler/fake_runtime.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using Strings = std::vector<std::string>;

class RuntimeWatchTest : public testing::Test {
 protected:
  void Say(const std::string& name, const std::string& status) {
    runtime::v1::Projection projection;
    *projection.mutable_ref() = Ref("Deployment", name);
    projection.set_owner("default/shop/front");
    projection.set_status(status);
    runtime_.Say(projection);
  }
  void Watch() {
    watch_ = std::make_unique<RuntimeWatch>(
        "local", runtime_.stub(), observed_,
        RuntimeWatch::Listener{.on_change = [this](const std::string& what) { Tell(what); },
                               .on_sync = [this] { Tell("sync"); }});
  }
  void Tell(const std::string& what) {
    std::lock_guard lock(mutex_);
    told_.push_back(what);
  }
  bool AwaitTold(const Strings& told) {
    return Await([&] {
      std::lock_guard lock(mutex_);
      return told_ == told;
    });
  }

  FakeRuntime runtime_;
  Observed observed_;
  std::mutex mutex_;
  Strings told_;  // Guarded by mutex_.
  std::unique_ptr<RuntimeWatch> watch_;
};

TEST_F(RuntimeWatchTest, WhatThereIsComesInOnePieceAndThenEveryChange) {
  for (const char* name : {"a", "b", "c"}) Say(name, "1");
  runtime_.HoldList(true);
  Watch();
  EXPECT_FALSE(watch_->HasSpoken());
  runtime_.HoldList(false);
  ASSERT_TRUE(AwaitTold({"sync"}));
  EXPECT_TRUE(watch_->HasSpoken());
  EXPECT_EQ(observed_.Of("default/shop").objects.size(), 3u);
  Say("b", "2");
  EXPECT_TRUE(AwaitTold({"sync", "default/shop"}));
}

TEST_F(RuntimeWatchTest, ThatARuntimeDoesNotAnswerIsToldOnce) {
  runtime_.SetAway(true);
  Watch();
  ASSERT_TRUE(AwaitTold({"sync"}));
  EXPECT_TRUE(watch_->HasSpoken());
  EXPECT_NE(watch_->WhyAway(), "");
  // However often it is tried.
  ASSERT_TRUE(Await([&] { return runtime_.watches() >= 3; }));
  EXPECT_TRUE(AwaitTold({"sync"}));
  runtime_.SetAway(false);
  EXPECT_TRUE(AwaitTold({"sync", "sync"}));
  EXPECT_EQ(watch_->WhyAway(), "");
}

}  // namespace
}  // namespace weft::scheduler
