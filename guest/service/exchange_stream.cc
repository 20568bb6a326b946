#include "guest/service/exchange_stream.h"

#include "absl/strings/str_cat.h"
#include "common/rpc/clock_wire.h"

namespace noonmark {

ExchangeStream::ExchangeStream(AgentState* state, Owner* owner)
    : state_(state), owner_(owner), peer_(state->still_trusted) {}

void ExchangeStream::Accept(v1::AgentService::AsyncService* service,
                            grpc::ServerCompletionQueue* queue) {
  service->RequestExchange(&context_, &stream_, queue, queue, accepted_.tag());
}

void ExchangeStream::OnAccepted(bool ok) {
  if (!ok || state_->stopping) return owner_->OnEnded(this);
  if (!owner_->OnOpened(this)) {
    return EndWith({grpc::StatusCode::RESOURCE_EXHAUSTED,
                    "the agent serves no more streams at once"});
  }
  if (const grpc::Status status = MayHandle(
          CallerOf(*context_.auth_context(), state_->local, CallerByRole),
          "/noonmark.v1.AgentService/Exchange");
      !status.ok()) {
    return EndWith(status);
  }
  open_ = true;
  peer_.OnOpened(state_->clock->Now());
  Proceed();
}

void ExchangeStream::OnRead(bool ok) {
  const ClockReading received = state_->clock->Read();  // T2: first thing
  reading_request_ = false;
  if (ok) {
    Receive(received);
  } else {
    // The host has ended it, or is gone.
    EndWith(grpc::Status::OK);
  }
}

void ExchangeStream::Receive(const ClockReading& received) {
  const uint64_t sequence = request_.sequence();
  if (sequence <= last_sequence_) {
    return EndWith({grpc::StatusCode::INVALID_ARGUMENT,
                    sequence == 0 ? std::string("sequence: is missing or 0")
                                  : absl::StrCat("sequence: ", sequence,
                                                 " is not above the last, ",
                                                 last_sequence_)});
  }
  if (absl::Status status =
          peer_.MayStay(*context_.auth_context(),
                        MonotonicTime::FromReading(received.monotonic));
      !status.ok()) {
    return EndWith(
        {grpc::StatusCode::UNAUTHENTICATED, std::string(status.message())});
  }
  last_sequence_ = sequence;
  reading_.sequence = sequence;
  reading_.received = received;
  answer_due_ = true;
  Proceed();
}

void ExchangeStream::OnWritten(bool ok) {
  writing_ = false;
  if (!ok) return EndWith(grpc::Status::OK);  // The host is gone.
  // Now that nobody waits for an answer.
  if (!answer_due_) state_->kernel->RefreshIfOld(state_->clock->Now());
  Proceed();
}

void ExchangeStream::OnFinished(bool /*ok*/) { owner_->OnEnded(this); }

void ExchangeStream::SendEvent() {
  if (!open_) return;
  event_due_ = true;
  Proceed();
}

void ExchangeStream::EndWith(const grpc::Status& status) {
  open_ = answer_due_ = event_due_ = false;
  if (!end_.has_value()) end_ = status;
  Proceed();
}

// Begins what may begin. May end in the stream's deletion: the last thing that
// any caller does.
void ExchangeStream::Proceed() {
  if (writing_) return;
  if (state_->stopping) {
    if (!reading_request_) owner_->OnEnded(this);
    return;
  }
  if (end_.has_value()) {
    // After a read that failed, or none; a write that failed makes it fail.
    if (!reading_request_) stream_.Finish(*end_, finished_.tag());
    return;
  }
  if (answer_due_) {
    Answer();
  } else if (event_due_) {
    event_due_ = false;
    AddNews();
    v1::AgentEvent* event = event_.mutable_event();
    event->set_discontinuities(state_->discontinuities);
    event->set_glitches(reading_.hunt.has_value() ? reading_.hunt->glitches
                                                  : 0);
    event->set_log_lines(reading_.logs.has_value() ? reading_.logs->lines : 0);
    Write(event_);
  }
  if (!reading_request_ && !answer_due_) {
    reading_request_ = true;
    stream_.Read(&request_, read_.tag());
  }
}

void ExchangeStream::Answer() {
  answer_due_ = false;
  state_->kernel->AddTo(&reading_);
  reading_.discontinuities = state_->discontinuities;
  AddNews();
  v1::ClockExchange* wire = answer_.mutable_reading();
  EncodeGuestReading(reading_, wire);
  EncodeClockReading(state_->clock->Read(), wire->mutable_sent());  // T3: last
  Write(answer_);
}

void ExchangeStream::AddNews() {
  if (state_->hunt != nullptr) {
    if (!reading_.hunt.has_value()) reading_.hunt.emplace();
    state_->hunt->ReadInto(&*reading_.hunt);
  }
  if (state_->logs != nullptr) reading_.logs = state_->logs->Read();
}

void ExchangeStream::Write(const v1::ExchangeResponse& response) {
  writing_ = true;
  stream_.Write(response, written_.tag());
}

}  // namespace noonmark
