#include "core/base/readable.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Readable, KeepsTextOfAnyLanguage) {
  EXPECT_EQ(Readable("ein Fähnchen\tund 数据库\nEnde"), "ein Fähnchen\tund 数据库\nEnde");
}

TEST(Readable, WhatATerminalWouldObeyIsAQuestionMark) {
  EXPECT_EQ(Readable("\x1b[31mred\x07\x7f"), "?[31mred??");
  EXPECT_EQ(Readable("\xc2\x9b"
                     "31m"),
            "?31m")
      << "a control of the other half";
}

TEST(Readable, WhatIsNoUtf8IsAQuestionMark) {
  EXPECT_EQ(Readable("a\xff"
                     "b"),
            "a?b");
  EXPECT_EQ(Readable("\xe6\x95"), "??") << "cut within";
  EXPECT_EQ(Readable("\xed\xa0\x80"), "???") << "a surrogate";
}

TEST(Readable, ACarriageReturnEndsALine) {
  EXPECT_EQ(Readable("10%\r20%\r\nend\r\n"), "10%\n20%\nend\n");
}

TEST(CutTo, EndsBetweenCharacters) {
  EXPECT_EQ(CutTo("数据", 6), "数据");
  EXPECT_EQ(CutTo("数据", 5), "数");
  EXPECT_EQ(CutTo("数据", 3), "数");
  EXPECT_EQ(CutTo("数据", 2), "");
}

TEST(LastLine, IsTheLastThatIsNotBlank) {
  EXPECT_EQ(LastLine("one\n  two \n\n \n"), "two");
  EXPECT_EQ(LastLine("one"), "one");
  EXPECT_EQ(LastLine(" \n"), "");
}

TEST(LastLine, IsCutBetweenCharacters) {
  const std::string line = LastLine(std::string(199, 'x') + "数据库");
  EXPECT_EQ(line, std::string(199, 'x'));
}

}  // namespace
}  // namespace weft
