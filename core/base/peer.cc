#include "core/base/peer.h"

#include <grpc/grpc_security_constants.h>
#include <spdlog/spdlog.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/certificate.h"
#include "core/base/service.h"

namespace weft {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

std::string Property(const grpc::AuthContext& context, const char* name) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(name);
  return values.empty() ? "" : std::string(values[0].data(), values[0].size());
}

std::string Value(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

Peer MakePeer(const grpc::AuthContext& context, const Metadata& metadata) {
  return {.local = Property(context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME) == "local",
          .identity = IdentityOf(Property(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME)),
          .token = Value(metadata, kTokenMetadata)};
}

// gRPC calls this its processing of metadata; it is the one place that every call passes, whatever
// its service, and that can refuse it with a status.
class Admission final : public grpc::AuthMetadataProcessor {
 public:
  explicit Admission(Admit admit) : admit_(std::move(admit)) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const Peer peer = MakePeer(*context, metadata);
    const std::string method = Value(metadata, ":path");
    const absl::Status status = admit_(peer, method);
    if (!status.ok())
      spdlog::warn("msg=\"refused a call\" peer={} method={} error=\"{}\"",
                   peer.identity.empty() ? "local" : peer.identity, method,
                   std::string(status.message()));
    return ToGrpc(status);
  }

 private:
  const Admit admit_;
};

}  // namespace

Peer PeerOf(const grpc::ServerContextBase& context) {
  return MakePeer(*context.auth_context(), context.client_metadata());
}

absl::Status AdmitCores(const Peer& peer, absl::string_view) {
  if (peer.local || absl::StartsWith(peer.identity, "core/")) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "you are ", peer.identity, "; this service is called by ", SpiffeId("core/NAME"), " only"));
}

std::shared_ptr<grpc::AuthMetadataProcessor> MakeAdmission(Admit admit) {
  return std::make_shared<Admission>(std::move(admit));
}

}  // namespace weft
