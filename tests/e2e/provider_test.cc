// A provider that is away costs only what needs it.
#include <csignal>
#include <gmock/gmock.h>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "core/cli/process_record.h"
#include "tests/e2e/documents.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {
namespace {

using common::v1::VERDICT_HEALTHY;
using common::v1::VERDICT_UNKNOWN;
using testing::HasSubstr;

struct Away {
  const char* name;
  bool stopped;    // By SIGSTOP; else nobody is at its address.
  bool restarted;  // The core was restarted meanwhile.
};

std::ostream& operator<<(std::ostream& out, const Away& away) { return out << away.name; }

class ProviderAway : public Mesh, public testing::WithParamInterface<Away> {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (HasFatalFailure()) return;
    ImportHello();
    ASSERT_EQ(Apply("component", WebComponent()).status, 0);
    ASSERT_EQ(Apply("running", Text({"running", 2})).status, 0);
    // Was of three pods once: the answers for that are cached.
    for (const int replicas : {3, 1}) {
      ASSERT_EQ(Apply("cached", Text({"cached", replicas})).status, 0);
      ASSERT_TRUE(AwaitConverged("cached", {{"cached-web", replicas}}));
    }
    ASSERT_TRUE(AwaitConverged("running", {{"running-web", 2}}));
    pods_ = Pods("running-web");
  }

  void TearDown() override {
    // Only a process that goes on can end in order.
    if (!stopped_.empty()) Signal(stopped_, SIGCONT);
    Mesh::TearDown();
  }

  std::string FileOf(const std::string& provider) const {
    return data().Below(absl::StrCat("providers/", provider, ".yaml"));
  }

  testing::AssertionResult AwaitAvailable(const std::string& provider, bool available) const {
    return Await(absl::StrCat(provider, available ? " is there" : " is away"), [&] {
      for (const core::v1::Provider& now : Providers()) {
        if (now.name() == provider) return now.available() == available;
      }
      return false;
    });
  }

  void TakeAway(const std::string& provider) {
    if (GetParam().stopped) {
      stopped_ = "weft-provider-" + provider;
      Signal(stopped_, SIGSTOP);
    } else {
      file_ = ReadFileOrEmpty(FileOf(provider));
      const std::string elsewhere = absl::StrCat("unix:", scratch(), "/nobody.sock");
      const size_t address = file_.find("address: ") + sizeof("address: ") - 1;
      std::string text = file_;
      text.replace(address, text.find('\n', address) - address, elsewhere);
      ASSERT_TRUE(WriteFileAtomically(FileOf(provider), text).ok());
    }
    if (GetParam().restarted) {
      const auto before = Process(kCore);
      Signal(kCore, SIGTERM);
      ASSERT_TRUE(Await("another core", [&] {
        const auto now = Process(kCore);
        return now.has_value() && now != before && Find("running").ok();
      }));
    }
    ASSERT_TRUE(AwaitAvailable(provider, false));
  }

  void BringBack(const std::string& provider) {
    if (GetParam().stopped) {
      Signal(stopped_, SIGCONT);
      stopped_.clear();
    } else {
      ASSERT_TRUE(WriteFileAtomically(FileOf(provider), file_).ok());
    }
    ASSERT_TRUE(AwaitAvailable(provider, true));
  }

  // An application whose answers are not cached is refused, and what runs of it is left as it is.
  void ExpectRefused(const WebApplication& application, const std::string& reason) const {
    const CommandResult refused = Apply(application.name, Text(application));
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.err, HasSubstr("error: "));
    EXPECT_THAT(refused.err, HasSubstr(reason));
  }

  void ExpectAppliedFromCache(const WebApplication& application, const std::string& reason) const {
    const CommandResult applied = Apply(application.name, Text(application));
    EXPECT_EQ(applied.status, 0) << applied.err;
    EXPECT_THAT(applied.err, HasSubstr("warning: " + reason));
    EXPECT_THAT(applied.err, HasSubstr("its earlier answer for"));
    EXPECT_TRUE(Await("so many pods", [&] {
      return Pods(InstanceOf(application.name)).size() == static_cast<size_t>(application.replicas);
    }));
  }

  void ExpectUndisturbed() const { EXPECT_EQ(Disturbed(pods_, Pods("running-web")), ""); }

 private:
  Runs pods_;            // Of the application "running".
  std::string stopped_;  // The process that is.
  std::string file_;     // A provider's file as it was.
};

TEST_P(ProviderAway, OfATraitMakesTheTraitUnknownAndLeavesItsComponentAsItIs) {
  ASSERT_NO_FATAL_FAILURE(TakeAway("manual-scaler"));
  const std::string reason = "the provider manual-scaler does not answer at unix:";
  ASSERT_TRUE(AwaitStatus("running", [&](const core::v1::Application& now) {
    const core::v1::ComponentStatus& component = now.components(0);
    const common::v1::Health& trait = component.traits(0).health();
    return component.health().verdict() == VERDICT_HEALTHY && !component.stale() &&
           trait.verdict() == VERDICT_UNKNOWN && absl::StrContains(trait.message(), reason);
  }));

  ASSERT_EQ(Apply("plain", Text({"plain"})).status, 0) << "it does not use the provider";
  EXPECT_TRUE(AwaitConverged("plain", {{"plain-web", 1}}));
  ExpectAppliedFromCache({"cached", 3}, reason);
  ExpectRefused({"running", 5}, reason);
  EXPECT_EQ(Find("running")->generation(), 1);
  ExpectUndisturbed();

  ASSERT_NO_FATAL_FAILURE(BringBack("manual-scaler"));
  EXPECT_TRUE(AwaitConverged("running", {{"running-web", 2}}));
  EXPECT_TRUE(AwaitConverged("cached", {{"cached-web", 3}}));
  ExpectUndisturbed();
}

TEST_P(ProviderAway, OfAWorkloadShowsItsLastVerdictAsStale) {
  ASSERT_NO_FATAL_FAILURE(TakeAway("server"));
  const std::string reason = "the provider server does not answer at unix:";
  ASSERT_TRUE(AwaitStatus("running", [&](const core::v1::Application& now) {
    const core::v1::ComponentStatus& component = now.components(0);
    return component.health().verdict() == VERDICT_HEALTHY && component.stale() &&
           absl::StrContains(component.stale_reason(), reason) &&
           component.traits(0).health().verdict() == VERDICT_HEALTHY;
  }));

  ExpectAppliedFromCache({"cached", 3}, reason);
  ExpectRefused({"fresh", 1}, reason);
  EXPECT_TRUE(absl::IsNotFound(Find("fresh").status()));
  ExpectUndisturbed();
  const CommandResult deleted = Weft({"delete", "cached", "--wait"});
  EXPECT_EQ(deleted.status, 0) << deleted.err << ": an application can go without its providers";

  ASSERT_NO_FATAL_FAILURE(BringBack("server"));
  EXPECT_TRUE(AwaitConverged("running", {{"running-web", 2}}));
  EXPECT_FALSE(OnlyComponent("running").stale());
  ExpectUndisturbed();
}

INSTANTIATE_TEST_SUITE_P(, ProviderAway,
                         testing::Values(Away{"Stopped", true, false},
                                         Away{"StoppedAndCoreRestarted", true, true},
                                         Away{"DeadAddress", false, false},
                                         Away{"DeadAddressAndCoreRestarted", false, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace weft::e2e
