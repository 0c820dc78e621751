#include "runtime/local/environment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace weft::local {
namespace {

// Source: the kubelet, which passes over other keys of a whole ConfigMap.
bool IsVariableName(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

void Set(const std::string& name, std::string value, Variables& variables) {
  const auto known = std::find_if(variables.begin(), variables.end(),
                                  [&](const auto& variable) { return variable.first == name; });
  if (known != variables.end()) {
    known->second = std::move(value);
  } else {
    variables.emplace_back(name, std::move(value));
  }
}

absl::Status Missing(const std::string& kind, const std::string& name) {
  return absl::NotFoundError(NotFoundText(kind, name));
}

std::string FieldOf(const Pod& pod, const std::string& path) {
  if (path == "metadata.name") return pod.name;
  if (path == "metadata.namespace") return pod.ns;
  if (path == "status.podIP") return pod.address;
  return "";
}

// What the whole of a ConfigMap or a Secret adds.
absl::Status AddSource(const EnvironmentSource& source, const FindObject& find,
                       Variables& variables) {
  const ObjectPtr object = find(source.kind, source.name);
  const DataSpec* data = DataOf(object);
  if (data == nullptr)
    return source.optional ? absl::OkStatus() : Missing(source.kind, source.name);
  for (const auto& [key, value] : data->data)
    if (IsVariableName(key)) Set(source.prefix + key, value, variables);
  return absl::OkStatus();
}

absl::Status AddVariable(const EnvironmentVariable& variable, const Pod& pod,
                         const FindObject& find, Variables& variables) {
  if (!variable.field.empty()) {
    Set(variable.name, FieldOf(pod, variable.field), variables);
  } else if (!variable.key.has_value()) {
    // A variable sees those before it.
    Set(variable.name, ExpandVariables(variable.value, variables), variables);
  } else {
    const EnvironmentVariable::Key& key = *variable.key;
    const ObjectPtr object = find(key.kind, key.name);
    const DataSpec* data = DataOf(object);
    if (data == nullptr) return key.optional ? absl::OkStatus() : Missing(key.kind, key.name);
    const auto found = data->data.find(key.key);
    if (found == data->data.end()) {
      if (key.optional) return absl::OkStatus();
      return absl::NotFoundError(absl::StrCat("couldn't find key ", key.key, " in ", key.kind, " ",
                                              pod.ns, "/", key.name));
    }
    Set(variable.name, found->second, variables);
  }
  return absl::OkStatus();
}

}  // namespace

const DataSpec* DataOf(const ObjectPtr& object) {
  return object == nullptr || object->deleting ? nullptr : std::get_if<DataSpec>(&object->spec);
}

std::string NotFoundText(const std::string& kind, const std::string& name) {
  return absl::StrCat(kind == "Secret" ? "secret" : "configmap", " \"", name, "\" not found");
}

std::string ExpandVariables(std::string_view text, const Variables& variables) {
  std::string expanded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      expanded += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      expanded += '$';
      ++i;
      continue;
    }
    const size_t end = text[i + 1] == '(' ? text.find(')', i) : std::string_view::npos;
    const std::string* value = nullptr;
    if (end != std::string_view::npos) {
      const std::string_view name = text.substr(i + 2, end - i - 2);
      for (const auto& [variable, content] : variables)
        if (variable == name) value = &content;
    }
    if (value == nullptr) {
      expanded += '$';
      continue;
    }
    expanded += *value;
    i = end;
  }
  return expanded;
}

absl::StatusOr<RunText> TextOf(const PodContainer& container, const Pod& pod,
                               const FindObject& find) {
  RunText text;
  for (const EnvironmentSource& source : container.environment_sources)
    WEFT_RETURN_IF_ERROR(AddSource(source, find, text.environment));
  for (const EnvironmentVariable& variable : container.environment)
    WEFT_RETURN_IF_ERROR(AddVariable(variable, pod, find, text.environment));
  for (const std::string& word : container.command)
    text.command.push_back(ExpandVariables(word, text.environment));
  for (const std::string& word : container.args)
    text.args.push_back(ExpandVariables(word, text.environment));
  return text;
}

bool IsPodField(std::string_view path) {
  return path == "metadata.name" || path == "metadata.namespace" || path == "status.podIP";
}

}  // namespace weft::local
