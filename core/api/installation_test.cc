#include "core/api/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::api {
namespace {

namespace pb = ::weft::provider::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

core::v1::InstallProviderRequest Request() {
  core::v1::InstallProviderRequest request;
  request.set_name("greeter");
  request.set_image("example/greeter:v1");
  return request;
}

pb::DescribeResponse Description() {
  pb::DescribeResponse description;
  description.set_version("1.0.0");
  pb::Capability* trait = description.add_capabilities();
  trait->set_kind(pb::CAPABILITY_KIND_TRAIT);
  trait->set_type("greeter");
  trait->set_summary("Greets");
  trait->add_features(pb::FEATURE_ASSESS);
  pb::Write* write = trait->add_writes();
  write->set_api_version("*");
  write->set_kind("*");
  write->set_pointer("+podTemplate");
  write->set_mode(pb::WRITE_MODE_ADD);
  return description;
}

TEST(Installation, RefusesWhatCannotBeInstalled) {
  EXPECT_TRUE(CheckInstallation(Request()).ok());
  core::v1::InstallProviderRequest request = Request();
  request.set_name("Greeter");
  EXPECT_THAT(std::string(CheckInstallation(request).message()), HasSubstr("'Greeter' is no name"));
  for (const char* other : {"../core", "core", ""}) {
    request.set_name(other);
    EXPECT_TRUE(absl::IsInvalidArgument(CheckInstallation(request))) << other;
  }
  request = Request();
  request.set_port(70000);
  EXPECT_EQ(CheckInstallation(request).message(), "70000 is no port");
  request = Request();
  request.clear_image();
  EXPECT_EQ(CheckInstallation(request).message(), "an image must be named");
}

TEST(Installation, FillsInEveryWordOfItsDocuments) {
  core::v1::InstallProviderRequest request = Request();
  request.set_image("strange\"image");
  const std::string text = InstallationDocuments(request, "sha256:1", "core:7070");
  EXPECT_THAT(text, Not(HasSubstr("{{")));
  EXPECT_THAT(text, HasSubstr("image: \"strange\\\"image\""));
  EXPECT_THAT(text, HasSubstr("value: \"core:7070\""));
  EXPECT_THAT(text, HasSubstr("containerPort: 50051"));
  request.set_port(7000);
  EXPECT_THAT(InstallationDocuments(request, "", ""), HasSubstr("value: \"0.0.0.0:7000\""));
}

TEST(Installation, IsReachedThroughItsApplicationUnderItsOwnIdentity) {
  const mesh::ProviderConfig config = InstallationConfig(Request(), "sha256:1");
  EXPECT_EQ(config.application, "weft-system/greeter");
  EXPECT_EQ(config.identity, "provider/greeter");
  EXPECT_EQ(config.port, 50051);
  EXPECT_EQ(config.artifact, "sha256:1");
  EXPECT_EQ(config.address, "");
}

TEST(Installation, SaysWhatAPersonAgreesTo) {
  const core::v1::InstallProviderResponse asked = RequestedBy(Description(), "sha256:1");
  ASSERT_EQ(asked.types_size(), 1);
  EXPECT_EQ(asked.types(0).kind(), "TRAIT");
  EXPECT_EQ(asked.types(0).type(), "greeter");
  EXPECT_THAT(asked.types(0).writes(), ElementsAre("ADD */* +podTemplate"));
  EXPECT_THAT(asked.types(0).features(), ElementsAre("ASSESS"));
}

TEST(Installation, TheDigestIsAnotherOneWhenAnythingIs) {
  const std::string agreed = RequestedBy(Description(), "sha256:1").digest();
  EXPECT_EQ(RequestedBy(Description(), "sha256:1").digest(), agreed);
  EXPECT_NE(RequestedBy(Description(), "sha256:2").digest(), agreed);
  pb::DescribeResponse more = Description();
  more.mutable_capabilities(0)->mutable_writes(0)->set_mode(pb::WRITE_MODE_OVERRIDE);
  EXPECT_NE(RequestedBy(more, "sha256:1").digest(), agreed);
  more = Description();
  more.mutable_capabilities(0)->add_aliases("manual-scaler");
  EXPECT_NE(RequestedBy(more, "sha256:1").digest(), agreed);
  more = Description();
  more.add_capabilities()->set_type("rival");
  EXPECT_NE(RequestedBy(more, "sha256:1").digest(), agreed);
}

}  // namespace
}  // namespace weft::api
