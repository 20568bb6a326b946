#include "host/guests/grpc_guest_link.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/address.h"
#include "host/guests/agent_stream.h"

namespace noonmark {
namespace {

class GrpcGuestLink : public GuestLink {
 public:
  explicit GrpcGuestLink(std::shared_ptr<AgentStream> stream)
      : stream_(std::move(stream)) {}
  ~GrpcGuestLink() override { stream_->Close(); }
  void Ask() override { stream_->Ask(); }
  void Describe() override { stream_->Describe(); }
  void GiveOrder(const Order& order) override { stream_->GiveOrder(order); }
  void Close() override { stream_->Close(); }

 private:
  const std::shared_ptr<AgentStream> stream_;
};

// To nowhere: all it ever does is to say why.
class RefusedLink : public GuestLink {
 public:
  RefusedLink(CompletionLoop& loop, Observer* observer, absl::Status why)
      : observer_(std::make_shared<Observer*>(observer)) {
    loop.Post([to = observer_, why = std::move(why)] {
      if (Observer* told = std::exchange(*to, nullptr)) told->OnClosed(why);
    });
  }
  ~RefusedLink() override { *observer_ = nullptr; }
  void Ask() override {}
  void Describe() override {}
  void GiveOrder(const Order& /*order*/) override {}
  void Close() override { *observer_ = nullptr; }

 private:
  const std::shared_ptr<Observer*> observer_;
};

absl::StatusOr<Address> Dialable(const std::string& text, bool encrypted) {
  absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok() || address->IsUnix()) return address;
  if (!encrypted && !address->IsLoopback()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "address \"", address->ToString(),
        "\": only unix:PATH, 127.0.0.0/8 and [::1] are dialled by a host "
        "without an identity; give it one: noonmark pki issue host NAME"));
  }
  if (address->port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("address \"", address->ToString(), "\": no port"));
  }
  return address;
}

absl::Status CheckGuest(const std::string& uuid, const Identity& peer) {
  if (peer.role == Role::kGuest && peer.id == uuid) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "there answers ", ShortName(peer), ", and not guest ", uuid));
}

}  // namespace

GrpcGuestDialer::GrpcGuestDialer(CompletionLoop& loop, Clock& clock,
                                 absl::Duration order_limit,
                                 std::shared_ptr<TlsCredentials> credentials)
    : loop_(loop),
      clock_(clock),
      order_limit_(order_limit),
      credentials_(std::move(credentials)) {}

std::unique_ptr<GuestLink> GrpcGuestDialer::Dial(
    const std::string& address, const std::string& uuid,
    GuestLink::Observer* observer) {
  absl::StatusOr<Address> parsed =
      Dialable(address, /*encrypted=*/credentials_ != nullptr);
  if (!parsed.ok()) {
    return std::make_unique<RefusedLink>(loop_, observer, parsed.status());
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  PeerRecheck still_trusted;
  if (credentials_ != nullptr && !parsed->IsUnix()) {
    credentials = credentials_->ForChannel(
        [uuid](const Identity& peer) { return CheckGuest(uuid, peer); });
    still_trusted = credentials_->StillTrusted();
  }
  auto stream = std::make_shared<AgentStream>(
      loop_, clock_, *std::move(parsed), order_limit_, observer,
      std::move(credentials), std::move(still_trusted));
  stream->Open();
  return std::make_unique<GrpcGuestLink>(std::move(stream));
}

}  // namespace noonmark
