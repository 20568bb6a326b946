#include "guest/service/agent_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/runtime/system_clock.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

using Stream = grpc::ClientReaderWriterInterface<v1::ExchangeRequest,
                                                 v1::ExchangeResponse>;

// A stream as a host sees it. Every call blocks.
class Host {
 public:
  explicit Host(const std::string& address, bool own_connection = true) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, own_connection);
    stub_ = v1::AgentService::NewStub(grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments));
  }

  void Open() { stream_ = stub_->Exchange(&context_); }
  bool Send(uint64_t sequence) {
    v1::ExchangeRequest request;
    request.set_sequence(sequence);
    return stream_->Write(request);
  }
  // Not there: the stream has ended.
  std::optional<v1::ExchangeResponse> Receive() {
    v1::ExchangeResponse response;
    if (!stream_->Read(&response)) return std::nullopt;
    return response;
  }
  v1::ExchangeResponse Ask(uint64_t sequence) {
    Send(sequence);
    return Receive().value_or(v1::ExchangeResponse());
  }
  grpc::Status End() {
    stream_->WritesDone();
    while (Receive().has_value()) {
    }
    return stream_->Finish();
  }
  v1::GuestDescription Describe() {
    grpc::ClientContext context;
    v1::DescribeResponse response;
    const grpc::Status status =
        stub_->Describe(&context, v1::DescribeRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.description();
  }

 private:
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
};

class AgentServerTest : public ::testing::Test {
 protected:
  AgentServerTest() { options_.listen.path = directory_.Path("agent.sock"); }
  ~AgentServerTest() override { Stop(); }

  void Start() {
    auto server = AgentServer::Listen(options_, &clock_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    thread_ = std::thread([this] { server_->Run(); });
  }
  void Stop() {
    if (!thread_.joinable()) return;
    server_->Stop();
    thread_.join();
    server_.reset();
  }
  std::string address() const { return server_->address().ChannelTarget(); }

  TemporaryDirectory directory_;
  AgentOptions options_;
  FakeClock clock_;
  std::unique_ptr<AgentServer> server_;
  std::thread thread_;
};

TEST_F(AgentServerTest, AnswersWithTheClocksAtArrivalAndAtSending) {
  options_.root = directory_.path();
  directory_.Write("proc/sys/kernel/random/boot_id",
                   "a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1\n");
  directory_.Write("proc/stat", "cpu  0 0 0 0 0 0 0 3 0 0\n");
  Start();
  clock_.SetBracket(absl::Nanoseconds(250));
  const ClockReading now = clock_.Read();
  Host host(address());
  host.Open();
  const v1::ClockExchange reading = host.Ask(5).reading();
  EXPECT_EQ(reading.sequence(), 5u);
  for (const v1::ClockGroup& group : {reading.received(), reading.sent()}) {
    EXPECT_EQ(absl::Nanoseconds(group.raw_before_ns()), now.raw_before);
    EXPECT_EQ(absl::Nanoseconds(group.realtime_ns()), now.realtime);
    EXPECT_EQ(absl::Nanoseconds(group.monotonic_ns()), now.monotonic);
    EXPECT_EQ(absl::Nanoseconds(group.boottime_ns()), now.boottime);
    EXPECT_EQ(absl::Nanoseconds(group.raw_after_ns()), now.raw_after);
  }
  EXPECT_EQ(reading.boot_id(), "a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1");
  EXPECT_EQ(reading.steal_ns(), 30'000'000);
  EXPECT_TRUE(reading.has_discipline());
  EXPECT_EQ(reading.discontinuities(), 0u);
  EXPECT_TRUE(host.End().ok());
}

TEST_F(AgentServerTest, ReadsTheClockTwiceForEachAnswer) {
  Start();
  Host host(address());
  host.Open();
  host.Ask(1);
  const int64_t before = clock_.reads();
  for (uint64_t i = 2; i < 102; ++i) host.Ask(i);
  EXPECT_EQ(clock_.reads() - before, 200);
}

TEST_F(AgentServerTest, TellsEveryStreamWhenTheClockWasSet) {
  Start();
  Host first(address());
  Host second(address());
  for (Host* host : {&first, &second}) {
    host->Open();
    EXPECT_EQ(host->Ask(1).reading().discontinuities(), 0u);
  }
  server_->ClockWasSet();
  for (Host* host : {&first, &second}) {
    const auto response = host->Receive();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->event().discontinuities(), 1u);
    EXPECT_EQ(host->Ask(2).reading().discontinuities(), 1u);
  }
}

