#include "runtime/local/board.h"

#include <gtest/gtest.h>
#include <thread>

#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

Object Deployment(const std::string& name, uint64_t generation) {
  Object object;
  object.ref = {"apps/v1", "Deployment", "d", name};
  object.generation = generation;
  object.owner = "owner";
  return object;
}

Projection Pod(const std::string& name, const std::string& status = "{}") {
  Projection pod;
  pod.ref = {"v1", "Pod", "d", name};
  pod.status = status;
  return pod;
}

// All that there is to tell now, a word an event.
std::string Tell(Board::Subscription& subscription) {
  std::string told;
  while (const std::optional<BoardEvent> event = subscription.Next()) {
    switch (event->type) {
      case BoardEvent::Type::kChanged:
        absl::StrAppend(&told, "+", event->projection.ref.name, event->projection.status, " ");
        break;
      case BoardEvent::Type::kGone:
        absl::StrAppend(&told, "-", event->gone.name, " ");
        break;
      case BoardEvent::Type::kSynced:
        absl::StrAppend(&told, event->complete ? "complete " : "synced ");
        break;
    }
  }
  return told;
}

TEST(Board, TellsEverythingThenSyncedThenChanges) {
  Board board;
  board.SetObject(Deployment("a", 1));
  board.SetPods("Deployment/d/a", {Pod("a-1")});
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "+a{} +a-1{} synced ");
  board.SetPods("Deployment/d/a", {Pod("a-2")});
  EXPECT_EQ(Tell(*subscription), "-a-1 +a-2{} ");
  board.RemoveObject("Deployment/d/a");
  EXPECT_EQ(Tell(*subscription), "-a ");
}

TEST(Board, TellsASlowWatcherOnlyTheLatest) {
  Board board;
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "synced ");
  for (int i = 0; i < 1000; ++i) {
    board.SetPods("Deployment/d/a", {Pod("a-1", absl::StrCat("{\"i\":", i, "}"))});
    // One that came and went in between is not worth a word.
    board.SetPods("Deployment/d/b", {Pod(absl::StrCat("b-", i))});
  }
  board.SetPods("Deployment/d/b", {});
  EXPECT_EQ(Tell(*subscription), "+a-1{\"i\":999} ");
}

TEST(Board, WhatChangesBeforeItWasToldIsToldOnceInTheFirstList) {
  Board board;
  board.SetPods("Deployment/d/a", {Pod("a-1"), Pod("a-2")});
  const auto subscription = board.Subscribe([] {});
  board.SetPods("Deployment/d/a", {Pod("a-2", "{\"i\":1}")});
  EXPECT_EQ(Tell(*subscription), "+a-2{\"i\":1} synced ");
}

TEST(Board, SaysAgainWhenAbsenceMayBeBelieved) {
  Board board;
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "synced ");
  board.SetComplete();
  EXPECT_EQ(Tell(*subscription), "complete ");
  EXPECT_EQ(Tell(*board.Subscribe([] {})), "complete ");
}

TEST(Board, AStatusOfAnEarlierGenerationIsNotUpToDate) {
  Board board;
  board.SetObject(Deployment("a", 1));
  board.SetStatus("Deployment/d/a", 1, "{\"g\":1}", true);
  bool complete = true;
  EXPECT_TRUE(board.List(complete)[0].up_to_date);
  EXPECT_FALSE(complete);
  board.SetObject(Deployment("a", 2));
  EXPECT_FALSE(board.List(complete)[0].up_to_date);
  EXPECT_EQ(board.List(complete)[0].status, "{\"g\":1}");
  board.SetStatus("Deployment/d/a", 1, "{\"g\":1,\"late\":1}", true);
  EXPECT_FALSE(board.List(complete)[0].up_to_date);
  board.SetStatus("Deployment/d/a", 2, "{\"g\":2}", true);
  EXPECT_TRUE(board.List(complete)[0].up_to_date);
}

TEST(Board, AStatusDoesNotBringBackAnObjectThatIsGone) {
  Board board;
  board.SetStatus("Deployment/d/a", 1, "{}", true);
  bool complete = false;
  EXPECT_TRUE(board.List(complete).empty());
}

TEST(Board, NothingIsSaidWhenNothingChanged) {
  Board board;
  int notified = 0;
  const auto subscription = board.Subscribe([&] { ++notified; });
  board.SetPods("Deployment/d/a", {Pod("a-1")});
  board.SetPods("Deployment/d/a", {Pod("a-1")});
  EXPECT_EQ(notified, 1);
}

TEST(Board, WatchersComeAndGoWhileItChanges) {
  Board board;
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i)
      board.SetPods("Deployment/d/a", {Pod(absl::StrCat("a-", i % 7), absl::StrCat(i))});
  });
  for (int i = 0; i < 200; ++i) Tell(*board.Subscribe([] {}));
  writer.join();
  EXPECT_EQ(Tell(*board.Subscribe([] {})), "+a-41999 synced ");
}

}  // namespace
}  // namespace weft::local
