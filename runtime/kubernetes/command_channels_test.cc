#include "runtime/kubernetes/command_channels.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace weft::kubernetes {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

class Channels final : public CommandChannels {
 public:
  explicit Channels(CommandSpec spec = {.input = true}, bool new_protocol = true)
      : CommandChannels(std::move(spec)) {
    UseProtocol(new_protocol ? "v5.channel.k8s.io" : "v4.channel.k8s.io");
  }
  void Wake() override { ++wakes; }
  void Cancel() override { cancelled = true; }
  std::atomic<int> wakes = 0;
  std::atomic<bool> cancelled = false;
};

std::string Bytes(std::string_view text) { return std::string(text); }

TEST(CommandChannels, OutputComesInItsOrderAndThenTheExitCode) {
  Channels channels;
  channels.Take("\1out");
  channels.Take("\2err");
  channels.Take("\1");  // It is open.
  channels.Take(
      "\3{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":["
      "{\"reason\":\"ExitCode\",\"message\":\"3\"}]}}");
  channels.End(absl::UnavailableError("closed"));
  auto first = channels.Read();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->bytes, "out");
  EXPECT_FALSE((*first)->error);
  auto second = channels.Read();
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->bytes, "err");
  EXPECT_TRUE((*second)->error);
  EXPECT_EQ(*channels.Read(), std::nullopt);
  EXPECT_EQ(*channels.ExitCode(), 3);
}

TEST(CommandChannels, SuccessIsZero) {
  Channels channels;
  channels.Take("\3{\"status\":\"Success\"}");
  EXPECT_EQ(*channels.Read(), std::nullopt);
  EXPECT_EQ(*channels.ExitCode(), 0);
}

TEST(CommandChannels, AProgramThatIsNotThereIsTheCallersFault) {
  Channels channels;
  channels.Take(
      "\3{\"status\":\"Failure\",\"message\":\"exec: \\\"x\\\": executable file not found in "
      "$PATH\"}");
  EXPECT_TRUE(absl::IsInvalidArgument(channels.Read().status()));
  Channels other;
  other.Take("\3{\"status\":\"Failure\",\"message\":\"something else\"}");
  EXPECT_TRUE(absl::IsUnavailable(other.Read().status()));
}

TEST(CommandChannels, WhatIsLostSaysSoAfterItsOutput) {
  Channels channels;
  channels.Take("\1out");
  channels.End(absl::UnavailableError("connection reset"));
  EXPECT_TRUE(channels.Read()->has_value());
  EXPECT_THAT(std::string(channels.Read().status().message()), HasSubstr("connection reset"));
  EXPECT_TRUE(absl::IsUnavailable(channels.Write("late")));
}

TEST(CommandChannels, WhatGoesThereBearsItsChannel) {
  Channels channels;
  EXPECT_TRUE(channels.Write("in").ok());
  EXPECT_TRUE(channels.Resize(80, 24).ok());
  channels.CloseInput();
  EXPECT_THAT(channels.NextToSend(), Optional(Eq(std::string("\0in", 3))));
  EXPECT_THAT(channels.NextToSend(), Optional(Eq(Bytes("\4{\"Width\":80,\"Height\":24}"))));
  EXPECT_THAT(channels.NextToSend(), Optional(Eq(std::string("\xff\0", 2))));
  EXPECT_EQ(channels.NextToSend(), std::nullopt);
  EXPECT_EQ(channels.wakes, 3);
}

TEST(CommandChannels, TheEndOfATerminalsInputIsTyped) {
  Channels channels({.input = true, .tty = true});
  channels.CloseInput();
  EXPECT_THAT(channels.NextToSend(), Optional(Eq(std::string("\0\4\4", 3))));
}

TEST(CommandChannels, TheOlderProtocolCannotCloseTheInputAndSaysSo) {
  Channels channels({.input = true}, /*new_protocol=*/false);
  channels.CloseInput();
  EXPECT_TRUE(channels.cancelled);
  EXPECT_TRUE(absl::IsFailedPrecondition(channels.Read().status()));
}

TEST(CommandChannels, WhoReadsSlowlyHoldsTheRestBack) {
  Channels channels;
  const std::string piece = "\1" + std::string(100'000, 'x');
  for (int i = 0; i < 3; ++i) channels.Take(piece);
  EXPECT_TRUE(channels.IsFull());
  EXPECT_TRUE(channels.Read()->has_value());
  EXPECT_EQ(channels.wakes, 1);
  EXPECT_FALSE(channels.IsFull());
}

TEST(CommandChannels, WhoWritesFastWaitsUntilItIsSentOrOver) {
  Channels channels;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (channels.Write(std::string(100'000, 'x')).ok()) ++written;
  });
  size_t sent = 0;
  while (sent < 10)
    if (channels.NextToSend().has_value()) ++sent;
  channels.End(absl::UnavailableError("over"));
  writer.join();
  EXPECT_LE(written, 10 + 3) << "no more than 256 KiB wait, and the one that goes over them";
}

}  // namespace
}  // namespace weft::kubernetes
