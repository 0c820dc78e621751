// The core dies at any moment, as by kill -9, under many applications that come, change and go.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/data_directory.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/check/program.h"
#include "core/cli/client.h"
#include "core/cli/health.h"
#include "tests/e2e/documents.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft {
namespace {

constexpr int kApplications = 200;
constexpr int kUsers = 4;
constexpr int kKills = 200;                               // Unless WEFT_KILLS says another number.
constexpr auto kLatest = std::chrono::milliseconds(300);  // After the core serves.
constexpr absl::Duration kAnswer = absl::Seconds(30), kEnd = absl::Minutes(3);

std::string Bin(const std::string& name) { return absl::StrCat(WEFT_BIN_DIR, "/", name); }
std::string NameOf(int number) { return absl::StrCat("shop-", number); }

// What an application may be: a greeting, or nothing for one that is not there.
using Possible = std::set<std::optional<std::string>>;

// What its user knows of an application.
struct Known {
  Possible possible = {std::nullopt};
  int deletions = 0;  // That may have been carried out.
};

class KilledCore : public testing::Test {
 protected:
  KilledCore() {
    char folder[] = "/tmp/wkXXXXXX";
    folder_ = mkdtemp(folder);
    auto data = DataDirectory::Open(folder_ + "/d");
    EXPECT_TRUE(data.ok()) << data.status();
    data_.emplace(*std::move(data));
    std::filesystem::create_directory(data_->Below("providers"));
    std::filesystem::create_directory(data_->Below("runtimes"));
    runtime_.emplace(Start({Bin("weft-runtime-fake"), "--dump", folder_ + "/dump"}));
    Configure("runtimes", "fake", *runtime_);
    for (const char* name : {"server", "manual-scaler"}) {
      providers_.push_back(Start({Bin(absl::StrCat("weft-provider-", name))}));
      Configure("providers", name, providers_.back());
    }
    StartCore();
    channel_ = cli::Dial(data_->SocketAddress("core"));
    applications_ = core::v1::Applications::NewStub(channel_);
  }
  ~KilledCore() override { std::filesystem::remove_all(folder_); }

  static check::Program Start(const std::vector<std::string>& arguments) {
    auto program = check::Program::Start(arguments);
    EXPECT_TRUE(program.ok()) << program.status();
    return *std::move(program);
  }
  void Configure(const std::string& kind, const std::string& name, const check::Program& program) {
    std::ofstream(data_->Below(absl::StrCat(kind, "/", name, ".yaml")))
        << "name: " << name << "\naddress: " << program.address() << "\n"
        << (kind == "providers" ? absl::StrCat("artifact: ", check::Program::artifact(), "\n")
                                : "");
  }
  void StartCore() { core_.emplace(Start({Bin("weft-core"), "--data", data_->path()})); }
  void KillCore() { core_.reset(); }

  template <typename Call>
  static grpc::Status WithDeadline(const Call& call) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kAnswer));
    return call(context);
  }

  // What was answered counts, and of what was not answered either may be so.
  void Apply(int number, const std::string& greeting) {
    core::v1::ApplyRequest request;
    for (const std::string& text :
         {e2e::WebComponent(), e2e::Text({NameOf(number), 1 + number % 3, greeting})}) {
      core::v1::Document& document = *request.add_documents();
      document.set_name("shop.yaml");
      document.set_content(text);
    }
    core::v1::ApplyResponse response;
    const grpc::Status status = WithDeadline(
        [&](auto& context) { return applications_->Apply(&context, request, &response); });
    // With an error nothing was changed: a provider is not there again yet.
    for (const common::v1::Diagnostic& diagnostic : response.diagnostics()) {
      if (diagnostic.severity() == common::v1::SEVERITY_ERROR) return;
    }
    Known& known = known_[number];
    if (status.ok()) known.possible.clear();
    known.possible.insert(greeting);
  }
  void Delete(int number) {
    core::v1::DeleteApplicationRequest request;
    request.set_namespace_("default");
    request.set_name(NameOf(number));
    core::v1::DeleteApplicationResponse response;
    const grpc::Status status = WithDeadline(
        [&](auto& context) { return applications_->Delete(&context, request, &response); });
    Known& known = known_[number];
    ++known.deletions;
    if (status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND) known.possible.clear();
    known.possible.insert(std::nullopt);
  }

  // One of the users, who has some of the applications.
  void Use(int user) {
    std::minstd_rand random(user);
    for (int step = 0; !stop_; ++step) {
      const int number = static_cast<int>(random() % (kApplications / kUsers)) * kUsers + user;
      if (random() % 8 == 0) {
        Delete(number);
      } else {
        Apply(number, absl::StrCat("Hello ", user, " ", step));
      }
      ++steps_;
    }
  }

  // Everything is carried out, and what was deleted is gone.
  bool IsSettled() {
    core::v1::ListApplicationsRequest request;
    request.set_namespace_("default");
    request.set_page_size(1000);
    core::v1::ListApplicationsResponse response;
    if (!WithDeadline([&](auto& context) {
           return applications_->List(&context, request, &response);
         }).ok())
      return false;
    for (const core::v1::Application& application : response.applications()) {
      if (application.deleting() || !application.settled()) return false;
    }
    return true;
  }

  json::object EndRuntime() {
    runtime_->Terminate();
    EXPECT_EQ(runtime_->AwaitEnd(kAnswer).value_or(-1), 0);
    const auto dump = json::Parse(ReadFileOrEmpty(folder_ + "/dump"));
    EXPECT_TRUE(dump.ok()) << dump.status();
    return dump.ok() ? dump->as_object() : json::object();
  }

  std::string folder_;
  std::optional<DataDirectory> data_;
  std::optional<check::Program> runtime_, core_;
  std::vector<check::Program> providers_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<core::v1::Applications::Stub> applications_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> steps_ = 0;
  std::vector<Known> known_{kApplications};  // Each used by one user.
};

