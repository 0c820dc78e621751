// A sick provider costs only the applications that use it.
#include <future>
#include <gmock/gmock.h>
#include <optional>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/check/program.h"
#include "core/scheduler/testing.h"

namespace weft::scheduler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SickProvider : public testing::Test {
 protected:
  void SetUp() override {
    Start();
    core_.StartScheduler();
  }
  void TearDown() override { core_.StopScheduler(); }

  // The provider's process, or another one at another address.
  void Start() {
    auto started = check::Program::Start({WEFT_BIN_DIR "/faulty_provider"});
    ASSERT_TRUE(started.ok()) << started.status();
    program_.emplace(*std::move(started));
    core_.ConfigureProvider("sick", absl::StrCat("name: sick\naddress: ", program_->address(),
                                                 "\nartifact: ", check::Program::artifact(),
                                                 "\ndeadlines: {render: 1s}\n"));
    ASSERT_TRUE(Await([&] {
      for (const mesh::ProviderState& state : core_.providers().states())
        if (state.config.address == program_->address()) return state.available;
      return false;
    })) << core_.providers().WhyAway("sick");
  }

  // The component "sick" and an application of it.
  static std::string Component(const std::string& fault) {
    return Replace(Replace(ComponentText(fault + ":1"), "name: site", "name: sick"), "Web",
                   "example.org/v1.Sick");
  }
  static std::string Application(const std::string& name) {
    return Replace(ApplicationText("", name, name), "componentName: site", "componentName: sick");
  }
  static std::string Replace(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }
  core::v1::ApplyResponse ApplySick(const std::string& fault, const std::string& name = "sick") {
    return core_.Apply({Component(fault), Application(name)});
  }
  core::v1::ApplyResponse ApplyHealthy(int number) {
    const std::string name = absl::StrCat("healthy", number);
    return core_.Apply({ComponentText(),
                        ApplicationText("{name: scaler, properties: {replicas: 2}}", name, name)});
  }

  TestCore core_;
  std::optional<check::Program> program_;
};

struct Fault {
  const char* name;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

class SickProviderFault : public SickProvider, public testing::WithParamInterface<Fault> {};

TEST_P(SickProviderFault, RefusesItsApplicationAndLeavesTheOthersAlone) {
  ASSERT_THAT(Brief(ApplySick("good", "before")), IsEmpty());
  auto sick = std::async(std::launch::async, [this] { return ApplySick(GetParam().name); });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Brief(ApplyHealthy(i)), IsEmpty()) << i;
  const core::v1::ApplyResponse refused = sick.get();
  ASSERT_EQ(refused.diagnostics_size(), 1) << refused.DebugString();
  EXPECT_THAT(Brief(refused), ElementsAre(HasSubstr("6:7 ")));
  EXPECT_THAT(refused.diagnostics(0).message(), HasSubstr(GetParam().message));
  for (int i = 20; i < 40; ++i) EXPECT_THAT(Brief(ApplyHealthy(i)), IsEmpty()) << i;
  EXPECT_EQ(core_.Status("sick").name(), "") << "nothing is stored of it";
  EXPECT_EQ(core_.Status("before").name(), "before") << "what was applied stays";
}

INSTANTIATE_TEST_SUITE_P(
    Every, SickProviderFault,
    testing::Values(Fault{"hang", "the provider sick failed: Deadline Exceeded"},
                    Fault{"trickle", "the provider sick failed: Deadline Exceeded"},
                    Fault{"die", "the provider sick "},
                    Fault{"garbage", "the provider sick failed: "},
                    Fault{"nothing", "the provider sick failed: answered by the artifact ''"},
                    Fault{"kind", "Secret"},
                    Fault{"large", "the provider sick failed: Received message larger than max"}),
    [](const auto& info) { return info.param.name; });

// More than a provider is asked at once, and more than may wait for it.
TEST_F(SickProvider, AnyNumberOfApplicationsAndComponentsIsRenderedInOneCall) {
  std::vector<std::string> texts = {Component("good"), Application("large")};
  for (int i = 0; i < 150; ++i)
    absl::StrAppend(&texts[1], "    - {componentName: sick, instanceName: large", i, "}\n");
  for (int i = 0; i < 150; ++i) texts.push_back(Application(absl::StrCat("small", i)));
  const core::v1::ApplyResponse response = core_.Apply(texts);
  EXPECT_THAT(Brief(response), IsEmpty());
  EXPECT_EQ(response.changes_size(), 152);
}

// Whether a back-off has passed when the next call comes, a test cannot know; every one that fails
// doubles it.
TEST_F(SickProvider, IsNotAskedForAWhileAndSaysSoUntilAnotherProcessAnswers) {
  constexpr int kApplications = 12;
  std::vector<std::future<core::v1::ApplyResponse>> sick;
  sick.reserve(kApplications);
  for (int i = 0; i < kApplications; ++i) {
    sick.push_back(std::async(std::launch::async,
                              [this, i] { return ApplySick("hang", absl::StrCat("sick", i)); }));
  }
  for (auto& answer : sick) EXPECT_EQ(answer.get().diagnostics_size(), 1);
  int calls = 0;
  core::v1::ApplyResponse refused;
  ASSERT_TRUE(Await([&] {
    refused = ApplySick("hang", absl::StrCat("other", ++calls));
    return absl::StrContains(refused.diagnostics(0).message(), "one call tries it in") &&
           absl::StrContains(core_.providers().WhyAway("sick"),
                             "the provider sick is not asked at the moment: 11 of its last ");
  })) << refused.DebugString();
  EXPECT_THAT(Brief(refused), ElementsAre("6:7 PROVIDER_FAILED /spec/components/0"));
  EXPECT_THAT(Brief(ApplyHealthy(1)), IsEmpty());
  Start();
  EXPECT_THAT(Brief(ApplySick("good")), IsEmpty());
}

TEST_F(SickProvider, IsNotAskedTheSameForAWhile) {
  const auto says = [&](const std::string& what) {
    return Await(
        [&] { return absl::StrContains(ApplySick("hang").diagnostics(0).message(), what); });
  };
  EXPECT_TRUE(says("the provider sick failed: Deadline Exceeded"));
  EXPECT_TRUE(
      says("the provider sick is not asked at the moment: its last answer to the same "
           "request could not be used: Deadline Exceeded; it is asked again in "));
  EXPECT_THAT(Brief(ApplySick("good")), IsEmpty()) << "another request";
  EXPECT_TRUE(says("the provider sick failed: Deadline Exceeded")) << "the back-off has passed";
}

}  // namespace
}  // namespace weft::scheduler
