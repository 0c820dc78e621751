#include "core/resolve/resolve.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/resolve/testing.h"

namespace weft::resolve {
namespace {

using model::Brief;
using model::Full;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// One component "web", and an application whose components begin in line 13.
std::string WithComponent(const std::string& fields, const std::string& components) {
  return "apiVersion: core.oam.dev/v1alpha1\nkind: ComponentSchematic\nmetadata: {name: web}\n"
         "spec: {workloadType: Web, " +
         fields +
         "}\n---\n"
         "apiVersion: core.oam.dev/v1alpha1\nkind: ApplicationConfiguration\n"
         "metadata:\n  name: app\n  namespace: lab\nspec:\n  components:\n" +
         components;
}

std::string Use(const std::string& fields = "") {
  return "    - {componentName: web, instanceName: web" + fields + "}\n";
}

constexpr char kContainers[] = "containers: [{name: c, image: i}]";

TEST(Resolve, FillsAnApplicationIn) {
  const model::Decoded decoded = model::DecodeTestData("shop.yaml");
  const Resolved resolved = World(decoded.documents).Resolve(decoded.documents.back());
  ASSERT_THAT(resolved.diagnostics, IsEmpty()) << Full(resolved.diagnostics);
  EXPECT_EQ(resolved.application.name_space, "default");
  EXPECT_EQ(resolved.application.name, "shop");
  ASSERT_THAT(resolved.application.instances, SizeIs(2));

  const WorkloadInstance& front = resolved.application.instances[0];
  EXPECT_EQ(front.key, "default/shop/front");
  EXPECT_EQ(front.name, "front");
  EXPECT_EQ(front.component_name, "front-v1");
  EXPECT_EQ(front.revision, 7);
  EXPECT_EQ(front.type.name, "example.org/v1.Web");  // Written "Web".
  EXPECT_EQ(front.os_type, "linux");
  EXPECT_EQ(front.pointer, "/spec/components/0");
  EXPECT_EQ(json::Canonical(front.properties), "{}");
  ASSERT_THAT(front.containers, SizeIs(1));
  EXPECT_EQ(front.containers[0].cpu_millicores, 100);
  EXPECT_EQ(front.containers[0].memory_bytes, 32 << 20);
  EXPECT_EQ(front.containers[0].readiness->http_get->path, "/ready");
  std::vector<std::string> env;
  for (const EnvironmentVariable& e : front.containers[0].env)
    env.push_back(e.name + "=" + e.value);
  EXPECT_THAT(env, ElementsAre("TITLE=Shop of Turin", "STOCK=http://stock:8000", "PAGE_SIZE=50",
                               "DEBUG=no", "LANG=C.UTF-8"));

  ASSERT_THAT(front.traits, SizeIs(1));
  EXPECT_EQ(front.traits[0].key, "default/shop/front/scaler#0");
  EXPECT_EQ(json::Canonical(front.traits[0].properties), "{\"replicas\":3}");
  EXPECT_EQ(front.traits[0].pointer, "/spec/components/0/traits/0");
  EXPECT_EQ(resolved.application.instances[1].key, "default/shop/stock");
}

TEST(Resolve, SaysEverythingThatIsWrongAtOnce) {
  const model::Decoded shop = model::DecodeTestData("shop.yaml");
  const model::Decoded mistakes = model::DecodeTestData("mistakes.yaml");
  ASSERT_THAT(mistakes.documents, SizeIs(1)) << Full(mistakes.diagnostics);
  const Resolved resolved = World(shop.documents).Resolve(mistakes.documents[0]);
  EXPECT_THAT(
      Brief(resolved.diagnostics),
      ElementsAre("10:21 BAD_NAME /spec/components/0/instanceName",
                  "12:32 UNKNOWN_VARIABLE /spec/components/0/parameterValues/0/value",
                  "13:36 PARAMETER_TYPE /spec/components/0/parameterValues/1/value",
                  "14:18 warning UNDECLARED_PARAMETER /spec/components/0/parameterValues/2/name",
                  "18:13 UNKNOWN_PROPERTY /spec/components/0/traits/0/properties/replica",
                  "19:23 BAD_PROPERTY /spec/components/0/traits/0/properties/replicas",
                  "20:17 DUPLICATE_TRAIT /spec/components/0/traits/1/name",
                  "22:22 UNKNOWN_COMPONENT /spec/components/1/componentName",
                  "25:17 UNKNOWN_TRAIT /spec/components/1/traits/0/name",
                  "27:21 DUPLICATE_NAME /spec/components/2/instanceName",
                  "29:11 MISSING_PROPERTY /spec/components/2/traits/0/properties",
                  "29:17 TRAIT_NOT_APPLICABLE /spec/components/2/traits/0/name",

                  "32:17 TRAIT_CONFLICT /spec/components/2/traits/2/name"))
      << Full(resolved.diagnostics);
}

struct Case {
  const char* name;
  std::string fields;      // Of the component.
  std::string components;  // Of the application, from line 13.
  std::vector<std::string> expected;
  std::string says;  // A part of the first message and hint.
};

void Check(const std::vector<Case>& cases, const std::map<std::string, std::string>& owners = {}) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Resolved resolved = ResolveText(WithComponent(c.fields, c.components), owners);
    EXPECT_EQ(Brief(resolved.diagnostics), c.expected) << Full(resolved.diagnostics);
    const std::string said = resolved.diagnostics.empty() ? ""
                                                          : resolved.diagnostics[0].message + " " +
                                                                resolved.diagnostics[0].hint;
    EXPECT_THAT(said, HasSubstr(c.says));
  }
}

