// Whole command lines against a core and a runtime in this process.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "core/cli/command_testing.h"
#include "core/cli/deletion.h"

namespace weft::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(CommandTest, ApplySendsTheDocumentsAsTheyWereNamed) {
  AnswerApply();
  folder_.Write("d/b.yaml", "second");
  folder_.Write("d/a.yml", "first");
  EXPECT_EQ(Weft({"apply", "-n", "shop", "-f", folder_ / "d", "-f", "-"}, "third"), 0) << err_;
  const core::v1::ApplyRequest request = mesh_->applications.last_apply();
  ASSERT_EQ(request.documents_size(), 3);
  EXPECT_EQ(request.documents(0).name(), folder_ / "d/a.yml");
  EXPECT_EQ(request.documents(0).content(), "first");
  EXPECT_EQ(request.documents(1).content(), "second");
  EXPECT_EQ(request.documents(2).name(), "-");
  EXPECT_EQ(request.documents(2).content(), "third");
  EXPECT_EQ(request.default_namespace(), "shop");
  EXPECT_FALSE(request.dry_run());
  EXPECT_EQ(out_, "application/hello updated (generation 2)\n");
}

TEST_F(CommandTest, ADiagnosticIsPrintedAtItsPlaceAndFails) {
  core::v1::ApplyResponse response;
  common::v1::Diagnostic* diagnostic = response.add_diagnostics();
  diagnostic->set_severity(common::v1::SEVERITY_ERROR);
  diagnostic->set_document("./app.yaml");
  diagnostic->set_line(16);
  diagnostic->set_column(11);
  diagnostic->set_message("unknown field parameterValues");
  diagnostic->set_hint("write properties");
  mesh_->applications.SetApplyResponse(response);
  EXPECT_EQ(Weft({"apply", "-f", "-"}, "x"), 1);
  EXPECT_EQ(err_,
            "./app.yaml:16:11: error: unknown field parameterValues\n"
            "  hint: write properties\n");
  EXPECT_EQ(out_, "");
}

TEST_F(CommandTest, AWarningDoesNotFail) {
  AnswerApply();
  core::v1::ApplyResponse response;
  response.add_diagnostics()->set_severity(common::v1::SEVERITY_WARNING);
  response.mutable_diagnostics(0)->set_message("nobody serves this type");
  mesh_->applications.SetApplyResponse(response);
  EXPECT_EQ(Weft({"apply", "-f", "-"}, "x"), 0);
  EXPECT_EQ(err_, "warning: nobody serves this type\n");
}

TEST_F(CommandTest, ApplyWaitReturnsWhenThisGenerationIsHealthy) {
  AnswerApply();
  core::v1::Application unsettled =
      MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY, 2);
  unsettled.set_settled(false);
  mesh_->applications.SetProgress(
      {MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY, 1), unsettled,
       MakeApplication("default", "hello", common::v1::VERDICT_PROGRESSING, 2)});
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY, 2));
  EXPECT_EQ(Weft({"apply", "-f", "-", "--wait"}, "x"), 0) << err_;
  EXPECT_EQ(out_,
            "application/hello updated (generation 2)\n"
            "hello: HEALTHY\n"
            "hello: HEALTHY, being carried out\n"
            "hello: PROGRESSING\n"
            "hello: HEALTHY\n");
}

TEST_F(CommandTest, ApplyWaitFailsWhenTimeIsUpAndShowsTheTree) {
  AnswerApply("shop");
  mesh_->applications.Add(MakeApplication("shop", "hello", common::v1::VERDICT_PROGRESSING, 2));
  EXPECT_EQ(Weft({"apply", "-f", "-", "--wait", "--timeout", "200ms"}, "x"), 1);
  EXPECT_THAT(out_, HasSubstr("hello  PROGRESSING  namespace shop, generation 2"));
  EXPECT_THAT(err_, HasSubstr("not healthy in time"));
  EXPECT_THAT(err_, HasSubstr("weft -n shop status hello"));
}

TEST_F(CommandTest, AFileThatIsNotThereFailsBeforeAnythingIsSent) {
  EXPECT_EQ(Weft({"apply", "-f", folder_ / "none.yaml"}), 1);
  EXPECT_THAT(err_, HasSubstr("none.yaml: no such file or folder"));
  EXPECT_EQ(mesh_->applications.last_apply().documents_size(), 0);
}