TEST_F(AgentServerTest, TellsWhatTheHunterFoundAndThatItDid) {
  HuntLog log;
  options_.hunt = &log;
  Start();
  Host host(address());
  host.Open();
  EXPECT_EQ(host.Ask(1).reading().glitch_hunt().reads(), 0u);
  HuntReport report;
  report.reads = 250;
  report.glitches = 1;
  report.recent.resize(1);
  report.recent[0].cpu = 3;
  log.Write(report);
  server_->GlitchWasFound();
  const auto response = host.Receive();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->event().glitches(), 1u);
  EXPECT_EQ(response->event().discontinuities(), 0u);
  const v1::GlitchHunt hunt = host.Ask(2).reading().glitch_hunt();
  EXPECT_EQ(hunt.reads(), 250u);
  ASSERT_EQ(hunt.recent_size(), 1);
  EXPECT_EQ(hunt.recent(0).cpu(), 3u);
}

TEST_F(AgentServerTest, TellsWhatLogsSaidAndThatTheyDid) {
  JumpLog log;
  options_.logs = &log;
  Start();
  Host host(address());
  host.Open();
  EXPECT_EQ(host.Ask(1).reading().log_watch().lines(), 0u);
  ToldJump told;
  told.teller = JumpTeller::kPostfix;
  told.way = JumpWay::kBack;
  for (int i = 0; i < 6; ++i) {
    told.boottime = absl::Seconds(i);
    log.Add(told);
  }
  server_->LineWasRead();
  const auto response = host.Receive();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->event().log_lines(), 6u);
  const v1::LogWatch logs = host.Ask(2).reading().log_watch();
  EXPECT_EQ(logs.lines(), 6u);
  ASSERT_EQ(logs.recent_size(), 4);
  EXPECT_EQ(logs.recent(3).teller(), v1::JUMP_TELLER_POSTFIX);
  EXPECT_EQ(logs.recent(3).way(), v1::JUMP_WAY_BACK);
  EXPECT_EQ(logs.recent(3).boottime_ns(), 5'000'000'000);
}

TEST_F(AgentServerTest, TellsThatNobodyHuntsAndNobodyReadsLogs) {
  Start();
  Host host(address());
  host.Open();
  const v1::ClockExchange reading = host.Ask(1).reading();
  EXPECT_FALSE(reading.has_glitch_hunt());
  EXPECT_FALSE(reading.has_log_watch());
}

TEST_F(AgentServerTest, MakesOneEventOfManyAndLosesNone) {
  Start();
  Host host(address());
  host.Open();
  host.Ask(1);
  constexpr uint64_t kTimes = 1000;
  for (uint64_t i = 0; i < kTimes; ++i) server_->ClockWasSet();
  uint64_t last = 0;
  uint64_t events = 0;
  while (last < kTimes) {
    const auto response = host.Receive();
    ASSERT_TRUE(response.has_value());
    ASSERT_GT(response->event().discontinuities(), last);
    last = response->event().discontinuities();
    ++events;
  }
  EXPECT_LE(events, kTimes);
}

TEST_F(AgentServerTest, SendsEventsAndAnswersOfABusyStreamOneAtATime) {
  Start();
  Host host(address());
  host.Open();
  std::thread setter([this] {
    for (int i = 0; i < 2000; ++i) server_->ClockWasSet();
  });
  uint64_t answered = 0;
  for (uint64_t i = 1; i <= 500; ++i) {
    host.Send(i);
    while (answered < i) {
      const auto response = host.Receive();
      ASSERT_TRUE(response.has_value());
      if (response->has_reading()) answered = response->reading().sequence();
    }
    ASSERT_EQ(answered, i);
  }
  setter.join();
  EXPECT_TRUE(host.End().ok());
}

TEST_F(AgentServerTest, EndsAStreamWhoseSequenceDoesNotRise) {
  Start();
  for (const auto& [first, second, message] :
       std::vector<std::tuple<uint64_t, uint64_t, std::string>>{
           {3, 3, "sequence: 3 is not above the last, 3"},
           {3, 2, "sequence: 2 is not above the last, 3"},
           {3, 0, "sequence: is missing or 0"}}) {
    Host host(address());
    host.Open();
    host.Ask(first);
    host.Send(second);
    EXPECT_FALSE(host.Receive().has_value());
    const grpc::Status status = host.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), message);
  }
}

