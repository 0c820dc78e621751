#include "tests/e2e/greeter_mesh.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/base/files.h"
#include "tests/free_port.h"

namespace weft::e2e {
namespace {

std::string Folder() { return absl::StrCat(WEFT_BIN_DIR, "/../thirdparty/greeter"); }

}  // namespace

std::vector<std::string> GreeterMesh::UpOptions() {
  core_ = absl::StrCat("127.0.0.1:", FreePort());
  EXPECT_TRUE(
      WriteFileAtomically(data().Below("core.yaml"), absl::StrCat("listen: ", core_, "\n")).ok());
  return {};
}

void GreeterMesh::SetUp() {
  // It takes packages from outside, which there is no way to from the network of these tests;
  // whoever started them is in the machine's.
  const CommandResult built = RunCommand(
      {"nsenter", absl::StrCat("--net=/proc/", getppid(), "/ns/net"),
       absl::StrCat(WEFT_SOURCE_DIR, "/tests/thirdparty/greeter/build.sh"), Folder(), "--image"},
      absl::Minutes(4));
  ASSERT_EQ(built.status, 0) << built.out << built.err;
  Mesh::SetUp();
  if (HasFatalFailure()) return;
  ImportHello();
  Import(kGreeterImage, {"/app/greeter.py"});
  const CommandResult installed = Weft({"provider", "install", kGreeterImage, "--yes"});
  ASSERT_EQ(installed.status, 0) << installed.err;
  asked_ = installed.out;
}

void GreeterMesh::Import(const std::string& image,
                         const std::vector<std::string>& entry_point) const {
  std::vector<std::string> arguments = {"image", "import", Folder() + "/greeter.tar", image};
  for (const std::string& word : entry_point) {
    arguments.push_back("--entrypoint");
    arguments.push_back(word);
  }
  const CommandResult imported = Weft(arguments);
  ASSERT_EQ(imported.status, 0) << imported.err;
}

engine::Container GreeterMesh::ContainerOf(const std::string& provider) const {
  const Runs runs = Pods(provider);
  if (runs.size() != 1) return {};
  return engine().InspectContainer(runs.begin()->second.id).value_or(engine::Container());
}

core::v1::Provider GreeterMesh::Provider(const std::string& name) const {
  for (const core::v1::Provider& provider : Providers())
    if (provider.name() == name) return provider;
  return {};
}

testing::AssertionResult GreeterMesh::AwaitAvailable(bool available) const {
  return Await(absl::StrCat("the greeter is ", available ? "there" : "away"),
               [&] { return Provider("greeter").available() == available; });
}

}  // namespace weft::e2e
