#include "host/guests/agent_stream.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <grpcpp/generic/generic_stub.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/clock_wire.h"
#include "common/time/monotonic_time.h"
#include "host/guests/agent_channel.h"
#include "host/guests/agent_status.h"
#include "host/guests/description_call.h"

namespace noonmark {
namespace {

constexpr char kMethod[] = "/noonmark.v1.AgentService/Exchange";
// Events that nobody asked for cost the other guests' time.
constexpr int kMostEventsASecond = 64;

// gRPC would end the process too, with less said.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "GuestLink: %s\n", what);
  std::abort();
}

}  // namespace

AgentStream::AgentStream(CompletionLoop& loop, Clock& clock, Address address,
                         absl::Duration order_limit,
                         GuestLink::Observer* observer,
                         std::shared_ptr<grpc::ChannelCredentials> credentials,
                         PeerRecheck still_trusted)
    : loop_(loop),
      clock_(clock),
      address_(std::move(address)),
      order_limit_(order_limit),
      observer_(observer),
      credentials_(std::move(credentials)),
      peer_(std::move(still_trusted)) {}

AgentStream::~AgentStream() = default;

void AgentStream::Open() {
  channel_ = OpenAgentChannel(address_, credentials_);
  grpc::TemplatedGenericStub<v1::ExchangeRequest, grpc::ByteBuffer> stub(
      channel_);
  stream_ = stub.PrepareCall(&*context_, kMethod, loop_.queue());
  stream_->StartCall(start_.Begin());
}

void AgentStream::Close() {
  if (closed_) return;
  closed_ = true;
  context_->TryCancel();
  if (describe_ != nullptr) std::exchange(describe_, nullptr)->Cancel();
  if (order_ != nullptr) std::exchange(order_, nullptr)->Cancel();
}

void AgentStream::Ask() {
  if (closed_) return;
  Require(open_, "asked before OnOpen()");
  Require(!asked_, "asked before the answer");
  asked_ = true;
  request_.set_sequence(request_.sequence() + 1);
  // The answer can be here before the news that the question was sent.
  if (writing_) {
    write_waits_ = true;
  } else {
    Write();
  }
}

void AgentStream::Describe() {
  if (closed_) return;
  // One that is still unanswered will hardly be answered.
  if (describe_ != nullptr) describe_->Cancel();
  describe_ = DescriptionCall::Begin(loop_, channel_, this);
}

void AgentStream::GiveOrder(const Order& order) {
  if (closed_) return;
  Require(open_, "ordered before OnOpen()");
  Require(order_ == nullptr, "ordered before the answer");
  order_ = OrderCall::Begin(loop_, channel_, order, order_limit_, this);
}

void AgentStream::Write() {
  writing_ = true;
  sent_ = clock_.Read();
  stream_->Write(request_, write_.Begin());
}

void AgentStream::Read() { stream_->Read(&bytes_, read_.Begin()); }

void AgentStream::Finish() { stream_->Finish(&status_, finish_.Begin()); }

void AgentStream::OnStarted(bool ok) {
  if (closed_) return;
  if (!ok) return Finish();
  open_ = true;
  peer_.OnOpened(MonotonicTime::FromReading(clock_.Read().monotonic));
  Read();
  observer_->OnOpen();
}

void AgentStream::OnWritten(bool /*ok*/) {
  // Where it failed, the read fails too and ends the stream.
  writing_ = false;
  if (closed_ || !std::exchange(write_waits_, false)) return;
  Write();
}

void AgentStream::OnRead(bool ok) {
  if (closed_) return;                          // the clock may be gone
  const ClockReading received = clock_.Read();  // T4: nothing else before it
  if (!ok) return Finish();
  if (!grpc::SerializationTraits<v1::ExchangeResponse>::Deserialize(&bytes_,
                                                                    &response_)
           .ok()) {
    return Reject(absl::StatusCode::kInvalidArgument,
                  "response: not a message of the protocol");
  }
  switch (response_.payload_case()) {
    case v1::ExchangeResponse::kReading:
      return OnReading(received);
    case v1::ExchangeResponse::kEvent:
      return OnEvent(received);
    case v1::ExchangeResponse::PAYLOAD_NOT_SET:
      return Reject(absl::StatusCode::kInvalidArgument,
                    "response.payload: absent");
  }
}