TEST_F(AgentServerTest, AnswersRequestsThatDoNotWaitForAnswersInOrder) {
  Start();
  Host host(address());
  host.Open();
  for (uint64_t i = 1; i <= 100; ++i) host.Send(i * 10);
  for (uint64_t i = 1; i <= 100; ++i) {
    const auto response = host.Receive();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->reading().sequence(), i * 10);
  }
  EXPECT_TRUE(host.End().ok());
}

TEST_F(AgentServerTest, RefusesOneStreamTooManyAndOnlyThat) {
  options_.most_streams = 3;
  Start();
  for (const bool own_connection : {true, false}) {
    std::vector<std::unique_ptr<Host>> hosts;
    for (int i = 0; i < 3; ++i) {
      hosts.push_back(std::make_unique<Host>(address(), own_connection));
      hosts.back()->Open();
      EXPECT_EQ(hosts.back()->Ask(1).reading().sequence(), 1u);
    }
    Host refused(address(), own_connection);
    refused.Open();
    EXPECT_FALSE(refused.Receive().has_value());
    EXPECT_EQ(refused.End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_NE(refused.Describe().kernel_release(), "");
    for (const auto& host : hosts) {
      EXPECT_EQ(host->Ask(2).reading().sequence(), 2u);
      EXPECT_TRUE(host->End().ok());
    }
  }
}

TEST_F(AgentServerTest, ForgetsStreamsThatBroke) {
  options_.most_streams = 1;
  Start();
  for (uint64_t i = 0; i < 50; ++i) {
    Host host(address());
    // The stream before may not have ended yet here.
    while (true) {
      Host probe(address());
      probe.Open();
      if (probe.Ask(1).has_reading()) break;
      EXPECT_EQ(probe.End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
  }
}

TEST_F(AgentServerTest, DescribesItsGuest) {
  options_.machine_uuid = "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11";
  Start();
  const v1::GuestDescription description = Host(address()).Describe();
  EXPECT_NE(description.agent_version(), "");
  EXPECT_NE(description.kernel_release(), "");
  EXPECT_EQ(description.machine_uuid(), "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11");
}

TEST_F(AgentServerTest, EndsStreamsAsUnavailableWhenItStops) {
  Start();
  Host host(address());
  host.Open();
  host.Ask(1);
  Stop();
  EXPECT_FALSE(host.Receive().has_value());
  EXPECT_EQ(host.End().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AgentServerTest, LeavesNothingBehind) {
  Start();
  Host host(address());
  host.Open();
  host.Ask(1);
  EXPECT_TRUE(std::filesystem::exists(directory_.Path("agent.sock")));
  Stop();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(AgentServerTest, LetsNobodyElseConnectToItsSocket) {
  Start();
  struct stat there;
  ASSERT_EQ(stat(directory_.Path("agent.sock").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777u, 0600u);
}

TEST_F(AgentServerTest, ListensOnASocketThatIsFree) {
  Start();
  EXPECT_THAT(AgentServer::Listen(options_, &clock_),
              StatusIs(absl::StatusCode::kAlreadyExists, "another process"));
  Host host(address());
  host.Open();
  EXPECT_TRUE(host.Ask(1).has_reading());
}

TEST_F(AgentServerTest, ListensOnAPortOfTheKernelsChoice) {
  for (const char* ip : {"127.0.0.1", "127.3.2.1"}) {
    options_.listen = {.path = "", .host = ip, .port = 0};
    Start();
    EXPECT_NE(server_->address().port, 0);
    Host host(address());
    host.Open();
    EXPECT_TRUE(host.Ask(1).has_reading());
    EXPECT_TRUE(host.End().ok());
    Stop();
  }
}

TEST_F(AgentServerTest, SaysWhyItCannotListenOnAPort) {
  options_.listen = {.path = "", .host = "127.0.0.1", .port = 0};
  Start();
  options_.listen = server_->address();
  EXPECT_THAT(AgentServer::Listen(options_, &clock_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "Address already in use"));
}

TEST_F(AgentServerTest, EndsWithoutHavingRun) {
  EXPECT_THAT(AgentServer::Listen(options_, &clock_), IsOk());
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace noonmark
