#include "plugins/workloads/pods/volumes.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "plugins/workloads/pods/objects.h"

namespace weft::pods {
namespace {

// A component "web" with a container for each list of volumes.
sdk::WorkloadRequest With(const std::vector<std::vector<sdk::Volume>>& volumes) {
  sdk::WorkloadRequest request;
  request.instance = {"d/a/web", "d", "a", "web", json::object{}};
  for (size_t i = 0; i < volumes.size(); ++i)
    request.containers.push_back(
        {.name = absl::StrCat("c", i), .image = "image:1", .volumes = volumes[i]});
  return request;
}

sdk::Volume Kept(const std::string& name) {
  return {.name = name, .mount_path = "/" + name, .disk_bytes = 5, .ephemeral = false};
}

// Each claim: its name, how it is accessed, its size.
std::vector<std::string> ClaimsOf(const sdk::WorkloadRequest& request) {
  sdk::Diagnostics diagnostics;
  sdk::Parts parts;
  AddVolumeSources(request, diagnostics, parts);
  EXPECT_TRUE(diagnostics.all().empty());
  std::vector<std::string> claims;
  for (const sdk::Parts::Part& part : parts.parts())
    claims.push_back(
        absl::StrCat(part.object.kind, " ", part.object.name, " ",
                     json::Canonical(*json::FindPath(part.value, {"spec", "accessModes"})), " ",
                     json::GetString(part.value, {"spec", "resources", "requests", "storage"})));
  return claims;
}

std::vector<std::string> Complaints(const sdk::WorkloadRequest& request) {
  sdk::Diagnostics diagnostics;
  sdk::Parts parts;
  AddVolumeSources(request, diagnostics, parts);
  std::vector<std::string> said;
  for (const auto& d : diagnostics.all()) said.push_back(d.code + " " + d.pointer);
  return said;
}

// "Recreate", or "" for what the platform does by itself.
std::string StrategyOf(const sdk::WorkloadRequest& request) {
  sdk::Parts parts;
  AddDeployment(request, parts);
  return json::GetString(parts.parts().at(0).value, {"spec", "strategy", "type"});
}

using Strings = std::vector<std::string>;

TEST(Volumes, ThatOutliveTheirReplicaAreClaimedAsTheComponentSays) {
  sdk::Volume read = Kept("read"), shared = Kept("shared"), unsaid = Kept("unsaid");
  read.read_only = true;
  shared.shared = true;
  unsaid.disk_bytes = 0;
  const sdk::WorkloadRequest request =
      With({{Kept("own"), read, shared, unsaid, {.name = "tmp", .mount_path = "/tmp"}}});
  EXPECT_EQ(ClaimsOf(request),
            (Strings{R"(PersistentVolumeClaim web-own ["ReadWriteOnce"] 5)",
                     R"(PersistentVolumeClaim web-read ["ReadOnlyMany"] 5)",
                     R"(PersistentVolumeClaim web-shared ["ReadWriteMany"] 5)",
                     R"(PersistentVolumeClaim web-unsaid ["ReadWriteOnce"] 1073741824)"}));
  EXPECT_EQ(json::Canonical(Volumes(request)),
            R"([{"name":"own","persistentVolumeClaim":{"claimName":"web-own"}},)"
            R"({"name":"read","persistentVolumeClaim":{"claimName":"web-read"}},)"
            R"({"name":"shared","persistentVolumeClaim":{"claimName":"web-shared"}},)"
            R"({"emptyDir":{},"name":"tmp"},)"
            R"({"name":"unsaid","persistentVolumeClaim":{"claimName":"web-unsaid"}}])");
}

TEST(Volumes, OfOneNameAreOneThatDoesWhatEveryContainerNeeds) {
  sdk::Volume read = Kept("data");
  read.read_only = true;
  read.disk_bytes = 9;
  EXPECT_EQ(ClaimsOf(With({{read}, {Kept("data")}})),
            Strings{R"(PersistentVolumeClaim web-data ["ReadWriteOnce"] 9)"});
  sdk::Volume shared = Kept("data");
  shared.shared = true;
  EXPECT_EQ(ClaimsOf(With({{Kept("data")}, {shared}})),
            Strings{R"(PersistentVolumeClaim web-data ["ReadWriteMany"] 5)"});
  EXPECT_EQ(Complaints(With({{Kept("data")}, {{.name = "data", .mount_path = "/data"}}})),
            Strings{"VOLUME_DIFFERS /containers/1/resources/volumes/0/disk/ephemeral"});
}

TEST(Volumes, ThatOnlyOneMayWriteToHaveTheOldPodsEndFirst) {
  EXPECT_EQ(StrategyOf(With({{Kept("data")}})), "Recreate");
  sdk::Volume read = Kept("data"), shared = Kept("data");
  read.read_only = true;
  shared.shared = true;
  EXPECT_EQ(StrategyOf(With({{read}})), "");
  EXPECT_EQ(StrategyOf(With({{shared}})), "");
  EXPECT_EQ(StrategyOf(With({{{.name = "tmp", .mount_path = "/tmp"}}})), "");
}

TEST(ClaimName, IsADnsLabelThatDiffersAlsoWhereItIsCut) {
  EXPECT_EQ(ClaimName("web", "data"), "web-data");
  const std::string instance(52, 'w');
  const std::string one = ClaimName(instance, "data-of-the-first");
  EXPECT_EQ(one.size(), 63u);
  EXPECT_NE(one, ClaimName(instance, "data-of-the-first-too"));
  EXPECT_EQ(one, ClaimName(instance, "data-of-the-first"));
}

}  // namespace
}  // namespace weft::pods
