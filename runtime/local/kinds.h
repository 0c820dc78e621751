#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

// The one table of what the local runtime understands: Describe tells it, admission checks by it.
namespace weft::local {

enum class LeafType { kString, kInteger, kBoolean, kPort, kQuantity, kCount };

struct Leaf {
  // RFC 6901 tokens; "[]" stands for every element of a list, "*" for every key of an object.
  std::string pointer;
  LeafType type;
  bool honoured = true;  // False: accepted and ignored, without harm.
};

struct Kind {
  const char* api_version;
  const char* kind;
  std::vector<Leaf> leaves;
};

const std::vector<Kind>& Kinds();
// What makes a Service headless.
inline constexpr char kClusterIp[] = "/spec/clusterIP";
// Null: not understood.
const Kind* FindKind(std::string_view api_version, std::string_view kind);
// `pointer` as the protocol writes it: "*" for lists too.
std::string ProtocolPointer(std::string_view pointer);

// One thing that is wrong with an object. `pointer` is RFC 6901 with indices.
struct Problem {
  std::string code;
  std::string pointer;
  std::string message;
  std::string found;
  std::string expected;
  std::string hint;
};

// Adds a problem for each leaf that the table does not have (UNSUPPORTED_FIELD) or has with another
// type (WRONG_TYPE). Empty lists and objects where the table has some are right.
void CheckLeaves(const Kind& kind, const json::value& object, std::vector<Problem>& problems);

}  // namespace weft::local
