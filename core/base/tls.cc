#include "core/base/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <map>
#include <mutex>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/files.h"

namespace weft {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

// OpenSSL is not torn down at the end of the process: threads of gRPC may still use it then. Before
// anything else uses it, hence here.
[[maybe_unused]] const int kNoTearDown = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

constexpr unsigned kLookEverySeconds = 1;
// A client that tries to connect has had another handshake by then (MakeChannel's back-off), if it
// finds a server at all.
constexpr std::chrono::seconds kAgain(5);

absl::string_view View(const grpc::string_ref& text) { return {text.data(), text.size()}; }

// Whether the certificate in `directory` would be taken by a peer that trusts what we trust. A peer
// that refuses ours just ends the connection: this is how its owner learns why.
absl::Status CheckOwn(const std::string& directory, bool is_server) {
  const std::string certificate = ReadFileOrEmpty(directory + "/tls.crt");
  absl::Status status = CheckPeer(certificate, certificate, ReadFileOrEmpty(directory + "/ca.crt"),
                                  {.is_server = is_server}, absl::Now());
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("the identity in ", directory, " cannot be used: ", status.message()));
}

// Judges every peer at its handshake, in the place of gRPC's own check of certificates, which does
// the same but neither says whose certificate it refused nor why.
class PeerVerifier final : public ExternalCertificateVerifier {
 public:
  PeerVerifier(std::string directory, ExpectedPeer expected, std::shared_ptr<Handshakes> handshakes)
      : directory_(std::move(directory)),
        expected_(std::move(expected)),
        handshakes_(std::move(handshakes)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    const absl::Status own = CheckOwn(directory_, !expected_.is_server);
    const absl::Status peer =
        CheckPeer(View(request->peer_cert()), View(request->peer_cert_full_chain()),
                  ReadFileOrEmpty(directory_ + "/ca.crt"), expected_, absl::Now());
    const absl::Status& first = expected_.is_server && !own.ok() ? own : peer;
    if (!first.ok())
      *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(first.message()));
    if (first.ok() && handshakes_ != nullptr) handshakes_->Accepted();
    Log(own.ok() ? peer : own);
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  // A peer that is refused comes again every few seconds: the same is said once.
  void Log(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (status == logged_) return;
    logged_ = status;
    if (!status.ok())
      spdlog::warn("msg=\"{} refused\" tls={} error=\"{}\"",
                   expected_.is_server ? "a server is" : "a client is", directory_,
                   std::string(status.message()));
  }

  const std::string directory_;
  const ExpectedPeer expected_;
  const std::shared_ptr<Handshakes> handshakes_;
  std::mutex mutex_;
  absl::Status logged_;
};

// One watch of a directory for all that use it: each has a thread.
std::shared_ptr<FileWatcherCertificateProvider> Watch(const std::string& directory) {
  static std::mutex mutex;
  static auto* const watches =
      new std::map<std::string, std::weak_ptr<FileWatcherCertificateProvider>>();
  std::lock_guard lock(mutex);
  std::weak_ptr<FileWatcherCertificateProvider>& known = (*watches)[directory];
  std::shared_ptr<FileWatcherCertificateProvider> watch = known.lock();
  if (watch == nullptr) {
    watch = std::make_shared<FileWatcherCertificateProvider>(
        directory + "/tls.key", directory + "/tls.crt", directory + "/ca.crt", kLookEverySeconds);
    known = watch;
  }
  return watch;
}

void Configure(grpc::experimental::TlsCredentialsOptions& options, const std::string& directory,
               const ExpectedPeer& expected, std::shared_ptr<Handshakes> handshakes) {
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<PeerVerifier>(
      directory, expected, std::move(handshakes)));
  options.set_check_call_host(false);  // The verifier knows which host it must be.
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsServerCredentials(
    const std::string& directory) {
  for (const char* file : {"/tls.crt", "/tls.key", "/ca.crt"}) {
    if (ReadFileOrEmpty(directory + file).empty())
      return absl::FailedPreconditionError(
          absl::StrCat(directory, file, " is missing or cannot be read: it is needed for TLS"));
  }
  if (const absl::Status own = CheckOwn(directory, /*is_server=*/true); !own.ok())
    spdlog::warn("msg=\"no client will accept this service\" error=\"{}\"",
                 std::string(own.message()));
  grpc::experimental::TlsServerCredentialsOptions options(Watch(directory));
  Configure(options, directory, {.is_server = false}, nullptr);
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::Status Handshakes::Explain(const absl::Status& status) const {
  const Clock::time_point accepted = accepted_;
  if (!absl::IsUnavailable(status) || accepted == Clock::time_point() ||
      Clock::now() - accepted > kAgain)
    return status;
  const auto own = ReadCertificates(ReadFileOrEmpty(directory_ + "/tls.crt"));
  return absl::UnavailableError(
      absl::StrCat(status.message(), ": it ends the connection when it has seen our certificate",
                   own.ok() ? absl::StrCat(", ", ToText(own->front())) : "", "; its log says why"));
}

std::shared_ptr<grpc::ChannelCredentials> TlsChannelCredentials(
    const std::string& directory, const ExpectedPeer& server,
    std::shared_ptr<Handshakes> handshakes) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(directory));
  Configure(options, directory, server, std::move(handshakes));
  options.set_verify_server_certs(false);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace weft
