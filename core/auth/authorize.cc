#include "core/auth/authorize.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace weft::auth {
namespace {

bool MayCall(Caller::Kind kind, absl::string_view method) {
  if (absl::StartsWith(method, "/grpc.health.v1.Health/")) return true;
  switch (kind) {
    case Caller::Kind::kUser:
      return true;
    case Caller::Kind::kProvider:
      return absl::StartsWith(method, "/weft.core.v1.Instances/");
    case Caller::Kind::kRuntime:
    case Caller::Kind::kCore:
      return false;
  }
  return false;
}

}  // namespace

std::string_view ToText(Caller::Kind kind) {
  switch (kind) {
    case Caller::Kind::kUser:
      return "user";
    case Caller::Kind::kProvider:
      return "provider";
    case Caller::Kind::kRuntime:
      return "runtime";
    case Caller::Kind::kCore:
      return "core";
  }
  return "";
}

std::string ToText(const Caller& caller) {
  std::string text(ToText(caller.kind));
  if (!caller.name.empty()) absl::StrAppend(&text, "/", caller.name);
  return text;
}

absl::Status Authorize(const Caller& caller, absl::string_view method) {
  if (MayCall(caller.kind, method)) return absl::OkStatus();
  const bool instances = absl::StartsWith(method, "/weft.core.v1.Instances/");
  return absl::PermissionDeniedError(absl::StrCat("you are ", ToText(caller), "; calling ",
                                                  absl::StripPrefix(method, "/"), " takes ",
                                                  instances ? "a provider or a user" : "a user"));
}

}  // namespace weft::auth
