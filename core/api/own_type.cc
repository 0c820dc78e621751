#include "core/api/own_type.h"

#include "absl/strings/str_cat.h"

namespace weft::api {

absl::Status CheckOwnType(const auth::Caller& caller, const std::string& type,
                          const mesh::Providers& providers) {
  if (caller.kind != auth::Caller::Kind::kProvider) {
    return absl::PermissionDeniedError(
        absl::StrCat("only the provider of ", type, " may do that for it"));
  }
  const catalog::TypeTablePtr types = providers.types();
  for (const catalog::TypeKind kind : {catalog::TypeKind::kWorkload, catalog::TypeKind::kTrait}) {
    const catalog::Type* found = types->Find(kind, type);
    if (found == nullptr || found->name != type || found->provider != caller.name) continue;
    if (found->instances) return absl::OkStatus();
    return absl::PermissionDeniedError(
        absl::StrCat("the provider ", caller.name, " serves ", type, " without FEATURE_INSTANCES"));
  }
  // What a provider that was never heard serves is not known.
  if (providers.Find(caller.name) != nullptr && !providers.WhyAway(caller.name).empty())
    return absl::UnavailableError(providers.WhyAway(caller.name));
  return absl::PermissionDeniedError(
      absl::StrCat(type, " is no type of the provider ", caller.name));
}

}  // namespace weft::api
