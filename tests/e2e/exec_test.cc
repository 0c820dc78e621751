// What an operator looks at when something is wrong: commands in containers, and what one that
// failed wrote last.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/e2e/mesh.h"
#include "tests/e2e/root_file_system.h"

namespace weft::e2e {
namespace {

using testing::HasSubstr;

class Exec : public Mesh {
 protected:
  void SetUp() override {
    Mesh::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    RootFileSystem root(scratch() + "/tools");
    for (const char* path :
         {"/bin/busybox", "/bin/sh", "/bin/cat", "/bin/stty", "/bin/sleep", "/bin/grep"})
      ASSERT_TRUE(root.AddAs("/bin/busybox", path).ok());
    const absl::StatusOr<std::string> archive = root.Archive();
    ASSERT_TRUE(archive.ok()) << archive.status();
    ASSERT_EQ(Weft({"image", "import", *archive, "tools:1"}).status, 0);
    ApplyShell("tools", "sleep 100000");
    ASSERT_TRUE(AwaitConverged("tools", {{"tools-shell", 1}}));
  }

  // An application of one worker, whose shell carries `script` out.
  void ApplyShell(const std::string& name, const std::string& script) const {
    const CommandResult applied = Apply(name, absl::Substitute(R"(apiVersion: core.oam.dev/v1alpha1
kind: ComponentSchematic
metadata: {name: $0}
spec:
  workloadType: core.oam.dev/v1alpha1.Worker
  containers:
    - {name: main, image: "tools:1", cmd: [/bin/sh, -c, "$1"]}
---
apiVersion: core.oam.dev/v1alpha1
kind: ApplicationConfiguration
metadata: {name: $0}
spec:
  components: [{componentName: $0, instanceName: $0-shell}]
)",
                                                               name, script));
    ASSERT_EQ(applied.status, 0) << applied.err;
  }

  // A line for a shell on this machine, in which $WEFT is the command.
  CommandResult Shell(const std::string& line) const {
    return RunCommand(
        {"/bin/bash", "-c",
         absl::StrCat("WEFT='", WEFT_BIN_DIR, "/weft --data ", data().path(), "'; ", line)});
  }
};

TEST_F(Exec, HasTheCallersStreamsOrTerminalAndGivesItsExitCode) {
  const CommandResult ran =
      Weft({"exec", "tools", "--", "sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "err\n");
  const CommandResult piped = Shell("seq 1 100000 | $WEFT exec tools -i -- cat | cksum");
  EXPECT_EQ(piped.out, Shell("seq 1 100000 | cksum").out) << piped.err;
  const CommandResult cut = Shell(
      "set -o pipefail; timeout 20 $WEFT exec tools -- sh -c 'while echo y; do :; done' | head -n "
      "1");
  EXPECT_EQ(cut.out, "y\n") << cut.err;
  EXPECT_EQ(cut.status, 0) << "it ends when nobody reads any more";
  EXPECT_TRUE(Await("the event", [&] {
    const std::string events = Weft({"events", "tools"}).out;
    return events.find("CommandRun") != std::string::npos &&
           events.find("user asked to run sh") != std::string::npos;
  }));

  const CommandResult none = Weft({"exec", "tools", "-t", "--", "sh"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("--tty needs a terminal"));
  // script(1) has a terminal for whoever has none.
  const CommandResult shown = Shell(
      R"(script -qec "stty cols 77 rows 22; $WEFT exec tools -it -- sh -c 'until stty size | grep 22; do sleep 0.1; done'" /dev/null)");
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("22 77"));
}

TEST_F(Exec, SaysWhatIsNotThereAndTheStatusWhatAContainerWroteBeforeItFailed) {
  const CommandResult no_application = Weft({"exec", "nobody", "--", "sh"});
  EXPECT_EQ(no_application.status, 1);
  EXPECT_THAT(no_application.err, HasSubstr("there is no application"));
  const CommandResult no_container = Weft({"exec", "tools", "-c", "side", "--", "sh"});
  EXPECT_EQ(no_container.status, 1);
  EXPECT_THAT(no_container.err, HasSubstr("side"));
  const CommandResult no_program = Weft({"exec", "tools", "--", "/nothing"});
  EXPECT_NE(no_program.status, 0);
  EXPECT_THAT(no_program.out + no_program.err, HasSubstr("/nothing"));
  EXPECT_EQ(Weft({"exec", "tools"}).status, 2);

  ApplyShell("bad", "echo starting; echo no such table; exit 3");
  EXPECT_TRUE(AwaitStatus("bad", [](const core::v1::Application& bad) {
    return bad.components_size() == 1 && bad.components(0).pods_size() == 1 &&
           bad.components(0).pods(0).reason() == "CrashLoopBackOff" &&
           bad.components(0).pods(0).message().find("no such table") != std::string::npos;
  }));
  EXPECT_THAT(
      Weft({"status", "bad"}).out,
      testing::ContainsRegex("restarted [0-9]+ times?: no[[:space:]]+such[[:space:]]+table"));
  EXPECT_TRUE(Await("the event", [&] {
    return Weft({"events", "bad"}).out.find("(Error: no such table)") != std::string::npos;
  }));
}

}  // namespace
}  // namespace weft::e2e
