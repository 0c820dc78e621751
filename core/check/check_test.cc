#include "core/check/check.h"

#include <gmock/gmock.h>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "core/check/program.h"
#include "weft/provider/v1/identity.grpc.pb.h"
#include "weft/provider/v1/trait.grpc.pb.h"

namespace weft::check {
namespace {

namespace pb = ::weft::provider::v1;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A trait that sets the replicas of its workload, and everything that tests make it do instead.
class Provider final : public pb::Identity::Service, public pb::TraitProvider::Service {
 public:
  pb::DescribeResponse description;
  std::function<grpc::Status(const pb::RenderTraitRequest&, pb::RenderResponse&)> twist;
  std::optional<pb::FinalizeOutcome> finalized;  // Nothing: it serves no Finalize.

  Provider() {
    description.set_name("scaler");
    description.set_version("1");
    description.set_artifact("sha256:abc");
    description.add_protocol_versions("v1");
    pb::Capability* capability = description.add_capabilities();
    capability->set_kind(pb::CAPABILITY_KIND_TRAIT);
    capability->set_type("scaler");
    capability->set_summary("Scales");
    capability->set_properties_schema(
        R"({"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}})");
    capability->add_applies_to("+scale");
    capability->add_reads(pb::READ_WORKLOAD);
    pb::Write* write = capability->add_writes();
    write->set_api_version("*");
    write->set_kind("*");
    write->set_pointer("+scale");
    write->set_mode(pb::WRITE_MODE_ADD);
  }

  grpc::Status Describe(grpc::ServerContext*, const pb::DescribeRequest*,
                        pb::DescribeResponse* response) override {
    *response = description;
    return grpc::Status::OK;
  }

  grpc::Status Render(grpc::ServerContext*, const pb::RenderTraitRequest* request,
                      pb::RenderResponse* response) override {
    response->set_outcome(pb::OUTCOME_READY);
    response->set_artifact("sha256:abc");
    pb::Part* part = response->add_parts();
    part->mutable_object()->set_api_version(request->workload().shape().api_version());
    part->mutable_object()->set_kind(request->workload().shape().kind());
    part->mutable_object()->set_name(request->instance().name());
    part->set_operation(pb::PART_OPERATION_MERGE);
    part->set_pointer(request->workload().shape().scale());
    part->set_json("3");
    return twist == nullptr ? grpc::Status::OK : twist(*request, *response);
  }

  grpc::Status Finalize(grpc::ServerContext*, const pb::FinalizeRequest*,
                        pb::FinalizeResponse* response) override {
    if (!finalized.has_value())
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not finalized");
    response->set_outcome(*finalized);
    return grpc::Status::OK;
  }

  // Every rule that failed: "RULE: DETAIL". When it returns, no call is under way, nor one that the
  // check gave up.
  std::vector<std::string> Check(std::map<std::string, json::value> properties = {}) {
    grpc::ServerBuilder builder;
    builder.RegisterService(static_cast<pb::Identity::Service*>(this));
    builder.RegisterService(static_cast<pb::TraitProvider::Service*>(this));
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    std::vector<std::string> found;
    for (const Verdict& verdict : check::Check(
             {.channel = server->InProcessChannel({}), .properties = std::move(properties)})) {
      if (verdict.outcome == Outcome::kFailed)
        found.push_back(absl::StrCat(verdict.rule, ": ", verdict.detail));
    }
    server->Shutdown();
    return found;
  }
};

TEST(Check, FindsNothingInAProviderThatFollowsTheRules) {
  EXPECT_THAT(Provider().Check(), ElementsAre());
}

TEST(Check, FindsADescriptorThatCannotBeUsed) {
  Provider provider;
  provider.description.mutable_capabilities(0)->clear_applies_to();
  EXPECT_THAT(provider.Check(), ElementsAre("descriptor: the trait scaler applies to nothing"));
}

