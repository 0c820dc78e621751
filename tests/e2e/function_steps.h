#pragma once

#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "core/base/files.h"
#include "plugins/workloads/faas/testing.h"
#include "tests/e2e/mesh.h"

namespace weft::e2e {

// What functions are held to on every runtime; `Base` is a Mesh that has one, whose gateway listens
// at a unix socket.
template <class Base>
class FunctionSteps : public Base {
 protected:
  using Base::Base;

  std::vector<std::string> UpOptions() override {
    socket_ = this->scratch() + "/gateway.sock";
    setenv("WEFT_FAAS_GATEWAY", ("unix:" + socket_).c_str(), 1);
    return Base::UpOptions();
  }
  void TearDown() override {
    Base::TearDown();
    unsetenv("WEFT_FAAS_GATEWAY");
  }

  void RunsThePublishedOneAtItsManualScalersValue() const {
    const std::string published = WEFT_SOURCE_DIR "/../shared/corpus/rudr/openfaasapp.yaml";
    if (!std::filesystem::exists(published)) GTEST_SKIP() << published << " is not there";
    this->ImportHello("functions/nodeinfo");
    const CommandResult applied = this->Weft({"apply", "-f", published});
    ASSERT_EQ(applied.status, 0) << applied.err;
    ASSERT_TRUE(this->AwaitConverged("openfaas", {{"nodeinfo", 2}}));
    const faas::Answer answer = FirstAnswer("nodeinfo");
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_THAT(answer.body, testing::StartsWith("Hello from nodeinfo-"));
    const faas::Answer list = faas::Client(socket_).Get("http://gateway/system/functions");
    EXPECT_THAT(list.body, testing::HasSubstr(R"("image":"functions/nodeinfo")"));
    EXPECT_THAT(list.body, testing::HasSubstr(R"("availableReplicas":2)"));
  }

  // The example, which goes back to zero after a second; at zero.
  void ApplyIdleExample() const {
    this->ImportHello();
    ASSERT_EQ(ApplyExampleWith("value: 30", "value: 1").status, 0);
    ASSERT_TRUE(AwaitZero());
  }
  // From the first request to the example at zero to its answer; at zero again afterwards.
  absl::Duration AnswerFromZeroAndGoBack() const {
    const absl::Time begin = absl::Now();
    const faas::Answer answer = FirstAnswer("greeter");
    const absl::Duration took = absl::Now() - begin;
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_THAT(answer.body, testing::StartsWith("Good morning from greeter-"));
    EXPECT_TRUE(AwaitZero());
    return took;
  }
  void SaysThatItIsIdle() const {
    // Its pods may be gone a moment before its provider has judged that.
    EXPECT_TRUE(this->AwaitStatus("greeting", [](const core::v1::Application& now) {
      return now.components_size() == 1 && now.components(0).health().reason() == "Idle";
    }));
    EXPECT_THAT(this->Weft({"status", "greeting"}).out,
                testing::HasSubstr("steers Deployment/greeter /spec/replicas = 0"));
  }

  void LosesNoRequestAcrossItsScaleUp() const {
    this->ImportHello();
    // One replica for every eight requests, and for what the connections ask as many as may be.
    const std::string concurrency = "    - {name: concurrency, type: number, value: 8}\n";
    ASSERT_EQ(ApplyExampleWith("value: 3\n", "value: 4\n" + concurrency).status, 0);
    ASSERT_TRUE(AwaitZero());
    // The gateway listens as soon as there is a function.
    ASSERT_TRUE(Await("the gateway", [&] {
      return faas::Client(socket_).Get("http://gateway/healthz").status == 200;
    }));
    const Load load = AskFor(absl::Seconds(30));
    EXPECT_THAT(load.lost, testing::IsEmpty());
    EXPECT_EQ(load.answers.size(), 4u) << testing::PrintToString(load.answers);
    EXPECT_GT(load.answered, kConnections * 30);
    std::cout << load.answered << " requests answered by " << load.answers.size() << " pods\n";
  }

 private:
  static constexpr int kConnections = 32;
  struct Load {
    int answered = 0;
    std::set<std::string> answers;
    std::vector<std::string> lost;
  };

  // Asks the example through so many connections, each of them again and again.
  Load AskFor(absl::Duration time) const {
    Load load;
    std::mutex mutex;
    const absl::Time end = absl::Now() + time;
    std::vector<std::thread> clients;
    for (int i = 0; i < kConnections; ++i) {
      clients.emplace_back([&] {
        faas::Client client(socket_);
        while (absl::Now() < end) {
          const faas::Answer answer = client.Get("http://gateway/function/greeter");
          std::lock_guard lock(mutex);
          if (answer.status == 200) {
            load.answers.insert(answer.body);
            ++load.answered;
          } else {
            load.lost.push_back(absl::StrCat(answer.status, " ", answer.error, answer.body));
          }
        }
      });
    }
    for (std::thread& client : clients) client.join();
    return load;
  }

  // The example's application with `from` replaced by `to`.
  CommandResult ApplyExampleWith(const std::string& from, const std::string& to) const {
    const std::string text =
        ReadFileOrEmpty(WEFT_SOURCE_DIR "/deploy/examples/function/function.yaml");
    EXPECT_THAT(text, testing::HasSubstr(from));
    return this->Apply("function", absl::StrReplaceAll(text, {{from, to}}));
  }
  testing::AssertionResult AwaitZero() const {
    return this->AwaitConverged("greeting", {{"greeter", 0}});
  }
  // The first answer: until there is a function there is no gateway.
  faas::Answer FirstAnswer(const std::string& function) const {
    faas::Client client(socket_);
    faas::Answer answer;
    EXPECT_TRUE(Await("the gateway", [&] {
      answer = client.Get(absl::StrCat("http://gateway/function/", function));
      return answer.status != 0 && answer.status != 404;
    }));
    return answer;
  }

  std::string socket_;
};

}  // namespace weft::e2e
