// The calls of the Docker Engine API whose bodies are streams.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "core/base/status.h"
#include "runtime/engine/container_json.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/log_frames.h"

namespace weft::engine {
namespace {

constexpr absl::Duration kUploadDeadline = absl::Minutes(10);  // Unpacking a large image.
constexpr size_t kMostOutput = 4096;                           // Of a command.
constexpr absl::Duration kAboutACommand = absl::Seconds(5);
constexpr absl::Duration kLookAgain = absl::Milliseconds(5);  // Whether it has ended.
constexpr absl::Duration kPullSilence = absl::Minutes(2);

// Cuts a stream of JSON texts, one a line, into values.
class JsonLines {
 public:
  explicit JsonLines(std::function<void(const json::value&)> sink) : sink_(std::move(sink)) {}

  void Take(std::string_view bytes) {
    text_.append(bytes);
    size_t start = 0;
    for (size_t end; (end = text_.find('\n', start)) != std::string::npos; start = end + 1)
      Line(std::string_view(text_).substr(start, end - start));
    text_.erase(0, start);
  }
  void End() { Line(text_); }

 private:
  void Line(std::string_view line) {
    if (const auto value = json::Parse(line); value.ok()) sink_(*value);
  }

  const std::function<void(const json::value&)> sink_;
  std::string text_;
};

// "name:tag" as two query parameters. A digest stays with the name.
std::string PullQuery(const std::string& reference) {
  const size_t colon = reference.rfind(':');
  const size_t slash = reference.rfind('/');
  const bool tagged = colon != std::string::npos && (slash == std::string::npos || colon > slash) &&
                      reference.find('@') == std::string::npos;
  const std::string repository = tagged ? reference.substr(0, colon) : reference;
  std::string query = "fromImage=" + UrlEncode(repository);
  const bool digest = reference.find('@') != std::string::npos;
  if (!digest)
    absl::StrAppend(&query, "&tag=", tagged ? UrlEncode(reference.substr(colon + 1)) : "latest");
  return query;
}

// The messages of an engine that reports progress as JSON texts, and the failure among them.
absl::Status ReportedFailure(std::string_view body, const std::string& attempted,
                             const std::function<void(const json::value&)>& each = {}) {
  absl::Status status;
  JsonLines lines([&](const json::value& v) {
    if (const std::string error = json::GetString(v, {"error"}); !error.empty())
      status = absl::InvalidArgumentError(absl::StrCat(attempted, ": ", error));
    if (each) each(v);
  });
  lines.Take(body);
  lines.End();
  return status;
}

// RFC 3339 as the engine's query parameters have it: "1700000000.000000001".
absl::StatusOr<std::string> UnixSeconds(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error))
    return absl::InvalidArgumentError(absl::StrCat("not a time: ", rfc3339, ": ", error));
  const int64_t nanos = absl::ToUnixNanos(time);
  return absl::StrFormat("%d.%09d", nanos / 1000000000, nanos % 1000000000);
}

// Source: Docker Engine API, "Authentication": AuthConfig as JSON, in URL-safe base64.
std::string RegistryAuth(const RegistryLogin& login) {
  json::object auth{{"serveraddress", login.server}};
  if (login.identity_token.empty()) {
    auth["username"] = login.username;
    auth["password"] = login.password;
  } else {
    auth["identitytoken"] = login.identity_token;
  }
  const std::string text = json::Canonical(std::move(auth));
  std::string encoded;
  absl::WebSafeBase64Escape(text, &encoded);
  encoded.append((4 - encoded.size() % 4) % 4, '=');  // It insists on its padding.
  return encoded;
}

}  // namespace

absl::Status DockerEngine::PullImage(const std::string& reference,
                                     const std::optional<RegistryLogin>& login) {
  StreamControl control;
  std::string progress;
  const std::string attempted = "pull image " + reference;
  HttpRequest request = {"POST", "/v1.41/images/create?" + PullQuery(reference), ""};
  if (login.has_value()) request.registry_auth = RegistryAuth(*login);
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response, http_.Stream(request, control, kPullSilence,
                                                                  {}, [&](std::string_view piece) {
                                                                    progress.append(piece);
                                                                    return true;
                                                                  }));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, attempted));
  return ReportedFailure(progress, attempted);
}

absl::StatusOr<std::vector<std::string>> DockerEngine::LoadImages(const ChunkSource& archive) {
  WEFT_ASSIGN_OR_RETURN(
      const HttpResponse response,
      http_.Upload({"POST", "/v1.41/images/load?quiet=1", "", "application/x-tar"}, archive,
                   kUploadDeadline));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, "load images"));
  std::vector<std::string> references;
  WEFT_RETURN_IF_ERROR(ReportedFailure(response.body, "load images", [&](const json::value& v) {
    const std::string line(absl::StripAsciiWhitespace(json::GetString(v, {"stream"})));
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "Loaded image: ") ||
        absl::ConsumePrefix(&rest, "Loaded image ID: "))
      references.emplace_back(rest);
  }));
  if (references.empty())
    return absl::InvalidArgumentError("load images: not an archive as `docker save` writes it");
  return references;
}

