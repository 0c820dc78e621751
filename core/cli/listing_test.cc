#include "core/cli/listing.h"

#include <gmock/gmock.h>

#include "core/cli/status_tree.h"

namespace weft::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(10000);

core::v1::Application Hello() {
  core::v1::Application hello;
  hello.set_namespace_("default");
  hello.set_name("hello");
  hello.set_generation(4);
  hello.set_settled(true);
  hello.mutable_health()->set_verdict(common::v1::VERDICT_PROGRESSING);
  hello.mutable_health()->set_reason("PodsNotReady");
  hello.mutable_created()->set_seconds(10000 - 300);
  hello.set_runtime("local");
  core::v1::ComponentStatus* web = hello.add_components();
  web->set_instance_name("web");
  web->set_component_name("hello-web");
  web->set_revision(1);
  web->set_latest_revision(2);
  web->set_workload_type("Server");
  web->mutable_health()->set_verdict(common::v1::VERDICT_PROGRESSING);
  web->mutable_health()->set_reason("PodsNotReady");
  web->mutable_health()->set_message("1 of 2 pods is ready");
  core::v1::TraitStatus* scaler = web->add_traits();
  scaler->set_type("manual-scaler");
  scaler->mutable_health()->set_verdict(common::v1::VERDICT_UNKNOWN);
  scaler->mutable_health()->set_reason("ProviderUnavailable");
  core::v1::PodStatus* ready = web->add_pods();
  ready->set_name("web-1");
  ready->set_phase("Running");
  ready->set_ready(true);
  ready->set_ip("172.16.0.2");
  ready->set_restarts(1);
  ready->mutable_started()->set_seconds(10000 - 60);
  core::v1::PodStatus* waiting = web->add_pods();
  waiting->set_name("web-2");
  waiting->set_phase("Pending");
  waiting->set_reason("ImageNotFound");
  waiting->set_message("no image weft/hello:v2");
  return hello;
}

TEST(StatusTreeTest, ShowsComponentsTraitsAndPodsWithReasons) {
  EXPECT_EQ(RenderStatus(Hello(), {.now = kNow}),
            "hello  PROGRESSING  namespace default, generation 4\n"
            "└─ web  PROGRESSING  component hello-web, revision 1, Server\n"
            "   │  PodsNotReady: 1 of 2 pods is ready\n"
            "   │  revision 2 is newer: apply the application to move to it\n"
            "   ├─ trait manual-scaler  UNKNOWN\n"
            "   │     ProviderUnavailable\n"
            "   ├─ pod web-1  ready    172.16.0.2  up 60s  1 restart\n"
            "   └─ pod web-2  Pending\n"
            "         ImageNotFound: no image weft/hello:v2\n");
}

TEST(StatusTreeTest, ShowsWhatIsSteeredBelowWhoSteersIt) {
  core::v1::Application hello = Hello();
  core::v1::ComponentStatus* web = hello.mutable_components(0);
  web->clear_pods();
  web->set_latest_revision(1);
  core::v1::ObjectStatus* object = web->add_objects();
  object->mutable_ref()->set_kind("Deployment");
  object->mutable_ref()->set_name("web");
  object->set_accepted(true);
  core::v1::SteeredLeafStatus* replicas = object->add_steered();
  replicas->set_pointer("/spec/replicas");
  replicas->set_by("default/hello/web/manual-scaler#0");
  replicas->set_value("3");
  replicas->set_reason("job morning");
  replicas->mutable_acted()->set_seconds(10000 - 60);
  core::v1::SteeredLeafStatus* other = object->add_steered();
  other->set_pointer("/spec/other");
  other->set_by("default/hello/web");
  EXPECT_EQ(RenderStatus(hello, {.now = kNow}),
            "hello  PROGRESSING  namespace default, generation 4\n"
            "└─ web  PROGRESSING  component hello-web, revision 1, Server\n"
            "   │  PodsNotReady: 1 of 2 pods is ready\n"
            "   │  steers Deployment/web /spec/other\n"
            "   └─ trait manual-scaler  UNKNOWN\n"
            "         ProviderUnavailable\n"
            "         steers Deployment/web /spec/replicas = 3 (job morning, 60s ago)\n");
}

