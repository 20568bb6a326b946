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
  void Close() override { *observer_ = nullptr; }

 private:
  const std::shared_ptr<Observer*> observer_;
};

// Fit to be dialled without encryption.
absl::StatusOr<Address> Dialable(const std::string& text) {
  absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok() || address->IsUnix()) return address;
  if (!address->IsLoopback()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "address \"", address->ToString(),
        "\": only unix:PATH, 127.0.0.0/8 and [::1] are dialled, since the "
        "exchange is not encrypted yet"));
  }
  if (address->port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("address \"", address->ToString(), "\": no port"));
  }
  return address;
}

}  // namespace

GrpcGuestDialer::GrpcGuestDialer(CompletionLoop& loop, Clock& clock)
    : loop_(loop), clock_(clock) {}

std::unique_ptr<GuestLink> GrpcGuestDialer::Dial(
    const std::string& address, GuestLink::Observer* observer) {
  absl::StatusOr<Address> parsed = Dialable(address);
  if (!parsed.ok()) {
    return std::make_unique<RefusedLink>(loop_, observer, parsed.status());
  }
  auto stream = std::make_shared<AgentStream>(loop_, clock_, *std::move(parsed),
                                              observer);
  stream->Open();
  return std::make_unique<GrpcGuestLink>(std::move(stream));
}

}  // namespace noonmark