void AgentStream::OnReading(const ClockReading& received) {
  const uint64_t sequence = response_.reading().sequence();
  if (!asked_) {
    return Reject(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("reading.sequence: ", sequence, " answers no question"));
  }
  if (write_waits_ || sequence != request_.sequence()) {
    return Reject(absl::StatusCode::kInvalidArgument,
                  absl::StrCat("reading.sequence: ", sequence, ", not ",
                               request_.sequence()));
  }
  absl::StatusOr<GuestReading> reading =
      DecodeClockExchange(response_.reading());
  if (!reading.ok()) {
    return Reject(
        reading.status().code(),
        absl::StrCat("reading.", std::string(reading.status().message())));
  }
  if (const absl::Status may =
          peer_.MayStay(*context_->auth_context(),
                        MonotonicTime::FromReading(received.monotonic));
      !may.ok()) {
    return Reject(absl::StatusCode::kUnavailable, std::string(may.message()));
  }
  Exchange exchange;
  exchange.host_sent = sent_;
  exchange.guest = *std::move(reading);
  exchange.host_received = received;
  asked_ = false;
  // Before the observer asks again, so that nothing but the answer is left to
  // be done while it is on its way.
  observer_->OnExchange(std::move(exchange));
  if (!closed_) Read();
}

void AgentStream::OnEvent(const ClockReading& received) {
  if (received.monotonic - events_since_ > absl::Seconds(1)) {
    events_since_ = received.monotonic;
    events_ = 0;
  }
  if (++events_ > kMostEventsASecond) {
    return Reject(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("more than ", kMostEventsASecond, " events in a second"));
  }
  const uint64_t discontinuities = response_.event().discontinuities();
  Read();
  observer_->OnEvent(discontinuities);
}

void AgentStream::OnFinished(bool /*ok*/) {
  if (closed_) return;
  End(AgentStatus(status_, address_, credentials_ != nullptr));
}

void AgentStream::OnDescribed(const grpc::Status& status,
                              const v1::DescribeResponse& response) {
  describe_ = nullptr;
  if (!status.ok()) return;
  absl::StatusOr<GuestFacts> facts =
      DecodeGuestDescription(response.description());
  if (!facts.ok()) {
    return Reject(
        facts.status().code(),
        absl::StrCat("description.", std::string(facts.status().message())));
  }
  observer_->OnDescription(*std::move(facts));
}

void AgentStream::OnOrderAnswered(const grpc::Status& status,
                                  absl::StatusOr<OperationStatus> told) {
  order_ = nullptr;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return observer_->OnOrderFailed(absl::FailedPreconditionError(absl::StrCat(
        address_.ToString(),
        ": the agent is too old to take orders; update it in the guest")));
  }
  if (!status.ok()) {
    return observer_->OnOrderFailed(
        AgentStatus(status, address_, credentials_ != nullptr));
  }
  if (!told.ok()) {
    return Reject(
        told.status().code(),
        absl::StrCat("status.", std::string(told.status().message())));
  }
  observer_->OnStatus(*std::move(told));
}

void AgentStream::Release() {
  const std::shared_ptr<AgentStream> self = std::move(self_);
  stream_.reset();
  context_.reset();
  channel_.reset();
}

void AgentStream::Reject(absl::StatusCode code, const std::string& why) {
  End(absl::Status(code, absl::StrCat(address_.ToString(), ": ", why)));
}

void AgentStream::End(const absl::Status& status) {
  Close();
  observer_->OnClosed(status);
}

}  // namespace noonmark
