#include "guest/service/order_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/rpc/order_wire.h"
#include "guest/service/agent_server.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "tests/guest/service/fake_corrector.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::FakeCorrector;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;

constexpr OrderHeader kHeader = {
    .operation = {{1, 2, 3}}, .epoch = 7, .boot = {{4, 5, 6}}};

// The answer to one call.
struct Told {
  grpc::Status call;
  v1::OperationStatus status;
};

// dom0's end: each call in a thread of its own.
class Dom0 {
 public:
  explicit Dom0(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::AgentService::NewStub(grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments));
  }

  Told Quiesce() {
    v1::QuiesceRequest request;
    QuiesceOrder order;
    order.header = kHeader;
    order.lease = absl::Seconds(120);
    EncodeOrder(order, &request);
    return Call<v1::QuiesceResponse>(&v1::AgentService::Stub::Quiesce, request);
  }
  Told Correct() {
    v1::CorrectRequest request;
    CorrectOrder order;
    order.header = kHeader;
    order.amount = absl::Seconds(-6);
    EncodeOrder(order, &request);
    return Call<v1::CorrectResponse>(&v1::AgentService::Stub::Correct, request);
  }
  Told Resume() {
    v1::ResumeRequest request;
    EncodeOrder(ResumeOrder{.header = kHeader}, &request);
    return Call<v1::ResumeResponse>(&v1::AgentService::Stub::Resume, request);
  }
  Told Status() {
    return Call<v1::StatusResponse>(&v1::AgentService::Stub::Status,
                                    v1::StatusRequest());
  }
  Told OrderNothing() {
    return Call<v1::ResumeResponse>(&v1::AgentService::Stub::Resume,
                                    v1::ResumeRequest());
  }
  std::vector<Told> OrderAll() {
    return {Quiesce(), Correct(), Resume(), Status()};
  }
  std::future<Told> StatusLater() {
    return std::async(std::launch::async, [this] { return Status(); });
  }
  // The stream that measures.
  bool Exchanges() {
    grpc::ClientContext context;
    const auto stream = stub_->Exchange(&context);
    v1::ExchangeRequest request;
    request.set_sequence(1);
    v1::ExchangeResponse response;
    const bool answered = stream->Write(request) && stream->Read(&response);
    stream->WritesDone();
    return stream->Finish().ok() && answered;
  }

 private:
  template <typename Response, typename Request>
  Told Call(grpc::Status (v1::AgentService::Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
            const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status =
        (stub_.get()->*method)(&context, request, &response);
    return {status, response.status()};
  }

  std::unique_ptr<v1::AgentService::Stub> stub_;
};

class OrderDeskTest : public ::testing::Test {
 protected:
  OrderDeskTest() {
    options_.listen.path = directory_.Path("agent.sock");
    options_.corrector = &corrector_;
  }
  ~OrderDeskTest() override { Stop(); }

