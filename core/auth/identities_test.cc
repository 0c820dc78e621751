#include "core/auth/identities.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "core/auth/testing.h"
#include "core/base/certificate.h"
#include "core/base/files.h"
#include "core/base/pending_restore.h"

namespace weft::auth {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const Subject kGreeter = {.identity = "provider/greeter", .dns_names = {"greeter.example"}};

class IdentitiesTest : public testing::Test {
 protected:
  std::string Ensure(const Subject& subject, absl::Time now = kNow) {
    const absl::StatusOr<std::string> directory = identities_.Ensure(subject, now);
    EXPECT_TRUE(directory.ok()) << directory.status();
    return directory.value_or("");
  }
  static std::string Text(const std::string& directory, const char* file = "tls.crt") {
    return ReadFileOrEmpty(directory + "/" + file);
  }
  // Whether the peer that has `to` accepts the one that has `from`.
  static bool Accepts(const std::string& to, const std::string& from, absl::Time now = kNow) {
    return CheckPeer(Text(from), "", Text(to, "ca.crt"), {}, now).ok();
  }

  const TestData data_;
  const Identities identities_{*data_};
};

TEST_F(IdentitiesTest, MakesTheAuthorityOnFirstNeed) {
  const std::string core = Ensure({.identity = "core/core", .dns_names = {}});
  EXPECT_EQ(core, data_->Below("identities/core"));
  EXPECT_TRUE(Accepts(core, core));
  EXPECT_TRUE(Accepts(core, Ensure(kGreeter)));
  EXPECT_TRUE(absl::IsAlreadyExists(identities_.Init(kNow)));
}

TEST_F(IdentitiesTest, KeysAreTheUsersAlone) {
  const std::string directory = Ensure(kGreeter);
  for (const std::string& file : {data_->Below("pki/ca.key"), directory + "/tls.key"}) {
    struct stat found;
    ASSERT_EQ(stat(file.c_str(), &found), 0) << file;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << file;
  }
}

TEST_F(IdentitiesTest, OfSeveralAuthoritiesMadeAtOnceOneCounts) {
  std::vector<std::string> directories(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < directories.size(); ++i)
    threads.emplace_back([&, i] {
      directories[i] = Ensure({.identity = "user/" + std::to_string(i), .dns_names = {}});
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& directory : directories)
    EXPECT_EQ(Text(directory, "ca.crt"), ReadFileOrEmpty(data_->Below("pki/ca.crt")));
}

TEST_F(IdentitiesTest, AnIdentityThatIsGoodStays) {
  const std::string before = Text(Ensure(kGreeter));
  EXPECT_EQ(Text(Ensure(kGreeter, kNow + absl::Hours(24 * 59))), before);
  EXPECT_NE(Text(Ensure(kGreeter, kNow + absl::Hours(24 * 61))), before);
}

TEST_F(IdentitiesTest, OtherHostsTakeAnotherCertificate) {
  const std::string directory = Ensure(kGreeter);
  Ensure({.identity = "provider/greeter", .dns_names = {"other.example"}});
  EXPECT_THAT(ReadCertificates(Text(directory))->front().dns_names,
              testing::ElementsAre("greeter.provider.weft", "other.example"));
}

TEST_F(IdentitiesTest, TwoIdentitiesCannotShareADirectory) {
  Ensure(kGreeter);
  const auto refused = identities_.Ensure({.identity = "runtime/greeter", .dns_names = {}}, kNow);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("holds the identity provider/greeter, not runtime/greeter"));
}

TEST_F(IdentitiesTest, RemovesOnlyTheIdentityThatIsThere) {
  const std::string directory = Ensure(kGreeter);
  EXPECT_TRUE(absl::IsNotFound(identities_.Remove("runtime/greeter")));
  EXPECT_TRUE(std::filesystem::exists(directory));
  EXPECT_TRUE(identities_.Remove("provider/greeter").ok());
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_TRUE(absl::IsNotFound(identities_.Remove("provider/greeter")));
}

TEST_F(IdentitiesTest, RenewsWhatHasLessThanAThirdOfItsLifeLeft) {
  const std::string directory = Ensure(kGreeter);
  const std::string first = Text(directory);
  const absl::Time later = kNow + absl::Hours(24 * 61);
  EXPECT_TRUE(identities_.Renew(kNow).ok());
  EXPECT_EQ(Text(directory), first);
  EXPECT_TRUE(identities_.Renew(later).ok());
  const Certificate renewed = ReadCertificates(Text(directory))->front();
  EXPECT_EQ(renewed.identity, "provider/greeter");
  EXPECT_EQ(renewed.dns_names, ReadCertificates(first)->front().dns_names);
  EXPECT_EQ(renewed.not_after, later + kCertificateLife);
}

// Docs: docs/security.md, "Rotation".
TEST_F(IdentitiesTest, AtEveryStepOfARotationEverybodyIsAccepted) {
  const std::string core = Ensure({.identity = "core/core", .dns_names = {}});
  const std::string away = data_->Below("away");  // A copy on another machine.
  ASSERT_TRUE(identities_.Issue(kGreeter, away, kNow).ok());
  ASSERT_TRUE(identities_.Rotate(kNow).ok());
  EXPECT_TRUE(Accepts(core, away));
  EXPECT_TRUE(Accepts(away, core));
  ASSERT_TRUE(identities_.Issue(kGreeter, away, kNow).ok());
  EXPECT_TRUE(Accepts(core, away));
  EXPECT_TRUE(Accepts(away, core));
  const std::string old = Text(core);
  ASSERT_TRUE(identities_.Retire(kNow).ok());
  EXPECT_TRUE(Accepts(core, away));
  EXPECT_TRUE(Accepts(away, core));
  EXPECT_FALSE(CheckPeer(old, "", Text(core, "ca.crt"), {}, kNow).ok());
}

TEST_F(IdentitiesTest, RotationNeedsAnAuthority) {
  EXPECT_TRUE(absl::IsNotFound(identities_.Rotate(kNow)));
  EXPECT_TRUE(absl::IsNotFound(identities_.Retire(kNow)));
}

// The inode of the directory is what a bind mount shows.
TEST_F(IdentitiesTest, AnIdentityIsReplacedInsideItsDirectory) {
  const std::string directory = Ensure(kGreeter);
  struct stat before, after;
  stat(directory.c_str(), &before);
  ASSERT_TRUE(identities_.Issue(kGreeter, directory, kNow).ok());
  stat(directory.c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);
  std::vector<std::string> links;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.is_symlink()) links.push_back(fs::read_symlink(entry.path()));
  EXPECT_EQ(links.size(), 4u);
  EXPECT_THAT(links, Each(testing::StartsWith("..")));  // Relative: they hold in a container too.
  EXPECT_EQ(std::distance(fs::directory_iterator(directory), {}), 5);
}