TEST_F(CommandTest, GetAppsListsOneNamespaceOrAll) {
  for (const char* name : {"a", "b", "c"})
    mesh_->applications.Add(MakeApplication("default", name, common::v1::VERDICT_HEALTHY));
  mesh_->applications.Add(MakeApplication("shop", "till", common::v1::VERDICT_FAILED));
  EXPECT_EQ(Weft({"get", "apps"}), 0) << err_;
  EXPECT_THAT(out_,
              AllOf(HasSubstr("\na "), HasSubstr("\nb "), HasSubstr("\nc ")));  // Three pages.
  EXPECT_THAT(out_, Not(HasSubstr("till")));
  EXPECT_EQ(Weft({"get", "apps", "-A"}), 0);
  EXPECT_THAT(out_, AllOf(StartsWith("NAMESPACE"), HasSubstr("\nshop       till  FAILED")));
  EXPECT_EQ(Weft({"get", "apps", "-n", "shop", "-o", "json"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("\"name\": \"till\""), Not(HasSubstr("nextPageToken\": \"1"))));
}

TEST_F(CommandTest, GetComponentsTypesAndProvidersListTheCatalog) {
  core::v1::Component* component = mesh_->catalog.components.add_components();
  component->set_namespace_("default");
  component->set_name("web");
  component->set_revision(3);
  component->set_workload_type("Server");
  core::v1::Type* type = mesh_->catalog.types.add_types();
  type->set_kind("TRAIT");
  type->set_type("manual-scaler");
  type->set_provider("scaler");
  core::v1::Provider* provider = mesh_->catalog.providers.add_providers();
  provider->set_name("scaler");
  provider->set_message("connection refused");
  EXPECT_EQ(Weft({"get", "components"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("web"), HasSubstr("Server")));
  EXPECT_EQ(Weft({"get", "types"}), 0);
  EXPECT_THAT(out_, HasSubstr("trait  manual-scaler  scaler"));
  EXPECT_EQ(Weft({"get", "providers"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("scaler  no"), HasSubstr("scaler: connection refused")));
}

TEST_F(CommandTest, GetRuntimesListsThem) {
  EXPECT_EQ(Weft({"get", "runtimes"}), 0) << err_;
  EXPECT_EQ(out_, "no runtimes\n");
  core::v1::RuntimeInfo* runtime = mesh_->catalog.runtimes.add_runtimes();
  runtime->set_name("kubernetes");
  runtime->set_platform("kubernetes");
  runtime->set_default_(true);
  EXPECT_EQ(Weft({"get", "runtimes"}), 0);
  EXPECT_THAT(out_, HasSubstr("\nkubernetes  kubernetes  -        no         yes      -\n"));
  EXPECT_EQ(Weft({"get", "runtimes", "-o", "json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"default\": true"));
}

TEST_F(CommandTest, StatusNamesTheRuntimeWhereItIsNotTheOnlyOne) {
  core::v1::Application hello = MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY);
  hello.set_runtime("local");
  mesh_->applications.Add(hello);
  mesh_->catalog.runtimes.add_runtimes()->set_name("local");
  EXPECT_EQ(Weft({"status", "hello"}), 0);
  EXPECT_EQ(out_, "hello  HEALTHY  namespace default, generation 1\n");
  mesh_->catalog.runtimes.add_runtimes()->set_name("kubernetes");
  EXPECT_EQ(Weft({"status", "hello"}), 0);
  EXPECT_EQ(out_, "hello  HEALTHY  namespace default, generation 1, runtime local\n");
  mesh_->catalog.runtimes.mutable_runtimes()->DeleteSubrange(0, 1);
  EXPECT_EQ(Weft({"status", "hello"}), 0);
  EXPECT_THAT(out_, HasSubstr("runtime local"));
}

TEST_F(CommandTest, StatusShowsTheTreeOrSaysThatThereIsNoSuchApplication) {
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  EXPECT_EQ(Weft({"status", "hello"}), 0) << err_;
  EXPECT_EQ(out_, "hello  HEALTHY  namespace default, generation 1\n");
  EXPECT_EQ(Weft({"status", "hullo"}), 1);
  EXPECT_EQ(err_, "weft: status hullo: there is no application hullo\n");
}

TEST_F(CommandTest, LogsNamesThePodAndPrintsItsOutput) {
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  EXPECT_EQ(
      Weft({"logs", "hello", "web", "--pod", "web-1", "-c", "main", "-p", "-f", "--tail", "5"}), 0)
      << err_;
  EXPECT_EQ(out_, "one\ntwo\n");
  const core::v1::LogsRequest request = mesh_->applications.last_logs();
  EXPECT_EQ(request.container(), "main");
  EXPECT_TRUE(request.previous());
  EXPECT_EQ(request.instance(), "web");
  EXPECT_EQ(request.pod(), "web-1");
  EXPECT_TRUE(request.follow());
  EXPECT_EQ(request.tail_lines(), 5);
}

TEST_F(CommandTest, ScheduleAsksForTheSpanAndPrintsWhatIsDue) {
  mesh_->applications.Add(MakeApplication("shop", "hello", common::v1::VERDICT_HEALTHY));
  core::v1::TimelineResponse timeline;
  core::v1::TimelineResponse::Entry* entry = timeline.add_entries();
  entry->set_instance_name("web");
  entry->set_type("clock");
  entry->set_effect("3 replicas");
  entry->set_reason("job morning");
  timeline.add_problems("tide of web: the provider tide is away");
  mesh_->applications.SetTimeline(timeline);
  EXPECT_EQ(Weft({"schedule", "hello", "-n", "shop", "--from", "2026-03-01T07:00:00Z", "--to",
                  "2026-03-01T09:00:00Z"}),
            0)
      << err_;
  EXPECT_THAT(out_, AllOf(StartsWith("TIME"), HasSubstr("web/clock"), HasSubstr("3 replicas"),
                          HasSubstr("job morning")));
  EXPECT_EQ(err_, "warning: tide of web: the provider tide is away\n");
  const core::v1::TimelineRequest request = mesh_->applications.last_timeline();
  EXPECT_EQ(request.from().seconds(), 1772348400);
  EXPECT_EQ(request.to().seconds() - request.from().seconds(), 2 * 3600);
}

TEST_F(CommandTest, ScheduleIsOfADayFromNowOnUnlessTold) {
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  const int64_t before = absl::ToUnixSeconds(absl::Now());
  EXPECT_EQ(Weft({"schedule", "hello"}), 0) << err_;
  const core::v1::TimelineRequest request = mesh_->applications.last_timeline();
  EXPECT_GE(request.from().seconds(), before);
  EXPECT_LE(request.from().seconds(), absl::ToUnixSeconds(absl::Now()));
  EXPECT_EQ(request.to().seconds() - request.from().seconds(), 24 * 3600);
  EXPECT_THAT(out_, StartsWith("nothing is due before "));
  EXPECT_EQ(Weft({"schedule", "hello", "-o", "json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"entries\": []"));
  EXPECT_EQ(Weft({"schedule", "hello", "--from", "soon"}), 1);
  EXPECT_THAT(err_, HasSubstr("'soon' is no time"));
  EXPECT_EQ(Weft({"schedule", "hullo"}), 1);
  EXPECT_EQ(err_, "weft: schedule hullo: there is no application hullo\n");
}

TEST_F(CommandTest, DeleteWaitReturnsWhenTheApplicationIsGone) {
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  EXPECT_EQ(Weft({"delete", "hello", "--wait"}), 0) << err_;
  EXPECT_EQ(out_, "hello: being deleted\napplication/hello deleted\n");
  EXPECT_EQ(Weft({"delete", "hello"}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no application hello"));
}

TEST_F(CommandTest, DeleteSaysWhatItWaitsForAndForceWaitsForNone) {
  core::v1::Application hello = MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY);
  core::v1::LeavingInstance* leaving = hello.add_leaving();
  leaving->set_key("default/hello/web/queue#1");
  leaving->set_type("queue");
  leaving->set_message("2 messages are left");
  mesh_->applications.Add(hello);
  EXPECT_EQ(Weft({"delete", "hello", "--wait"}), 0) << err_;
  EXPECT_THAT(out_,
              HasSubstr("hello: being deleted: finalizing queue of web: 2 messages are left\n"));
  mesh_->applications.Add(hello);
  EXPECT_EQ(Weft({"delete", "hello", "--wait", "--force"}), 0) << err_;
  EXPECT_EQ(out_, "hello: being deleted\napplication/hello deleted\n");
}

TEST_F(CommandTest, DeletingAllApplicationsWaitsForThoseOfEveryNamespace) {
  mesh_->applications.Add(MakeApplication("default", "hello", common::v1::VERDICT_HEALTHY));
  mesh_->applications.Add(MakeApplication("shop", "till", common::v1::VERDICT_FAILED));
  std::istringstream in;
  std::ostringstream out;
  const absl::Status deleted =
      DeleteAllApplications(data_, {.in = in, .out = out, .err = out}, absl::Seconds(20));
  EXPECT_TRUE(deleted.ok()) << deleted;
  EXPECT_THAT(out.str(), AllOf(HasSubstr("application/hello deleted\n"),
                               HasSubstr("application/till deleted\n")));
  EXPECT_EQ(Weft({"get", "apps", "-A"}), 0);
  EXPECT_EQ(out_, "no applications\n");
}

TEST_F(CommandTest, ImageLoadSendsTheArchiveInChunks) {
  const std::string archive = "archive" + std::string(3 << 20, 'x');
  folder_.Write("image.tar", archive);
  EXPECT_EQ(Weft({"image", "load", folder_ / "image.tar"}), 0) << err_;
  EXPECT_EQ(out_, "image weft/hello:v1 loaded\n");
  EXPECT_TRUE(mesh_->images.received == archive);
  EXPECT_LE(mesh_->images.largest_chunk, size_t{1} << 20);
  EXPECT_EQ(Weft({"image", "load", "-"}, "something else"), 1);
  EXPECT_EQ(err_, "weft: load -: not an archive of docker save\n");
  EXPECT_EQ(Weft({"image", "load", folder_ / "none.tar"}), 1);
  EXPECT_THAT(err_, HasSubstr("none.tar: cannot be read"));
}

TEST_F(CommandTest, ImageImportNamesTheImageAndItsEntrypoint) {
  folder_.Write("root.tar", "files");
  EXPECT_EQ(Weft({"image", "import", folder_ / "root.tar", "weft/hello:v1", "--entrypoint",
                  "/hello", "--entrypoint", "-p"}),
            0)
      << err_;
  EXPECT_EQ(mesh_->images.received, "files");
  EXPECT_EQ(mesh_->images.import.reference(), "weft/hello:v1");
  EXPECT_THAT(mesh_->images.import.entrypoint(), ElementsAre("/hello", "-p"));
}

TEST_F(CommandTest, ImageListShowsNamesAndSizes) {
  auto* image = mesh_->images.images.add_images();
  image->set_id("sha256:0123456789abcdef");
  image->add_references("weft/hello:v1");
  image->set_size_bytes(1400000);
  EXPECT_EQ(Weft({"image", "list"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("weft/hello:v1  0123456789ab  1.4 MB"));
}

TEST_F(CommandTest, ImagePruneAsksAndRemovesWhatItShowed) {
  EXPECT_EQ(Weft({"image", "prune"}), 0) << err_;
  EXPECT_EQ(out_, "every image is used\n");
  auto* image = mesh_->images.images.add_images();
  image->set_id("sha256:0123456789abcdef");
  image->add_references("weft/hello:v1");
  image->set_size_bytes(1400000);
  EXPECT_EQ(Weft({"image", "prune"}, "n\n"), 1);
  EXPECT_THAT(out_, HasSubstr("weft/hello:v1  0123456789ab  1.4 MB"));
  EXPECT_THAT(err_, HasSubstr("not confirmed"));
  EXPECT_EQ(mesh_->images.pruned.ids_size(), 0);
  EXPECT_EQ(Weft({"image", "prune", "-y"}), 0) << err_;
  EXPECT_THAT(mesh_->images.pruned.ids(), ElementsAre("sha256:0123456789abcdef"));
  EXPECT_THAT(out_, HasSubstr("1 of 1 images removed, of 1.4 MB\n"));
}

TEST_F(CommandTest, VersionTellsWhatIsReachable) {
  EXPECT_EQ(Weft({"version"}), 0);
  EXPECT_EQ(out_, std::string("weft ") + WEFT_VERSION +
                      "\nweft-core: serving\nweft-runtime-local: 1.2.3 on docker 20.10.24\n");
  mesh_.reset();
  EXPECT_EQ(Weft({"version"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("weft-core: not reachable"),
                          HasSubstr("weft-runtime-local: not reachable")));
}

TEST_F(CommandTest, VersionTellsOfTheRuntimesThatAreChosen) {
  std::ofstream(data_.Below("services.yaml")) << "runtimes: [kubernetes, local]\n";
  EXPECT_EQ(Weft({"version"}), 0);
  EXPECT_THAT(out_, HasSubstr("\nweft-runtime-kubernetes: not reachable\n"
                              "weft-runtime-local: 1.2.3 on docker 20.10.24\n"));
}

TEST_F(CommandTest, WithoutACoreItSaysHowToStartOne) {
  mesh_.reset();
  EXPECT_EQ(Weft({"get", "apps"}), 1);
  EXPECT_THAT(err_, HasSubstr("start it with: weft up --detach"));
}

TEST_F(CommandTest, WrongUseIsStatusTwo) {
  EXPECT_EQ(Weft({}), 2);
  EXPECT_EQ(Weft({"get", "nothing"}), 2);
  EXPECT_EQ(Weft({"apply"}), 2);
  EXPECT_EQ(Weft({"delete", "hello", "--timeout", "soon"}), 2);
  EXPECT_THAT(err_, HasSubstr("'soon' is not a duration"));
  EXPECT_EQ(Weft({"down", "--force"}), 2);
  EXPECT_EQ(Weft({"up", "--runtime"}), 2);
  EXPECT_EQ(Weft({"--help"}), 0);
}

TEST(TimeoutTest, IsADurationOrSeconds) {
  EXPECT_EQ(*ParseTimeout("90"), absl::Seconds(90));
  EXPECT_EQ(*ParseTimeout("90s"), absl::Seconds(90));
  EXPECT_EQ(*ParseTimeout("1h30m"), absl::Minutes(90));
  for (const char* wrong : {"", "soon", "0", "-5s", "5 apples"})
    EXPECT_EQ(ParseTimeout(wrong).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
}

}  // namespace
}  // namespace weft::cli
