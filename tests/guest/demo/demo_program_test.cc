// The real noonmark-agent-demo, from outside. Its faults begin at its start,
// so that no test waits.

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

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

}  // namespace
}  // namespace noonmark
