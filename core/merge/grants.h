#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/merge/merge.h"
#include "core/merge/pointer.h"

namespace weft::merge {

// What one contribution may write: the writes of its type, resolved for one workload. A permission
// holds for its place and everything below. Immutable, so thread-safe.
class Grants {
 public:
  // INVALID_ARGUMENT, naming it: a write whose pointer cannot be read. A write of "+scale" or
  // "+podTemplate" grants nothing where the workload has none, or on another kind than its own.
  static absl::StatusOr<Grants> Resolve(const Workload& workload,
                                        const std::vector<catalog::Write>& writes);

  // What may be written at one place. Valid as long as the Grants it comes from.
  class Cursor;
  Cursor At(const ObjectRef& object) const;  // The whole object.
  bool MayCreate(const ObjectRef& object) const;

 private:
  // A place on the way to permissions, or with one.
  struct Place {
    bool add = false;
    bool change = false;
    bool steer = false;
    bool remove = false;
    std::map<std::string, Place, std::less<>> fields;    // By name.
    std::map<std::string, Place, std::less<>> elements;  // By ElementToken.
  };
  struct Kind {
    bool create = false;
    Place root;
  };

  void Add(const catalog::Write& write, const Pointer& pointer);

  std::map<std::pair<std::string, std::string>, Kind> kinds_;  // By apiVersion and kind.
};

class Grants::Cursor {
 public:
  Cursor() = default;

  bool may_add() const { return add_; }        // Leaves that nobody wrote.
  bool may_change() const { return change_; }  // Also leaves that an earlier owner wrote.
  bool may_steer() const { return steer_; }    // Mark leaves as steered, whoever wrote them.
  bool may_remove() const { return remove_; }  // What stands here, whoever wrote it.
  // Nothing to write here, and nothing anywhere below.
  bool nothing() const { return !add_ && place_ == nullptr; }

  Cursor Field(std::string_view name) const;
  Cursor Element(std::string_view token) const;

 private:
  friend class Grants;
  explicit Cursor(const Place* place);
  Cursor Below(const std::map<std::string, Place, std::less<>> Place::*children,
               std::string_view key) const;

  bool add_ = false;
  bool change_ = false;
  bool steer_ = false;
  bool remove_ = false;
  const Place* place_ = nullptr;  // Null: there are no permissions below other than these.
};

}  // namespace weft::merge
