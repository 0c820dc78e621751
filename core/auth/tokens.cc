#include "core/auth/tokens.h"

#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/files.h"
#include "core/base/status.h"

namespace weft::auth {
namespace {

constexpr int kTokenBytes = 32;

std::string FileOf(const DataDirectory& data) { return data.Below("tokens"); }

// By program. A line that is not one is passed over: nobody else writes the file.
std::map<std::string, std::string> Read(const std::string& file) {
  std::map<std::string, std::string> tokens;
  const std::string text = ReadFileOrEmpty(file);
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (!parts.second.empty()) tokens.insert(parts);
  }
  return tokens;
}

auto Version(const struct stat& file) {
  return std::make_tuple(file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

}  // namespace

absl::StatusOr<std::string> NewToken(const DataDirectory& data, const std::string& program) {
  std::map<std::string, std::string> tokens = Read(FileOf(data));
  std::string token = RandomHex(kTokenBytes);
  tokens[program] = token;
  std::string text;
  for (const auto& [name, value] : tokens) absl::StrAppend(&text, name, " ", value, "\n");
  WEFT_RETURN_IF_ERROR(WriteFileAtomically(FileOf(data), text));
  return token;
}

absl::StatusOr<Caller> CallerOf(const std::string& program) {
  absl::string_view name = program;
  if (absl::ConsumePrefix(&name, "weft-provider-"))
    return Caller{Caller::Kind::kProvider, std::string(name)};
  if (absl::ConsumePrefix(&name, "weft-runtime-"))
    return Caller{Caller::Kind::kRuntime, std::string(name)};
  return absl::NotFoundError(absl::StrCat(program, " is neither a provider nor a runtime"));
}

Tokens::Tokens(const DataDirectory& data) : file_(FileOf(data)) {}

absl::StatusOr<Caller> Tokens::Find(const std::string& token) const {
  std::lock_guard lock(mutex_);
  struct stat now = {};
  stat(file_.c_str(), &now);
  if (Version(now) != Version(read_)) {
    read_ = now;
    ReadAgainLocked();
  }
  const auto found = callers_.find(token);
  if (found != callers_.end()) return found->second;
  return absl::UnauthenticatedError(
      "the token in weft-token is not that of a running child of weft up");
}

void Tokens::ReadAgainLocked() const {
  callers_.clear();
  for (const auto& [program, token] : Read(file_)) {
    const absl::StatusOr<Caller> caller = CallerOf(program);
    if (caller.ok()) callers_.emplace(token, *caller);
  }
}

}  // namespace weft::auth
