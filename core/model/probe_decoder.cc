#include <limits>

#include "absl/strings/str_cat.h"
#include "core/model/kinds.h"

namespace weft::model {
namespace {

void ReadHttpHeader(ObjectReader& in, HttpHeader& out) {
  in.String("name", out.name, Need::kRequired);
  std::optional<std::string> value;
  if (in.Text("value", value)) out.value = *value;
}

void ReadHttpGet(ObjectReader& in, HttpGet& out) {
  in.String("path", out.path);
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  in.Integer("port", out.port, 1, 65535, Need::kRequired);
  in.List("httpHeaders", "an HTTP header", out.headers, ReadHttpHeader);
}

void ReadExec(ObjectReader& in, Probe& out) {
  constexpr char kMessage[] = "an exec probe needs a \"command\" of at least one word";
  const bool list = in.Texts("command", out.exec);
  if (!in.Has("command")) {
    in.Lacks({"command"}, kMessage).hint = "add \"command\"";
  } else if (list && out.exec.empty()) {
    in.reading().Error(in.PlaceOf("command"), in.PointerOf("command"), "MISSING_FIELD", kMessage);
  }
}

// A probe has exactly one arm (OAM v1alpha1, section 3, "HealthProbe").
void CheckArms(ObjectReader& in) {
  std::string first;
  for (const std::string& arm : in.Fields()) {
    if ((arm != "exec" && arm != "httpGet" && arm != "tcpSocket") || !in.Has(arm)) continue;
    if (first.empty()) {
      first = arm;
      continue;
    }
    in.reading()
        .Error(in.KeyPlaceOf(arm), in.PointerOf(arm), "PROBE_ARMS",
               absl::StrCat("a probe has one of exec, httpGet and tcpSocket, and this one has \"",
                            first, "\" already"))
        .hint = "leave one of them out";
  }
  if (!first.empty()) return;
  Diagnostic& error = in.Lacks({"exec", "httpGet", "tcpSocket"},
                               "a probe needs one of exec, httpGet and tcpSocket");
  error.code = "PROBE_ARMS";
  error.hint = "add one of them";
}

}  // namespace

void ReadProbe(ObjectReader& in, Probe& out) {
  constexpr int kMost = std::numeric_limits<int>::max();
  in.Object("exec", "an exec probe", [&](ObjectReader& exec) { ReadExec(exec, out); });
  in.Object("httpGet", "an httpGet probe",
            [&](ObjectReader& http) { ReadHttpGet(http, out.http_get.emplace()); });
  in.Object("tcpSocket", "a tcpSocket probe", [&](ObjectReader& tcp) {
    tcp.Integer("port", out.tcp_port.emplace(), 1, 65535, Need::kRequired);
  });
  CheckArms(in);
  in.Integer("initialDelaySeconds", out.initial_delay_seconds, 0, kMost);
  in.Integer("periodSeconds", out.period_seconds, 1, kMost);
  in.Integer("timeoutSeconds", out.timeout_seconds, 1, kMost);
  in.Integer("successThreshold", out.success_threshold, 1, kMost);
  in.Integer("failureThreshold", out.failure_threshold, 1, kMost);
}

}  // namespace weft::model