// What is on the platform of one kind of object, by application: its greeting, or "" for a Service.
std::optional<std::string> GreetingOf(const json::object& dump, const std::string& key) {
  const auto found = dump.find(key);
  if (found == dump.end() || !found->value().at("there").as_bool()) return std::nullopt;
  const json::value* env =
      json::FindPath(found->value(), {"object", "spec", "template", "spec", "containers"});
  if (env == nullptr) return "";
  for (const json::value& variable : env->at(0).at("env").as_array()) {
    if (json::GetString(variable, {"name"}) == "GREETING")
      return json::GetString(variable, {"value"});
  }
  return "";
}

TEST_F(KilledCore, LosesNothingAndDoublesNothing) {
  int kills = kKills;
  if (const char* told = getenv("WEFT_KILLS"); told != nullptr)
    ASSERT_TRUE(absl::SimpleAtoi(told, &kills));
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::minstd_rand random(seed);
  {
    std::vector<std::jthread> users;
    for (int user = 0; user < kUsers; ++user) users.emplace_back([this, user] { Use(user); });
    for (int kill = 0; kill < kills; ++kill) {
      // Also one that is not there yet.
      if (random() % 8 != 0) {
        while (!cli::IsServing(channel_, absl::Milliseconds(100))) continue;
      }
      std::this_thread::sleep_for(kLatest * (random() % 1000) / 1000);
      KillCore();
      StartCore();
    }
    stop_ = true;
  }
  RecordProperty("steps", steps_);
  EXPECT_GT(steps_, kApplications);

  const absl::Time end = absl::Now() + kEnd;
  while (!IsSettled()) {
    ASSERT_LT(absl::Now(), end) << "it does not converge";
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  KillCore();
  const json::object dump = EndRuntime();
  std::set<std::string> expected;
  for (int number = 0; number < kApplications; ++number) {
    const std::string instance = e2e::InstanceOf(NameOf(number));
    const std::string deployment = absl::StrCat("apps/v1/Deployment/default/", instance);
    const std::string service = absl::StrCat("v1/Service/default/", instance);
    const Known& known = known_[number];
    const auto greeting = GreetingOf(dump, deployment);
    EXPECT_TRUE(known.possible.contains(greeting))
        << deployment << " has " << greeting.value_or("(nothing)") << ", of which its user knows "
        << "nothing";
    EXPECT_EQ(GreetingOf(dump, service).has_value(), greeting.has_value()) << service;
    for (const std::string& key : {deployment, service}) {
      expected.insert(key);
      if (dump.contains(key))
        EXPECT_LE(dump.at(key).at("made").to_number<int>(), 1 + known.deletions) << key;
    }
  }
  for (const auto& [key, object] : dump)
    EXPECT_TRUE(expected.contains(std::string(key))) << key << " is of nobody";
}

}  // namespace
}  // namespace weft
