#include "common/rpc/tls_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/deny_list_file.h"
#include "common/runtime/durable_file.h"
#include "common/runtime/log.h"
#include "common/x509/certificate.h"
#include "common/x509/holder.h"

namespace noonmark {
namespace {

namespace tls = ::grpc::experimental;

Use Other(Use use) { return use == Use::kServer ? Use::kClient : Use::kServer; }

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

// That none but its owner and one group may read a key.
absl::Status CheckHidden(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) == 0 && (file.st_mode & 07) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        ": anybody on this machine may read or change the key in it; "
        "chmod 640, and rotate it if in doubt"));
  }
  return absl::OkStatus();
}

// What both ends know of who may come.
struct Gate {
  Gate(std::string deny_list, Identity identity, Use use)
      : denied(std::move(deny_list)), own(std::move(identity)), own_use(use) {}

  // Who shows this certificate, which TLS has found to be signed.
  absl::Status Check(absl::string_view pem, const PeerCheck& check) {
    const auto certificates = ReadCertificates(pem);
    if (!certificates.ok()) return certificates.status();
    const CertificateFacts& facts = certificates->front();
    const absl::StatusOr<Identity> peer = IdentityOf(facts, Other(own_use));
    if (!peer.ok()) return peer.status();
    if (peer->fleet != own.fleet) {
      return absl::PermissionDeniedError(absl::StrCat(
          FormatIdentity(*peer), " is not of our fleet, ", own.fleet));
    }
    if (absl::Status status = CheckKey(facts); !status.ok()) return status;
    return check(*peer);
  }

  absl::Status CheckKey(const CertificateFacts& facts) {
    if (!denied.Contains(facts.key)) return absl::OkStatus();
    const absl::StatusOr<Identity> holder = IdentityOf(facts, Other(own_use));
    return absl::PermissionDeniedError(
        absl::StrCat("the key of ", holder.ok() ? ShortName(*holder) : "a peer",
                     ", serial ", facts.serial, ", is revoked"));
  }

  DenyListFile denied;
  const Identity own;
  const Use own_use;
};

// gRPC's, called after each handshake; it answers at once.
class PeerVerifier final : public tls::ExternalCertificateVerifier {
 public:
  PeerVerifier(std::shared_ptr<Gate> gate, PeerCheck check)
      : gate_(std::move(gate)), check_(std::move(check)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::Status status =
        gate_->Check(absl::string_view(pem.data(), pem.size()), check_);
    if (status.ok()) {
      *sync_status = grpc::Status::OK;
      return true;
    }
    const std::string why(status.message());
    *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, why);
    if (gate_->own_use == Use::kServer) {
      LogWarning(absl::StrCat("a connection was refused: ", why));
    }
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  const std::shared_ptr<Gate> gate_;
  const PeerCheck check_;
};

}  // namespace

struct TlsCredentials::Parts {
  std::shared_ptr<Gate> gate;
  std::shared_ptr<tls::FileWatcherCertificateProvider> files;
};

TlsCredentials::TlsCredentials(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
TlsCredentials::~TlsCredentials() = default;

const Identity& TlsCredentials::identity() const { return parts_->gate->own; }

absl::StatusOr<std::shared_ptr<TlsCredentials>> TlsCredentials::Load(
    const std::string& folder, Use use, absl::Duration reload) {
  const std::string own = absl::StrCat(folder, "/", UseName(use), ".pem");
  const std::string trusted = absl::StrCat(folder, "/ca.crt");
  const absl::StatusOr<std::string> text = ReadDurable(own);
  if (!text.ok()) {
    return absl::IsNotFound(text.status())
               ? absl::NotFoundError(absl::StrCat(
                     own,
                     ": there is none; give this machine an identity: "
                     "noonmark pki issue --help"))
               : text.status();
  }
  if (absl::Status status = CheckHidden(own); !status.ok()) return status;
  const auto facts = ReadCertificates(*text);
  if (!facts.ok()) return WithPath(own, facts.status());
  absl::StatusOr<Identity> identity = IdentityOf(facts->front(), use);
  if (!identity.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(own, ": ", identity.status().message()));
  }
  const absl::StatusOr<std::string> authorities = ReadDurable(trusted);
  if (!authorities.ok()) {
    return absl::InvalidArgumentError(authorities.status().message());
  }
  if (absl::Status status = CheckHolder(*text, *authorities, use);
      !status.ok()) {
    return WithPath(own, status);
  }
  if (const std::string warning = ValidityWarning(facts->front());
      !warning.empty()) {
    LogWarning(absl::StrCat(own, ": ", warning));
  }

  auto parts = std::make_unique<Parts>();
  parts->gate = std::make_shared<Gate>(absl::StrCat(folder, "/deny.list"),
                                       *std::move(identity), use);
  if (absl::Status status = parts->gate->denied.Load(); !status.ok()) {
    return status;
  }
  if (parts->gate->denied.Contains(facts->front().key)) {
    return absl::InvalidArgumentError(
        absl::StrCat(own, ": this key is revoked (", folder,
                     "/deny.list); get a new one: noonmark pki rotate ",
                     ShortName(parts->gate->own)));
  }
  // One file for the key and for its certificate: it is replaced at once.
  parts->files = std::make_shared<tls::FileWatcherCertificateProvider>(
      own, own, trusted,
      static_cast<unsigned>(
          std::max<int64_t>(1, absl::ToInt64Seconds(reload))));
  return std::shared_ptr<TlsCredentials>(new TlsCredentials(std::move(parts)));
}

PeerRecheck TlsCredentials::StillTrusted() const {
  return [gate = parts_->gate](const grpc::AuthContext& peer) {
    const std::vector<grpc::string_ref> pem =
        peer.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (pem.empty()) {
      return absl::UnauthenticatedError("the peer shows no certificate");
    }
    const auto certificates =
        ReadCertificates(absl::string_view(pem[0].data(), pem[0].size()));
    if (!certificates.ok()) return certificates.status();
    absl::Status status = gate->CheckKey(certificates->front());
    if (!status.ok() && gate->own_use == Use::kServer) {
      LogWarning(
          absl::StrCat("an open connection was refused: ", status.message()));
    }
    return status;
  };
}

std::shared_ptr<grpc::ServerCredentials> TlsCredentials::ForServer(
    PeerCheck check, CallerByIdentity callers) {
  tls::TlsServerCredentialsOptions options(parts_->files);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  // Without it nobody would be asked who he is.
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<PeerVerifier>(parts_->gate,
                                                             std::move(check)));
  options.set_check_call_host(false);
  std::shared_ptr<grpc::ServerCredentials> credentials =
      tls::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(
      AskTable(Caller::kNobody, std::move(callers), StillTrusted()));
  return credentials;
}

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials::ForChannel(
    PeerCheck check) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(parts_->files);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<PeerVerifier>(parts_->gate,
                                                             std::move(check)));
  // The name in the certificate is the identity, not the address.
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

}  // namespace noonmark
