#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/json.h"
#include "core/scheduler/instance_reports.h"
#include "core/scheduler/records.h"
#include "core/scheduler/rerenderer.h"
#include "core/scheduler/testing.h"
#include "core/store/keys.h"

// For tests only: types that read what is reported.
namespace weft::scheduler {

namespace pb = ::weft::provider::v1;

inline constexpr char kRecord[] = "default/shop/front/record#0";

// The trait "record" waits until it has a state, and notes it; "neighbours" notes what the others
// gave out.
inline pb::Capability MakeTrait(const std::string& type, pb::Read reads) {
  pb::Capability trait;
  trait.set_kind(pb::CAPABILITY_KIND_TRAIT);
  trait.set_type(type);
  trait.add_applies_to("*");
  trait.add_reads(reads);
  pb::Write* write = trait.add_writes();
  write->set_api_version("*");
  write->set_kind("*");
  write->set_pointer("/metadata/annotations");
  write->set_mode(pb::WRITE_MODE_ADD);
  write = trait.add_writes();
  write->set_api_version("v1");
  write->set_kind("ConfigMap");
  write->set_mode(pb::WRITE_MODE_CREATE);
  return trait;
}

inline pb::RenderResponse Ready(const std::string& artifact) {
  pb::RenderResponse response;
  response.set_outcome(pb::OUTCOME_READY);
  response.set_artifact(artifact);
  return response;
}

inline pb::RenderResponse NotReady(const std::string& artifact, const std::string& reason) {
  pb::RenderResponse response = Ready(artifact);
  response.set_outcome(pb::OUTCOME_NOT_READY);
  response.set_reason(reason);
  response.mutable_retry_after()->set_seconds(30);
  return response;
}

inline void AddPart(pb::RenderResponse& response, const std::string& kind, const std::string& name,
                    const std::string& json) {
  pb::Part* part = response.add_parts();
  part->mutable_object()->set_api_version(kind == "Deployment" ? "apps/v1" : "v1");
  part->mutable_object()->set_kind(kind);
  part->mutable_object()->set_name(name);
  part->set_operation(pb::PART_OPERATION_MERGE);
  part->set_json(json);
}

// The state is a number of ConfigMaps to make, or text to note; of text that begins with "wait", or
// of none, there is no answer yet.
inline pb::RenderResponse RenderRecord(const pb::RenderTraitRequest& request) {
  const std::string& state = request.state();
  if (state.empty() || absl::StartsWith(state, "wait"))
    return NotReady(request.expected_artifact(), state.empty() ? "no record yet" : state);
  pb::RenderResponse response = Ready(request.expected_artifact());
  int count = 0;
  if (absl::SimpleAtoi(state, &count)) {
    for (int i = 0; i < count; ++i)
      AddPart(response, "ConfigMap", absl::StrCat("front-", i), R"({"data":{"a":"b"}})");
    return response;
  }
  AddPart(response, "Deployment", request.instance().name(),
          absl::StrCat(R"({"metadata":{"annotations":{"record":")", state, R"("}}})"));
  return response;
}

inline pb::RenderResponse RenderNeighbours(const pb::RenderTraitRequest& request) {
  std::string seen;
  for (const pb::Peer& peer : request.peers()) {
    for (const pb::Output& output : peer.outputs())
      absl::StrAppend(&seen, peer.name(), ".", output.name(), "=", output.value(), ";");
  }
  pb::RenderResponse response = Ready(request.expected_artifact());
  AddPart(response, "Deployment", request.instance().name(),
          absl::StrCat(R"({"metadata":{"annotations":{"seen":")", seen, R"("}}})"));
  return response;
}

class RerendererTest : public testing::Test {
 protected:
  void SetUp() override {
    pb::DescribeResponse description;
    description.add_protocol_versions("v1");
    *description.add_capabilities() = MakeTrait("record", pb::READ_STATE);
    *description.add_capabilities() = MakeTrait("neighbours", pb::READ_PEERS);
    *description.add_capabilities() = MakeTrait("place", pb::READ_TARGET);
    core_.traits->SetDescription(description);
    core_.traits->render_trait =
        [](const pb::RenderTraitRequest& request) -> absl::StatusOr<pb::RenderResponse> {
      if (request.instance().type() == "neighbours") return RenderNeighbours(request);
      if (request.instance().type() == "record") return RenderRecord(request);
      pb::RenderResponse response = Ready(request.expected_artifact());
      AddPart(response, "Deployment", request.instance().name(),
              absl::StrCat(R"({"metadata":{"annotations":{"runs":")", request.target().runtime(),
                           R"("}}})"));
      return response;
    };
    core_.SetConnected(*core_.traits, "traits", false);
    core_.SetConnected(*core_.traits, "traits", true);
    core_.StartScheduler();
  }

  core::v1::ApplyResponse Apply(const std::string& traits, const std::string& image = "site:1") {
    return core_.Apply({ComponentText(image), ApplicationText(traits)});
  }
  void Report(const std::string& state, const std::string& instance = kRecord,
              const std::string& url = "") {
    core::v1::ReportRequest request;
    request.set_instance(instance);
    request.set_state(state);
    if (!url.empty()) {
      request.add_outputs()->set_name("url");
      request.mutable_outputs(0)->set_value(url);
    }
    const absl::Status stored = StoreReport(
        request, [](const std::string&) { return absl::OkStatus(); },
        absl::ToUnixMillis(core_.Now()), core_.store);
    EXPECT_TRUE(stored.ok()) << stored;
    core_.rerenderer().Touch("default/shop");
  }
  // The annotation `name` of the Deployment of "front" or another; empty: there is none.
  std::string Noted(const std::string& name, const std::string& instance = "front") {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    const std::string key = absl::StrCat("apps/v1|Deployment|default|", instance);
    if (!desired.ok() || !desired->contains(key)) return "no object";
    return json::GetString(*json::Parse(desired->at(key).object().json()),
                           {"metadata", "annotations", name});
  }
  std::string Image() {
    const auto desired = ReadDesired(core_.store, "default", "shop");
    return desired->at(kFront).object().json();
  }
  int64_t Generation() {
    const auto stored = ReadApplication(core_.store, "default", "shop");
    return stored.ok() ? stored->record.generation() : 0;
  }
  std::vector<std::string> Due() { return Keys(core_.store, store::kRenderAgain); }

  TestCore core_;
};

}  // namespace weft::scheduler
