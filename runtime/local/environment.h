#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/local/object.h"
#include "runtime/local/pod.h"

// What a container is run with, once it is known where its values stand.
namespace weft::local {

// "$(NAME)" replaced by the variable's value, "$$" by "$"; an unknown name stays as it is. Source:
// Kubernetes API, Container.command.
std::string ExpandVariables(std::string_view text, const Variables& variables);

// An object of the pod's namespace; null: there is none.
using FindObject = std::function<ObjectPtr(const std::string& kind, const std::string& name)>;

// What a ConfigMap or a Secret says; null: there is none.
const DataSpec* DataOf(const ObjectPtr& object);
// That there is none, in the kubelet's words.
std::string NotFoundText(const std::string& kind, const std::string& name);

// What a container of `pod` is run with. NOT_FOUND: what it needs is not there, in the kubelet's
// words.
absl::StatusOr<RunText> TextOf(const PodContainer& container, const Pod& pod,
                               const FindObject& find);

// Whether a pod's field can be a variable's value.
bool IsPodField(std::string_view path);

}  // namespace weft::local
