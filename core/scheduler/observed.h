#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "weft/runtime/v1/runtime.pb.h"

namespace weft::scheduler {

// What the runtime last said of every object and pod, by application. Thread-safe.
class Observed {
 public:
  // What is known of one application, ordered by object.
  struct View {
    std::map<std::string, runtime::v1::Projection> objects;  // By store::ObjectKey.
    // Objects that the runtime said are gone since it took their deletion, until ForgetGone.
    std::set<std::string> gone;
    // Objects that went and that nobody had deleted, until ForgetGone or until they are back.
    std::set<std::string> lost;
    bool complete = false;  // An object that is not here is not on the platform.
  };
  View Of(const std::string& application) const;

  // Every object and pod that is there, whosever it is: by store::ObjectKey, in no order.
  std::vector<std::string> Objects() const;
  // What is known of one of them; nothing: it is not there.
  std::optional<runtime::v1::Projection> Find(const std::string& object_key) const;

  // Takes one projection. Returns the application that it belongs to; "": it does not say.
  std::string Update(runtime::v1::Projection projection);
  // As Update, for an object that is gone.
  std::string Remove(const common::v1::ObjectRef& ref);

  // A watch begins: what it sends up to the first complete Synced is everything, and what it did
  // not send is dropped then. A Synced that is not complete is followed by more of the list.
  void Begin();
  void Synced(bool complete);
  // The watch broke: what is known to be there stays, and absence means nothing any more.
  void Lost();

  // The runtime took the deletion of an object. An event that says it is gone is about the object
  // as it was then or before, and it will not come again by itself; one that came earlier may be
  // about an earlier life of what is there.
  void DeletionTaken(const std::string& application, const std::string& object_key);
  // That the object is gone was dealt with, or it is about to be applied again.
  void ForgetGone(const std::string& application, const std::string& object_key);

  // The application is gone.
  void Forget(const std::string& application);

 private:
  struct Application {
    std::map<std::string, runtime::v1::Projection> objects;
    std::set<std::string> gone;
    std::set<std::string> lost;
    std::set<std::string> deleted;  // Whose deletion the runtime took.

    bool empty() const {
      return objects.empty() && gone.empty() && lost.empty() && deleted.empty();
    }
  };
  std::string RemoveLocked(const std::string& object_key);
  void DropIfEmptyLocked(const std::string& application);

  mutable std::mutex mutex_;
  bool complete_ = false;
  std::unordered_map<std::string, Application> applications_;
  std::unordered_map<std::string, std::string> owner_;  // The application of each object.
  std::optional<std::set<std::string>>
      listed_;  // Objects since Begin; nothing: the list was complete, or none is under way.
};

}  // namespace weft::scheduler
