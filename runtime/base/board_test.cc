#include "runtime/base/board.h"

#include <gtest/gtest.h>
#include <thread>

#include "absl/strings/str_cat.h"

namespace weft::runtime {
namespace {

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
  board.Put(Pod("a"));
  board.Put(Pod("b"));
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "+a{} +b{} synced ");
  board.Put(Pod("c"));
  board.Remove("v1/Pod/d/a");
  EXPECT_EQ(Tell(*subscription), "+c{} -a ");
}

TEST(Board, TellsASlowWatcherOnlyTheLatest) {
  Board board;
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "synced ");
  for (int i = 0; i < 1000; ++i) {
    board.Put(Pod("a", absl::StrCat("{\"i\":", i, "}")));
    // One that came and went in between is not worth a word.
    board.Put(Pod(absl::StrCat("b", i)));
    board.Remove(absl::StrCat("v1/Pod/d/b", i));
  }
  EXPECT_EQ(Tell(*subscription), "+a{\"i\":999} ");
}

TEST(Board, WhatChangesBeforeItWasToldIsToldOnceInTheFirstList) {
  Board board;
  board.Put(Pod("a"));
  board.Put(Pod("b"));
  const auto subscription = board.Subscribe([] {});
  board.Put(Pod("b", "{\"i\":1}"));
  board.Remove("v1/Pod/d/a");
  EXPECT_EQ(Tell(*subscription), "+b{\"i\":1} synced ");
}

TEST(Board, SaysAgainWhenAbsenceMayBeBelieved) {
  Board board;
  const auto subscription = board.Subscribe([] {});
  EXPECT_EQ(Tell(*subscription), "synced ");
  board.SetComplete();
  EXPECT_EQ(Tell(*subscription), "complete ");
  board.SetComplete();
  EXPECT_EQ(Tell(*subscription), "");
  EXPECT_EQ(Tell(*board.Subscribe([] {})), "complete ");
}

TEST(Board, NotifiesOnlyOfNews) {
  Board board;
  int notified = 0;
  const auto subscription = board.Subscribe([&] { ++notified; });
  board.Put(Pod("a"));
  board.Put(Pod("a"));
  board.Remove("v1/Pod/d/unknown");
  EXPECT_EQ(notified, 1);
}

TEST(Board, IsChangedAndWatchedByManyThreads) {
  Board board;
  const auto subscription = board.Subscribe([] {});
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) board.Put(Pod("a", absl::StrCat("{\"i\":", i, "}")));
  });
  std::string last;
  const auto drain = [&] {
    while (const auto event = subscription->Next()) last = event->projection.status;
  };
  for (int i = 0; i < 1000; ++i) drain();
  writer.join();
  drain();
  EXPECT_EQ(last, "{\"i\":999}");
}

}  // namespace
}  // namespace weft::runtime
