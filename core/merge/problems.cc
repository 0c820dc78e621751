#include "core/merge/problems.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/readable.h"

namespace weft::merge {
namespace {

constexpr size_t kValueBytes = 120;
constexpr size_t kPointerBytes = 1024;

// At most `bytes` of `text`, whole characters.
std::string Cut(std::string text, size_t bytes) {
  if (text.size() <= bytes) return text;
  text.resize(CutTo(text, bytes).size());
  return text + "...";
}

auto Order(const Problem& p) { return std::tie(p.object, p.pointer, p.owner, p.code, p.message); }

}  // namespace

void Problems::Add(const char* code, const std::string& owner, const ObjectRef& object,
                   const std::string& pointer, const std::string& what) {
  const std::string place = QuotePointer(pointer);
  std::string message;
  if (!object.kind.empty()) absl::StrAppend(&message, object.kind, "/", object.name);
  if (!place.empty()) absl::StrAppend(&message, message.empty() ? "" : " ", place);
  absl::StrAppend(&message, message.empty() ? "" : ": ", what);
  problems_.push_back({owner, code, std::move(message), object, place});
}

std::vector<Problem> Problems::Take() {
  std::ranges::sort(problems_, [](const auto& a, const auto& b) { return Order(a) < Order(b); });
  const auto same = [](const Problem& a, const Problem& b) { return Order(a) == Order(b); };
  problems_.erase(std::unique(problems_.begin(), problems_.end(), same), problems_.end());
  return std::exchange(problems_, {});
}

std::string Quote(const json::value& value) { return Cut(json::Canonical(value), kValueBytes); }

std::string QuotePointer(const std::string& pointer) { return Cut(pointer, kPointerBytes); }

}  // namespace weft::merge
