#include "runtime/kubernetes/observations.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

using runtime::ObjectRef;
using runtime::Projection;

class ObservationsTest : public testing::Test {
 protected:
  static Projection Web(uint64_t generation) {
    Projection projection;
    projection.ref = {"apps/v1", "Deployment", "d", "web"};
    projection.generation = generation;
    return projection;
  }
  // "web:GENERATION" of all on the board, and whether absence is believed.
  std::string Told() {
    bool complete = false;
    std::string told;
    for (const Projection& item : board_.List(complete))
      absl::StrAppend(&told, item.ref.name, ":", item.generation, " ");
    return told + (complete ? "complete" : "");
  }

  runtime::Board board_;
  Observations observations_{board_};
  const ObjectRef web_ = Web(0).ref;
  const std::string key_ = runtime::KeyOf(web_);
};

TEST_F(ObservationsTest, AnAnswerAheadOfTheWatchIsNotUndoneByIt) {
  observations_.Applied(Web(2), 20);
  observations_.Watched(Web(1), 10);
  EXPECT_EQ(Told(), "web:2 ");
  observations_.Watched(Web(3), 30);
  EXPECT_EQ(Told(), "web:3 ");
}

TEST_F(ObservationsTest, ALateAnswerDoesNotBringBackWhatIsGone) {
  observations_.Watched(Web(1), 10);
  observations_.WatchedGone(web_, 20);
  observations_.Applied(Web(1), 15);
  EXPECT_EQ(Told(), "");
}

TEST_F(ObservationsTest, TheEndOfAnOldObjectIsNotThatOfItsSuccessor) {
  observations_.Watched(Web(1), 10);
  observations_.Applied(Web(1), 30);
  observations_.WatchedGone(web_, 20);
  EXPECT_EQ(Told(), "web:1 ");
}

TEST_F(ObservationsTest, AListEndsWhatItDoesNotHaveUnlessThatIsYounger) {
  observations_.Watched(Web(1), 10);
  observations_.Listed("apps/v1", "Deployment", {}, 20);
  EXPECT_EQ(Told(), "complete");
  observations_.Applied(Web(2), 40);
  observations_.Listed("apps/v1", "Deployment", {}, 30);
  EXPECT_EQ(Told(), "web:2 complete");
  observations_.Listed("apps/v1", "Deployment", {key_}, 50);
  EXPECT_EQ(Told(), "web:2 complete");
}

TEST_F(ObservationsTest, AbsenceIsBelievedOnceEveryKindWasListed) {
  observations_.Expect("apps/v1", "Deployment");
  observations_.Expect("v1", "Service");
  observations_.Listed("v1", "Service", {}, 5);
  EXPECT_EQ(Told(), "");
  EXPECT_FALSE(observations_.SeemsAbsent(web_));
  observations_.Listed("apps/v1", "Deployment", {}, 6);
  EXPECT_EQ(Told(), "complete");
  EXPECT_TRUE(observations_.SeemsAbsent(web_));
  observations_.Applied(Web(1), 7);
  EXPECT_FALSE(observations_.SeemsAbsent(web_));
}

}  // namespace
}  // namespace weft::kubernetes
