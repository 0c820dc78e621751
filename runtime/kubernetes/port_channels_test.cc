#include "runtime/kubernetes/port_channels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>

namespace weft::kubernetes {
namespace {

class Channels final : public PortChannels {
 public:
  explicit Channels(std::chrono::milliseconds silence = std::chrono::hours(1))
      : PortChannels(silence) {}
  void Wake() override {}
  void Cancel() override {}
  // As the API server begins: with the port, 80, on each channel.
  void Open() {
    Take(std::string_view("\0\x50\0", 3));
    Take(std::string_view("\1\x50\0", 3));
  }
};

TEST(PortChannels, DataComesInItsOrderWithoutThePortAndThenTheEnd) {
  Channels channels;
  channels.Open();
  channels.Take(std::string_view("\0one", 4));
  channels.Take(std::string_view("\0two", 4));
  channels.Close();
  EXPECT_EQ(*channels.Read(), "one");
  EXPECT_EQ(*channels.Read(), "two");
  EXPECT_EQ(*channels.Read(), "");
}

TEST(PortChannels, WhatThePodRefusesIsSaid) {
  Channels channels;
  channels.Open();
  channels.Take("\1connection refused");
  channels.Close();
  const absl::Status refused = channels.Read().status();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_EQ(refused.message(), "connection refused");
  EXPECT_TRUE(absl::IsUnavailable(channels.Write("late")));
}

TEST(PortChannels, AConnectionThatBreaksIsNoEnd) {
  Channels channels;
  channels.Open();
  channels.Take(std::string_view("\0half", 5));
  channels.End(absl::UnavailableError("connection reset"));
  EXPECT_EQ(*channels.Read(), "half");
  EXPECT_EQ(channels.Read().status().message(), "connection reset");
}

TEST(PortChannels, WhenBothSidesSayNothingItIsTheEnd) {
  Channels channels(std::chrono::milliseconds(20));
  channels.Open();
  std::thread reads([&] {
    EXPECT_EQ(*channels.Read(), "late");
    EXPECT_EQ(*channels.Read(), "");
  });
  channels.CloseWrite();
  channels.Take(std::string_view("\0late", 5));
  reads.join();
  EXPECT_TRUE(absl::IsUnavailable(channels.Write("later")));
}

TEST(PortChannels, MuchIsSentInPieces) {
  Channels channels;
  const std::string much(100'000, 'x');
  EXPECT_TRUE(channels.Write(much).ok());
  std::string sent;
  while (const std::optional<std::string> message = channels.NextToSend()) {
    EXPECT_EQ(message->front(), '\0');
    EXPECT_LE(message->size(), 32 * 1024 + 1);
    sent += message->substr(1);
  }
  EXPECT_EQ(sent, much);
}

}  // namespace
}  // namespace weft::kubernetes
