#pragma once

#include <string_view>

namespace weft::merge {

// Whether objects of this kind have no namespace. Known of Kubernetes' own kinds, whatever their
// version; of any other kind it is not known here, and false: the runtime refuses an object with a
// namespace where its platform has none for the kind. The table stands in cluster_scoped.cc, and
// for people in docs/merge.md. Pure.
bool IsClusterScoped(std::string_view api_version, std::string_view kind);

// The API group of an apiVersion; "" of "v1".
std::string_view GroupOf(std::string_view api_version);

}  // namespace weft::merge
