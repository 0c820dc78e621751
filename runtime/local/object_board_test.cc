#include "runtime/local/object_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "absl/strings/str_cat.h"

namespace weft::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kKey[] = "Deployment/d/a";

Object Deployment(uint64_t generation) {
  Object object;
  object.ref = {"apps/v1", "Deployment", "d", "a"};
  object.generation = generation;
  object.owner = "owner";
  return object;
}

Projection Pod(const std::string& name) {
  Projection pod;
  pod.ref = {"v1", "Pod", "d", name};
  return pod;
}

class ObjectBoardTest : public testing::Test {
 protected:
  std::vector<Projection> List() {
    bool complete = false;
    return objects_.board().List(complete);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const Projection& projection : List()) names.push_back(projection.ref.name);
    return names;
  }
  ObjectBoard objects_;
};

TEST_F(ObjectBoardTest, SaysWhatIsThereAndNotWhatIsGone) {
  objects_.SetObject(Deployment(1));
  objects_.SetPods(kKey, {Pod("a-1"), Pod("a-2")});
  EXPECT_THAT(Names(), ElementsAre("a", "a-1", "a-2"));
  objects_.SetPods(kKey, {Pod("a-2"), Pod("a-3")});
  EXPECT_THAT(Names(), ElementsAre("a", "a-2", "a-3"));
  objects_.RemoveObject(kKey);
  objects_.SetPods(kKey, {});
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ObjectBoardTest, PodsOfAnotherControllerStay) {
  objects_.SetPods(kKey, {Pod("a-1")});
  objects_.SetPods("Deployment/d/b", {Pod("b-1")});
  objects_.SetPods(kKey, {});
  EXPECT_THAT(Names(), ElementsAre("b-1"));
}

TEST_F(ObjectBoardTest, AStatusOfAnEarlierGenerationIsNotUpToDate) {
  objects_.SetObject(Deployment(1));
  objects_.SetStatus(kKey, 1, "{\"g\":1}", true);
  EXPECT_TRUE(List()[0].up_to_date);
  objects_.SetObject(Deployment(2));
  EXPECT_FALSE(List()[0].up_to_date);
  EXPECT_EQ(List()[0].status, "{\"g\":1}");
  objects_.SetStatus(kKey, 1, "{\"g\":1,\"late\":1}", true);
  EXPECT_FALSE(List()[0].up_to_date);
  objects_.SetStatus(kKey, 2, "{\"g\":2}", true);
  EXPECT_TRUE(List()[0].up_to_date);
}

TEST_F(ObjectBoardTest, AStatusDoesNotBringBackAnObjectThatIsGone) {
  objects_.SetObject(Deployment(1));
  objects_.RemoveObject(kKey);
  objects_.SetStatus(kKey, 1, "{}", true);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ObjectBoardTest, WatchersComeAndGoWhileItChanges) {
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) {
      objects_.SetObject(Deployment(static_cast<uint64_t>(i + 1)));
      objects_.SetPods(kKey, {Pod(absl::StrCat("a-", i % 7))});
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto subscription = objects_.board().Subscribe([] {});
    while (subscription->Next().has_value()) continue;
  }
  writer.join();
  EXPECT_THAT(Names(), ElementsAre("a", "a-4"));
  EXPECT_EQ(List()[0].generation, 2000u);
}

}  // namespace
}  // namespace weft::local
