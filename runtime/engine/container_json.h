#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/json.h"
#include "runtime/engine/engine.h"

// The Docker Engine API's JSON (v1.41) from and to plain values. Pure.
namespace weft::engine {

// The body of POST /containers/create.
std::string ContainerCreateJson(const ContainerSpec& spec);
// The body of POST /volumes/create.
std::string VolumeCreateJson(const VolumeSpec& spec);
// The body of POST /networks/create.
std::string NetworkCreateJson(const NetworkSpec& spec);
// The value of a `filters` query parameter that asks for `labels`.
std::string LabelFilterJson(const Labels& labels);

// From GET /containers/ID/json, an element of /containers/json, GET /containers/ID/stats, GET
// /networks/NAME, an element of /images/json or GET /images/NAME/json, a line of /events.
Container ContainerFromJson(const json::value& v);
ContainerSummary SummaryFromJson(const json::value& v);
Usage UsageFromJson(const json::value& v);
Network NetworkFromJson(const json::value& v);
Image ImageFromJson(const json::value& v);
Event EventFromJson(const json::value& v);

// The engine's answer as a status: what was attempted, and the engine's own message.
absl::Status StatusFromAnswer(int http_status, std::string_view body, std::string_view attempted);

}  // namespace weft::engine
