#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/kubernetes/apply.h"
#include "runtime/kubernetes/managed_fields.h"

// What to do next so that an object becomes what was applied, told from what it is: the outcome is
// the same wherever the process died before. Pure.
//
// The manager "weft" holds what the document says, "weft-steer" the leaves that change at run time.
// A leaf is never without an owner in between, since the API server would reset it to its default:
//   made          weft creates the object with the leaf, then weft-steer takes the leaf
//   static→steered  weft-steer takes it at the value it has, then weft gives it up
//   steered→static  weft takes it, then weft-steer gives it up
namespace weft::kubernetes {

// A server-side apply.
struct ApplyStep {
  const char* manager;
  json::value body;
  bool own = false;  // By "weft": the document's part.
};

// What this call has applied already, and need not look at again: the API server may write a value
// in another way than it was given.
struct AppliedSoFar {
  bool own = false;
  bool steered = false;
};

// `live`: the object as the API server has it; null: it is not there. Nothing: all is done.
std::optional<ApplyStep> NextStep(const AppliedObject& wanted, const json::value& live,
                                  const AppliedSoFar& done);

// The document's part with every steered leaf, for a dry run: what the object would start with.
json::value WholeBody(const AppliedObject& wanted);

// The leaves of ours that had another value in `before`, or none, and that `after` has as applied.
// `before` had accepted the generation already, else what differs may be our own change: nothing.
std::vector<Correction> Corrections(const AppliedObject& wanted, const json::value& before,
                                    const json::value& after);

}  // namespace weft::kubernetes
