#include "core/auth/tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/auth/testing.h"

namespace weft::auth {
namespace {

using Kind = Caller::Kind;

class TokensTest : public testing::Test {
 protected:
  std::string New(const std::string& program) { return NewToken(*data_, program).value(); }

  const TestData data_;
  const Tokens tokens_{*data_};
};

TEST_F(TokensTest, ATokenNamesTheChildThatHasIt) {
  const std::string provider = New("weft-provider-cron-hpa");
  const std::string runtime = New("weft-runtime-local");
  EXPECT_EQ(provider.size(), 64u);
  EXPECT_EQ(tokens_.Find(provider).value(), (Caller{Kind::kProvider, "cron-hpa"}));
  EXPECT_EQ(tokens_.Find(runtime).value(), (Caller{Kind::kRuntime, "local"}));
}

TEST_F(TokensTest, AnUnknownTokenIsNobodys) {
  for (const char* token : {"", "weft-provider-x", "00"})
    EXPECT_TRUE(absl::IsUnauthenticated(tokens_.Find(token).status())) << token;
}

TEST_F(TokensTest, ARestartedChildHasAnotherTokenAndTheOthersKeepTheirs) {
  const std::string other = New("weft-provider-y");
  const std::string first = New("weft-provider-x");
  EXPECT_TRUE(tokens_.Find(first).ok());
  const std::string second = New("weft-provider-x");
  EXPECT_FALSE(tokens_.Find(first).ok());
  EXPECT_TRUE(tokens_.Find(second).ok());
  EXPECT_TRUE(tokens_.Find(other).ok());
}

TEST_F(TokensTest, TheFileIsTheUsersAlone) {
  New("weft-provider-x");
  struct stat file;
  ASSERT_EQ(stat(data_->Below("tokens").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(TokensTest, AProgramThatCallsNobodyIsNoCaller) {
  EXPECT_TRUE(absl::IsNotFound(CallerOf("weft-core").status()));
  EXPECT_FALSE(tokens_.Find(New("weft-core")).ok());
}

}  // namespace
}  // namespace weft::auth