TEST(Check, FindsThatAnAnswerIsNotReadyWhichNeverWillBe) {
  Provider provider;
  std::string reason = "no record yet";
  provider.twist = [&](const pb::RenderTraitRequest&, pb::RenderResponse& response) {
    response.clear_parts();
    response.set_outcome(pb::OUTCOME_NOT_READY);
    response.set_reason(reason);
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(),
              ElementsAre("answers: it is NOT_READY and reads neither STATE nor PEERS: the same "
                          "request would be so for ever"));
  provider.description.mutable_capabilities(0)->add_reads(pb::READ_STATE);
  EXPECT_THAT(provider.Check(), ElementsAre());
  reason.clear();
  EXPECT_THAT(provider.Check(), ElementsAre("answers: it is NOT_READY and gives no reason"));
}

TEST(Check, FindsThatATypeComesAfterWhatCannotBe) {
  Provider provider;
  const auto check = [&](const std::string& name) {
    pb::Capability* scaler = provider.description.mutable_capabilities(0);
    scaler->clear_after();
    scaler->add_after("*");
    scaler->add_after(name);
    return provider.Check();
  };
  provider.description.mutable_capabilities(0)->add_aliases("Scaler");
  EXPECT_THAT(check("somebody-elses"), ElementsAre());
  EXPECT_THAT(check("no name"), ElementsAre("descriptor: scaler comes after 'no name', which is no "
                                            "name of a type"));
  EXPECT_THAT(check("scaler"), ElementsAre(HasSubstr("in a circle: scaler after scaler")));
  EXPECT_THAT(check("Scaler"), ElementsAre(HasSubstr("the canonical name is scaler")));
}

TEST(Check, FindsASchemaThatIsNone) {
  Provider provider;
  provider.description.mutable_capabilities(0)->set_properties_schema(
      R"({"type":"object","properties":7})");
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("schema: ")));
}

TEST(Check, FindsAnAnswerThatDependsOnMoreThanTheRequest) {
  Provider provider;
  std::atomic<int> calls = 0;
  provider.twist = [&](const auto&, pb::RenderResponse& response) {
    response.mutable_parts(0)->set_json(std::to_string(++calls));
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), Contains(HasSubstr("purity: the same request")));
}

TEST(Check, DoesNotMindAnotherOrderOfKeys) {
  Provider provider;
  std::atomic<int> calls = 0;
  provider.twist = [&](const auto&, pb::RenderResponse& response) {
    response.mutable_parts(0)->set_pointer("/spec");
    response.mutable_parts(0)->set_json(++calls % 2 == 0 ? R"({"replicas":3,"paused":false})"
                                                         : R"({ "paused":false,"replicas":3})");
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("writes: NOT_PERMITTED")));
}

TEST(Check, FindsAWriteThatWasNotAskedFor) {
  Provider provider;
  provider.twist = [](const auto&, pb::RenderResponse& response) {
    response.mutable_parts(0)->set_pointer("/metadata/labels");
    response.mutable_parts(0)->set_json(R"({"a":"b"})");
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("writes: NOT_PERMITTED")));
}

TEST(Check, GivesATraitThatReadsTheShapeNothingElseOfItsWorkload) {
  Provider provider;
  provider.description.mutable_capabilities(0)->clear_reads();
  provider.description.mutable_capabilities(0)->add_reads(pb::READ_SHAPE);
  provider.twist = [](const pb::RenderTraitRequest& request, pb::RenderResponse&) {
    EXPECT_TRUE(request.workload().has_shape());
    EXPECT_EQ(request.workload().objects_size(), 0);
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), ElementsAre());
}

TEST(Check, FindsAWriteOfATraitThatDoesNotReadItsWorkload) {
  Provider provider;
  provider.description.mutable_capabilities(0)->clear_reads();
  provider.twist = [](const pb::RenderTraitRequest& request, pb::RenderResponse& response) {
    EXPECT_FALSE(request.has_workload());
    common::v1::ObjectRef* object = response.mutable_parts(0)->mutable_object();
    object->set_api_version("apps/v1");
    object->set_kind("Deployment");
    response.mutable_parts(0)->set_pointer("/spec/paused");
    response.mutable_parts(0)->set_json("true");
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("writes: NOT_PERMITTED")));
}

