#include "core/mesh/providers.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mesh/fake_provider.h"
#include "core/mesh/rights.h"
#include "core/store/keys.h"
#include "core/store/memory_store.h"

namespace weft::mesh {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::HasSubstr;

class ProvidersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/weft_providers_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::ofstream(directory_ + "/server.yaml") << "name: server\naddress: unix:/s.sock\n";
    pb::DescribeResponse description;
    description.set_version("1.2.3");
    description.add_protocol_versions("v1");
    pb::Capability* capability = description.add_capabilities();
    capability->set_kind(pb::CAPABILITY_KIND_WORKLOAD);
    capability->set_type("example.org/v1.Web");
    provider_->SetDescription(description);
  }
  void TearDown() override {
    providers_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Start() {
    providers_.reset();
    providers_ =
        std::make_unique<Providers>(Providers::Options{.directory = directory_,
                                                       .store = &store_,
                                                       .connect =
                                                           [this](const ProviderConfig& config) {
                                                             std::lock_guard lock(mutex_);
                                                             connected_.push_back(config.address);
                                                             return provider_;
                                                           },
                                                       .resolve =
                                                           [this](const ProviderConfig&) {
                                                             std::lock_guard lock(mutex_);
                                                             return pods_;
                                                           },
                                                       .on_change =
                                                           [this] {
                                                             std::lock_guard lock(mutex_);
                                                             ++changes_;
                                                             changed_.notify_all();
                                                           }});
    providers_->Start();
  }
  // Waits for changes until `holds`.
  bool Await(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), holds);
  }

  std::string directory_;
  store::MemoryStore store_;
  std::shared_ptr<FakeProvider> provider_ = std::make_shared<FakeProvider>();
  std::mutex mutex_;
  std::condition_variable changed_;
  int changes_ = 0;
  std::string pods_;                    // Where the application's pods are.
  std::vector<std::string> connected_;  // Addresses, in order.
  std::unique_ptr<Providers> providers_;
};

TEST_F(ProvidersTest, LearnsWhatAProviderServes) {
  Start();
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  EXPECT_THAT(providers_->types()->Names(catalog::TypeKind::kWorkload),
              ElementsAre("example.org/v1.Web"));
  EXPECT_EQ(providers_->states()[0].version, "1.2.3");
  EXPECT_NE(providers_->Find("server"), nullptr);
  EXPECT_EQ(providers_->Find("other"), nullptr);
  EXPECT_THAT(providers_->WhyAway("other"), HasSubstr("is not configured"));
}

TEST_F(ProvidersTest, RemembersTheTypesOfAProviderThatIsAway) {
  Start();
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  provider_->SetConnected(false);
  ASSERT_TRUE(Await([&] { return !providers_->WhyAway("server").empty(); }));
  EXPECT_THAT(providers_->WhyAway("server"), HasSubstr("does not answer at unix:/s.sock"));
  Start();  // As after a restart of the core.
  EXPECT_FALSE(providers_->states()[0].available);
  EXPECT_EQ(providers_->states()[0].version, "1.2.3");
  EXPECT_THAT(providers_->types()->Names(catalog::TypeKind::kWorkload),
              ElementsAre("example.org/v1.Web"));
}

TEST_F(ProvidersTest, FollowsTheConfiguration) {
  Start();
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  std::filesystem::remove(directory_ + "/server.yaml");
  ASSERT_TRUE(Await([&] { return providers_->states().empty(); }));
  EXPECT_TRUE(providers_->types()->types().empty());
}

TEST_F(ProvidersTest, ServesOnlyTheTypesThatAreAllowed) {
  std::ofstream(directory_ + "/server.yaml")
      << "name: server\naddress: unix:/s.sock\ntypes: [example.org/v1.Other]\n";
  Start();
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  EXPECT_TRUE(providers_->types()->types().empty());
}

TEST_F(ProvidersTest, OneThatAsksForSomethingElseThanWasAgreedToIsNotUsed) {
  pb::DescribeResponse description;
  provider_->Describe({}, [&](auto answer) { description = *std::move(answer); });
  std::ofstream(directory_ + "/server.yaml")
      << "name: server\naddress: unix:/s.sock\naccepted: " << RightsDigest(description) << "\n";
  Start();
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  provider_->SetConnected(false);
  ASSERT_TRUE(Await([&] { return !providers_->WhyAway("server").empty(); }));
  description.mutable_capabilities(0)->add_writes()->set_kind("Secret");
  provider_->SetDescription(description);
  provider_->SetConnected(true);
  EXPECT_TRUE(Await([&] {
    return providers_->WhyAway("server").find("something else than was agreed to") !=
           std::string::npos;
  })) << providers_->WhyAway("server");
}

TEST_F(ProvidersTest, FollowsThePodsOfAnApplication) {
  std::ofstream(directory_ + "/server.yaml")
      << "name: server\napplication: weft-system/server\nport: 50051\n"
         "identity: provider/server\ntypes: [example.org/v1.Web]\n";
  provider_->SetConnected(false);
  Start();
  EXPECT_THAT(providers_->WhyAway("server"), HasSubstr("has no pod that is ready"));
  const auto reaches = [&](const std::string& pods) {
    {
      std::lock_guard lock(mutex_);
      pods_ = pods;
    }
    return Await([&] { return providers_->states()[0].config.address == pods; });
  };
  provider_->SetConnected(true);
  ASSERT_TRUE(reaches("ipv4:10.0.0.1:50051"));
  ASSERT_TRUE(Await([&] { return providers_->WhyAway("server").empty(); }));
  ASSERT_TRUE(reaches("ipv4:10.0.0.2:50051"));
  EXPECT_THAT(providers_->types()->Names(catalog::TypeKind::kWorkload),
              ElementsAre("example.org/v1.Web"));
  EXPECT_THAT(connected_, ElementsAre("", "ipv4:10.0.0.1:50051", "ipv4:10.0.0.2:50051"));
}

TEST_F(ProvidersTest, SaysWhyAProviderOverTcpDoesNotAnswer) {
  std::ofstream(directory_ + "/server.yaml")
      << "name: server\naddress: server.example:1\nidentity: provider/server\n"
         "types: [example.org/v1.Web]\n";
  provider_->SetConnected(false);
  Start();
  ASSERT_TRUE(Await([&] {
    return providers_->WhyAway("server") ==
           "the provider server does not answer at server.example:1: it is away";
  }));
}

// The callback holds the object.
TEST_F(ProvidersTest, WaitsForTheAnswerOfAProviderThatIsNotConfiguredAnyMore) {
  std::promise<Callback<pb::DescribeResponse>> asked;
  provider_->describe = [&asked](Callback<pb::DescribeResponse> done) {
    asked.set_value(std::move(done));
  };
  Start();
  const Callback<pb::DescribeResponse> answer = asked.get_future().get();
  std::filesystem::remove(directory_ + "/server.yaml");
  ASSERT_TRUE(Await([&] { return providers_->states().empty(); }));
  const std::future<void> ended = std::async(std::launch::async, [this] { providers_.reset(); });
  EXPECT_EQ(ended.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  pb::DescribeResponse description;
  description.add_protocol_versions("v1");
  answer(description);
  ended.wait();
  EXPECT_TRUE(absl::IsNotFound(store_.Get(store::ProviderKey("server")).status()));
}

TEST_F(ProvidersTest, SaysWhyAProviderCannotBeUsed) {
  provider_->SetDescription({});
  Start();
  ASSERT_TRUE(Await([&] {
    return providers_->WhyAway("server").find("does not speak protocol version v1") !=
           std::string::npos;
  }));
}

}  // namespace
}  // namespace weft::mesh
