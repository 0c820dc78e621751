#include "runtime/kubernetes/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::kubernetes {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const json::value& Object() {
  static const json::value object = *json::Parse(
      R"({"metadata":{"annotations":{"a/b.c":"x"}},"spec":{"containers":[
        {"name":"a"},{"name":"web","ports":[{"containerPort":80}]}]}})");
  return object;
}

TEST(Refusal, NamesFieldsAsPointersWithIndices) {
  const std::pair<const char*, const char*> cases[] = {
      {"spec.containers[1].image", "/spec/containers/1/image"},
      {".spec.containers[name=\"web\"].imagee", "/spec/containers/1/imagee"},
      {".spec.containers[name=\"web\"].ports[containerPort=80,protocol=\"TCP\"].x",
       "/spec/containers/1/ports/0/x"},
      {"metadata.annotations[a/b.c]", "/metadata/annotations/a~1b.c"},
      {"", ""},
      {"spec.containers[9].x.y", "/spec/containers/9/x/y"}};
  for (const auto& [field, pointer] : cases) EXPECT_EQ(FieldToPointer(field, Object()), pointer);
}

ApiStatus Invalid(std::vector<ApiStatus::Cause> causes) {
  ApiStatus status;
  status.code = 422;
  status.message = "it is invalid";
  status.causes = std::move(causes);
  return status;
}

TEST(Refusal, IsOneProblemForEachCause) {
  const ApiStatus status =
      Invalid({{"FieldValueRequired", "Required value", "spec.containers[0].image"},
               {"FieldValueInvalid", "Invalid value: -1", "spec.replicas"}});
  EXPECT_THAT(
      ReadProblems(status, Object()),
      ElementsAre(Problem{"INVALID_VALUE", "/spec/containers/0/image",
                          "spec.containers[0].image: Required value"},
                  Problem{"INVALID_VALUE", "/spec/replicas", "spec.replicas: Invalid value: -1"}));
  EXPECT_THAT(ReadImmutable(status, Object()), IsEmpty());
}

TEST(Refusal, FindsUnknownFieldsInTheMessage) {
  ApiStatus strict;
  strict.code = 400;
  strict.message =
      R"(strict decoding error: unknown field "spec.foo", unknown field "spec.containers[1].bar")";
  EXPECT_THAT(
      ReadProblems(strict, Object()),
      ElementsAre(Problem{"UNSUPPORTED_FIELD", "/spec/foo", "Kubernetes has no field /spec/foo"},
                  Problem{"UNSUPPORTED_FIELD", "/spec/containers/1/bar",
                          "Kubernetes has no field /spec/containers/1/bar"}));
  ApiStatus typed;
  typed.code = 400;
  typed.message =
      "failed to create typed patch object (d/web; apps/v1, Kind=Deployment): "
      "errors:\n  .spec.containers[name=\"web\"].imagee: field not declared in schema\n"
      "  .spec.replicas: expected numeric (int or float), got string";
  EXPECT_THAT(ReadProblems(typed, Object()),
              ElementsAre(Problem{"UNSUPPORTED_FIELD", "/spec/containers/1/imagee",
                                  "Kubernetes has no field /spec/containers/1/imagee"},
                          Problem{"INVALID_VALUE", "/spec/replicas",
                                  "/spec/replicas: expected numeric (int or float), got string"}));
}

TEST(Refusal, ThatSaysNothingMoreIsOneProblemOfTheWhole) {
  ApiStatus denied;
  denied.code = 403;
  denied.message = "exceeded quota";
  EXPECT_THAT(ReadProblems(denied, Object()),
              ElementsAre(Problem{"RUNTIME_REFUSED", "", "exceeded quota"}));
}

TEST(Refusal, FindsWhatNobodyMayChange) {
  const ApiStatus status = Invalid(
      {{"FieldValueInvalid", "Invalid value: {}: field is immutable", "spec.selector"},
       {"FieldValueForbidden",
        "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
        "spec"},
       {"FieldValueInvalid", "Invalid value: \"x\": must be a number", "spec.replicas"}});
  EXPECT_THAT(ReadImmutable(status, Object()), ElementsAre("/spec/selector", "/spec"));
}

}  // namespace
}  // namespace weft::kubernetes
