// Exec: commands in the containers of pods.
#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "tests/conformance/runtime/conformance.h"

namespace weft::conformance {
namespace {

using runtime::v1::ExecRequest;
using runtime::v1::ExecResponse;
using testing::HasSubstr;

// What a command came to.
struct Came {
  std::string out, err;
  int exit_code = -1;
  absl::Status status;
};

// One call.
class Call {
 public:
  Call(runtime::v1::Runtime::StubInterface& runtime, const ExecRequest& first)
      : stream_(Begin(runtime, context_)) {
    stream_->Write(first);
  }
  void Type(const std::string& input) {
    ExecRequest request;
    request.mutable_input()->set_stdin(input);
    stream_->Write(request);
  }
  void CloseInput() {
    ExecRequest request;
    request.mutable_input()->set_stdin_closed(true);
    stream_->Write(request);
  }
  void Resize(uint32_t columns, uint32_t rows) {
    ExecRequest request;
    request.mutable_input()->mutable_size()->set_columns(columns);
    request.mutable_input()->mutable_size()->set_rows(rows);
    stream_->Write(request);
  }
  // Reads until the output has `text`.
  bool UntilOut(const std::string& text) {
    while (!absl::StrContains(came_.out, text) && ReadOne()) {
    }
    return absl::StrContains(came_.out, text);
  }
  // To its end.
  Came End() {
    while (ReadOne()) {
    }
    const grpc::Status status = stream_->Finish();
    came_.status =
        absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    return came_;
  }

