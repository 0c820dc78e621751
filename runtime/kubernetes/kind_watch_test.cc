#include "runtime/kubernetes/kind_watch.h"

#include <condition_variable>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/kubernetes/http_test_server.h"

namespace weft::kubernetes {
namespace {

using testing::HasSubstr;

std::string Service(const std::string& name, int version) {
  return absl::StrCat(R"({"metadata":{"namespace":"d","name":")", name, R"(","resourceVersion":")",
                      version, R"("}})");
}

std::string List(int version, const std::string& items, const std::string& token = "") {
  return absl::StrCat(R"({"metadata":{"resourceVersion":")", version, R"(","continue":")", token,
                      R"("},"items":[)", items, "]}");
}

std::string Event(const std::string& type, const std::string& object) {
  return absl::StrCat(R"({"type":")", type, R"(","object":)", object, "}\n");
}

std::string Answer(int status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status, " x\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

// One watch of Services, on a server that gives one scripted answer after the other.
class KindWatchTest : public testing::Test {
 protected:
  void Serve(std::vector<std::string> answers) {
    server_ = std::make_unique<TcpServer>([this, answers](Connection& connection) {
      for (const std::string& answer : answers) {
        const std::string head = connection.ReadHead();
        if (head.empty()) return;
        asked_.push_back(head.substr(0, head.find(" HTTP")));
        connection.Write(answer);
      }
      connection.WaitForEnd();
    });
    auto client = HttpClient::Make({.server = server_->url()}, "test");
    ASSERT_TRUE(client.ok());
    client_ = *std::move(client);
    watch_ = std::make_unique<KindWatch>(*client_, *client_, observations_,
                                         Resource{"v1", "Service", "services", true}, "a=b",
                                         [this](const absl::Status& status) {
                                           std::lock_guard lock(mutex_);
                                           ends_.push_back(status);
                                           ended_.notify_all();
                                         });
  }
  absl::Status WaitForEnd() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return !ends_.empty(); });
    absl::Status end = ends_.front();
    ends_.pop_front();
    return end;
  }
  std::string Told() {
    bool complete = false;
    std::string told;
    for (const auto& item : board_.List(complete)) absl::StrAppend(&told, item.ref.name, " ");
    return told + (complete ? "complete" : "");
  }
  // What was asked for, once the server has ended.
  const std::vector<std::string>& Asked() {
    watch_ = nullptr;
    client_ = nullptr;
    server_ = nullptr;
    return asked_;
  }

  runtime::Board board_;
  Observations observations_{board_};
  std::vector<std::string> asked_;
  std::unique_ptr<TcpServer> server_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::deque<absl::Status> ends_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<KindWatch> watch_;
};

TEST_F(KindWatchTest, ListsInPagesAndGoesOnFromThere) {
  Serve({Answer(200, List(10, Service("a", 3), "next")), Answer(200, List(10, Service("b", 4))),
         Answer(200, Event("ADDED", Service("c", 11)) + Event("DELETED", Service("a", 12)) +
                         Event("BOOKMARK", Service("", 20))),
         Answer(200, "")});
  ASSERT_TRUE(watch_->Begin().ok());
  EXPECT_TRUE(WaitForEnd().ok());
  EXPECT_EQ(Told(), "b c complete");
  ASSERT_TRUE(watch_->Begin().ok());
  EXPECT_TRUE(WaitForEnd().ok());
  const auto& asked = Asked();
  ASSERT_EQ(asked.size(), 4);
  EXPECT_EQ(asked[0], "GET /api/v1/services?labelSelector=a%3Db&limit=500&continue=");
  EXPECT_THAT(asked[1], HasSubstr("continue=next"));
  EXPECT_THAT(asked[2], HasSubstr("watch=1"));
  EXPECT_THAT(asked[2], HasSubstr("resourceVersion=10&"));
  EXPECT_THAT(asked[3], HasSubstr("resourceVersion=20&"));
}

TEST_F(KindWatchTest, ListsAgainWhenTheServerHasForgottenWhereItWas) {
  const std::string expired = R"({"kind":"Status","code":410,"message":"too old"})";
  Serve({Answer(200, List(10, Service("a", 3))), Answer(200, Event("ERROR", expired)),
         Answer(200, List(30, Service("b", 25))), Answer(410, expired), Answer(200, List(40, "")),
         Answer(200, "")});
  ASSERT_TRUE(watch_->Begin().ok());
  WaitForEnd().IgnoreError();
  EXPECT_EQ(Told(), "a complete");
  ASSERT_TRUE(watch_->Begin().ok());
  EXPECT_TRUE(absl::IsOutOfRange(WaitForEnd()));
  EXPECT_EQ(Told(), "b complete");
  ASSERT_TRUE(watch_->Begin().ok());
  WaitForEnd().IgnoreError();
  EXPECT_EQ(Told(), "complete");
  EXPECT_EQ(Asked().size(), 6);
}

TEST_F(KindWatchTest, AListThatFailsEndsNothing) {
  Serve({Answer(200, List(10, Service("a", 3))), Answer(200, Event("ERROR", "{}")),
         Answer(503, "no")});
  ASSERT_TRUE(watch_->Begin().ok());
  WaitForEnd().IgnoreError();
  EXPECT_TRUE(absl::IsUnavailable(watch_->Begin()));
  EXPECT_EQ(Told(), "a complete");
}

TEST_F(KindWatchTest, KeepsWhatItHeardBeforeItWasCutOff) {
  Serve({Answer(200, List(10, "")),
         "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + [](const std::string& event) {
           return absl::StrCat(absl::Hex(event.size()), "\r\n", event, "\r\nzz\r\n");
         }(Event("ADDED", Service("a", 11)))});
  ASSERT_TRUE(watch_->Begin().ok());
  EXPECT_TRUE(absl::IsUnavailable(WaitForEnd()));
  EXPECT_EQ(Told(), "a complete");
}

}  // namespace
}  // namespace weft::kubernetes
