#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "core/model/kinds.h"
#include "core/model/text.h"

namespace weft::model {
namespace {

// Takes the name of a parameter, and the pointer of what takes its value.
using Check = std::function<void(const std::string& parameter, const std::string& element)>;

// Objects at any depth of `value`, which stands at `pointer`, that say fromParam.
void CheckNested(const json::value& value, const std::string& pointer, const Check& check) {
  if (const json::array* list = value.if_array()) {
    for (size_t i = 0; i < list->size(); ++i)
      CheckNested((*list)[i], absl::StrCat(pointer, "/", i), check);
  }
  if (!value.is_object()) return;
  if (const std::string parameter = json::GetString(value, {"fromParam"}); !parameter.empty())
    return check(parameter, pointer);
  for (const auto& [key, member] : value.get_object())
    CheckNested(member, pointer + json::PointerToken({key.data(), key.size()}), check);
}

}  // namespace

void CheckComponentReferences(const ComponentSchematic& component, const SourceMap& places,
                              Reading& reading) {
  const std::vector<std::string> declared = NamesOf(component.parameters);
  const auto check = [&](const std::string& parameter, const std::string& element) {
    if (parameter.empty() ||
        std::find(declared.begin(), declared.end(), parameter) != declared.end()) {
      return;
    }
    const std::string pointer = element + "/fromParam";
    Diagnostic& error =
        reading.Error(places.Value(pointer), pointer, "UNKNOWN_PARAMETER",
                      absl::StrCat("the component declares no parameter ", Quoted(parameter)));
    error.found = Quoted(parameter);
    const std::string nearest = Nearest(parameter, declared);
    error.hint =
        nearest.empty() ? "declare it in \"parameters\"" : absl::StrCat("write ", Quoted(nearest));
  };
  for (size_t c = 0; c < component.containers.size(); ++c) {
    const Container& container = component.containers[c];
    const std::string pointer = absl::StrCat("/spec/containers/", c);
    for (size_t i = 0; i < container.env.size(); ++i) {
      check(container.env[i].from_param, absl::StrCat(pointer, "/env/", i));
    }
    for (size_t i = 0; i < container.config.size(); ++i) {
      check(container.config[i].from_param, absl::StrCat(pointer, "/config/", i));
    }
  }
  for (size_t i = 0; i < component.workload_settings.size(); ++i) {
    const WorkloadSetting& setting = component.workload_settings[i];
    const std::string pointer = absl::StrCat("/spec/workloadSettings/", i);
    check(setting.from_param, pointer);
    if (setting.value) CheckNested(*setting.value, pointer + "/value", check);
  }
}

}  // namespace weft::model