  void Start() {
    auto server = AgentServer::Listen(options_, &clock_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    thread_ = std::thread([this] { server_->Run(); });
    dom0_.emplace(server_->address().ChannelTarget());
  }
  void Stop() {
    if (!thread_.joinable()) return;
    server_->Stop();
    thread_.join();
    server_.reset();
  }

  TemporaryDirectory directory_;
  FakeCorrector corrector_;
  AgentOptions options_;
  FakeClock clock_;
  std::unique_ptr<AgentServer> server_;
  std::thread thread_;
  std::optional<Dom0> dom0_;
};

TEST_F(OrderDeskTest, HandsEachOrderToTheCorrectorAndItsAnswerBack) {
  OperationStatus status;
  status.operation = kHeader.operation;
  status.phase = OperationPhase::kAtRest;
  status.detail = "all is at rest";
  corrector_.AnswerAtOnce(status);
  Start();
  for (const Told& told : dom0_->OrderAll()) {
    EXPECT_TRUE(told.call.ok()) << told.call.error_message();
    EXPECT_EQ(told.status.phase(), v1::OPERATION_PHASE_AT_REST);
    EXPECT_EQ(told.status.detail(), "all is at rest");
  }
  const std::vector<Order> orders = corrector_.orders();
  ASSERT_EQ(orders.size(), 4u);
  EXPECT_EQ(std::get<QuiesceOrder>(orders[0]).lease, absl::Seconds(120));
  EXPECT_EQ(std::get<CorrectOrder>(orders[1]).amount, absl::Seconds(-6));
  EXPECT_EQ(std::get<ResumeOrder>(orders[2]).header.epoch, 7u);
  EXPECT_TRUE(std::holds_alternative<StatusOrder>(orders[3]));
}

TEST_F(OrderDeskTest, ARefusalIsAnAnswer) {
  OperationStatus status;
  status.refusal = Refusal::kRate;
  corrector_.AnswerAtOnce(status);
  Start();
  const Told told = dom0_->Quiesce();
  EXPECT_TRUE(told.call.ok());
  EXPECT_EQ(told.status.refusal(), v1::REFUSAL_RATE);
}

TEST_F(OrderDeskTest, TakesOrdersOverTheUnixSocketAlone) {
  options_.listen = {.path = "", .host = "127.0.0.1", .port = 0};
  corrector_.AnswerAtOnce(OperationStatus());
  Start();
  std::vector<Told> all = dom0_->OrderAll();
  all.push_back(dom0_->OrderNothing());
  for (const Told& told : all) {
    EXPECT_EQ(told.call.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(told.call.error_message(), HasSubstr("unix socket"));
  }
  EXPECT_TRUE(corrector_.orders().empty());
  EXPECT_TRUE(dom0_->Exchanges());
}

TEST_F(OrderDeskTest, WhatIsNoOrderReachesNobody) {
  Start();
  const Told told = dom0_->OrderNothing();
  EXPECT_EQ(told.call.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(told.call.error_message(), "header: is missing");
  EXPECT_TRUE(corrector_.orders().empty());
}

TEST_F(OrderDeskTest, SaysWhatToDoWhereNobodyMayCorrect) {
  for (Corrector* corrector : {static_cast<Corrector*>(nullptr),
                               static_cast<Corrector*>(&corrector_)}) {
    options_.corrector = corrector;
    corrector_.AnswerAtOnce(absl::NotFoundError("/run/x.sock: No such file"));
    Start();
    for (const Told& told : dom0_->OrderAll()) {
      EXPECT_EQ(told.call.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
      EXPECT_THAT(told.call.error_message(),
                  HasSubstr(corrector == nullptr ? "told of no corrector"
                                                 : "/run/x.sock: No such"));
      EXPECT_THAT(told.call.error_message(),
                  HasSubstr("start noonmark-corrector.service"));
    }
    Stop();
  }
}

TEST_F(OrderDeskTest, SaysThatItDoesNotKnowWhereTheCorrectorWasLost) {
  for (const absl::Status& lost : {absl::UnavailableError("it hung up"),
                                   absl::DeadlineExceededError("it hung up"),
                                   absl::InternalError("it hung up")}) {
    corrector_.AnswerAtOnce(lost);
    Start();
    const Told told = dom0_->Correct();
    EXPECT_EQ(told.call.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(told.call.error_message(), HasSubstr("not known: it hung up"));
    Stop();
  }
}

TEST_F(OrderDeskTest, AnswersAllElseWhileTheCorrectorThinks) {
  Start();
  std::future<Told> slow = dom0_->StatusLater();
  ASSERT_TRUE(corrector_.WaitForOrders(1));
  EXPECT_TRUE(dom0_->Exchanges());
  for (const Corrector::Answer& answer : corrector_.TakeWaiting()) {
    answer(OperationStatus());
  }
  EXPECT_TRUE(slow.get().call.ok());
}

TEST_F(OrderDeskTest, BringsEachAnswerToItsOwnCall) {
  Start();
  std::vector<std::future<Told>> calls;
  std::vector<Corrector::Answer> answers;
  for (size_t i = 0; i < OrderDesk::kMostOrders; ++i) {
    calls.push_back(dom0_->StatusLater());
    ASSERT_TRUE(corrector_.WaitForOrders(i + 1));
    answers.push_back(std::move(corrector_.TakeWaiting().at(0)));
  }
  for (size_t i = calls.size(); i-- > 0;) {
    OperationStatus status;
    status.epoch = 100 + i;
    answers[i](status);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].get().status.epoch(), 100 + i);
  }
}

TEST_F(OrderDeskTest, RefusesOneOrderTooManyAndOnlyThat) {
  Start();
  std::vector<std::future<Told>> waiting;
  for (size_t i = 0; i < OrderDesk::kMostOrders; ++i) {
    waiting.push_back(dom0_->StatusLater());
  }
  ASSERT_TRUE(corrector_.WaitForOrders(OrderDesk::kMostOrders));
  EXPECT_EQ(dom0_->Resume().call.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (const Corrector::Answer& answer : corrector_.TakeWaiting()) {
    answer(OperationStatus());
  }
  for (auto& call : waiting) EXPECT_TRUE(call.get().call.ok());
  corrector_.AnswerAtOnce(OperationStatus());
  EXPECT_TRUE(dom0_->Resume().call.ok());
}

TEST_F(OrderDeskTest, EndsWithOrdersThatWaitAndHearsTheirAnswersNoMore) {
  Start();
  std::future<Told> waiting = dom0_->StatusLater();
  ASSERT_TRUE(corrector_.WaitForOrders(1));
  std::vector<Corrector::Answer> answers = corrector_.TakeWaiting();
  Stop();
  EXPECT_FALSE(waiting.get().call.ok());
  for (const Corrector::Answer& late : answers) late(OperationStatus());
}

}  // namespace
}  // namespace noonmark