// Checklist, rules 1 and 2: what becomes a platform's name.
TEST(Rule1InstanceNames, AreLabelsUniqueInTheApplicationAndTheNamespace) {
  const std::string same = "    - {componentName: web, instanceName: one}\n";
  Check({{"letters",
          kContainers,
          "    - {componentName: web, instanceName: Web.1}\n",
          {"13:42 BAD_NAME /spec/components/0/instanceName"},
          "52 lower-case"},
         {"length",
          kContainers,
          "    - {componentName: web, instanceName: " + std::string(53, 'a') + "}\n",
          {"13:42 BAD_NAME /spec/components/0/instanceName"},
          ""},
         {"twice",
          kContainers,
          same + same,
          {"14:42 DUPLICATE_NAME /spec/components/1/instanceName"},
          "first in line 13"},
         {"another's",
          kContainers,
          "    - {componentName: web, instanceName: taken}\n",
          {"13:42 INSTANCE_OWNED /spec/components/0/instanceName"},
          "application \"other\""}},
        {{"taken", "other"}});
}

// Checklist, rule 12: a type that nobody serves is an error where an application uses it.
TEST(Rule12Types, MustBeServedWhereAnApplicationUsesThem) {
  const auto of_type = [](const std::string& type) {
    std::string text =
        WithComponent(kContainers, Use(", traits: [{name: sticky, properties: {replicas: 1}}]"));
    return ResolveText(text.replace(text.find("Web,"), 3, type));
  };
  const Resolved near = of_type("example.org/v1.Wed");
  ASSERT_THAT(Brief(near.diagnostics),
              ElementsAre("13:23 UNKNOWN_WORKLOAD_TYPE /spec/components/0/componentName"));
  EXPECT_THAT(near.diagnostics[0].message,
              HasSubstr("served: example.org/v1.Fixed, example.org/v1.Job, example.org/v1.Web"));
  EXPECT_THAT(near.diagnostics[0].hint, HasSubstr("example.org/v1.Web"));
  EXPECT_EQ(of_type("example.com/v9.Else").diagnostics[0].hint, "");
}

TEST(Resolve, NamesTheNearestComponent) {
  Check({{"near",
          kContainers,
          "    - {componentName: wep, instanceName: a}\n",
          {"13:23 UNKNOWN_COMPONENT /spec/components/0/componentName"},
          "write web"},
         {"none near",
          kContainers,
          "    - {componentName: database, instanceName: a}\n",
          {"13:23 UNKNOWN_COMPONENT /spec/components/0/componentName"},
          "apply the component first"}});
}