absl::Status DockerEngine::ImportImage(const std::string& reference,
                                       const std::vector<std::string>& entrypoint,
                                       const ChunkSource& archive) {
  // The tag with the name: a Podman knows no `tag` here.
  std::string target = "/v1.41/images/create?fromSrc=-&repo=" + UrlEncode(reference);
  if (!entrypoint.empty()) {
    json::array words;
    for (const std::string& word : entrypoint) words.emplace_back(word);
    absl::StrAppend(&target, "&changes=", UrlEncode("ENTRYPOINT " + json::Canonical(words)));
  }
  WEFT_ASSIGN_OR_RETURN(
      const HttpResponse response,
      http_.Upload({"POST", target, "", "application/x-tar"}, archive, kUploadDeadline));
  const std::string attempted = "import image " + reference;
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, attempted));
  return ReportedFailure(response.body, attempted);
}

absl::Status DockerEngine::WatchEvents(StreamControl& control, const std::function<void()>& opened,
                                       const std::function<void(const Event&)>& on_event) {
  JsonLines lines([&](const json::value& v) { on_event(EventFromJson(v)); });
  const std::string filters = R"({"type":["container","image","network"]})";
  WEFT_ASSIGN_OR_RETURN(
      const HttpResponse response,
      http_.Stream({"GET", "/v1.41/events?filters=" + UrlEncode(filters), ""}, control,
                   absl::InfiniteDuration(), opened, [&](std::string_view piece) {
                     lines.Take(piece);
                     return true;
                   }));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, "watch events"));
  return absl::UnavailableError("the engine ended its events");
}

absl::StatusOr<ExecResult> DockerEngine::Exec(const std::string& id,
                                              const std::vector<std::string>& command,
                                              absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  const std::string attempted = "run a command in container " + id.substr(0, 12);
  // Of a call about the command an end in time says nothing of the command.
  const auto ask = [&](const char* method, const std::string& target, const std::string& body) {
    absl::StatusOr<json::value> answer = Ask(method, target, attempted, body, kAboutACommand);
    if (absl::IsDeadlineExceeded(answer.status()))
      answer = absl::UnavailableError(std::string(answer.status().message()));
    return answer;
  };
  WEFT_ASSIGN_OR_RETURN(
      const json::value made,
      ask("POST", absl::StrCat("/containers/", UrlEncode(id), "/exec"),
          json::Canonical(json::object{{"Cmd", json::array(command.begin(), command.end())},
                                       {"AttachStdout", true},
                                       {"AttachStderr", true}})));
  const std::string exec = absl::StrCat("/exec/", UrlEncode(json::GetString(made, {"Id"})));
  ExecResult result;
  LogFrames frames([&](std::string_view piece) {
    result.output.append(
        piece.substr(0, kMostOutput - std::min(kMostOutput, result.output.size())));
    return true;
  });
  StreamControl control;
  bool in_time = true;
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Stream({"POST", absl::StrCat("/v1.41", exec, "/start"),
                                      R"({"Detach":false,"Tty":false})"},
                                     control, deadline, {}, [&](std::string_view piece) {
                                       in_time = absl::Now() < end;
                                       return in_time && frames.Take(piece);
                                     }));
  WEFT_RETURN_IF_ERROR(StatusFromAnswer(response.status, response.body, attempted));
  // Its output may end a little before the engine knows how the command did, and there is no call
  // that waits for that.
  while (in_time) {
    WEFT_ASSIGN_OR_RETURN(const json::value now, ask("GET", exec + "/json", ""));
    result.exit_code = json::GetInt(now, {"ExitCode"});
    if (!json::GetBool(now, {"Running"})) return result;
    in_time = absl::Now() < end;
    absl::SleepFor(kLookAgain);
  }
  return absl::DeadlineExceededError(attempted + ": it has not ended");
}

absl::Status DockerEngine::ReadLogs(const std::string& id, const LogSelection& selection,
                                    StreamControl& control, const ChunkSink& sink) {
  LogFrames frames(sink);
  std::string target =
      absl::StrCat("/v1.41/containers/", UrlEncode(id),
                   "/logs?stdout=1&stderr=1&follow=", selection.follow ? 1 : 0,
                   "&tail=", selection.tail < 0 ? "all" : std::to_string(selection.tail));
  if (!selection.since.empty()) {
    WEFT_ASSIGN_OR_RETURN(const std::string since, UnixSeconds(selection.since));
    absl::StrAppend(&target, "&since=", since);
  }
  const absl::Duration silence = selection.follow ? absl::InfiniteDuration() : absl::Seconds(30);
  WEFT_ASSIGN_OR_RETURN(const HttpResponse response,
                        http_.Stream({"GET", target, ""}, control, silence, {},
                                     [&](std::string_view piece) { return frames.Take(piece); }));
  return StatusFromAnswer(response.status, response.body, "read logs of " + id.substr(0, 12));
}

}  // namespace weft::engine