TEST(Check, FindsAnswersBeyondTheLimits) {
  Provider provider;
  provider.twist = [](const auto&, pb::RenderResponse& response) {
    for (int i = 0; i < 600; ++i) {
      *response.add_parts() = response.parts(0);
      response.mutable_parts(i + 1)->mutable_object()->set_name(absl::StrCat("o", i));
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), Contains(HasSubstr("limits: parts of 601 objects")));
}

TEST(Check, FindsAnswersWithoutAnOutcomeOrOfAnotherArtifact) {
  Provider provider;
  provider.twist = [](const auto&, pb::RenderResponse& response) {
    response.clear_outcome();
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), Contains(StartsWith("answers: UNSUPPORTED: the outcome 0")));
  provider.twist = [](const auto&, pb::RenderResponse& response) {
    response.set_artifact("sha256:other");
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), Contains(HasSubstr("answers: answered by the artifact")));
}

TEST(Check, FindsThatFieldsOfALaterVersionAreRefused) {
  Provider provider;
  provider.twist = [](const pb::RenderTraitRequest& request, pb::RenderResponse&) {
    const bool unknown = !request.GetReflection()->GetUnknownFields(request).empty();
    return unknown ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "what is that?")
                   : grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check(), ElementsAre(HasSubstr("what is that?")));
}

TEST(Check, FindsAFeatureThatIsDeclaredAndMissing) {
  Provider provider;
  provider.description.mutable_capabilities(0)->add_features(pb::FEATURE_TIMELINE);
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("features: declares TIMELINE")));
}

TEST(Check, FindsAFinalizeThatSaysNeitherDoneNorWait) {
  Provider provider;
  EXPECT_THAT(provider.Check(), ElementsAre()) << "what is not declared is not called";
  provider.description.mutable_capabilities(0)->add_features(pb::FEATURE_FINALIZE);
  EXPECT_THAT(provider.Check(), ElementsAre(StartsWith("features: declares FINALIZE, but")));
  provider.finalized = pb::FINALIZE_OUTCOME_UNSPECIFIED;
  EXPECT_THAT(provider.Check(), ElementsAre(HasSubstr("the outcome 0, not DONE or WAIT")));
  provider.finalized = pb::FINALIZE_OUTCOME_WAIT;
  EXPECT_THAT(provider.Check(), ElementsAre());
}

TEST(Check, AsksWithGivenProperties) {
  Provider provider;
  std::string asked;
  provider.twist = [&](const pb::RenderTraitRequest& request, pb::RenderResponse&) {
    static std::mutex mutex;
    std::lock_guard lock(mutex);
    asked = request.instance().properties();
    return grpc::Status::OK;
  };
  EXPECT_THAT(provider.Check({{"scaler", *json::Parse(R"({"n":77})")}}), ElementsAre());
  EXPECT_EQ(asked, R"({"n":77})");
}

TEST(Program, IsStartedByTheContractAndEndsWhenItIsTold) {
  auto program = Program::Start({"/bin/sh", "-c",
                                 "trap 'exit 7' TERM; test \"$WEFT_ARTIFACT\" = sha256:checked && "
                                 "touch \"${WEFT_LISTEN#unix:}\"; while :; do sleep 0.01; done"});
  ASSERT_TRUE(program.ok()) << program.status();
  const std::string socket = program->address().substr(sizeof("unix:") - 1);
  while (access(socket.c_str(), F_OK) != 0) std::this_thread::yield();
  program->Terminate();
  EXPECT_EQ(program->AwaitEnd(absl::Seconds(10)).value_or(-1), 7);
  EXPECT_TRUE(absl::IsNotFound(Program::Start({"/no/such/program"}).status()));
}

}  // namespace
}  // namespace weft::check
