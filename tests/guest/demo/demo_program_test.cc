// The real noonmark-agent-demo, from outside. Its faults begin at its start,
// so that no test waits.

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/correct/order.h"
#include "common/rpc/order_wire.h"
#include "common/runtime/system_clock.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::TemporaryDirectory;

class DemoProgramTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {NOONMARK_AGENT_DEMO, "--listen", address_});
    agent_.emplace(arguments);
    ASSERT_NE(agent_->ReadLineWith("listening on " + address_), "");
    stub_ = v1::AgentService::NewStub(
        grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
    stream_ = stub_->Exchange(&context_);
  }
  void Send(uint64_t sequence) {
    v1::ExchangeRequest request;
    request.set_sequence(sequence);
    stream_->Write(request);
  }
  std::optional<v1::ExchangeResponse> Receive() {
    v1::ExchangeResponse response;
    if (!stream_->Read(&response)) return std::nullopt;
    return response;
  }
  v1::ClockExchange Ask(uint64_t sequence) {
    Send(sequence);
    return Receive().value_or(v1::ExchangeResponse()).reading();
  }

  TemporaryDirectory directory_;
  const std::string address_ = "unix:" + directory_.Path("agent.sock");
  std::optional<ChildProcess> agent_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ExchangeRequest, v1::ExchangeResponse>>
      stream_;
};

// The agent is on this machine: its clock is ours, between our readings.
TEST_F(DemoProgramTest, PlaysACounterJump) {
  Start({"--fault", "counter-jump=+4398046511104ns@0"});
  const absl::Duration wrap = absl::Nanoseconds(int64_t{1} << 42);
  const ClockReading before = SystemClock().Read();
  const v1::ClockExchange answer = Ask(1);
  const ClockReading after = SystemClock().Read();
  for (const v1::ClockGroup& group : {answer.received(), answer.sent()}) {
    EXPECT_GE(absl::Nanoseconds(group.raw_before_ns()),
              before.raw_before + wrap);
    EXPECT_LE(absl::Nanoseconds(group.raw_after_ns()), after.raw_after + wrap);
    EXPECT_GE(absl::Nanoseconds(group.monotonic_ns()), before.monotonic + wrap);
    EXPECT_LE(absl::Nanoseconds(group.monotonic_ns()), after.monotonic + wrap);
  }
}

TEST_F(DemoProgramTest, TellsThatTheWallClockWasSet) {
  Start({"--fault", "set=-6s@1ms"});
  // The event may have come before the stream.
  v1::ClockExchange answer;
  for (uint64_t i = 1; answer.discontinuities() == 0; ++i) {
    Send(i);
    while (true) {
      const auto response = Receive();
      ASSERT_TRUE(response.has_value());
      if (!response->has_reading()) continue;
      answer = response->reading();
      break;
    }
  }
  const absl::Duration real_mono =
      absl::Nanoseconds(answer.sent().realtime_ns()) -
      absl::Nanoseconds(answer.sent().monotonic_ns());
  const ClockReading here = SystemClock().Read();
  EXPECT_LT(real_mono, here.realtime - here.monotonic - absl::Seconds(5));
}

TEST_F(DemoProgramTest, LetsItsHunterCatchASpike) {
  Start({"--fault", "spike=+4398046511104ns@0"});
  v1::ClockExchange answer;
  for (uint64_t i = 1; answer.glitch_hunt().glitches() == 0; ++i) {
    Send(i);
    while (true) {
      const auto response = Receive();
      ASSERT_TRUE(response.has_value());
      if (!response->has_reading()) continue;
      answer = response->reading();
      break;
    }
  }
  ASSERT_EQ(answer.glitch_hunt().recent_size(), 1);
  const v1::Glitch& glitch = answer.glitch_hunt().recent(0);
  EXPECT_GT(glitch.off().realtime_ns(),
            glitch.off().coarse_after_ns() + 4'398'000'000'000);
  // Nothing else sees it.
  const ClockReading here = SystemClock().Read();
  EXPECT_LT(absl::Nanoseconds(answer.sent().realtime_ns()), here.realtime);
}

