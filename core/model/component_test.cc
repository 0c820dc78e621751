#include "core/model/component.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/model/testing.h"

namespace weft::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const ComponentSchematic& Everything() {
  static const auto& decoded = *new Decoded(DecodeTestData("everything.yaml"));
  EXPECT_THAT(decoded.diagnostics, IsEmpty()) << Full(decoded.diagnostics);
  return std::get<ComponentSchematic>(decoded.documents.at(0).value);
}

TEST(Component, HasItsMetadataAndPlatform) {
  const ComponentSchematic& component = Everything();
  EXPECT_EQ(component.metadata.name, "everything");
  EXPECT_EQ(component.metadata.name_space, "lab");
  EXPECT_THAT(component.metadata.labels,
              UnorderedElementsAre(Pair("tier", "back"), Pair("version", "7")));
  EXPECT_THAT(component.metadata.annotations, ElementsAre(Pair("description", "One of each")));
  EXPECT_EQ(component.workload_type, "core.oam.dev/v1alpha1.Server");
  EXPECT_EQ(component.os_type, "linux");
  EXPECT_EQ(component.arch, "arm64");
}

TEST(Component, HasParametersWithDefaultsOfTheirTypes) {
  std::vector<std::string> parameters;
  for (const Parameter& p : Everything().parameters) {
    parameters.push_back(absl::StrCat(p.name, " ", p.type, p.required ? " required " : " ",
                                      p.default_value ? json::Canonical(*p.default_value) : "-"));
  }
  EXPECT_THAT(parameters,
              ElementsAre("greeting string \"hello\"", "retries number required -",
                          "verbose boolean false", "limits object {\"hard\":[1,2],\"soft\":1.5}",
                          "hosts array -", "nothing null null"));
}

TEST(Component, HasContainersWithEnvironmentFilesAndPorts) {
  const Container& main = Everything().containers[0];
  EXPECT_EQ(main.image, "example/main:1");
  EXPECT_THAT(main.command, ElementsAre("/bin/main", "8080"));
  EXPECT_THAT(main.args, ElementsAre("--color", "always"));
  EXPECT_EQ(main.env[0].from_param, "greeting");
  EXPECT_EQ(main.env[0].value, "");
  EXPECT_EQ(main.env[1].value, "0755");  // The text, not the number 755.
  EXPECT_EQ(main.config[0].path, "/etc/main.conf");
  EXPECT_FALSE(main.config[0].value.has_value());
  EXPECT_EQ(main.config[1].value, "on top");
  EXPECT_EQ(main.ports[0].protocol, "TCP");
  EXPECT_EQ(main.ports[1].container_port, 53);
  EXPECT_EQ(main.ports[1].protocol, "UDP");
  EXPECT_EQ(main.image_pull_secret, "registry");
}

TEST(Component, HasResourcesInPlainUnits) {
  const Resources& resources = Everything().containers[0].resources;
  EXPECT_EQ(resources.cpu_millicores, 250);
  EXPECT_EQ(resources.memory_bytes, 64 << 20);
  EXPECT_EQ(resources.gpu_millis, 1000);
  ASSERT_THAT(resources.volumes, SizeIs(1));
  EXPECT_EQ(resources.volumes[0].disk_bytes, 2000000000);
  EXPECT_TRUE(resources.volumes[0].ephemeral);
  EXPECT_EQ(resources.volumes[0].access_mode, "RO");
  EXPECT_EQ(resources.volumes[0].sharing_policy, "Shared");
  EXPECT_EQ(json::Canonical(resources.extended[0]),
            "{\"name\":\"example.org/v1.Camera\",\"required\":\"2\"}");
}

TEST(Component, HasProbesWithTheDefaultsOfOam) {
  const Container& main = Everything().containers[0];
  EXPECT_THAT(main.liveness->exec, ElementsAre("test", "-f", "/alive"));
  EXPECT_EQ(main.liveness->initial_delay_seconds, 5);
  EXPECT_EQ(main.liveness->period_seconds, 10);
  EXPECT_EQ(main.liveness->timeout_seconds, 1);
  EXPECT_EQ(main.liveness->success_threshold, 1);
  EXPECT_EQ(main.liveness->failure_threshold, 3);
  EXPECT_EQ(main.readiness->http_get->path, "/ready");
  EXPECT_EQ(main.readiness->http_get->headers[0].value, "1");
  EXPECT_EQ(main.readiness->failure_threshold, 4);
  EXPECT_EQ(Everything().containers[1].readiness->tcp_port, 9000);
}

TEST(Component, HasWorkloadSettings) {
  const std::vector<WorkloadSetting>& settings = Everything().workload_settings;
  EXPECT_EQ(json::Canonical(*settings[0].value), "\"fast\"");
  EXPECT_TRUE(settings[0].required);
  EXPECT_EQ(settings[1].from_param, "retries");
  EXPECT_FALSE(settings[1].value.has_value());
}

constexpr char kHead[] =
    "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata:\n  name: a\nspec:\n";

