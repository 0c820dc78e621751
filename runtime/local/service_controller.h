#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/local/controller.h"

namespace weft::local {

// The ports of a Service with the ready pods behind each. Pure.
// A named target port is looked up in each pod; a pod without it is not behind that port.
std::vector<anchor::ServiceNetwork::Port> PortsOf(const ServiceSpec& spec,
                                                  const std::vector<Pod>& pods);

// Keeps a Service's ready pods behind its address. See controller.h. Thread-safe, for different
// Services at once.
class ServiceController {
 public:
  explicit ServiceController(Parts parts) : parts_(std::move(parts)) {}

  // Where a Service is (IPv4), also if that was found out by a process before; empty: it never was,
  // or it is gone. Thread-safe.
  std::string AddressOf(const std::string& key) const;

  // Whether a Service of the namespace leads to this address of a pod, or may since a process
  // before. Thread-safe.
  bool Leads(const std::string& ns, const std::string& address) const;

  absl::StatusOr<absl::Duration> Reconcile(const std::string& key);

 private:
  absl::Status SetAddress(const Object& object, const std::string& address);

  const Parts parts_;
  mutable std::mutex mutex_;
  // By key, what is known or remembered; guarded by mutex_.
  mutable std::map<std::string, std::string> addresses_;
  std::map<std::string, std::set<std::string>> led_to_;  // Pods, by key; guarded by mutex_.
  std::map<std::string, uint64_t> told_;  // Generations of which Ingresses know; guarded by mutex_.
};

}  // namespace weft::local
