#include "runtime/kubernetes/http_client.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "absl/strings/str_cat.h"
#include "runtime/kubernetes/byte_stream.h"
#include "runtime/kubernetes/http_test_server.h"

namespace weft::kubernetes {
namespace {

using testing::HasSubstr;

std::unique_ptr<HttpClient> Client(ClusterAccess access) {
  auto client = HttpClient::Make(std::move(access), "test/1");
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

TEST(HttpClient, SendsTheRequestAndReturnsTheAnswerWhateverItsStatus) {
  std::string head, body;
  TcpServer server([&](Connection& connection) {
    head = connection.ReadHead();
    body = connection.ReadBody(2);
    connection.Write("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nslow");
  });
  const auto client = Client({.server = server.url(), .token = "secret"});
  const auto response = client->Send(
      {.method = "PATCH", .path = "/apis/x?a=b", .body = "{}", .content_type = "text/x"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->body, "slow");
  EXPECT_EQ(response->retry_after, absl::Seconds(7));
  EXPECT_EQ(body, "{}");
  for (const char* line : {"PATCH /apis/x?a=b HTTP/1.1\r\n", "Content-Type: text/x\r\n",
                           "Authorization: Bearer secret\r\n", "User-Agent: test/1\r\n"})
    EXPECT_THAT(head, HasSubstr(line));
  EXPECT_THAT(head, testing::Not(HasSubstr("Expect:")));
}

TEST(HttpClient, KeepsItsConnection) {
  TcpServer server([](Connection& connection) {
    while (!connection.ReadHead().empty())
      connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto client = Client({.server = server.url()});
  // A second connection would never be answered.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->Send({.path = "/"})->body, "ok");
}

TEST(HttpClient, SaysOfAServerThatIsAwayThatItIsUnavailable) {
  std::string url;
  {
    TcpServer server([](Connection&) {});
    url = server.url();
    Client({.server = url})->Send({.path = "/"}).IgnoreError();
  }
  const auto response = Client({.server = url})->Send({.path = "/version"});
  EXPECT_TRUE(absl::IsUnavailable(response.status()));
  EXPECT_THAT(std::string(response.status().message()), HasSubstr("GET " + url + "/version"));
}

TEST(HttpClient, DoesNotWaitLongerThanItIsAllowedTo) {
  TcpServer server([](Connection& connection) { connection.WaitForEnd(); });
  const auto client = Client({.server = server.url()});
  const auto response = client->Send({.path = "/", .timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsUnavailable(response.status()));
}

TEST(HttpClient, AsksForTheNameThatTheCertificateHasOfTheServerThatItConnectsTo) {
  std::string head;
  TcpServer server([&](Connection& connection) {
    head = connection.ReadHead();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto client = Client({.server = server.url() + "/k8s", .tls_server_name = "kubernetes"});
  const auto response = client->Send({.path = "/version"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(head, HasSubstr("GET /k8s/version"));
  EXPECT_THAT(head, HasSubstr("Host: kubernetes:"));
}

TEST(HttpClient, GivesAStreamInPiecesAsTheyCome) {
  std::promise<void> first, cut;
  TcpServer server([&](Connection& connection) {
    connection.ReadHead();
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    first.get_future().wait();
    connection.Write("3\r\ntwo\r\n");
    connection.WaitForEnd();
    cut.set_value();
  });
  const auto client = Client({.server = server.url()});
  std::promise<void> second;
  std::string got;  // Only on the client's thread until it is cut.
  auto stream = client->Open({.path = "/", .timeout = absl::InfiniteDuration()},
                             {[&](std::string_view bytes) {
                                got.append(bytes);
                                if (got == "one") first.set_value();
                                if (got == "onetwo") second.set_value();
                                return true;
                              },
                              [](auto) {}});
  second.get_future().wait();
  stream = nullptr;
  cut.get_future().wait();
  EXPECT_EQ(got, "onetwo");
}

TEST(ByteStream, HoldsTheServerBackUntilItIsRead) {
  // Far more than it holds, and than sockets do.
  constexpr size_t kLength = 32 << 20;
  TcpServer server([](Connection& connection) {
    connection.ReadHead();
    connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", kLength, "\r\n\r\n"));
    connection.Write(std::string(kLength, 'x'));
  });
  const auto client = Client({.server = server.url()});
  ByteStream stream(*client, {.path = "/", .timeout = absl::InfiniteDuration()});
  size_t read = 0;
  while (true) {
    const auto bytes = stream.Read("read");
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    if (!bytes->has_value()) break;
    EXPECT_LT((*bytes)->size(), 512 * 1024);
    read += (*bytes)->size();
  }
  EXPECT_EQ(read, kLength);
}

TEST(ByteStream, EndsWithTheAnswersFailure) {
  TcpServer server([](Connection& connection) {
    connection.ReadHead();
    connection.Write(
        "HTTP/1.1 404 Not Found\r\nContent-Length: 36\r\n\r\n"
        R"({"kind":"Status","message":"no pod"})");
  });
  const auto client = Client({.server = server.url()});
  ByteStream stream(*client, {.path = "/", .timeout = absl::InfiniteDuration()});
  const auto bytes = stream.Read("read the output");
  EXPECT_EQ(bytes.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(bytes.status().message(), "read the output: no pod");
}

TEST(ByteStream, CancelEndsAReaderThatWaits) {
  TcpServer server([](Connection& connection) { connection.WaitForEnd(); });
  const auto client = Client({.server = server.url()});
  ByteStream stream(*client, {.path = "/", .timeout = absl::InfiniteDuration()});
  std::thread reader([&] { EXPECT_TRUE(absl::IsCancelled(stream.Read("read").status())); });
  stream.Cancel();
  reader.join();
}

TEST(UrlEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(UrlEncode("weft.dev/installation=a_b~"), "weft.dev%2Finstallation%3Da_b~");
}

}  // namespace
}  // namespace weft::kubernetes