TEST_F(IdentitiesTest, FilesThatSomebodyPutThereAreReplaced) {
  const std::string directory = data_->Below("out");
  fs::create_directory(directory);
  std::ofstream(directory + "/tls.crt") << "old";
  ASSERT_TRUE(identities_.Issue(kGreeter, directory, kNow).ok());
  EXPECT_TRUE(ReadCertificates(Text(directory)).ok());
}

TEST_F(IdentitiesTest, SaysWhichKeyIsOfNoUse) {
  Ensure(kGreeter);
  std::ofstream(data_->Below("pki/ca.key")) << "broken";
  EXPECT_THAT(std::string(identities_.Issue(kGreeter, data_->Below("out"), kNow).message()),
              AllOf(HasSubstr("pki/ca.key"), HasSubstr("fits the key")));
}

TEST_F(IdentitiesTest, NothingChangesWhileARestoreIsNotFinished) {
  const std::string directory = Ensure(kGreeter);
  const std::string before = Text(directory);
  fs::create_directory(data_->Below(kRestoreMoving));
  for (const absl::Status& status :
       {identities_.Init(kNow), identities_.Rotate(kNow), identities_.Retire(kNow),
        identities_.Issue(kGreeter, directory, kNow), identities_.Remove(kGreeter.identity)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("weft restore"));
  }
  EXPECT_EQ(Text(directory), before);
  EXPECT_TRUE(LockIdentitiesToRestore(*data_).ok());
  fs::remove(data_->Below(kRestoreMoving));
  EXPECT_TRUE(identities_.Rotate(kNow).ok());
}

}  // namespace
}  // namespace weft::auth
