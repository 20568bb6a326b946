// The real noonmark-agent, from outside.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "noonmark/v1/agent.grpc.pb.h"
#include "tests/support/child_process.h"
#include "tests/support/corrector_socket.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::CorrectorSocket;
using ::noonmark::testing::TemporaryDirectory;

std::vector<std::string> Agent(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), NOONMARK_AGENT);
  return arguments;
}

v1::ClockExchange AskOnce(const std::string& target) {
  const auto stub = v1::AgentService::NewStub(
      grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->Exchange(&context);
  v1::ExchangeRequest request;
  request.set_sequence(1);
  stream->Write(request);
  v1::ExchangeResponse response;
  stream->Read(&response);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  return response.reading();
}

struct Told {
  grpc::Status call;
  v1::OperationStatus status;
};

Told AskStatus(const std::string& target) {
  const auto stub = v1::AgentService::NewStub(
      grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::StatusResponse response;
  const grpc::Status call =
      stub->Status(&context, v1::StatusRequest(), &response);
  return {call, response.status()};
}

class AgentProgramTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  const std::string address_ = "unix:" + directory_.Path("agent.sock");
};

TEST_F(AgentProgramTest, AnswersUntilCtrlCAndLeavesNothingBehind) {
  for (const int signal : {SIGINT, SIGTERM}) {
    ChildProcess agent(Agent({"--listen", address_}));
    EXPECT_EQ(agent.ReadLine(), "noonmark-agent: listening on " + address_);
    const v1::ClockExchange reading = AskOnce(address_);
    EXPECT_EQ(reading.sequence(), 1u);
    EXPECT_GE(reading.sent().raw_before_ns(),
              reading.received().raw_after_ns());
    EXPECT_EQ(reading.boot_id().size(), 36u);
    agent.Signal(signal);
    EXPECT_EQ(agent.Wait(), 0);
    EXPECT_EQ(agent.output(), "noonmark-agent: stopped\n");
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  }
}

TEST_F(AgentProgramTest, TakesOverFromOneThatWasKilled) {
  {
    ChildProcess agent(Agent({"--listen", address_}));
    agent.ReadLineWith("listening");
    agent.Signal(SIGKILL);
    EXPECT_EQ(agent.Wait(), -SIGKILL);
  }
  ChildProcess agent(Agent({"--listen", address_}));
  EXPECT_NE(agent.ReadLineWith("listening"), "");
  EXPECT_EQ(AskOnce(address_).sequence(), 1u);
}

TEST_F(AgentProgramTest, RefusesToBeTheSecond) {
  ChildProcess first(Agent({"--listen", address_}));
  first.ReadLineWith("listening");
  ChildProcess second(Agent({"--listen", address_}));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_EQ(second.output(),
            "noonmark-agent: error: " + address_ +
                ": another process listens there; stop it, or choose another "
                "address\n");
  EXPECT_EQ(AskOnce(address_).sequence(), 1u);
}

TEST_F(AgentProgramTest, ListensOnNoNetworkInPlainText) {
  const std::string file = directory_.Write(
      "agent.toml", "[pki]\nfolder = \"" + directory_.path() + "\"\n");
  ChildProcess agent(Agent({"--config", file, "--listen", "127.0.0.1:0"}));
  EXPECT_EQ(agent.Wait(), 1);
  EXPECT_EQ(agent.output(),
            "noonmark-agent: error: cannot listen on 127.0.0.1:0: " +
                directory_.Path("server.pem") +
                ": there is none; give this machine an identity: noonmark pki "
                "issue --help\n");
}

TEST_F(AgentProgramTest, ListensWhereItsFileSays) {
  const std::string file = directory_.Write(
      "agent.toml", "[agent]\nlisten = \"" + address_ + "\"\n");
  ChildProcess agent(Agent({"--config", file}));
  EXPECT_EQ(agent.ReadLine(), "noonmark-agent: listening on " + address_);
}

TEST_F(AgentProgramTest, HuntsUnlessItsFileSaysNo) {
  for (const bool hunts : {true, false}) {
    const std::string file =
        directory_.Write("agent.toml", std::string("[hunter]\nenabled = ") +
                                           (hunts ? "true" : "false") + "\n");
    ChildProcess agent(Agent({"--config", file, "--listen", address_}));
    agent.ReadLineWith("listening");
    EXPECT_EQ(AskOnce(address_).has_glitch_hunt(), hunts);
    agent.Signal(SIGTERM);
    EXPECT_EQ(agent.Wait(), 0);
  }
}

TEST_F(AgentProgramTest, HandsOrdersToTheCorrectorOfItsFile) {
  const std::string path = directory_.Path("corrector.sock");
  const std::string file =
      directory_.Write("agent.toml", "[agent]\ncorrector = \"" + path + "\"\n");
  ChildProcess agent(Agent({"--config", file, "--listen", address_}));
  agent.ReadLineWith("listening");

  const Told nobody = AskStatus(address_);
  EXPECT_EQ(nobody.call.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(
      nobody.call.error_message(),
      "nobody in this guest may correct its clock: noonmark-corrector at " +
          path +
          ": No such file or directory; install noonmark-corrector there "
          "and start noonmark-corrector.service");

  CorrectorSocket corrector(path);
  auto told =
      std::async(std::launch::async, [this] { return AskStatus(address_); });
  corrector.Accept();
  const auto question = corrector.Hear();
  ASSERT_TRUE(question.has_value());
  corrector.Answer(question->number, 42);
  const Told answer = told.get();
  EXPECT_TRUE(answer.call.ok()) << answer.call.error_message();
  EXPECT_EQ(answer.status.epoch(), 42u);
}

TEST_F(AgentProgramTest, EndsWithOneClearLineAndTheRightCode) {
  const std::string file =
      directory_.Write("bad.toml",
                       "[agent]\nlisten = \"0.0.0.0:7400\"\nport = 1\n"
                       "corrector = \"corrector.sock\"\n");
  const std::string missing = directory_.Path("missing.toml");
  struct Case {
    std::vector<std::string> arguments;
    int code;
    std::string part;
  };
  for (const Case& c : std::vector<Case>{
           {{"--bogus"}, 2, "--bogus"},
           {{"--listen"}, 2, "--listen"},
           {{"config"}, 2, "subcommand"},
           {{"serve"}, 2, "serve"},
           {{"--listen", "0.0.0.0:7400"}, 1, "every network"},
           {{"--listen", "localhost:7400"}, 1, "up to a resolver"},
           {{"--listen", "agent.sock"}, 1, "agent.sock"},
           {{"--listen", "unix:/no/such/folder/a"}, 1, "folder is missing"},
           {{"--config", missing}, 1, missing},
           {{"config", "check", missing}, 1, missing}}) {
    ChildProcess agent(Agent(c.arguments));
    EXPECT_EQ(agent.Wait(), c.code) << c.part;
    const std::string line = agent.ReadLine();
    EXPECT_NE(line.find(c.part), line.npos) << line;
    EXPECT_EQ(agent.output(), "");
  }
  ChildProcess check(Agent({"config", "check", file}));
  EXPECT_EQ(check.Wait(), 1);
  EXPECT_NE(check.ReadLine().find(file + ":2:"), std::string::npos);
  EXPECT_NE(check.ReadLine().find(file + ":3:"), std::string::npos);
  EXPECT_NE(check.ReadLine().find(file + ":4:"), std::string::npos);
  EXPECT_EQ(check.output(), "");
}

TEST_F(AgentProgramTest, ChecksAFileAndExits) {
  const std::string file =
      directory_.Write("agent.toml", "[agent]\nlisten = \"127.0.0.1:7400\"\n");
  ChildProcess agent(Agent({"config", "check", file}));
  EXPECT_EQ(agent.Wait(), 0);
  EXPECT_EQ(agent.output(), "listens on 127.0.0.1:7400\n");
}

TEST_F(AgentProgramTest, TellsItsVersion) {
  ChildProcess agent(Agent({"--version"}));
  EXPECT_EQ(agent.Wait(), 0);
  EXPECT_EQ(agent.output().rfind("noonmark-agent ", 0), 0u);
}

}  // namespace
}  // namespace noonmark
