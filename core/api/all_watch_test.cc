// weft.core.v1.Applications.WatchAll.
#include <gmock/gmock.h>
#include <map>

#include "core/api/applications_testing.h"

namespace weft::api {
namespace {

using scheduler::ApplicationText;
using testing::ElementsAre;
using testing::IsEmpty;

using Reader = grpc::ClientReader<core::v1::WatchAllResponse>;

class AllWatchTest : public ApplicationsServiceTest {
 protected:
  void ApplyOne(const std::string& name) { core_.Apply({ApplicationText("", name, name)}); }
  std::unique_ptr<Reader> WatchAll(Call& call, const std::string& token = "",
                                   const std::string& ns = "") {
    core::v1::WatchAllRequest request;
    request.set_namespace_(ns);
    request.set_resume_token(token);
    return stub_->WatchAll(&call, request);
  }
  // What a watch tells until it is synced: the names, with what they are; and the last token.
  struct Told {
    std::vector<std::string> changed, gone;
    bool reset = false;
    std::string token;
  };
  static Told UntilSynced(Reader& reader) {
    Told told;
    core::v1::WatchAllResponse message;
    while (reader.Read(&message)) {
      Take(message, told);
      if (message.synced()) return told;
    }
    ADD_FAILURE() << reader.Finish().error_message();
    return told;
  }
  static void Take(const core::v1::WatchAllResponse& message, Told& told) {
    told.reset |= message.reset();
    for (const auto& application : message.changed()) told.changed.push_back(application.name());
    for (const auto& gone : message.gone()) told.gone.push_back(gone.name());
    if (!message.resume_token().empty()) told.token = message.resume_token();
  }
  // Reads until `name` is told as gone, or as healthy.
  static Told Until(Reader& reader, const std::string& name, bool gone) {
    Told told;
    core::v1::WatchAllResponse message;
    while (reader.Read(&message)) {
      Take(message, told);
      for (const auto& it : message.gone()) {
        if (gone && it.name() == name) return told;
      }
      for (const auto& it : message.changed()) {
        if (!gone && it.name() == name && it.settled()) return told;
      }
    }
    ADD_FAILURE() << reader.Finish().error_message();
    return told;
  }
};

TEST_F(AllWatchTest, TellsWhatThereIsThenWhatComesAndGoes) {
  Call call;
  const auto reader = WatchAll(call);
  const Told all = UntilSynced(*reader);
  EXPECT_TRUE(all.reset);
  EXPECT_THAT(all.changed, ElementsAre("shop"));
  EXPECT_FALSE(all.token.empty());
  ApplyOne("blog");
  const Told came = Until(*reader, "blog", /*gone=*/false);
  EXPECT_FALSE(came.reset);
  ASSERT_TRUE(Delete("blog").ok());
  EXPECT_THAT(Until(*reader, "blog", /*gone=*/true).gone, ElementsAre("blog"));
  call.TryCancel();
}

TEST_F(AllWatchTest, GoesOnWhereAnotherEnded) {
  Call first_call;
  const auto first = WatchAll(first_call);
  ApplyOne("blog");
  Until(*first, "blog", false);
  // Whatever was still on its way is told before what follows.
  ApplyOne("wiki");
  const Told told = Until(*first, "wiki", false);
  first_call.TryCancel();
  ASSERT_TRUE(Delete("blog").ok());
  EXPECT_TRUE(scheduler::Await([&] {
    core::v1::Application blog;
    return Get("blog", &blog).error_code() == grpc::StatusCode::NOT_FOUND;
  }));
  Call call;
  const auto reader = WatchAll(call, told.token);
  const Told since = UntilSynced(*reader);
  EXPECT_FALSE(since.reset);
  EXPECT_THAT(since.gone, ElementsAre("blog"));
  call.TryCancel();
}

TEST_F(AllWatchTest, ATokenOfAnotherProcessBeginsAnewAndOneOfNoWatchIsRefused) {
  Call call;
  const auto reader = WatchAll(call, "0123456789abcdef-7");
  const Told all = UntilSynced(*reader);
  EXPECT_TRUE(all.reset);
  EXPECT_THAT(all.changed, ElementsAre("shop"));
  call.TryCancel();
  Call refused;
  core::v1::WatchAllResponse message;
  const auto none = WatchAll(refused, "nonsense");
  EXPECT_FALSE(none->Read(&message));
  EXPECT_EQ(none->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AllWatchTest, TellsOfOneNamespaceOnly) {
  Call call;
  const auto reader = WatchAll(call, "", "elsewhere");
  const Told all = UntilSynced(*reader);
  EXPECT_TRUE(all.reset);
  EXPECT_THAT(all.changed, IsEmpty());
  call.TryCancel();
}

TEST_F(AllWatchTest, ATokenComesAlsoWhereNothingThatIsWatchedChanges) {
  Call call;
  const auto reader = WatchAll(call, "", "elsewhere");
  const std::string before = UntilSynced(*reader).token;
  for (int i = 0; i < 1100; ++i) core_.scheduler().Touch("default/shop");
  core::v1::WatchAllResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.changed_size() + message.gone_size(), 0);
  EXPECT_NE(message.resume_token(), before);
  EXPECT_FALSE(message.resume_token().empty());
  call.TryCancel();
}

TEST_F(AllWatchTest, TellsMoreThanOneMessageHolds) {
  constexpr int kMany = 205;
  for (int i = 0; i < kMany; ++i) ApplyOne(absl::StrCat("app", i));
  Call call;
  const auto reader = WatchAll(call);
  std::map<std::string, int> names;
  for (const std::string& name : UntilSynced(*reader).changed) ++names[name];
  EXPECT_EQ(names.size(), kMany + 1U);
  call.TryCancel();
}

TEST_F(AllWatchTest, EndsWhenTheCoreDrains) {
  Call call;
  const auto reader = WatchAll(call);
  UntilSynced(*reader);
  service_->EndStreams();
  core::v1::WatchAllResponse message;
  while (reader->Read(&message)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace weft::api