TEST(StatusTreeTest, SaysWhatIsStaleUnacceptedOrBeingDeleted) {
  core::v1::Application hello;
  hello.set_namespace_("default");
  hello.set_name("hello");
  hello.set_generation(1);
  hello.set_deleting(true);
  hello.add_problems("the runtime does not answer");
  core::v1::ComponentStatus* web = hello.add_components();
  web->set_instance_name("web");
  web->set_stale(true);
  web->mutable_health()->set_verdict(common::v1::VERDICT_HEALTHY);
  core::v1::ObjectStatus* object = web->add_objects();
  object->mutable_ref()->set_kind("Service");
  object->mutable_ref()->set_name("web");
  EXPECT_EQ(RenderStatus(hello, {.now = kNow}),
            "hello  UNKNOWN  namespace default, generation 1, being deleted\n"
            "│  problem: the runtime does not answer\n"
            "└─ web  HEALTHY (stale)  component , revision 0, \n"
            "      stale: its provider does not answer\n"
            "      Service web is not accepted yet\n");
}

TEST(StatusTreeTest, ShowsWhoLeavesHowLongAndWhatIsWaitedFor) {
  core::v1::Application hello = Hello();
  hello.clear_components();
  for (const char* key : {"default/hello/web", "default/hello/web/cron-hpa#1"}) {
    core::v1::LeavingInstance* leaving = hello.add_leaving();
    leaving->set_key(key);
    leaving->set_type("cron-hpa");
    leaving->mutable_since()->set_seconds(10000 - 720);
  }
  hello.mutable_leaving(0)->set_message("goes after cron-hpa of web");
  hello.mutable_leaving(1)->set_blocked(true);
  hello.mutable_leaving(1)->set_message("the provider cron-hpa does not answer");
  EXPECT_THAT(RenderStatus(hello, {.now = kNow}),
              testing::EndsWith("├─ finalizing web  for 12m\n"
                                "│     goes after cron-hpa of web\n"
                                "└─ finalizing cron-hpa of web  BLOCKED  for 12m\n"
                                "      the provider cron-hpa does not answer\n"));
  EXPECT_THAT(SummarizeStatus(hello),
              testing::EndsWith("finalizing web: goes after cron-hpa of web, BLOCKED: finalizing "
                                "cron-hpa of web: the provider cron-hpa does not answer"));
}

TEST(StatusTreeTest, TellsTheReasonOfTheWholeWhereNothingBelowItDoes) {
  core::v1::Application hello = Hello();
  hello.mutable_health()->set_verdict(common::v1::VERDICT_FAILED);
  hello.mutable_health()->set_reason("Refused");
  EXPECT_NE(RenderStatus(hello, {.now = kNow}).find("│  Refused\n"), std::string::npos);
}

TEST(StatusTreeTest, NamesTheRuntimeWhenAsked) {
  const std::string tree = RenderStatus(Hello(), {.now = kNow, .runtime = true});
  EXPECT_EQ(tree.substr(0, tree.find('\n')),
            "hello  PROGRESSING  namespace default, generation 4, runtime local");
}

TEST(StatusTreeTest, ColoursOnlyWhenAsked) {
  EXPECT_EQ(RenderStatus(Hello(), {.now = kNow}).find('\033'), std::string::npos);
  EXPECT_NE(RenderStatus(Hello(), {.color = true, .now = kNow}).find('\033'), std::string::npos);
}

TEST(SummaryTest, IsOneLineWithWhatIsWaitedFor) {
  EXPECT_EQ(SummarizeStatus(Hello()), "hello: PROGRESSING: web 1/2 pods ready (PodsNotReady)");
}

TEST(ApplicationListTest, CountsReadyPods) {
  core::v1::ListApplicationsResponse list;
  EXPECT_EQ(RenderApplications(list, false, kNow), "no applications\n");
  *list.add_applications() = Hello();
  EXPECT_EQ(RenderApplications(list, true, kNow),
            "NAMESPACE  NAME   HEALTH       COMPONENTS  PODS READY  RUNTIME  AGE\n"
            "default    hello  PROGRESSING  1           1/2         local    5m\n");
}

