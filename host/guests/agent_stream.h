#ifndef NOONMARK_HOST_GUESTS_AGENT_STREAM_H_
#define NOONMARK_HOST_GUESTS_AGENT_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/caller.h"
#include "common/rpc/completion_loop.h"
#include "common/time/clock.h"
#include "host/guests/guest_link.h"
#include "host/guests/order_call.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

class DescriptionCall;

// What is behind a link. gRPC owns a part of it until the last operation has
// come back, which may be after the link is gone: as long as an operation is
// outstanding it keeps itself alive.
class AgentStream final : public std::enable_shared_from_this<AgentStream>,
                          private OrderCall::Asker {
 public:
  // An order is given up after `order_limit`. `credentials` null: plain text.
  // `still_trusted` is asked of the agent at each burst; null: nobody is.
  AgentStream(CompletionLoop& loop, Clock& clock, Address address,
              absl::Duration order_limit, GuestLink::Observer* observer,
              std::shared_ptr<grpc::ChannelCredentials> credentials,
              PeerRecheck still_trusted);
  ~AgentStream();

  // Once.
  void Open();
  // As in GuestLink.
  void Ask();
  void Describe();
  void GiveOrder(const Order& order);
  void Close();

  // From a DescriptionCall, unless it was cancelled.
  void OnDescribed(const grpc::Status& status,
                   const v1::DescribeResponse& response);

 private:
  // One kind of operation, at most one of it outstanding.
  template <void (AgentStream::*kDone)(bool ok)>
  class Operation : public CompletionTag {
   public:
    explicit Operation(AgentStream& stream) : stream_(stream) {}
    // The tag to begin with.
    void* Begin() {
      if (stream_.outstanding_++ == 0)
        stream_.self_ = stream_.shared_from_this();
      return static_cast<CompletionTag*>(this);
    }
    void Complete(bool ok) override {
      (stream_.*kDone)(ok);
      if (--stream_.outstanding_ == 0) stream_.Release();
    }

   private:
    AgentStream& stream_;
  };

  void OnOrderAnswered(const grpc::Status& status,
                       absl::StatusOr<OperationStatus> told) override;

  void OnStarted(bool ok);
  void OnWritten(bool ok);
  void OnRead(bool ok);
  void OnFinished(bool ok);

  void Write();
  void Read();
  void Finish();
  void OnReading(const ClockReading& received);
  void OnEvent(const ClockReading& received);
  // After the last operation: drops the connection, and the reference that may
  // be the last.
  void Release();
  // Closes because of what the agent sent.
  void Reject(absl::StatusCode code, const std::string& why);
  // Closes and tells it.
  void End(const absl::Status& status);

  CompletionLoop& loop_;
  Clock& clock_;
  const Address address_;
  const absl::Duration order_limit_;
  GuestLink::Observer* const observer_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  StreamPeer peer_;
  bool closed_ = false;
  bool open_ = false;

  int outstanding_ = 0;
  std::shared_ptr<AgentStream> self_;
  Operation<&AgentStream::OnStarted> start_{*this};
  Operation<&AgentStream::OnWritten> write_{*this};
  Operation<&AgentStream::OnRead> read_{*this};
  Operation<&AgentStream::OnFinished> finish_{*this};

  std::shared_ptr<grpc::Channel> channel_;
  std::optional<grpc::ClientContext> context_{std::in_place};
  // Bytes in, so that the clock is read before they are parsed, and that a
  // message that cannot be parsed is told from the stream's end.
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::ExchangeRequest, grpc::ByteBuffer>>
      stream_;
  v1::ExchangeRequest request_;
  grpc::ByteBuffer bytes_;
  v1::ExchangeResponse response_;
  grpc::Status status_;

  ClockReading sent_;            // T1 of the question
  bool asked_ = false;           // and not answered
  bool writing_ = false;         // gRPC takes one write at a time
  bool write_waits_ = false;     // for the one before
  absl::Duration events_since_;  // MONOTONIC: when events_ began to count
  int events_ = 0;
  // Each deletes itself.
  DescriptionCall* describe_ = nullptr;
  OrderCall* order_ = nullptr;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_AGENT_STREAM_H_
