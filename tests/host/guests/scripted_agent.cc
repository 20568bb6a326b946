#include "tests/host/guests/scripted_agent.h"

#include <chrono>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

grpc::ByteBuffer Bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

class ScriptedAgent::Stream
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Stream(const Script& script) : script_(script) {
    Send(script_.opening);
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    v1::ExchangeRequest request;
    if (!ok || !grpc::SerializationTraits<v1::ExchangeRequest>::Deserialize(
                    &request_, &request)
                    .ok()) {
      return Send({.messages = {}, .end = grpc::Status::OK});
    }
    Send(script_.answer(request.sequence()));
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (ok && queue_.empty() && !script_.flood.empty()) {
      queue_.push_back(Bytes(script_.flood));
    }
    Next();
  }
  void OnDone() override { delete this; }

 private:
  void Send(const Lines& lines) {
    std::lock_guard lock(mutex_);
    const bool idle = queue_.empty();
    for (const std::string& message : lines.messages) {
      queue_.push_back(Bytes(message));
    }
    if (!end_) end_ = lines.end;
    if (idle) Next();
  }
  void Next() {
    if (!queue_.empty()) {
      StartWrite(&queue_.front());
    } else if (end_ && !std::exchange(finished_, true)) {
      Finish(*end_);
    }
  }

  const Script& script_;
  grpc::ByteBuffer request_;
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_;
  std::optional<grpc::Status> end_;
  bool finished_ = false;
};

class ScriptedAgent::Service
    : public v1::AgentService::WithRawCallbackMethod_Exchange<
          v1::AgentService::WithCallbackMethod_Describe<
              v1::AgentService::WithCallbackMethod_Quiesce<
                  v1::AgentService::WithCallbackMethod_Correct<
                      v1::AgentService::WithCallbackMethod_Resume<
                          v1::AgentService::WithCallbackMethod_Status<
                              v1::AgentService::Service>>>>>> {
 public:
  explicit Service(Script script) : script_(std::move(script)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Exchange(
      grpc::CallbackServerContext* /*context*/) override {
    return new Stream(script_);
  }

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* /*request*/,
                                     v1::DescribeResponse* response) override {
    if (auto status = script_.describe(response)) {
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(*status);
      return reactor;
    }
    return new Never;
  }

  grpc::ServerUnaryReactor* Quiesce(grpc::CallbackServerContext* context,
                                    const v1::QuiesceRequest* /*request*/,
                                    v1::QuiesceResponse* response) override {
    return Obey(context, "quiesce", response->mutable_status());
  }
  grpc::ServerUnaryReactor* Correct(grpc::CallbackServerContext* context,
                                    const v1::CorrectRequest* /*request*/,
                                    v1::CorrectResponse* response) override {
    return Obey(context, "correct", response->mutable_status());
  }
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const v1::ResumeRequest* /*request*/,
                                   v1::ResumeResponse* response) override {
    return Obey(context, "resume", response->mutable_status());
  }
  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* /*request*/,
                                   v1::StatusResponse* response) override {
    return Obey(context, "status", response->mutable_status());
  }

 private:
  class Never : public grpc::ServerUnaryReactor {
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }
  };

  grpc::ServerUnaryReactor* Obey(grpc::CallbackServerContext* context,
                                 const std::string& order,
                                 v1::OperationStatus* told) {
    const std::optional<grpc::Status> status =
        script_.obey ? script_.obey(order, told)
                     : grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
    if (!status.has_value()) return new Never;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(*status);
    return reactor;
  }

  const Script script_;
};

ScriptedAgent::ScriptedAgent(const std::string& path, Script script)
    : service_(std::make_unique<Service>(std::move(script))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", path),
                           grpc::InsecureServerCredentials());
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
}

ScriptedAgent::~ScriptedAgent() {
  server_->Shutdown(std::chrono::system_clock::time_point());
}

std::string Reading(uint64_t sequence,
                    const std::function<void(v1::ClockExchange*)>& change) {
  v1::ExchangeResponse response;
  v1::ClockExchange* reading = response.mutable_reading();
  reading->set_sequence(sequence);
  reading->set_boot_id("01234567-89ab-cdef-0123-456789abcdef");
  reading->set_clocksource("tsc");
  for (v1::ClockGroup* group :
       {reading->mutable_received(), reading->mutable_sent()}) {
    group->set_raw_before_ns(1000);
    group->set_realtime_ns(2000);
    group->set_monotonic_ns(3000);
    group->set_boottime_ns(4000);
    group->set_raw_after_ns(1001);
  }
  if (change) change(reading);
  return response.SerializeAsString();
}

std::string Event(uint64_t discontinuities) {
  v1::ExchangeResponse response;
  response.mutable_event()->set_discontinuities(discontinuities);
  return response.SerializeAsString();
}

}  // namespace noonmark::testing
