#include "core/cli/schedule_command.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/listing.h"
#include "core/cli/text.h"
#include "weft/core/v1/applications.grpc.pb.h"

namespace weft::cli {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr const char* kForms[] = {absl::RFC3339_full,  "%Y-%m-%d%ET%H:%M:%S", "%Y-%m-%d%ET%H:%M",
                                  "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",      "%Y-%m-%d"};

struct Options {
  std::string application, from, to, output;
};

bool ParseDays(absl::string_view text, absl::Duration& span) {
  int32_t days = 0;
  if (!absl::ConsumeSuffix(&text, "d") || !absl::SimpleAtoi(text, &days)) return false;
  span = days * kDay;
  return true;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp to;
  to.set_seconds(absl::ToUnixSeconds(time));
  to.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(to.seconds()))));
  return to;
}

absl::Status Schedule(const Context& context, const Options& options) {
  const absl::TimeZone zone = absl::LocalTimeZone();
  const absl::Time now = absl::Now();
  WEFT_ASSIGN_OR_RETURN(const absl::Time from, ParseMoment(options.from, now, zone));
  absl::Time to = from + kDay;
  if (!options.to.empty()) {
    WEFT_ASSIGN_OR_RETURN(to, ParseMoment(options.to, now, zone));
  }
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ConnectService(data, "core"));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  core::v1::TimelineRequest request;
  request.set_namespace_(context.name_space);
  request.set_name(options.application);
  *request.mutable_from() = ToProto(from);
  *request.mutable_to() = ToProto(to);
  core::v1::TimelineResponse timeline;
  const grpc::Status status =
      core::v1::Applications::NewStub(channel)->Timeline(&call, request, &timeline);
  if (!status.ok()) return CallError(status, absl::StrCat("schedule ", options.application));
  const Terminal& terminal = context.terminal;
  if (options.output == "json") {
    terminal.out << RenderJson(timeline) << std::flush;
    return absl::OkStatus();
  }
  terminal.out << RenderTimeline(timeline, to, zone) << std::flush;
  for (const std::string& problem : timeline.problems())
    terminal.err << "warning: " << problem << std::endl;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(std::string_view text, absl::Time now,
                                       const absl::TimeZone& zone) {
  const absl::string_view view(text.data(), text.size());
  if (view == "now") return now;
  absl::Duration span;
  if (ParseDays(view, span) || absl::ParseDuration(view, &span)) return now + span;
  for (const char* form : kForms) {
    absl::Time time;
    std::string problem;
    if (absl::ParseTime(form, view, zone, &time, &problem)) return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", view, "' is no time: write 2h, 7d, 2026-03-01, \"2026-03-01 07:00\" or ",
                   "2026-03-01T07:00:00Z"));
}

std::string FormatMoment(absl::Time time, const absl::TimeZone& zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M:%S %Z", time, zone);
}

std::string RenderTimeline(const core::v1::TimelineResponse& timeline, absl::Time to,
                           const absl::TimeZone& zone) {
  if (timeline.entries_size() == 0)
    return absl::StrCat("nothing is due before ", FormatMoment(to, zone), "\n");
  std::vector<std::vector<std::string>> rows = {{"TIME", "COMPONENT/TRAIT", "EFFECT", "REASON"}};
  for (const core::v1::TimelineResponse::Entry& entry : timeline.entries()) {
    rows.push_back({FormatMoment(absl::FromUnixSeconds(entry.time().seconds()), zone),
                    absl::StrCat(entry.instance_name(), "/", entry.type()), entry.effect(),
                    entry.reason()});
  }
  return RenderTable(rows);
}

void AddScheduleCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  options->from = "now";
  CLI::App* schedule = app.add_subcommand("schedule", "Show what an application will do when");
  schedule->add_option("application", options->application, "The application's name")->required();
  schedule
      ->add_option("--from", options->from,
                   "From then on: 2h, 7d, 2026-03-01, \"2026-03-01 07:00\", 2026-03-01T07:00:00Z")
      ->type_name("TIME")
      ->capture_default_str();
  schedule->add_option("--to", options->to, "Until then [a day after --from]")->type_name("TIME");
  schedule->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  schedule->callback([&context, options] {
    context.run = [&context, options] {
      const absl::Status status = Schedule(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace weft::cli
