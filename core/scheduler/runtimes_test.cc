#include "core/scheduler/runtimes.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RuntimesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_runtimes_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    runtimes_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string File(const std::string& name) const {
    return absl::StrCat(directory_, "/", name, ".yaml");
  }
  // Atomically, as configuration is written.
  void Configure(const std::string& name, const std::string& address = "unix:/none") {
    std::ofstream(File(name) + ".new") << "name: " << name << "\naddress: " << address << "\n";
    std::filesystem::rename(File(name) + ".new", File(name));
  }
  void Make(const config::CoreConfig& defaults = {}) {
    runtimes_ = std::make_unique<Runtimes>(Runtimes::Options{
        .directory = directory_, .defaults = defaults, .connect = [this](const auto& config) {
          FakeRuntime& fake = config.name == "one" ? one_ : two_;
          return std::shared_ptr<runtime::v1::Runtime::StubInterface>(std::shared_ptr<void>(),
                                                                      &fake.stub());
        }});
  }
  void Start() {
    if (runtimes_ == nullptr) Make();
    runtimes_->Start({.on_application =
                          [this](const std::string& application) {
                            std::lock_guard lock(mutex_);
                            ++told_[application];
                          },
                      .on_runtime =
                          [this](const std::string& runtime) {
                            std::lock_guard lock(mutex_);
                            ++told_[runtime];
                          }});
  }
  // How often it was told of an application or runtime.
  int Told(const std::string& of) {
    std::lock_guard lock(mutex_);
    return told_[of];
  }
  bool AwaitUp(const std::string& name) {
    return Await([&] { return runtimes_->WhyAway(name).empty(); });
  }
  static runtime::v1::Projection Front() {
    runtime::v1::Projection projection;
    *projection.mutable_ref() = Ref("Deployment", "front");
    projection.set_owner("default/shop/front");
    return projection;
  }
  bool Sees(const std::string& runtime, const std::string& object) {
    return runtimes_->Find(runtime)->observed.Of("default/shop").objects.contains(object);
  }

  FakeRuntime one_, two_;
  std::string directory_;
  std::mutex mutex_;
  std::map<std::string, int> told_;
  std::unique_ptr<Runtimes> runtimes_;
};

TEST_F(RuntimesTest, TheDefaultIsTheOnlyOneElseLocalElseWhatIsConfigured) {
  Make();
  EXPECT_EQ(runtimes_->choice().runtime, "local");
  EXPECT_THAT(runtimes_->choice().names, IsEmpty());
  Configure("one");
  Make();
  EXPECT_EQ(runtimes_->choice().runtime, "one");
  Configure("two");
  Make();
  EXPECT_EQ(runtimes_->choice().runtime, "local");
  EXPECT_THAT(runtimes_->choice().names, ElementsAre("one", "two"));
  Make({.runtime = "two", .of_namespace = {{"shop", "one"}}});
  EXPECT_EQ(runtimes_->choice().runtime, "two");
  EXPECT_EQ(runtimes_->choice().DefaultOf("shop"), "one");
}

TEST_F(RuntimesTest, EachIsWatchedAndSaysWhatItIs) {
  Configure("one");
  Configure("two");
  two_.SetAway(true);
  Start();
  ASSERT_TRUE(AwaitUp("one"));
  ASSERT_TRUE(Await([&] { return !runtimes_->states().at(0).platform.empty(); }));
  EXPECT_TRUE(Await([&] {
    return runtimes_->WhyAway("two") == "the runtime two does not answer: the platform is away";
  }));
  const std::vector<RuntimeState> states = runtimes_->states();
  ASSERT_EQ(states.size(), 2u);
  EXPECT_TRUE(states[0].available);
  EXPECT_EQ(states[0].platform + " " + states[0].platform_version, "fake 2");
  EXPECT_EQ(states[0].version, "1");
  EXPECT_EQ(states[0].message, "");
  EXPECT_FALSE(states[1].available);
  EXPECT_EQ(states[1].platform, "");
  // What a runtime says is known of it alone, and told.
  one_.Say(Front());
  ASSERT_TRUE(Await([&] { return Told("default/shop") > 0; }));
  EXPECT_TRUE(Sees("one", kFront));
  EXPECT_FALSE(Sees("two", kFront));
}

TEST_F(RuntimesTest, ItIsAskedAgainWhatItIsWhenItComesBack) {
  Configure("one");
  Start();
  ASSERT_TRUE(Await([&] { return runtimes_->states().at(0).platform == "fake"; }));
  ASSERT_EQ(one_.describes(), 1);
  one_.SetAway(true);
  ASSERT_TRUE(Await([&] { return !runtimes_->WhyAway("one").empty(); }));
  EXPECT_EQ(runtimes_->states().at(0).platform, "fake");  // As it was.
  const int told = Told("one");
  one_.SetAway(false);
  ASSERT_TRUE(AwaitUp("one"));
  EXPECT_TRUE(Await([&] { return one_.describes() == 2; }));
  EXPECT_TRUE(Await([&] { return Told("one") > told; }));
}

TEST_F(RuntimesTest, ConfigurationIsReadAgainWhenItChanges) {
  Configure("one");
  Start();
  ASSERT_TRUE(AwaitUp("one"));
  const auto one = runtimes_->Find("one");
  Configure("two");
  ASSERT_TRUE(AwaitUp("two"));
  EXPECT_EQ(runtimes_->Find("one"), one);                // What did not change goes on.
  EXPECT_TRUE(Await([&] { return Told("two") == 2; }));  // Configured, connected.
  std::filesystem::remove(File("one"));
  ASSERT_TRUE(Await([&] { return runtimes_->Find("one") == nullptr; }));
  EXPECT_EQ(runtimes_->WhyAway("one"), "the runtime one is not configured");
  EXPECT_TRUE(AwaitUp("two"));
  // Whoever still holds it may go on.
  EXPECT_EQ(one->config.name, "one");
}

TEST_F(RuntimesTest, AnotherAddressIsAnotherPlatform) {
  Configure("one");
  one_.Say(Front());
  Start();
  ASSERT_TRUE(Await([&] { return Sees("one", kFront); }));
  const auto before = runtimes_->Find("one");
  one_.HoldEvents(true);
  one_.Lose(kFront);
  Configure("one", "unix:/elsewhere");
  ASSERT_TRUE(Await([&] { return runtimes_->Find("one") != before; }));
  ASSERT_TRUE(AwaitUp("one"));
  EXPECT_FALSE(Sees("one", kFront));
}

TEST_F(RuntimesTest, AFileThatCannotBeUsedLeavesTheOthersAlone) {
  Configure("one");
  std::ofstream(File("bad")) << "name: two\n";
  Start();
  EXPECT_TRUE(AwaitUp("one"));
  EXPECT_EQ(runtimes_->Find("two"), nullptr);
  EXPECT_THAT(runtimes_->WhyAway("two"), HasSubstr("not configured"));
}

TEST_F(RuntimesTest, NothingIsToldAfterStopAndAStartBeginsAnew) {
  Configure("one");
  one_.Say(Front());
  Start();
  ASSERT_TRUE(Await([&] { return Sees("one", kFront); }));
  runtimes_->Stop();
  const int told = Told("default/shop") + Told("one");
  one_.Lose(kFront);
  EXPECT_EQ(Told("default/shop") + Told("one"), told);
  EXPECT_THAT(runtimes_->WhyAway("one"), HasSubstr("has not answered yet"));
  Start();
  ASSERT_TRUE(AwaitUp("one"));
  EXPECT_FALSE(Sees("one", kFront));
}

}  // namespace
}  // namespace weft::scheduler
