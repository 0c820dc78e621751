#include "core/resolve/settings.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace weft::resolve {
namespace {

constexpr char kSettings[] = "/spec/workloadSettings";

class Filler {
 public:
  Filler(Parameters* parameters, Findings& findings, Settings& out)
      : parameters_(parameters), findings_(findings), out_(out) {}

  void Fill(const model::WorkloadSetting& setting) {
    const std::string pointer = json::PointerToken(setting.name);
    json::object& properties = out_.properties.get_object();
    const boost::json::string_view name(setting.name);
    if (const json::value* set = Take(setting.from_param, pointer)) {
      properties[name] = *set;
    } else if (setting.value) {
      FillWithin(properties[name] = *setting.value, pointer);
    } else if (setting.required) {
      Require(setting.from_param);
    }
  }

 private:
  // The value of the parameter that fills in `pointer`, if there is one that has a value.
  const json::value* Take(const std::string& parameter, const std::string& pointer) {
    if (parameter.empty()) return nullptr;
    out_.parameters[pointer] = parameter;
    return parameters_ == nullptr ? nullptr : parameters_->Find(parameter);
  }

  void Require(const std::string& parameter) {
    if (parameters_ != nullptr) parameters_->Require(parameter, findings_);
  }

  void FillWithin(json::value& value, const std::string& pointer) {
    if (json::array* list = value.if_array()) {
      for (size_t i = 0; i < list->size(); ++i)
        FillWithin((*list)[i], absl::StrCat(pointer, "/", i));
    }
    if (!value.is_object()) return;
    json::object& object = value.get_object();
    if (const std::string parameter = json::GetString(value, {"fromParam"}); !parameter.empty()) {
      object.erase("fromParam");
      if (const json::value* set = Take(parameter, pointer + "/value")) {
        object["value"] = *set;
      } else if (!object.contains("value")) {
        Require(parameter);
      }
      return;
    }
    for (auto& member : object) {
      const boost::json::string_view key = member.key();
      FillWithin(member.value(), pointer + json::PointerToken({key.data(), key.size()}));
    }
  }

  Parameters* const parameters_;
  Findings& findings_;
  Settings& out_;
};

// Where the component says what `violation` is about.
std::string PlaceInComponent(const model::ComponentSchematic& component,
                             const Violation& violation) {
  for (size_t i = 0; i < component.workload_settings.size(); ++i) {
    const std::string property = json::PointerToken(component.workload_settings[i].name);
    const std::string place = absl::StrCat(kSettings, "/", i);
    if (violation.pointer == property && violation.of_key) return place + "/name";
    if (violation.pointer == property || violation.pointer.starts_with(property + "/"))
      return absl::StrCat(place, "/value", violation.pointer.substr(property.size()));
  }
  return component.workload_settings.empty() ? "/spec" : kSettings;
}

}  // namespace

const std::string* Settings::ParameterOf(const Violation& violation) const {
  std::string place = violation.pointer;
  if (!violation.missing.empty()) place += json::PointerToken(violation.missing);
  for (const auto& [pointer, parameter] : parameters) {
    if (place == pointer || place.starts_with(pointer + "/")) return &parameter;
  }
  return nullptr;
}

Settings FillSettings(const model::ComponentSchematic& component, Parameters* parameters,
                      Findings& findings) {
  Settings settings{.properties = json::object(), .parameters = {}};
  Filler filler(parameters, findings, settings);
  for (const model::WorkloadSetting& setting : component.workload_settings) filler.Fill(setting);
  return settings;
}

void CheckSettings(const model::ComponentSchematic& component, const json::value& schema,
                   Findings& findings) {
  const Settings settings = FillSettings(component, nullptr, findings);
  for (Violation& violation : Validate(settings.properties, schema)) {
    // A schema that cannot be used is no fault of the component.
    if (violation.code == "BAD_SCHEMA" || settings.ParameterOf(violation) != nullptr) continue;
    const std::string place = PlaceInComponent(component, violation);
    const bool key = place == kSettings || (violation.of_key && !place.ends_with("/name"));
    model::Diagnostic& error =
        findings.Error(place, std::move(violation.code), std::move(violation.message),
                       key ? model::At::kKey : model::At::kValue);
    error.found = std::move(violation.found);
    error.expected = std::move(violation.expected);
    error.hint = std::move(violation.hint);
  }
}

}  // namespace weft::resolve