TEST(OrphanListTest, NamesTheObjectAndWhomItSaysItBelongsTo) {
  core::v1::ListOrphansResponse list;
  EXPECT_EQ(RenderOrphans(list), "no orphans\n");
  core::v1::Orphan* front = list.add_orphans();
  front->set_runtime("local");
  front->mutable_ref()->set_kind("Deployment");
  front->mutable_ref()->set_namespace_("default");
  front->mutable_ref()->set_name("front");
  front->set_owner("default/shop/front");
  core::v1::Orphan* role = list.add_orphans();
  role->set_runtime("cluster");
  role->mutable_ref()->set_kind("ClusterRole");
  role->mutable_ref()->set_name("reader");
  EXPECT_EQ(RenderOrphans(list),
            "RUNTIME  OBJECT              NAMESPACE  OWNER\n"
            "local    Deployment/front    default    default/shop/front\n"
            "cluster  ClusterRole/reader  -          -\n");
}

TEST(RuntimeListTest, SaysWhatGoesWhereAndWhyOneIsAway) {
  core::v1::ListRuntimesResponse list;
  EXPECT_EQ(RenderRuntimes(list), "no runtimes\n");
  core::v1::RuntimeInfo* cluster = list.add_runtimes();
  cluster->set_name("kubernetes");
  cluster->set_message("the runtime kubernetes does not answer: refused");
  cluster->add_namespaces("shop");
  cluster->add_namespaces("till");
  core::v1::RuntimeInfo* local = list.add_runtimes();
  local->set_name("local");
  local->set_platform("docker");
  local->set_platform_version("20.10.24");
  local->set_version("0.1.0");
  local->set_available(true);
  local->set_default_(true);
  EXPECT_EQ(RenderRuntimes(list),
            "NAME        PLATFORM         VERSION  AVAILABLE  DEFAULT       MESSAGE\n"
            "kubernetes  -                -        no         of shop,till  "
            "the runtime kubernetes does not answer: refused\n"
            "local       docker 20.10.24  0.1.0    yes        yes           -\n");
}

TEST(ComponentListTest, SaysWhatNobodyServes) {
  core::v1::ListComponentsResponse list;
  core::v1::Component* component = list.add_components();
  component->set_name("web");
  component->set_revision(2);
  component->set_workload_type("Server");
  EXPECT_NE(RenderComponents(list, false, kNow).find("Server"), std::string::npos);
  const std::string unserved = RenderComponents(list, false, kNow);
  component->set_served(true);
  EXPECT_NE(RenderComponents(list, false, kNow), unserved);
}

TEST(DiagnosticTest, StandsAtItsPlaceWhereThereIsOne) {
  common::v1::Diagnostic diagnostic;
  diagnostic.set_message("bad");
  EXPECT_EQ(RenderDiagnostic(diagnostic), "error: bad\n");
  diagnostic.set_severity(common::v1::SEVERITY_WARNING);
  diagnostic.set_document("a.yaml");
  EXPECT_EQ(RenderDiagnostic(diagnostic), "a.yaml: warning: bad\n");
  diagnostic.set_severity(static_cast<common::v1::Severity>(77));  // Of a newer core.
  diagnostic.set_line(3);
  diagnostic.set_column(5);
  EXPECT_EQ(RenderDiagnostic(diagnostic), "a.yaml:3:5: error: bad\n");
}

TEST(ChangeTest, SaysWhatHappenedOrWould) {
  core::v1::ApplyResponse::Change change;
  change.set_kind("ComponentSchematic");
  change.set_namespace_("shop");
  change.set_name("web");
  change.set_revision(1);
  change.set_action(core::v1::ApplyResponse::ACTION_CREATED);
  EXPECT_EQ(RenderChange(change, false), "component/shop/web created (revision 1)\n");
  EXPECT_EQ(RenderChange(change, true), "component/shop/web would be created (revision 1)\n");
  change.set_action(core::v1::ApplyResponse::ACTION_UNCHANGED);
  EXPECT_EQ(RenderChange(change, false), "component/shop/web unchanged\n");
}

TEST(JsonTest, HasFieldsWithDefaultValues) {
  EXPECT_NE(RenderJson(core::v1::Application()).find("\"settled\": false"), std::string::npos);
}

}  // namespace
}  // namespace weft::cli