// Checklist, rule 5.
TEST(Rule5Parameters, FromParamWinsOverValueAndOneOfThemIsNeeded) {
  const std::string env =
      "containers: [{name: c, image: i, env: [{name: A, fromParam: p}, {name: B, fromParam: p}]}]";
  const std::string declared = ", parameters: [{name: p, type: string}]";
  Check({{"nothing at all",
          env + declared,
          Use(),
          {"13:7 MISSING_PARAMETER /spec/components/0"},
          "parameterValues"},
         {"given", env + declared, Use(", parameterValues: [{name: p, value: x}]"), {}, ""},
         {"empty is a value",
          env + declared,
          Use(", parameterValues: [{name: p, value: \"\"}]"),
          {},
          ""},
         {"required",
          std::string(kContainers) + ", parameters: [{name: p, type: string, required: true}]",
          Use(),
          {"13:7 MISSING_PARAMETER /spec/components/0"},
          "needs a value of its parameter \"p\""},
         {"required with a default",
          std::string(kContainers) +
              ", parameters: [{name: p, type: string, required: true, default: d}]",
          Use(),
          {},
          ""},
         {"wrong type, said once",
          env + declared,
          Use(", parameterValues: [{name: p, value: 1}]"),
          {"13:82 PARAMETER_TYPE /spec/components/0/parameterValues/0/value"},
          "in quotes"},
         {"not declared",
          kContainers,
          Use(", parameterValues: [{name: poet, value: Eliot}]"),
          {"13:72 warning UNDECLARED_PARAMETER /spec/components/0/parameterValues/0/name"},
          "no effect"}});
}

TEST(Resolve, ParametersBecomeTextInTheEnvironment) {
  const Resolved resolved = ResolveText(WithComponent(
      "parameters: [{name: num, type: number}, {name: b, type: boolean}, {name: o, type: object},"
      " {name: d, type: number, default: 100.0}],"
      "containers: [{name: c, image: i, env: [{name: NUM, fromParam: num}, {name: B, fromParam: b},"
      " {name: O, fromParam: o}, {name: D, fromParam: d}]}]",
      Use(", parameterValues: [{name: num, value: 1.50}, {name: b, value: true},"
          " {name: o, value: {z: 1, a: [x]}}]")));
  ASSERT_THAT(resolved.diagnostics, IsEmpty()) << Full(resolved.diagnostics);
  std::vector<std::string> env;
  for (const EnvironmentVariable& e : resolved.application.instances[0].containers[0].env) {
    env.push_back(e.value);
  }
  EXPECT_THAT(env, ElementsAre("1.5", "true", "{\"a\":[\"x\"],\"z\":1}", "100"));
}

// Checklist, rule 29.
TEST(Rule29Variables, AreReplacedWhereverTheyStandAndMustBeKnown) {
  const std::string text =
      WithComponent(
          kContainers,
          Use(", traits: [{name: label, properties: {whole: \"[fromVariable(num)]\", part: "
              "\"a-[fromVariable(num)]-[fromVariable(s)]\","
              " deep: [{x: \"[fromVariable(o)]\"}], plain: \"[fromVariable(n\"}}]")) +
      "  variables: [{name: num, value: 3}, {name: s, value: t}, {name: o, value: {k: 1}}]\n";
  const Resolved resolved = ResolveText(text);
  ASSERT_THAT(resolved.diagnostics, IsEmpty()) << Full(resolved.diagnostics);
  EXPECT_EQ(json::Canonical(resolved.application.instances[0].traits[0].properties),
            "{\"deep\":[{\"x\":{\"k\":1}}],\"part\":\"a-3-t\",\"plain\":\"[fromVariable(n\","
            "\"whole\":3}");

  Check({{"unknown",
          kContainers,
          Use(", traits: [{name: label, properties: {a: {b: [\"[fromVariable(siz)]\"]}}}]") +
              "  variables: [{name: size, value: 3}]\n",
          {"13:91 UNKNOWN_VARIABLE /spec/components/0/traits/0/properties/a/b/0"},
          "[fromVariable(size)]"},
         {"a variable of a variable",
          kContainers,
          Use() + "  variables: [{name: a, value: \"[fromVariable(b)]\"}, {name: b, value: 1}]\n",
          {"14:32 NESTED_VARIABLE /spec/variables/0/value"},
          ""}});
}

