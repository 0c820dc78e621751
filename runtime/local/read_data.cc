// Reads a ConfigMap or a Secret: Kubernetes API, core/v1.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/local/admission.h"

namespace weft::local {
namespace {

bool IsKey(std::string_view key) {
  if (key.empty() || key.size() > 253 || key == "." || key.starts_with("..")) return false;
  for (const char c : key)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return false;
  return true;
}

void Read(const json::value& object, const char* field, bool encoded, DataSpec& spec,
          std::vector<Problem>& problems) {
  const json::value* data = json::Find(object, field);
  if (data == nullptr) return;
  for (const auto& [key, value] : data->get_object()) {
    const std::string_view name(key.data(), key.size());
    const std::string pointer = absl::StrCat("/", field, json::PointerToken(name));
    if (!IsKey(name))
      Refuse(problems, pointer, "not a key", std::string(name),
             "letters, digits, '-', '_' and '.', at most 253, without \"..\" at the beginning");
    std::string text(value.get_string());
    // What a Secret holds is not told, also when it is wrong.
    if (encoded && !absl::Base64Unescape(std::string(text), &text))
      Refuse(problems, pointer, "not base64");
    spec.data[std::string(name)] = std::move(text);
  }
}

}  // namespace

Spec ReadConfigMap(const json::value& object, const Machine&, std::vector<Problem>& problems) {
  DataSpec spec;
  Read(object, "data", false, spec, problems);
  Read(object, "binaryData", true, spec, problems);
  return spec;
}

Spec ReadSecret(const json::value& object, const Machine&, std::vector<Problem>& problems) {
  DataSpec spec;
  Read(object, "data", true, spec, problems);
  Read(object, "stringData", false, spec, problems);  // Goes before the other.
  return spec;
}

}  // namespace weft::local
