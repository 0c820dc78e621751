#pragma once

#include <functional>
#include <grpcpp/grpcpp.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"

// Runs the rules of docs/protocol.md against a provider in any language.
namespace weft::check {

enum class Outcome { kPassed, kFailed, kSkipped };

// What one rule says of one type, or of the whole provider.
struct Verdict {
  std::string rule;  // "purity": a stable name; docs/provider-check.md has them all.
  std::string type;  // Empty: the provider.
  Outcome outcome = Outcome::kPassed;
  std::string detail;  // Why not, or what was seen.
};

struct Options {
  std::shared_ptr<grpc::Channel> channel;  // To the provider.
  // Which artifact it was told that it is; empty: whatever it says in Describe.
  std::string artifact;
  // By canonical type or alias: properties to ask with, instead of an example made from the schema.
  std::map<std::string, json::value> properties;
  // Tells the provider to drain, and waits for its end: OK, or why it did not end as it should.
  // Empty: it cannot be told, and the rule is skipped.
  std::function<void()> terminate;
  std::function<absl::Status()> await_end;
};

// Runs every rule and says one verdict for each, in the order of docs/provider-check.md;
// `terminate` comes last. A provider that fails is no error: its verdicts say so. Blocks, for some
// seconds. Not to be called twice at once for one provider.
std::vector<Verdict> Check(const Options& options);

}  // namespace weft::check
