#include "core/merge/object_schema.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weft::merge {
namespace {

std::string InCode(std::string_view text) { return "`" + std::string(text) + "`"; }

// The rows of the table that docs/merge.md must have for `schema`: "| `LIST` | KEYS |" and
// "| `UNION` | ARMS |".
void AddRows(const Schema* schema, const std::string& place, std::vector<std::string>& rows) {
  if (schema == nullptr) return;
  if (!schema->arms.empty()) {
    std::vector<std::string> arms;
    for (std::string_view arm : schema->arms) arms.push_back(InCode(arm));
    rows.push_back(absl::StrCat("| `", place, "` | ", absl::StrJoin(arms, ", "), " |"));
  }
  for (const SchemaField& field : schema->fields) {
    const std::string below =
        absl::StrCat(place, place.empty() ? "" : ".", std::string(field.name));
    if (field.keys.empty()) {
      AddRows(field.schema, below, rows);
      continue;
    }
    std::vector<std::string> keys;
    for (const ListKey& key : field.keys) {
      keys.push_back(InCode(key.name));
      if (key.when_absent != nullptr) {
        absl::StrAppend(&keys.back(), " (", *key.when_absent == '\0' ? "empty" : key.when_absent,
                        ")");
      }
    }
    rows.push_back(absl::StrCat("| `", below, "` | ", absl::StrJoin(keys, ", "), " |"));
    AddRows(field.schema, below + "[]", rows);
  }
}

TEST(ObjectSchema, IsWhatTheDocumentationSays) {
  std::ifstream file(WEFT_SOURCE_DIR "/docs/merge.md");
  std::vector<std::string> documented;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "| `")) documented.push_back(line);
  }
  std::vector<std::string> rows;
  for (const auto& [api_version, kind] : {std::pair("v1", "Pod"), std::pair("v1", "Service"),
                                          std::pair("networking.k8s.io/v1", "Ingress")}) {
    AddRows(FindSchema(api_version, kind)->Find("spec")->schema, "", rows);
  }
  // Of all kinds of containers one stands for the others.
  std::erase_if(rows, [](const std::string& row) {
    return absl::StartsWith(row, "| `initContainers[]") ||
           absl::StartsWith(row, "| `ephemeralContainers[]");
  });
  EXPECT_THAT(documented, testing::UnorderedElementsAreArray(rows));
}

TEST(ObjectSchema, KnowsKindsByTheirExactVersion) {
  EXPECT_NE(FindSchema("apps/v1", "Deployment"), nullptr);
  EXPECT_EQ(FindSchema("apps/v1beta1", "Deployment"), nullptr);
  EXPECT_EQ(FindSchema("apps/v1", "Service"), nullptr);
}

}  // namespace
}  // namespace weft::merge