// With a spec whose first container starts in line 9.
std::string WithContainer(const std::string& fields) {
  return "  workloadType: Web\n  containers:\n    - name: c\n      image: i\n" + fields;
}

TEST(Component, ReportsFieldsThatAreMissingUnknownOrOfTheWrongType) {
  Check(
      kHead,
      {
          {"no type", "  osType: linux\n", {"6:3 MISSING_FIELD /spec"}, "add \"workloadType\""},
          {"empty type", "  workloadType:\n", {"6:3 MISSING_FIELD /spec/workloadType"}, "a value"},
          {"a slip",
           "  workloadTyp: Web\n  workloadType: x/v1.Y\n",
           {"6:3 UNKNOWN_FIELD /spec/workloadTyp"},
           "workloadType"},
          {"nothing near",
           "  workloadType: x/v1.Y\n  replicas: 3\n",
           {"7:3 UNKNOWN_FIELD /spec/replicas"},
           ""},
          {"bad choice",
           "  workloadType: x/v1.Y\n  osType: linus\n  arch: x86\n",
           {"7:11 BAD_VALUE /spec/osType", "8:9 BAD_VALUE /spec/arch"},
           "write linux"},
          {"a map for a list",
           "  workloadType: Web\n  containers: {name: c}\n",
           {"7:15 WRONG_TYPE /spec/containers"},
           ""},
          {"a string for a map",
           "  workloadType: Web\n  containers: [c]\n",
           {"7:16 WRONG_TYPE /spec/containers/0"},
           ""},
          {"a container without image",
           "  workloadType: Web\n  containers:\n    - name: c\n",
           {"8:7 MISSING_FIELD /spec/containers/0"},
           "add \"image\""},
          {"a number for a string",
           WithContainer("") + "  parameters: [{name: 1, type: string}]\n",
           {"10:23 WRONG_TYPE /spec/parameters/0/name"},
           "in quotes"},
          {"same names",
           WithContainer("    - {name: c, image: j}\n"),
           {"10:14 DUPLICATE_NAME /spec/containers/1/name"},
           ""},
      });
}

TEST(Component, ReportsParametersThatDoNotFit) {
  const std::string head = WithContainer("") + "  parameters:\n";
  Check(kHead,
        {
            {"no type",
             head + "    - name: a\n",
             {"11:7 MISSING_FIELD /spec/parameters/0"},
             "add \"type\""},
            {"unknown type",
             head + "    - {name: a, type: int}\n",
             {"11:23 BAD_VALUE /spec/parameters/0/type"},
             ""},
            {"default",
             head + "    - {name: a, type: number, default: \"1\"}\n",
             {"11:40 WRONG_TYPE /spec/parameters/0/default"},
             ""},
            {"number for text", head + "    - {name: a, type: string, default: 1.10}\n", {}, ""},
            {"fromParam",
             WithContainer("      env: [{name: A, fromParam: tilte}]\n") +
                 "  parameters: [{name: title, type: string}]\n",
             {"10:34 UNKNOWN_PARAMETER /spec/containers/0/env/0/fromParam"},
             "write \"title\""},
            {"fromParam of a setting",
             WithContainer("") + "  workloadSettings: [{name: a, type: string, fromParam: b}]\n",
             {"10:57 UNKNOWN_PARAMETER /spec/workloadSettings/0/fromParam"},
             "declare it"},
            {"fromParam within the value of a setting",
             WithContainer("") +
                 "  parameters: [{name: debug, type: string}]\n"
                 "  workloadSettings:\n    - name: a\n      type: array\n"
                 "      value: [{name: D, fromParam: debug}, {in: {name: E, fromParam: debgu}}]\n",
             {"14:70 UNKNOWN_PARAMETER /spec/workloadSettings/0/value/1/in/fromParam"},
             "write \"debug\""},
        });
}

// Checklist, rule 5: neither fromParam nor value.
TEST(Rule5Environment, NeedsAValueFromSomewhere) {
  Check(kHead, {
                   {"env",
                    WithContainer("      env: [{name: A}]\n"),
                    {"10:13 MISSING_FIELD /spec/containers/0/env/0"},
                    "value: \"\""},
                   {"config",
                    WithContainer("      config: [{path: /a}]\n"),
                    {"10:16 MISSING_FIELD /spec/containers/0/config/0"},
                    ""},
                   {"empty", WithContainer("      env: [{name: A, value: \"\"}]\n"), {}, ""},
               });
}

// Checklist, rule 5, of settings.
TEST(Rule5Settings, ThatAreRequiredNeedAValueFromSomewhere) {
  const std::string settings =
      "  workloadType: x/v1.Y\n  parameters: [{name: p, type: string}]\n"
      "  workloadSettings:\n    - {name: a, type: string, required: true";
  Check(kHead, {
                   {"neither",
                    settings + "}\n",
                    {"9:7 MISSING_SETTING /spec/workloadSettings/0"},
                    "add one of them"},
                   {"an empty value", settings + ", value: \"\"}\n", {}, ""},
                   {"a parameter", settings + ", fromParam: p}\n", {}, ""},
               });
}

