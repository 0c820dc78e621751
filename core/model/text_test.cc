#include "core/model/text.h"

#include <gtest/gtest.h>
#include <string>

namespace weft::model {
namespace {

TEST(Quoted, EscapesWhatATerminalWouldActOnAndNothingElse) {
  EXPECT_EQ(Quoted("it's é"), "\"it's é\"");
  EXPECT_EQ(Quoted("a\"b\\c\n\x1b[31m"), "\"a\\\"b\\\\c\\n\\033[31m\"");
  EXPECT_EQ(Quoted("\\'"), "\"\\\\'\"");
}

TEST(Quoted, CutsAfterSixtyCharactersBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  EXPECT_EQ(Quoted(umlauts), "\"" + umlauts + "\"");
  EXPECT_EQ(Quoted(umlauts + "ü"), "\"" + umlauts + "...\"");
}

TEST(TextIndex, ClampsToTheText) {
  const TextIndex index("ab\nü\n");
  EXPECT_EQ(index.At(0).column, 1);
  EXPECT_EQ(index.At(5).line, 2);
  EXPECT_EQ(index.At(5).column, 2);
  EXPECT_EQ(index.At(99).line, 3);
  EXPECT_EQ(TextIndex("").At(0).line, 1);
}

TEST(FindForbiddenByte, NamesTheFirstByteThatIsNotText) {
  EXPECT_FALSE(FindForbiddenByte("a\tb\r\n\xF4\x8F\xBF\xBF").has_value());
  for (const char* bad : {"ok\x7", "ok\xC0\x80", "ok\xED\xA0\x80", "ok\xF4\x90\x80\x80",
                          "ok\xE2\x82", "ok\x80", "ok\xFF"}) {
    EXPECT_EQ(FindForbiddenByte(bad), 2u) << bad;
  }
}

}  // namespace
}  // namespace weft::model