 private:
  // A deadline counts from before the call begins.
  static std::unique_ptr<grpc::ClientReaderWriterInterface<ExecRequest, ExecResponse>> Begin(
      runtime::v1::Runtime::StubInterface& runtime, grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(40));
    return runtime.Exec(&context);
  }
  bool ReadOne() {
    ExecResponse response;
    if (!stream_->Read(&response)) return false;
    came_.out += response.output().stdout();
    came_.err += response.output().stderr();
    if (response.output().has_exit_code()) came_.exit_code = response.output().exit_code();
    return true;
  }

  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriterInterface<ExecRequest, ExecResponse>> stream_;
  Came came_;
};

class Commands : public Programs {
 protected:
  void SetUp() override {
    Programs::SetUp();
    if (IsSkipped()) return;
    Accept(Deployment("web", 1, Pod({"wait"}, R"(,"env":[{"name":"A","value":"1"}])")));
    UntilReady("web", 1);
  }
  ExecRequest Of(const std::vector<std::string>& words) {
    ExecRequest request;
    request.mutable_start()->set_namespace_(ns_);
    request.mutable_start()->set_pod(PodsOf("web").at(0).name);
    for (const std::string& word : words)
      request.mutable_start()->mutable_command()->add_words(word);
    return request;
  }
  // The suite's program with such statements.
  ExecRequest Program(std::vector<std::string> statements, bool input = false) {
    statements.insert(statements.begin(), "/pod");
    ExecRequest request = Of(statements);
    request.mutable_start()->mutable_command()->set_stdin(input);
    return request;
  }
  static Came Run(const ExecRequest& first) { return Call(runtime(), first).End(); }
};

TEST_F(Commands, OutputAndExitCodeComeBack) {
  const Came came = Run(Program({"say one  \"two\"", "env A", "exit 3"}));
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(came.out, "one  \"two\"\nA=1\n");
  EXPECT_EQ(came.exit_code, 3);
  EXPECT_EQ(Run(Program({"say well"})).exit_code, 0);
}

TEST_F(Commands, StandardErrorIsApart) {
  WEFT_NEEDS(kFiles);
  const Came came = Run(Program({"say out", "complain err"}));
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(came.out, "out\n");
  EXPECT_EQ(came.err, "err\n");
}

TEST_F(Commands, InputReachesItToItsEnd) {
  WEFT_NEEDS(kFiles);
  Call call(runtime(), Program({"echo", "say end"}, true));
  call.Type("one\n");
  EXPECT_TRUE(call.UntilOut("one\n"));
  call.Type("two\n");
  call.CloseInput();
  const Came came = call.End();
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(came.out, "one\ntwo\nend\n");
  EXPECT_EQ(came.exit_code, 0);
}

TEST_F(Commands, MuchInputReachesItWhole) {
  WEFT_NEEDS(kFiles);
  std::string all;  // Of every byte, in pieces that no platform carries at once.
  for (int i = 0; i < 200'000; ++i) all += static_cast<char>(i * 7 + i / 256);
  Call call(runtime(), Program({"echo"}, true));
  for (size_t at = 0; at < all.size(); at += 32 * 1024) call.Type(all.substr(at, 32 * 1024));
  call.CloseInput();
  const Came came = call.End();
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(came.out.size(), all.size());
  EXPECT_TRUE(came.out == all);
  EXPECT_EQ(came.exit_code, 0);
}

TEST_F(Commands, TheEndOfATerminalsInputEndsAShellAndLosesNoOutput) {
  WEFT_NEEDS(kFiles);
  ExecRequest request = Program({"echo", "say end"}, true);
  request.mutable_start()->mutable_command()->set_tty(true);
  Call call(runtime(), request);
  call.Type("one\n");
  EXPECT_TRUE(call.UntilOut("one"));
  call.CloseInput();
  const Came came = call.End();
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_THAT(came.out, HasSubstr("end"));
  EXPECT_EQ(came.exit_code, 0);
}

TEST_F(Commands, WithoutInputItFindsTheEndOfIt) {
  WEFT_NEEDS(kFiles);
  EXPECT_EQ(Run(Program({"echo", "say end"})).out, "end\n");
}

TEST_F(Commands, ItsEndNeedsNoEndOfItsInput) {
  WEFT_NEEDS(kFiles);
  const Came came = Run(Program({"say done"}, true));
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(came.out, "done\n");
  EXPECT_EQ(came.exit_code, 0);
}

TEST_F(Commands, MuchOutputComesWhole) {
  WEFT_NEEDS(kFiles);
  const Came came = Run(Program({"lines 200000"}));
  EXPECT_TRUE(came.status.ok()) << came.status;
  EXPECT_EQ(std::count(came.out.begin(), came.out.end(), '\n'), 200000);
  EXPECT_THAT(came.out.substr(came.out.size() - 100), HasSubstr("\n199999\n"));
}

TEST_F(Commands, ATerminalHasTheSizeOfTheCallers) {
  WEFT_NEEDS(kFiles);
  ExecRequest request = Program({"columns 100", "columns 120"}, true);
  common::v1::Command& command = *request.mutable_start()->mutable_command();
  command.set_tty(true);
  command.mutable_size()->set_columns(100);
  command.mutable_size()->set_rows(30);
  Call call(runtime(), request);
  EXPECT_TRUE(call.UntilOut("100 columns, 30 rows"));
  call.Resize(120, 40);
  const Came came = call.End();
  EXPECT_THAT(came.out, HasSubstr("120 columns, 40 rows"));
  EXPECT_EQ(came.exit_code, 0);
}

TEST_F(Commands, TheContainerIsTheOneThatIsNamed) {
  Accept(Deployment("two", 1,
                    PodOf({Container({"wait"}, R"(,"env":[{"name":"A","value":"1"}])", "one"),
                           Container({"wait"}, R"(,"env":[{"name":"A","value":"2"}])", "other")})));
  UntilReady("two", 1);
  ExecRequest request = Program({"env A"});
  request.mutable_start()->set_pod(PodsOf("two").at(0).name);
  EXPECT_EQ(Run(request).out, "A=1\n") << "the first one";
  request.mutable_start()->set_container("other");
  EXPECT_EQ(Run(request).out, "A=2\n");
}

TEST_F(Commands, WhatIsNotThereIsNotFound) {
  ExecRequest request = Program({"say no"});
  request.mutable_start()->set_container("nobody");
  EXPECT_TRUE(absl::IsNotFound(Run(request).status));
  request = Program({"say no"});
  request.mutable_start()->set_pod("nobody");
  EXPECT_TRUE(absl::IsNotFound(Run(request).status));
}

TEST_F(Commands, WhatHasEndedRunsNone) {
  Accept(Job("pi", PodOf({Container({"say done"})}, R"(,"restartPolicy":"Never")")));
  Until("it has ended", [&] { return HasCondition("Job", "pi", "Complete"); });
  ExecRequest request = Program({"say no"});
  request.mutable_start()->set_pod(PodsOf("pi", "Job").at(0).name);
  const Came came = Run(request);
  EXPECT_TRUE(absl::IsFailedPrecondition(came.status)) << came.status;
}

TEST_F(Commands, WhatHasNotStartedRunsNone) {
  Accept(
      Deployment("waits", 1, Pod({"wait"}, R"(,"envFrom":[{"configMapRef":{"name":"missing"}}])")));
  UntilPod("it waits", "waits", [](const PodSeen& pod) {
    return json::GetString(pod.Container(), {"state", "waiting", "reason"}) ==
           "CreateContainerConfigError";
  });
  ExecRequest request = Program({"say no"});
  request.mutable_start()->set_pod(PodsOf("waits").at(0).name);
  const Came came = Run(request);
  EXPECT_TRUE(absl::IsFailedPrecondition(came.status)) << came.status;
}

// Platforms differ in who finds that out.
TEST_F(Commands, AProgramThatIsNotThereSaysSo) {
  WEFT_NEEDS(kFiles);
  const Came came = Run(Of({"/nothing"}));
  if (came.status.ok()) {
    EXPECT_THAT(came.exit_code, testing::AnyOf(126, 127));
    EXPECT_THAT(came.out + came.err, HasSubstr("/nothing"));
  } else {
    EXPECT_TRUE(absl::IsInvalidArgument(came.status)) << came.status;
    EXPECT_THAT(std::string(came.status.message()), HasSubstr("/nothing"));
  }
}

TEST_F(Commands, NothingToRunIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(Run(Of({})).status));
  EXPECT_TRUE(absl::IsInvalidArgument(Run({}).status));
}

}  // namespace
}  // namespace weft::conformance
