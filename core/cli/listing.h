#pragma once

#include <google/protobuf/message.h>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "weft/core/v1/applications.pb.h"
#include "weft/core/v1/catalog.pb.h"
#include "weft/runtime/v1/runtime.pb.h"

// Tables and lines of what the services answer: pure functions.
namespace weft::cli {

// `namespaces`: with a column for the namespace. Ages are counted to `now`.
std::string RenderApplications(const core::v1::ListApplicationsResponse& list, bool namespaces,
                               absl::Time now);
// Of that table: the heading, and the row of one application, with the namespace and the age at
// their ends.
std::vector<std::string> ApplicationsHeading();
std::vector<std::string> ApplicationRow(const core::v1::Application& application, absl::Time now);
std::string RenderComponents(const core::v1::ListComponentsResponse& list, bool namespaces,
                             absl::Time now);
std::string RenderTypes(const core::v1::ListTypesResponse& list);
std::string RenderProviders(const core::v1::ListProvidersResponse& list);
std::string RenderOrphans(const core::v1::ListOrphansResponse& list);
std::string RenderRuntimes(const core::v1::ListRuntimesResponse& list);
std::string SizeText(int64_t bytes);  // "1.4 MB"
std::string RenderImages(const runtime::v1::ListImagesResponse& list, absl::Time now);

// "FILE:LINE:COLUMN: error: MESSAGE", and a line with the hint where there is one.
std::string RenderDiagnostic(const common::v1::Diagnostic& diagnostic);

// An unknown severity reads as an error (protocol.md, "Evolution").
bool IsError(const common::v1::Diagnostic& diagnostic);

// "component/hello-web created (revision 1)", "application/hello unchanged".
std::string RenderChange(const core::v1::ApplyResponse::Change& change, bool dry_run);

// The message in protobuf's canonical JSON, fields with default values included, for people and
// programs.
std::string RenderJson(const google::protobuf::Message& message);
// Likewise, as one line, without fields of default values.
std::string RenderJsonLine(const google::protobuf::Message& message);

}  // namespace weft::cli
