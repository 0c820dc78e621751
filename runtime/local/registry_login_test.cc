#include "runtime/local/registry_login.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

TEST(RegistryLogin, AnImageComesFromTheRegistryInItsName) {
  EXPECT_EQ(RegistryOf("nginx"), "docker.io");
  EXPECT_EQ(RegistryOf("nginx:1.25"), "docker.io");
  EXPECT_EQ(RegistryOf("team/web:1"), "docker.io");
  EXPECT_EQ(RegistryOf("index.docker.io/team/web"), "docker.io");
  EXPECT_EQ(RegistryOf("quay.io/team/web@sha256:00"), "quay.io");
  EXPECT_EQ(RegistryOf("localhost/web"), "localhost");
  EXPECT_EQ(RegistryOf("registry:5000/web"), "registry:5000");
}

// The users of the logins for `image`.
std::string UsersFor(const std::string& image, const std::vector<std::string>& configs) {
  std::string users;
  for (const engine::RegistryLogin& login : LoginsFor(image, configs))
    absl::StrAppend(&users, users.empty() ? "" : " ", login.username);
  return users;
}

std::string Auths(const std::vector<std::pair<std::string, std::string>>& users) {
  std::string text;
  for (const auto& [key, user] : users)
    absl::StrAppend(&text, text.empty() ? "" : ",", "\"", key, R"(":{"username":")", user, "\"}");
  return absl::StrCat(R"({"auths":{)", text, "}}");
}

TEST(RegistryLogin, IsForItsRegistryWhateverTheKeyLooksLike) {
  for (const char* key : {"quay.io", "https://quay.io", "http://quay.io/", "quay.io/v1/",
                          "https://quay.io/v2/", "quay.io/team", "quay.io/team/web"})
    EXPECT_EQ(UsersFor("quay.io/team/web:1", {Auths({{key, "ann"}})}), "ann") << key;
  for (const char* key : {"quay.io:443", "docker.io", "quay.io/other", "quay.io/team/we", "io"})
    EXPECT_EQ(UsersFor("quay.io/team/web:1", {Auths({{key, "ann"}})}), "") << key;
  for (const char* key : {"https://index.docker.io/v1/", "docker.io", "docker.io/library/nginx"})
    EXPECT_EQ(UsersFor("nginx:1.25", {Auths({{key, "ann"}})}), "ann") << key;
  for (const char* image : {"nginx", "docker.io/nginx", "index.docker.io/library/nginx:1"})
    EXPECT_EQ(UsersFor(image, {Auths({{"docker.io/library/nginx", "ann"}})}), "ann") << image;
  EXPECT_EQ(UsersFor("index.docker.io/team/web", {Auths({{"docker.io/team", "ann"}})}), "ann");
  EXPECT_EQ(UsersFor("quay.io/web", {Auths({{"quay.io/web", "ann"}})}), "ann");
  EXPECT_EQ(UsersFor("ours.azurecr.io/web", {Auths({{"*.azurecr.io", "ann"}})}), "ann");
  EXPECT_EQ(UsersFor("a.ours.azurecr.io/web", {Auths({{"*.azurecr.io", "ann"}})}), "");
  EXPECT_EQ(UsersFor("registry:5000/web@sha256:00", {Auths({{"registry:5000/web", "ann"}})}),
            "ann");
}

TEST(RegistryLogin, OneForMoreOfTheNameGoesFirstAndThenTheOrderOfTheTexts) {
  EXPECT_EQ(
      UsersFor("quay.io/team/web", {Auths({{"quay.io", "first"}}), "no JSON", R"({"auths":[]})",
                                    Auths({{"quay.io", "second"}, {"quay.io/team", "team"}})}),
      "team first second");
}

TEST(RegistryLogin, StandsInOnePieceOrInTwoOrIsAToken) {
  const auto read = [](const std::string& entry) {
    const auto logins = LoginsFor("nginx", {R"({"auths":{"docker.io":)" + entry + "}}"});
    return logins.empty() ? engine::RegistryLogin() : logins[0];
  };
  const engine::RegistryLogin ann = {"https://index.docker.io/v1/", "ann", "a:b", ""};
  EXPECT_EQ(read(R"({"username":"ann","password":"a:b"})"), ann);
  EXPECT_EQ(read(R"({"auth":")" + absl::Base64Escape("ann:a:b") + R"("})"), ann);
  EXPECT_EQ(read(R"({"username":"bob","auth":")" + absl::Base64Escape("ann:a:b") + R"("})"), ann);
  EXPECT_EQ(read(R"({"identitytoken":"t"})").identity_token, "t");
  for (const char* none : {"{}", R"({"auth":"%"})", R"({"auth":""})", "[]", "3"})
    EXPECT_EQ(read(none), engine::RegistryLogin()) << none;
}

TEST(RegistryLogin, OfAHelperIsKnownThatItIsThere) {
  EXPECT_TRUE(HasHelperFor("nginx", {R"({"credsStore":"desktop"})"}));
  EXPECT_TRUE(HasHelperFor("quay.io/a", {R"({"credHelpers":{"quay.io":"x"}})"}));
  EXPECT_FALSE(HasHelperFor("nginx", {R"({"credHelpers":{"quay.io":"x"}})", "{}", "no JSON"}));
}

}  // namespace
}  // namespace weft::local