TEST_F(DemoProgramTest, TellsTheIdentityItWasGiven) {
  Start({"--uuid", "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11"});
  grpc::ClientContext context;
  v1::DescribeResponse response;
  ASSERT_TRUE(stub_->Describe(&context, v1::DescribeRequest(), &response).ok());
  EXPECT_EQ(response.description().machine_uuid(),
            "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11");
}

TEST_F(DemoProgramTest, AnswersNonsense) {
  Start({"--fault", "garbage@0"});
  const v1::ClockExchange answer = Ask(1);
  EXPECT_LT(answer.sent().raw_after_ns(), answer.sent().raw_before_ns());
}

TEST_F(DemoProgramTest, StopsEvenWhileItAnswersNothing) {
  Start({"--fault", "silent@0"});
  Send(1);
  agent_->Signal(SIGTERM);
  while (Receive().has_value()) {
  }
  // CANCELLED where the call is ended before the connection is.
  EXPECT_FALSE(stream_->Finish().ok());
  EXPECT_EQ(agent_->Wait(), 0);
}

TEST_F(DemoProgramTest, RefusesWrongUsageInOneLine) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{
           {},
           {"--listen", "0.0.0.0:1"},
           {"--listen", address_, "--fault", "jump=1s@8s"},
           {"--listen", address_, "--fault"},
           {"--listen", address_, "--uuid", "mail-1"},
           {"--listen", address_, "more"}}) {
    std::vector<std::string> arguments = {NOONMARK_AGENT_DEMO};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    ChildProcess agent(arguments);
    EXPECT_EQ(agent.Wait(), 2);
    EXPECT_NE(agent.ReadLine().find("--help tells the usage"),
              std::string::npos);
    EXPECT_EQ(agent.output(), "");
  }
}

