#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

// The keys of the store and what stands under them (core/store/records.proto). Names never hold a
// slash.
namespace weft::store {

inline constexpr char kApplications[] = "application/";
inline constexpr char kDepartures[] = "departure/";
inline constexpr char kInventories[] = "inventory/";
inline constexpr char kRenderAgain[] = "again/";

// ComponentRecord: the latest revision, and every revision.
inline std::string ComponentKey(const std::string& ns, const std::string& name) {
  return absl::StrCat("component/", ns, "/", name);
}
inline std::string RevisionKey(const std::string& ns, const std::string& name, int64_t revision) {
  return absl::StrFormat("revision/%s/%s/%010d", ns, name, revision);
}
// ApplicationRecord.
inline std::string ApplicationKey(const std::string& ns, const std::string& name) {
  return absl::StrCat(kApplications, ns, "/", name);
}
// RevisionRecord of one generation; the prefix is that of an application's earlier revisions.
inline std::string HistoryPrefix(const std::string& ns, const std::string& application) {
  return absl::StrCat("history/", ns, "/", application, "/");
}
inline std::string HistoryKey(const std::string& ns, const std::string& application,
                              int64_t generation) {
  return absl::StrFormat("history/%s/%s/%019d", ns, application, generation);
}
// The name of the application that owns an instance name.
inline std::string InstanceKey(const std::string& ns, const std::string& instance) {
  return absl::StrCat("instance/", ns, "/", instance);
}
// "NAMESPACE/APPLICATION" of the application that owns an object, as long as its inventory has it.
inline std::string ObjectOwnerKey(const std::string& object_key) {
  return absl::StrCat("object/", object_key);
}
// DesiredRecord and InventoryRecord of one object.
inline std::string DesiredPrefix(const std::string& ns, const std::string& application) {
  return absl::StrCat("desired/", ns, "/", application, "/");
}
inline std::string InventoryPrefix(const std::string& ns, const std::string& application) {
  return absl::StrCat(kInventories, ns, "/", application, "/");
}
// StatusRecord.
inline std::string StatusKey(const std::string& ns, const std::string& application) {
  return absl::StrCat("status/", ns, "/", application);
}
// ReportRecord of one instance; the prefix is that of an application's instances.
inline std::string ReportPrefix(const std::string& ns, const std::string& application) {
  return absl::StrCat("report/", ns, "/", application, "/");
}
inline std::string ReportKey(const std::string& instance_key) {
  return absl::StrCat("report/", instance_key);
}
// RenderAgainRecord of an application.
inline std::string RenderAgainKey(const std::string& ns, const std::string& application) {
  return absl::StrCat(kRenderAgain, ns, "/", application);
}
// EventRecord; `id` tells the events of an application apart (core/scheduler/event_log.h). They
// outlive the application, as long as there is a departure.
inline std::string EventPrefix(const std::string& ns, const std::string& application) {
  return absl::StrCat("event/", ns, "/", application, "/");
}
inline std::string EventKey(const std::string& ns, const std::string& application,
                            const std::string& id) {
  return absl::StrCat(EventPrefix(ns, application), id);
}
// When an application went, in milliseconds since 1970 as decimal text; of those of which events
// are left.
inline std::string DepartureKey(const std::string& ns, const std::string& application) {
  return absl::StrCat(kDepartures, ns, "/", application);
}
// EpochRecord of one canonical type.
inline std::string EpochKey(const std::string& type) { return absl::StrCat("epoch/", type); }
// The highest generation, as decimal text, that an object had when it went; of all objects of one
// hash (core/scheduler/generations.h).
inline std::string GenerationKey(const std::string& hash) {
  return absl::StrCat("generation/", hash);
}
// ProviderRecord.
inline std::string ProviderKey(const std::string& name) { return absl::StrCat("provider/", name); }
// CachedAnswer; `hash` of artifact, type and request.
inline std::string AnswerKey(const std::string& hash) { return absl::StrCat("answer/", hash); }

}  // namespace weft::store
