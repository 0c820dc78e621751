#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/merge/merge.h"

namespace weft::merge {

inline constexpr char kConflict[] = "CONFLICT";
inline constexpr char kNotPermitted[] = "NOT_PERMITTED";
inline constexpr char kBadPointer[] = "BAD_POINTER";
inline constexpr char kBadPart[] = "BAD_PART";

// Collects what is wrong. Not thread-safe.
class Problems {
 public:
  // The message becomes "KIND/NAME POINTER: WHAT". Long pointers are cut.
  void Add(const char* code, const std::string& owner, const ObjectRef& object,
           const std::string& pointer, const std::string& what);
  bool empty() const { return problems_.empty(); }
  // In an order that does not depend on that of the calls: by object, pointer, owner and message;
  // each once.
  std::vector<Problem> Take();

 private:
  std::vector<Problem> problems_;
};

// The canonical text of `value`, or a pointer, cut where it is long, for people.
std::string Quote(const json::value& value);
std::string QuotePointer(const std::string& pointer);

}  // namespace weft::merge
