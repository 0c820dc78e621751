#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/resolve/testing.h"

// Documents that others published; they stand beside the checkout or are not there at all.
namespace weft::resolve {
namespace {

using model::Brief;
using testing::ElementsAre;
using testing::SizeIs;

const std::filesystem::path kCorpus =
    std::filesystem::path(WEFT_SOURCE_DIR) / ".." / "shared" / "corpus" / "rudr";

// The two types that are served first.
catalog::TypeTable FirstTypes() {
  catalog::Type scaler = MakeTrait("manual-scaler", {"+scale"});
  scaler.schema = *json::Parse(R"({"type": "object", "required": ["replicaCount"],
    "properties": {"replicaCount": {"type": "integer", "minimum": 0}}})");
  return catalog::TypeTable(
      {MakeWorkload("core.oam.dev/v1alpha1.Server", {"Server"}, "/spec/replicas"), scaler});
}

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(kCorpus)) GTEST_SKIP() << "no corpus at " << kCorpus;
  }
  static std::vector<model::Document> Read(const std::string& file) {
    return model::DecodeText(model::ReadFile(kCorpus / file), file).documents;
  }
};

TEST_F(Corpus, ComponentsAndManualScalerApplyWithWarningsOnly) {
  const std::vector<model::Document> components = Read("components.yaml");
  ASSERT_THAT(components, SizeIs(7));
  size_t warnings = 0;
  for (const model::Document& component : components) {
    for (const model::Diagnostic& d : CheckComponent(component, FirstTypes())) {
      EXPECT_EQ(d.severity, model::Severity::kWarning) << Brief(d);
      EXPECT_EQ(d.code, "UNKNOWN_WORKLOAD_TYPE");
      ++warnings;
    }
  }
  EXPECT_EQ(warnings, 5u);  // All but the two servers.

  const Resolved resolved =
      World(components, {}, FirstTypes()).Resolve(Read("manual-scaler.yaml").at(0));
  EXPECT_THAT(
      Brief(resolved.diagnostics),
      ElementsAre("12:17 warning UNDECLARED_PARAMETER /spec/components/0/parameterValues/0/name",
                  "14:17 warning UNDECLARED_PARAMETER /spec/components/0/parameterValues/1/name"));
  const WorkloadInstance& instance = resolved.application.instances.at(0);
  EXPECT_EQ(instance.key, "default/manual-scaler-example/scaled-repsvc");
  EXPECT_EQ(instance.containers.at(0).image, "nginx:latest");
  EXPECT_EQ(instance.containers[0].memory_bytes, 128 << 20);
  EXPECT_EQ(instance.traits.at(0).key, instance.key + "/manual-scaler#0");
  EXPECT_EQ(json::GetInt(instance.traits[0].properties, {"replicaCount"}), 3);
}

TEST_F(Corpus, HelloworldTakesItsParameterFromTheApplication) {
  const Resolved resolved = World(Read("helloworld-python-component.yaml"), {}, FirstTypes())
                                .Resolve(Read("first-app-config.yaml").at(0));
  EXPECT_THAT(Brief(resolved.diagnostics),
              ElementsAre("15:17 UNKNOWN_TRAIT /spec/components/0/traits/0/name"));
  const std::vector<EnvironmentVariable>& env =
      resolved.application.instances.at(0).containers.at(0).env;
  EXPECT_EQ(env.at(0).value, "Rudr");
  EXPECT_EQ(env.at(1).value, "9999");
}

TEST_F(Corpus, SettingsOfAFunctionTakeTheApplicationsParameters) {
  const std::vector<model::Document> documents = Read("openfaasapp.yaml");
  catalog::Type scaler = MakeTrait("manual-scaler", {"+scale"});
  scaler.schema = *json::Parse(R"({"type": "object"})");
  const Resolved resolved =
      World(documents, {},
            catalog::TypeTable({MakeWorkload("openfaas.com/v1alpha2.Function", {}, "/spec/replicas",
                                             *json::Parse(R"({"type": "object"})")),
                                scaler}))
          .Resolve(documents.at(1));
  EXPECT_THAT(Brief(resolved.diagnostics), ElementsAre());
  EXPECT_EQ(json::Canonical(resolved.application.instances.at(0).properties),
            R"({"environment":[{"name":"write_debug","type":"string","value":"false"}],)"
            R"("handler":"node main.js","image":"functions/nodeinfo"})");
}

TEST_F(Corpus, WhatIsNotCarriedOutYetIsRefused) {
  EXPECT_THAT(
      Brief(
          World({}, {}, FirstTypes()).Resolve(Read("health-scope-config.yaml").at(0)).diagnostics),
      ElementsAre("7:7 NOT_SUPPORTED_YET /spec/scopes/0"));
  const std::vector<model::Document> volumes = Read("volumes.yaml");
  EXPECT_THAT(Brief(World(volumes, {}, FirstTypes()).Resolve(volumes.at(1)).diagnostics),
              ElementsAre("29:22 UNSUPPORTED_BY_TYPE /spec/components/0/componentName",
                          "32:17 UNKNOWN_TRAIT /spec/components/0/traits/0/name"));
}

}  // namespace
}  // namespace weft::resolve
