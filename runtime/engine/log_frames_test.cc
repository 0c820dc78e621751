#include "runtime/engine/log_frames.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

std::string Frame(const std::string& text) {
  std::string frame("\1\0\0\0\0\0", 6);
  frame += static_cast<char>(text.size() >> 8);
  frame += static_cast<char>(text.size() & 0xff);
  return frame + text;
}

TEST(LogFrames, GivesTheSameTextWhereverTheStreamIsCut) {
  const std::string stream =
      Frame("hello\n") + Frame("") + Frame(std::string(300, 'x')) + Frame("!");
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    std::string text;
    LogFrames frames([&](std::string_view piece) {
      text.append(piece);
      return true;
    });
    for (size_t at = 0; at < stream.size(); at += cut) frames.Take(stream.substr(at, cut));
    EXPECT_EQ(text, "hello\n" + std::string(300, 'x') + "!") << "cut at " << cut;
  }
}

TEST(LogFrames, EndsWhenTheReaderWantsNoMore) {
  LogFrames frames([](std::string_view) { return false; });
  EXPECT_FALSE(frames.Take(Frame("a") + Frame("b")));
}

}  // namespace
}  // namespace weft::engine
