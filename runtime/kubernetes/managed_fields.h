#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "runtime/kubernetes/field_path.h"

// Who owns which leaf of an object, as the API server keeps it in metadata.managedFields.
// Source: Kubernetes, "Server-Side Apply".
namespace weft::kubernetes {

inline constexpr char kManager[] = "weft";             // Of what documents say.
inline constexpr char kSteerManager[] = "weft-steer";  // Of leaves that change at run time.

inline constexpr char kInstallationLabel[] = "weft.dev/installation";
inline constexpr char kOwnerAnnotation[] = "weft.dev/owner";
inline constexpr char kGenerationAnnotation[] = "weft.dev/generation";

using Leaves = std::map<std::string, FieldPath>;  // By pointer.

class ManagedFields {
 public:
  // `object`: as the API server gave it. What cannot be read in it is passed over.
  explicit ManagedFields(const json::value& object);

  // The leaves that `manager` applied.
  const Leaves& AppliedBy(std::string_view manager) const;
  // Who but Weft changed the leaf last; empty: nobody.
  std::string WriterOf(const std::string& pointer) const;
  // True: somebody else owns something below this leaf, which is thus only what holds it.
  bool OthersBelow(const std::string& pointer) const;

 private:
  struct Entry {
    std::string manager;
    bool applied = false;  // By server-side apply, and not through a subresource.
    std::string time;      // RFC 3339, in UTC: the later, the greater.
    Leaves leaves;
  };
  bool IsOurs(const Entry& entry) const;
  std::vector<Entry> entries_;
};

// Identifies the values of the leaves that Weft owns in `object`: weft.runtime.v1 says which in
// Projection.digest. The annotation of the generation is not among them, since it says what was
// applied, not what for.
std::string Digest(const json::value& object, const ManagedFields& fields);

// The text of a leaf's value in `object`, for comparison; empty: there is none. Of an object or
// list in which others own leaves only that it is there.
std::string LeafText(const json::value& object, const ManagedFields& fields,
                     const std::string& pointer, const FieldPath& path);

// An annotation that Weft applied and nobody changed since; empty: there is none.
std::string OwnAnnotation(const json::value& object, const ManagedFields& fields,
                          std::string_view annotation);
// The generation that was accepted last; 0: none that can be believed.
uint64_t AcceptedGeneration(const json::value& object, const ManagedFields& fields);

}  // namespace weft::kubernetes