// Checklist, rules 15 to 17, 19 and 21: what follows from an error is not said again.
TEST(Rules15To21Traits, AreCheckedAgainstTheirTypes) {
  Check(
      {{"none like it",
        kContainers,
        Use(", traits: [{name: dance}]"),
        {"13:63 UNKNOWN_TRAIT /spec/components/0/traits/0/name"},
        "served are: fixed-size, label"},
       {"near",
        kContainers,
        Use(", traits: [{name: Scalar}]"),
        {"13:63 UNKNOWN_TRAIT /spec/components/0/traits/0/name"},
        "write scaler"},
       {"alias, once a type",
        kContainers,
        Use(", traits: [{name: example.org/v1.Scaler, properties: {replicas: 1}}, {name: scaler}]"),
        {"13:121 DUPLICATE_TRAIT /spec/components/0/traits/1/name"},
        "in line 13"},
       {"conflict said by the first",
        kContainers,
        Use(", traits: [{name: fixed-size, properties: {replicas: 1}}, {name: scaler, properties: "
            "{replicas: 1}}]"),
        {"13:110 TRAIT_CONFLICT /spec/components/0/traits/1/name"},
        "cannot stand beside"},
       {"conflict said by the second",
        kContainers,
        Use(", traits: [{name: scaler, properties: {replicas: 1}}, {name: fixed-size, properties: "
            "{replicas: 1}}]"),
        {"13:106 TRAIT_CONFLICT /spec/components/0/traits/1/name"},
        ""},
       {"a circle",
        kContainers,
        Use(", traits: [{name: ring-c}, {name: ring-a}, {name: label}, {name: ring-b}]"),
        {"13:110 AFTER_CYCLE /spec/components/0/traits/3/name"},
        "ring-c after ring-a after ring-b after ring-c"},
       {"no circle without one of them",
        kContainers,
        Use(", traits: [{name: ring-a}, {name: ring-b}]"),
        {},
        ""},
       {"any type", kContainers, Use(", traits: [{name: label}, {name: plain}]"), {}, ""},
       {"another type",
        kContainers,
        Use(", traits: [{name: sticky, properties: {replicas: 1}}]"),
        {"13:63 TRAIT_NOT_APPLICABLE /spec/components/0/traits/0/name"},
        "applies to example.org/v1.Fixed, example.org/v1.Job"},
       {"no properties",
        kContainers,
        Use(", traits: [{name: scaler}]"),
        {"13:56 MISSING_PROPERTY /spec/components/0/traits/0/properties"},
        "add \"replicas\", an integer from 0 to 100"},
       {"no schema takes nothing",
        kContainers,
        Use(", traits: [{name: plain, properties: {a: 1}}]"),
        {"13:83 UNKNOWN_PROPERTY /spec/components/0/traits/0/properties/a"},
        "none is known here"}});
}

TEST(Rule19AppliesTo, AScaleIsNeededWhereATraitAsksForOne) {
  const std::string text =
      WithComponent(kContainers, Use(", traits: [{name: scaler, properties: {replicas: 1}}]"));
  std::string fixed = text;
  fixed.replace(fixed.find("Web,"), 3, "Fixed");
  EXPECT_THAT(ResolveText(text).diagnostics, IsEmpty());
  const Resolved resolved = ResolveText(fixed);
  ASSERT_THAT(Brief(resolved.diagnostics),
              ElementsAre("13:63 TRAIT_NOT_APPLICABLE /spec/components/0/traits/0/name"));
  EXPECT_THAT(resolved.diagnostics[0].message, HasSubstr("any type with a scale"));
}

TEST(Resolve, WorkloadSettingsArePropertiesOfTheirType) {
  const auto with = [](const std::string& settings, const std::string& use) {
    std::string text = WithComponent(
        std::string(kContainers) + ", parameters: [{name: p, type: number}], workloadSettings: [" +
            settings + "]",
        Use(use));
    return ResolveText(text.replace(text.find("Web,"), 3, "Job"));
  };
  const Resolved good = with(
      "{name: tries, type: number, fromParam: p, value: 1}, {name: mode, type: string, value: m}",
      ", parameterValues: [{name: p, value: 5}]");
  EXPECT_THAT(good.diagnostics, IsEmpty()) << Full(good.diagnostics);
  EXPECT_EQ(json::Canonical(good.application.instances[0].properties),
            "{\"mode\":\"m\",\"tries\":5}");
  EXPECT_THAT(Brief(with("{name: tries, type: number, value: 0}", "").diagnostics),
              ElementsAre("13:23 BAD_PROPERTY /spec/components/0/componentName"));
  EXPECT_THAT(Brief(with("{name: treis, type: number, value: 2}", "").diagnostics),
              ElementsAre("13:23 UNKNOWN_PROPERTY /spec/components/0/componentName"));
  EXPECT_THAT(
      Brief(with("{name: tries, type: number, required: true, fromParam: p}", "").diagnostics),
      ElementsAre("13:7 MISSING_PARAMETER /spec/components/0"));
}

