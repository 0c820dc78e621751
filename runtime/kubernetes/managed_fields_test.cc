#include "runtime/kubernetes/managed_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weft::kubernetes {
namespace {

using testing::ElementsAre;

std::string Entry(const std::string& manager, const std::string& operation,
                  const std::string& fields, const std::string& more = "") {
  return absl::StrCat(R"({"manager":")", manager, R"(","operation":")", operation,
                      R"(","fieldsType":"FieldsV1","fieldsV1":)", fields, more, "}");
}

constexpr char kOwn[] =
    R"({"f:metadata":{"f:annotations":{"f:weft.dev/generation":{},"f:weft.dev/owner":{}},
        "f:labels":{"f:app":{}}},
        "f:spec":{"f:replicas":{},"f:template":{"f:spec":{
          "f:securityContext":{},
          "f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:name":{}}}}}}})";

// A Deployment as the API server gives it.
json::value Object(const std::string& managed, const std::string& image = "web:1",
                   const std::string& security = "{}", int replicas = 2) {
  return *json::Parse(absl::StrCat(
      R"({"metadata":{"annotations":{"weft.dev/generation":"7","weft.dev/owner":"d/a/web","x":"y"},)",
      R"("labels":{"app":"web"},"managedFields":[)", managed, R"(]},"spec":{"replicas":)", replicas,
      R"(,"template":{"spec":{"securityContext":)", security,
      R"(,"containers":[{"name":"web","image":")", image, R"("}]}}}})"));
}

std::string DigestOf(const json::value& object) { return Digest(object, ManagedFields(object)); }

std::vector<std::string> Pointers(const Leaves& leaves) {
  std::vector<std::string> pointers;
  for (const auto& [pointer, path] : leaves) pointers.push_back(pointer);
  return pointers;
}

TEST(ManagedFields, AreTheLeavesThatAManagerApplied) {
  const ManagedFields fields(Object(Entry("weft", "Apply", kOwn)));
  EXPECT_THAT(Pointers(fields.AppliedBy("weft")),
              ElementsAre("/metadata/annotations/weft.dev~1generation",
                          "/metadata/annotations/weft.dev~1owner", "/metadata/labels/app",
                          "/spec/replicas", "/spec/template/spec/containers[name=web]/image",
                          "/spec/template/spec/containers[name=web]/name",
                          "/spec/template/spec/securityContext"));
  EXPECT_TRUE(fields.AppliedBy("kubectl").empty());
}

TEST(ManagedFields, WhatIsUpdatedUnderOurNameIsNotApplied) {
  const ManagedFields fields(Object(Entry("weft", "Update", kOwn)));
  EXPECT_TRUE(fields.AppliedBy("weft").empty());
  EXPECT_EQ(fields.WriterOf("/spec/replicas"), "weft");
}

TEST(Digest, ChangesWithAValueOfOursAndWithNothingElse) {
  const std::string own = Entry("weft", "Apply", kOwn);
  const std::string before = DigestOf(Object(own));
  EXPECT_NE(DigestOf(Object(own, "web:2")), before);
  EXPECT_NE(DigestOf(Object(own, "web:1", "{}", 3)), before);
  // Somebody adds a label and a container's argument.
  const std::string others =
      Entry("kubectl", "Update", R"({"f:metadata":{"f:labels":{"f:b":{}}}})");
  EXPECT_EQ(DigestOf(Object(own + "," + others)), before);
  // The generation alone says nothing.
  json::value next = Object(own);
  next.at("metadata").at("annotations").at("weft.dev/generation") = "8";
  EXPECT_EQ(DigestOf(next), before);
}

TEST(Digest, ChangesWhenALeafIsNoLongerOurs) {
  const std::string before = DigestOf(Object(Entry("weft", "Apply", kOwn)));
  std::string less = kOwn;
  less.replace(less.find("\"f:replicas\":{},"), 16, "");
  EXPECT_NE(DigestOf(Object(Entry("weft", "Apply", less))), before);
}

TEST(Digest, LeavesOutWhatIsSteered) {
  const std::string managed =
      absl::StrCat(Entry("weft", "Apply", kOwn), ",",
                   Entry("weft-steer", "Apply", R"({"f:spec":{"f:replicas":{}}})"));
  EXPECT_EQ(DigestOf(Object(managed, "web:1", "{}", 2)),
            DigestOf(Object(managed, "web:1", "{}", 5)));
}

TEST(Digest, OfAnEmptyObjectIgnoresWhatOthersPutIntoIt) {
  const std::string own = Entry("weft", "Apply", kOwn);
  const std::string other =
      Entry("kubectl", "Update",
            R"({"f:spec":{"f:template":{"f:spec":{"f:securityContext":{"f:fsGroup":{}}}}}})");
  EXPECT_EQ(DigestOf(Object(own + "," + other, "web:1", R"({"fsGroup":1})")),
            DigestOf(Object(own)));
}

TEST(ManagedFields, NameTheLastOtherWriter) {
  const std::string image =
      R"({"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}})";
  const ManagedFields fields(
      Object(absl::StrCat(Entry("weft", "Apply", kOwn), ",",
                          Entry("late", "Update", image, R"(,"time":"2026-01-02T00:00:00Z")"), ",",
                          Entry("early", "Update", image, R"(,"time":"2026-01-01T00:00:00Z")"))));
  EXPECT_EQ(fields.WriterOf("/spec/template/spec/containers[name=web]/image"), "late");
  EXPECT_EQ(fields.WriterOf("/spec/replicas"), "");
}

TEST(ManagedFields, AGenerationThatSomebodyElseWroteIsNotBelieved) {
  const json::value ours = Object(Entry("weft", "Apply", kOwn));
  EXPECT_EQ(AcceptedGeneration(ours, ManagedFields(ours)), 7);
  EXPECT_EQ(OwnAnnotation(ours, ManagedFields(ours), "weft.dev/owner"), "d/a/web");
  const json::value theirs = Object(Entry("kubectl", "Update", kOwn));
  EXPECT_EQ(AcceptedGeneration(theirs, ManagedFields(theirs)), 0);
  EXPECT_EQ(OwnAnnotation(theirs, ManagedFields(theirs), "weft.dev/owner"), "");
}

}  // namespace
}  // namespace weft::kubernetes