// dom0's part of a correction, as far as it takes.
class DemoCorrectionTest : public DemoProgramTest {
 protected:
  // What an order is computed from.
  void Measure() {
    Send(++sequence_);
    v1::ExchangeResponse response;
    // Events may come before it.
    while (!response.has_reading()) response = Receive().value();
    const v1::ClockExchange& reading = response.reading();
    const v1::ClockGroup& now = reading.sent();
    boottime_ = absl::Nanoseconds(now.boottime_ns());
    realtime_ = absl::Nanoseconds(now.realtime_ns());
    header_.boot = ParseBootId(reading.boot_id()).value();
  }
  template <typename Request, typename Response, typename OneOrder>
  OperationStatus Give(grpc::Status (v1::AgentService::Stub::*method)(
                           grpc::ClientContext*, const Request&, Response*),
                       const OneOrder& order) {
    grpc::ClientContext context;
    Request request;
    Response response;
    EncodeOrder(order, &request);
    const grpc::Status call =
        (stub_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(call.ok()) << call.error_message();
    return DecodeOperationStatus(response.status()).value();
  }
  OperationStatus Quiesce(absl::Duration amount) {
    Measure();
    QuiesceOrder order;
    order.header = header_;
    order.lease = absl::Seconds(60);
    order.amount = amount;
    order.valid_until = boottime_ + absl::Seconds(5);
    return Give(&v1::AgentService::Stub::Quiesce, order);
  }
  OperationStatus Correct(absl::Duration amount) {
    Measure();
    CorrectOrder order;
    order.header = header_;
    order.amount = amount;
    order.valid_until = boottime_ + absl::Seconds(5);
    order.real_minus_boot = realtime_ - boottime_;
    return Give(&v1::AgentService::Stub::Correct, order);
  }
  OperationStatus Resume() {
    return Give(&v1::AgentService::Stub::Resume, ResumeOrder{header_});
  }
  OperationStatus Status() {
    return Give(&v1::AgentService::Stub::Status, StatusOrder());
  }
  // Until it is so far. What the demo does takes as long as its script says.
  OperationStatus WaitFor(OperationPhase phase) {
    OperationStatus status = Status();
    while (status.phase < phase) status = Status();
    EXPECT_EQ(status.phase, phase) << PhaseName(status.phase);
    return status;
  }

  uint64_t sequence_ = 0;
  OrderHeader header_ = {.operation = {{1}}, .epoch = 1, .boot = {}};
  absl::Duration boottime_;
  absl::Duration realtime_;
};

TEST_F(DemoCorrectionTest, CannotBeCorrectedWithoutServices) {
  Start({});
  grpc::ClientContext context;
  v1::StatusResponse response;
  EXPECT_EQ(
      stub_->Status(&context, v1::StatusRequest(), &response).error_code(),
      grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(DemoCorrectionTest, IsCorrectedWithItsServicesAtRestAndTheyComeBack) {
  Start({"--fault", "offset=+6s", "--service",
         "dovecot.service=mail-store,stop=20ms,start=20ms", "--service",
         "postfix@-.service=mail-transfer,stop=20ms,start=20ms"});
  EXPECT_EQ(Quiesce(absl::Seconds(-6)).refusal, Refusal::kNone);
  const OperationStatus rest = WaitFor(OperationPhase::kAtRest);
  ASSERT_EQ(rest.services.size(), 2u);
  for (const ServiceStatus& service : rest.services) {
    EXPECT_EQ(service.state, ServiceState::kInactive);
    EXPECT_TRUE(service.stopped_by_us);
  }

  EXPECT_EQ(Correct(absl::Seconds(-6)).refusal, Refusal::kNone);
  WaitFor(OperationPhase::kCorrected);
  Measure();
  EXPECT_LT(absl::AbsDuration(realtime_ - SystemClock().Read().realtime),
            absl::Seconds(1));
  Resume();
  const OperationStatus end = WaitFor(OperationPhase::kEnded);
  EXPECT_EQ(end.outcome, OperationOutcome::kDone)
      << OutcomeName(end.outcome) << end.detail;
  EXPECT_EQ(end.fate, CorrectionFate::kMoved);
  EXPECT_LT(absl::AbsDuration(end.moved - absl::Seconds(-6)),
            absl::Milliseconds(100));
  for (const ServiceStatus& service : end.services) {
    EXPECT_EQ(service.state, ServiceState::kActive);
  }
}

TEST_F(DemoCorrectionTest, IsNotCorrectedWhereAServiceWouldNotStop) {
  Start({"--service", "dovecot.service=mail-store,would-not-stop"});
  EXPECT_EQ(Quiesce(absl::Seconds(-6)).refusal, Refusal::kNone);
  const OperationStatus end = WaitFor(OperationPhase::kEnded);
  EXPECT_EQ(end.fate, CorrectionFate::kNotMoved);
  EXPECT_EQ(end.outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(end.given_up, Refusal::kWouldNotStop);
}

TEST_F(DemoCorrectionTest, IsDisputedByADaemonThatStepsAfterItsStart) {
  Start({"--service", "dovecot.service=mail-store,stop=20ms,start=20ms",
         "--service",
         "chrony.service=time-daemon,stop=20ms,start=20ms,"
         "steps-after-start=+6s"});
  Quiesce(absl::Seconds(-6));
  WaitFor(OperationPhase::kAtRest);
  Correct(absl::Seconds(-6));
  while (Status().moved_by_others == absl::ZeroDuration()) {
  }
  Resume();
  const OperationStatus end = WaitFor(OperationPhase::kEnded);
  EXPECT_EQ(end.outcome, OperationOutcome::kDisputed)
      << OutcomeName(end.outcome);
  EXPECT_LT(absl::AbsDuration(end.moved_by_others - absl::Seconds(6)),
            absl::Milliseconds(100));
  for (const ServiceStatus& service : end.services) {
    EXPECT_EQ(service.state, ServiceState::kActive) << service.unit;
  }
}

}  // namespace
}  // namespace noonmark