// Checklist, rule 5, of files.
TEST(Rule5Environment, FilesTakeAParameterBeforeAValue) {
  const auto with = [](const std::string& file, const std::string& use) {
    std::string text = WithComponent(
        "parameters: [{name: p, type: string}], containers: [{name: "
        "c, image: i, config: [{path: a/b, " +
            file + "}]}]",
        Use(use));
    return ResolveText(text.replace(text.find("Web,"), 3, "Job"));
  };
  const Resolved given =
      with("value: one, fromParam: p", ", parameterValues: [{name: p, value: two}]");
  ASSERT_THAT(given.diagnostics, IsEmpty()) << Full(given.diagnostics);
  const ConfigFile& file = given.application.instances[0].containers[0].config_files.at(0);
  EXPECT_EQ(file.path, "/a/b");
  EXPECT_EQ(file.content, "two");
  EXPECT_EQ(with("value: one, fromParam: p", "")
                .application.instances[0]
                .containers[0]
                .config_files.at(0)
                .content,
            "one");
  EXPECT_THAT(Brief(with("fromParam: p", "").diagnostics),
              ElementsAre("13:7 MISSING_PARAMETER /spec/components/0"));
}

TEST(NotSupportedYet, IsSaidWhereTheComponentIsUsed) {
  const auto container = [](const std::string& fields) {
    return "containers: [{name: c, image: i, " + fields + "}]";
  };
  const std::vector<std::string> error = {
      "13:23 NOT_SUPPORTED_YET /spec/components/0/componentName"};
  const std::vector<std::string> type_error = {
      "13:23 UNSUPPORTED_BY_TYPE /spec/components/0/componentName"};
  const std::vector<std::string> type_warning = {
      "13:23 warning UNSUPPORTED_BY_TYPE /spec/components/0/componentName"};
  Check(
      {{"volumes",
        container("resources: {volumes: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]}"),
        Use(), type_error, "uses volumes that outlive their replica"},
       {"config", container("config: [{path: /a, value: b}]"), Use(), type_error,
        "uses config files, which are not supported by workloads of type Web"},
       {"ephemeral",
        container("resources: {volumes: [{name: a, mountPath: /a, disk: {required: 1, "
                  "ephemeral: true}}]}"),
        Use(), type_error, "ephemeral volumes"},
       {"gpu", container("resources: {gpu: {required: 1}}"), Use(), error, "GPUs"},
       {"extended", container("resources: {extended: [{name: a, required: 1}]}"), Use(), error,
        "extended resources"},
       {"exec", container("readinessProbe: {exec: {command: [a]}}"), Use(), type_error,
        "exec readiness"},
       {"tcp", container("readinessProbe: {tcpSocket: {port: 1}}"), Use(), type_error,
        "tcpSocket readiness"},
       {"headers",
        container("readinessProbe: {httpGet: {port: 1, httpHeaders: [{name: a, value: b}]}}"),
        Use(), type_error, "HTTP headers"},
       {"liveness", container("livenessProbe: {httpGet: {port: 1}}"), Use(), type_warning,
        "is not restarted"},
       {"pull secret", container("imagePullSecret: s"), Use(), type_warning, "image pull secrets"},
       {"scopes",
        kContainers,
        Use(", applicationScopes: [s, health]") + "  scopes: [{name: s, type: t}]\n",
        {"13:70 NOT_SUPPORTED_YET /spec/components/0/applicationScopes/1",
         "14:12 NOT_SUPPORTED_YET /spec/scopes/0"},
        "cannot be joined"}});
}

}  // namespace
}  // namespace weft::resolve