// Checklist, rule 7.
TEST(Rule7Probe, HasExactlyOneArm) {
  Check(kHead,
        {
            {"none",
             WithContainer("      livenessProbe: {periodSeconds: 1}\n"),
             {"10:22 PROBE_ARMS /spec/containers/0/livenessProbe"},
             ""},
            {"two",
             WithContainer("      livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}\n"),
             {"10:45 PROBE_ARMS /spec/containers/0/livenessProbe/tcpSocket"},
             "leave one"},
            {"no command",
             WithContainer("      readinessProbe: {exec: {}}\n"),
             {"10:30 MISSING_FIELD /spec/containers/0/readinessProbe/exec"},
             ""},
            {"bad numbers",
             WithContainer("      readinessProbe: {httpGet: {port: 0}, periodSeconds: 0, "
                           "timeoutSeconds: 1.5}\n"),
             {"10:40 BAD_VALUE /spec/containers/0/readinessProbe/httpGet/port",
              "10:59 BAD_VALUE /spec/containers/0/readinessProbe/periodSeconds",
              "10:78 WRONG_TYPE /spec/containers/0/readinessProbe/timeoutSeconds"},
             ""},
        });
}

TEST(Component, ReportsPortsThatCannotBe) {
  Check(
      kHead,
      {
          {"name",
           WithContainer("      ports: [{name: a-port-of-some-length, containerPort: 80}]\n"),
           {"10:22 BAD_NAME /spec/containers/0/ports/0/name"},
           ""},
          {"range",
           WithContainer("      ports: [{name: a, containerPort: 65536}]\n"),
           {"10:40 BAD_VALUE /spec/containers/0/ports/0/containerPort"},
           ""},
          {"text",
           WithContainer("      ports: [{name: a, containerPort: \"80\"}]\n"),
           {"10:40 WRONG_TYPE /spec/containers/0/ports/0/containerPort"},
           ""},
          {"protocol",
           WithContainer("      ports: [{name: a, containerPort: 80, protocol: tcp}]\n"),
           {"10:54 BAD_VALUE /spec/containers/0/ports/0/protocol"},
           "write TCP"},
          {"twice",
           WithContainer(
               "      ports: [{name: a, containerPort: 80}, {name: b, containerPort: 80}]\n"),
           {"10:70 DUPLICATE_NAME /spec/containers/0/ports/1/containerPort"},
           ""},
          {"another protocol",
           WithContainer("      ports: [{name: a, containerPort: 80}, {name: b, containerPort: 80, "
                         "protocol: UDP}]\n"),
           {},
           ""},
      });
}

// Checklist, rule 3.
TEST(Rule3Sizes, AreReportedAtTheirPlace) {
  Check(kHead,
        {
            {"unit",
             WithContainer("      resources: {memory: {required: 1Q}}\n"),
             {"10:38 BAD_QUANTITY /spec/containers/0/resources/memory/required"},
             ""},
            {"missing",
             WithContainer("      resources: {cpu: {}}\n"),
             {"10:24 MISSING_FIELD /spec/containers/0/resources/cpu"},
             "add \"required\""},
            {"number",
             WithContainer("      resources: {cpu: 0.5}\n"),
             {"10:24 WRONG_TYPE /spec/containers/0/resources/cpu"},
             ""},
            {"100MB", WithContainer("      resources: {memory: {required: 100MB}}\n"), {}, ""},
        });
}

TEST(Component, TakesBooleansOfYaml11WhereABooleanIsMeantAndNowhereElse) {
  const std::string parameter = WithContainer("") + "  parameters: [{name: a, type: boolean, ";
  Check(kHead, {
                   {"required", parameter + "required: yes, default: n}]\n", {}, ""},
                   {"quoted",
                    parameter + "default: \"yes\"}]\n",
                    {"10:50 WRONG_TYPE /spec/parameters/0/default"},
                    "without quotes"},
                   {"env",
                    WithContainer("      env: [{name: A, value: on}]\n"),
                    {"10:30 YAML_BOOLEAN /spec/containers/0/env/0/value"},
                    "\"on\""},
                   {"arg",
                    WithContainer("      args: [y]\n"),
                    {"10:14 YAML_BOOLEAN /spec/containers/0/args/0"},
                    "\"y\""},
                   {"true is text", WithContainer("      env: [{name: A, value: true}]\n"), {}, ""},
               });
}

TEST(Component, MergeKeysAreReadAsIfWrittenOut) {
  const std::string base =
      "  workloadType: Web\n  containers:\n    - &base\n      name: a\n      image: i\n";
  Check(kHead, {
                   {"a container on another", base + "    - <<: *base\n      name: b\n", {}, ""},
                   {"a name that is not overridden",
                    base + "    - <<: *base\n",
                    {"9:13 DUPLICATE_NAME /spec/containers/1/name"},
                    ""},
                   {"a mistake in what is merged",
                    base + "      prots: []\n    - <<: *base\n      name: b\n",
                    {"11:7 UNKNOWN_FIELD /spec/containers/0/prots"},
                    "write \"ports\""},
               });
}

}  // namespace
}  // namespace weft::model
