#include "core/config/file.h"

#include <algorithm>
#include <string.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/model/yaml_tree.h"

namespace weft::config {
namespace {

std::string Line(const model::Diagnostic& diagnostic) {
  return absl::StrCat(diagnostic.document, ":", diagnostic.line, ":", diagnostic.column, ": ",
                      diagnostic.message, diagnostic.hint.empty() ? "" : "; ", diagnostic.hint);
}

absl::Status AsStatus(const model::Diagnostics& diagnostics) {
  if (!model::HasError(diagnostics)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrJoin(diagnostics, "\n", [](std::string* out, const model::Diagnostic& diagnostic) {
        absl::StrAppend(out, Line(diagnostic));
      }));
}

}  // namespace

absl::Status ReadFile(const std::string& path, std::string_view what,
                      const std::function<void(model::ObjectReader&)>& read) {
  const absl::StatusOr<std::string> text = weft::ReadFile(path);
  if (absl::IsNotFound(text.status()))
    return absl::NotFoundError(absl::StrCat("there is no file ", path));
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  model::YamlText yaml = model::ReadYaml(path, *text);
  model::Reading reading(path, yaml.diagnostics);
  model::Node empty;
  empty.kind = model::Node::Kind::kMap;
  const model::Node& root = yaml.documents.empty() ? empty : yaml.documents[0]->root();
  if (yaml.documents.size() > 1) {
    reading.Error(yaml.documents[1]->root().place, "", "WRONG_TYPE",
                  "a file of configuration is one document");
  }
  if (root.kind != model::Node::Kind::kMap) {
    reading.Error(root.place, "", "WRONG_TYPE", "it is not a map");
  } else if (!model::HasError(yaml.diagnostics)) {
    model::ObjectReader reader(reading, root, "", what);
    read(reader);
    reader.Finish();
  }
  return AsStatus(yaml.diagnostics);
}

std::string YamlScalar(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return isalnum(c) || strchr("/._-:", c) != nullptr;
  });
  // What a plain scalar would not mean as a string is quoted, as is what ends like a key.
  const bool string = model::TypeOfPlain(text) == model::PlainType::kString &&
                      !model::Yaml11Boolean(text).has_value();
  if (plain && string && !text.empty() && text.back() != ':' && text.front() != '-' &&
      text.front() != ':')
    return std::string(text);
  return json::Canonical(json::value(text));  // A JSON string is a YAML double-quoted scalar.
}

}  // namespace weft::config
