// Reads the objects within an object that its controller makes:
// docs/adr/0036-objects-of-controllers.md.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/local/reader.h"

namespace weft::local {

std::string ReadNested(const json::value& object, const json::value& nested, const std::string& at,
                       const char* api_version, const char* kind, ReadSpec* read,
                       const Machine& machine, std::vector<Problem>& problems) {
  const auto part = [&](const char* field) {
    const json::value* found = json::Find(nested, field);
    return found == nullptr ? json::object() : found->get_object();
  };
  json::object metadata = part("metadata");
  metadata.erase("name");
  metadata["namespace"] = json::GetString(object, {"metadata", "namespace"});
  const json::value whole = json::object{{"apiVersion", api_version},
                                         {"kind", kind},
                                         {"metadata", std::move(metadata)},
                                         {"spec", part("spec")}};
  std::vector<Problem> found;
  for (const char* field : {"apiVersion", "kind"})
    if (const std::string said = json::GetString(nested, {field}); !said.empty()) {
      const std::string expected = json::GetString(whole, {field});
      if (said != expected)
        Refuse(found, absl::StrCat("/", field), "its controller makes another", said, expected);
    }
  read(whole, machine, found);
  for (Problem& problem : found) {
    const std::string place = absl::StrCat(at, problem.pointer);
    problem.message = absl::StrReplaceAll(problem.message, {{problem.pointer, place}});
    problem.pointer = place;
    problems.push_back(std::move(problem));
  }
  return json::Canonical(whole);
}

}  // namespace weft::local
