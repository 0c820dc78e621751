#include "core/mesh/not_asked.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace weft::mesh {
namespace {

constexpr char kMark[] = "weft.dev/not-asked";

}  // namespace

absl::Status NotAsked(absl::StatusCode code, const std::string& why) {
  absl::Status status(code, absl::StrCat("not asked at the moment: ", why));
  status.SetPayload(kMark, absl::Cord());
  return status;
}

std::string WhatFailed(const absl::Status& status) {
  return absl::StrCat(status.GetPayload(kMark).has_value() ? "is " : "failed: ", status.message());
}

}  // namespace weft::mesh
