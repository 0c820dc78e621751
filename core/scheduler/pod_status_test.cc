#include "core/scheduler/pod_status.h"

#include <gtest/gtest.h>
#include <string>

namespace weft::scheduler {
namespace {

core::v1::PodStatus Read(const std::string& status) {
  runtime::v1::Projection pod;
  pod.mutable_ref()->set_name("web-0");
  pod.set_status(status);
  return ReadPodStatus(pod);
}

TEST(PodStatus, IsReadyWhenAllOfItsContainersAre) {
  const auto with = [](const char* second) {
    return Read(std::string(R"({"phase":"Running","podIP":"10.0.0.1","containerStatuses":[
        {"ready":true,"restartCount":1,"containerID":"docker://a"},{"restartCount":2,"ready":)") +
                second + "}]}");
  };
  EXPECT_TRUE(with("true").ready());
  EXPECT_FALSE(with("false").ready());
  EXPECT_EQ(with("true").restarts(), 3);
  EXPECT_EQ(with("true").container_id(), "docker://a");
  EXPECT_EQ(with("true").ip(), "10.0.0.1");
}

TEST(PodStatus, SaysWhatTheContainersOfTheStartWaitFor) {
  const core::v1::PodStatus status = Read(R"({"phase":"Pending","initContainerStatuses":[
      {"ready":true,"state":{"terminated":{"reason":"Completed"}}},
      {"ready":false,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"exit code 1"}}}],
      "containerStatuses":[{"ready":false,"state":{"waiting":{"reason":"PodInitializing"}}}]})");
  EXPECT_EQ(status.reason(), "CrashLoopBackOff");
  EXPECT_EQ(status.message(), "exit code 1");
}

TEST(PodStatus, WhenThoseAreThroughTheOthersSpeak) {
  const core::v1::PodStatus status = Read(R"({"phase":"Pending","initContainerStatuses":[
      {"ready":true,"state":{"terminated":{"reason":"Completed"}}}],
      "containerStatuses":[{"ready":false,"state":{"waiting":{"reason":"ErrImagePull"}}}]})");
  EXPECT_EQ(status.reason(), "ErrImagePull");
}

TEST(PodStatus, WhatIsAboutToEndIsNotReady) {
  runtime::v1::Projection pod;
  pod.set_status(R"({"phase":"Running","containerStatuses":[{"ready":true}]})");
  EXPECT_FALSE(ReadPodStatus(pod).deleting());
  pod.set_deleting(true);
  EXPECT_TRUE(ReadPodStatus(pod).deleting());
  EXPECT_FALSE(ReadPodStatus(pod).ready());
}

TEST(PodStatus, OfWhatIsNoStatusIsEmpty) {
  EXPECT_FALSE(Read("").ready());
  EXPECT_FALSE(Read(R"({"containerStatuses":{}})").ready());
  EXPECT_EQ(Read("[]").name(), "web-0");
}

}  // namespace
}  // namespace weft::scheduler
