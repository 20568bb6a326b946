// Orders over the fleet API, and what is told of how they go on.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/service/fleet_server.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

OperationId Id(uint8_t last) {
  OperationId id;
  id.bytes[15] = last;
  return id;
}

// Answers at once what it is told to, or keeps what would answer.
class FakeOperator final : public Operator {
 public:
  void Correct(const std::string& guest, Begun done) override {
    given.push_back("correct " + guest);
    if (keeps) {
      kept.push_back([done] { done(Id(1)); });
    } else {
      done(answer);
    }
  }
  void Quiesce(const std::string& guest, absl::Duration lease,
               Begun done) override {
    given.push_back("quiesce " + guest + " " + absl::FormatDuration(lease));
    done(answer);
  }
  void Resume(const std::string& guest, Begun done) override {
    given.push_back("resume " + guest);
    done(answer);
  }
  void Hold(const std::string& guest, const std::string& why,
            Done done) override {
    given.push_back("hold " + guest + " " + why);
    done(answer.status());
  }
  void Release(const std::string& guest, Done done) override {
    given.push_back("release " + guest);
    done(answer.status());
  }
  void HoldAll(const std::string& why, Done done) override {
    given.push_back("hold-all " + why);
    done(answer.status());
  }
  void ReleaseAll(Done done) override {
    given.push_back("release-all");
    done(answer.status());
  }

  absl::StatusOr<OperationId> answer = Id(1);
  bool keeps = false;
  std::vector<std::string> given;
  std::vector<std::function<void()>> kept;
};

class FleetOrdersTest : public ::testing::Test {
 protected:
  FleetOrdersTest() { Listen(&orders_); }

  void Listen(Operator* orders) {
    server_.reset();
    auto server = FleetServer::Listen(path_, "no-such-group",
                                      {board_, clock_, "1", orders});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::FleetService::NewStub(grpc::CreateChannel(
        "unix:" + path_, grpc::InsecureChannelCredentials()));
  }

  // With an operation of mail at this phase, if any.
  void Publish(std::optional<HostPhase> phase, uint8_t id = 1) {
    auto snapshot = std::make_shared<HostSnapshot>();
    auto row = std::make_shared<GuestRow>();
    row->domain.name = "mail";
    row->domain.uuid = "uuid-of-mail";
    snapshot->guests.push_back(row);
    auto view = std::make_shared<CorrectionView>();
    if (phase.has_value()) {
      OperationView& operation = view->operations["uuid-of-mail"];
      operation.plan.operation = Id(id);
      operation.progress.phase = *phase;
      operation.progress.words = std::string(HostPhaseName(*phase));
      operation.over = *phase == HostPhase::kClosed;
    }
    snapshot->correction = view;
    board_.Publish(std::move(snapshot));
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::FleetService::Stub::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (stub_.get()->*method)(&context, request, response);
  }
  grpc::Status Correct(const std::string& selector,
                       v1::CorrectGuestResponse* response) {
    v1::CorrectGuestRequest request;
    request.set_selector(selector);
    return Call(&v1::FleetService::Stub::CorrectGuest, request, response);
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("operator.sock");
  SnapshotBoard board_;
  FakeClock clock_;
  FakeOperator orders_;
  std::unique_ptr<FleetServer> server_;
  std::unique_ptr<v1::FleetService::Stub> stub_;
};

TEST_F(FleetOrdersTest, HandsEachOrderOnAndAnswersWhenItHasBegun) {
  Publish(std::nullopt);
  v1::CorrectGuestResponse corrected;
  ASSERT_TRUE(Correct("mail", &corrected).ok());
  EXPECT_EQ(corrected.operation_id(), OperationIdText(Id(1)));

  v1::QuiesceGuestRequest quiesce;
  quiesce.set_selector("mail");
  v1::QuiesceGuestResponse quiesced;
  ASSERT_TRUE(
      Call(&v1::FleetService::Stub::QuiesceGuest, quiesce, &quiesced).ok());
  quiesce.mutable_lease()->set_seconds(90);
  ASSERT_TRUE(
      Call(&v1::FleetService::Stub::QuiesceGuest, quiesce, &quiesced).ok());
  v1::ResumeGuestRequest resume;
  resume.set_selector("mail");
  v1::ResumeGuestResponse resumed;
  ASSERT_TRUE(
      Call(&v1::FleetService::Stub::ResumeGuest, resume, &resumed).ok());
  v1::HoldGuestRequest hold;
  hold.set_selector("mail");
  hold.set_why("odd");
  v1::HoldGuestResponse held;
  ASSERT_TRUE(Call(&v1::FleetService::Stub::HoldGuest, hold, &held).ok());
  v1::ReleaseGuestRequest release;
  release.set_selector("mail");
  v1::ReleaseGuestResponse released;
  ASSERT_TRUE(
      Call(&v1::FleetService::Stub::ReleaseGuest, release, &released).ok());
  v1::HoldHostRequest hold_host;
  hold_host.set_why("racks");
  v1::HoldHostResponse host_held;
  ASSERT_TRUE(
      Call(&v1::FleetService::Stub::HoldHost, hold_host, &host_held).ok());
  v1::ReleaseHostResponse host_released;
  ASSERT_TRUE(Call(&v1::FleetService::Stub::ReleaseHost,
                   v1::ReleaseHostRequest(), &host_released)
                  .ok());
  EXPECT_THAT(orders_.given,
              ElementsAre("correct uuid-of-mail", "quiesce uuid-of-mail 0",
                          "quiesce uuid-of-mail 1m30s", "resume uuid-of-mail",
                          "hold uuid-of-mail odd", "release uuid-of-mail",
                          "hold-all racks", "release-all"));
}

TEST_F(FleetOrdersTest, TellsWhyAnOrderIsRefused) {
  Publish(std::nullopt);
  orders_.answer = absl::FailedPreconditionError("mode: why\nheld: why");
  v1::CorrectGuestResponse response;
  const grpc::Status status = Correct("mail", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "mode: why\nheld: why");
}

TEST_F(FleetOrdersTest, TakesNoOrderThatNamesNobody) {
  v1::CorrectGuestResponse response;
  EXPECT_EQ(Correct("mail", &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  Publish(std::nullopt);
  EXPECT_EQ(Correct("", &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Correct("web", &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::HoldGuestRequest hold;
  hold.set_selector("mail");
  v1::HoldGuestResponse held;
  EXPECT_EQ(Call(&v1::FleetService::Stub::HoldGuest, hold, &held).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(orders_.given, IsEmpty());
}

TEST_F(FleetOrdersTest, TakesNoOrdersOverTheReadersSocket) {
  Listen(nullptr);
  Publish(std::nullopt);
  v1::CorrectGuestResponse response;
  const grpc::Status status = Correct("mail", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("operator.sock"));
  v1::HoldHostRequest hold;
  hold.set_why("racks");
  v1::HoldHostResponse held;
  EXPECT_EQ(Call(&v1::FleetService::Stub::HoldHost, hold, &held).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  v1::ReleaseHostResponse released;
  EXPECT_EQ(Call(&v1::FleetService::Stub::ReleaseHost, v1::ReleaseHostRequest(),
                 &released)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(FleetOrdersTest, EndsWithCallsThatNobodyAnswers) {
  Publish(std::nullopt);
  orders_.keeps = true;
  grpc::Status status;
  std::thread caller([&] {
    v1::CorrectGuestResponse response;
    status = Correct("mail", &response);
  });
  // Given, and not answered.
  v1::GetHealthResponse health;
  while (orders_.kept.empty()) {
    Call(&v1::FleetService::Stub::GetHealth, v1::GetHealthRequest(), &health);
  }
  server_.reset();
  caller.join();
  EXPECT_FALSE(status.ok());
  orders_.kept[0]();  // too late, and no harm
}

TEST_F(FleetOrdersTest, TellsAWatcherHowAnOperationGoesOnUntilItIsOver) {
  Publish(HostPhase::kQuiesceSent);
  v1::WatchOperationRequest request;
  request.set_selector("mail");
  request.set_operation_id(OperationIdText(Id(1)));
  grpc::ClientContext context;
  const auto stream = stub_->WatchOperation(&context, request);
  v1::WatchOperationResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.operation().phase(), "quiesce-sent");
  Publish(HostPhase::kQuiesceSent);  // nothing new
  Publish(HostPhase::kClosed);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.operation().phase(), "closed");
  EXPECT_TRUE(response.operation().over());
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(FleetOrdersTest, SaysThatAnOperationIsAnotherByNow) {
  Publish(HostPhase::kQuiesceSent, /*id=*/1);
  v1::WatchOperationRequest request;
  request.set_selector("mail");
  grpc::ClientContext context;
  const auto stream = stub_->WatchOperation(&context, request);
  v1::WatchOperationResponse response;
  ASSERT_TRUE(stream->Read(&response));
  Publish(HostPhase::kQuiesceSent, /*id=*/2);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(FleetOrdersTest, SaysThatThereIsNoOperation) {
  Publish(std::nullopt);
  v1::WatchOperationRequest request;
  request.set_selector("mail");
  grpc::ClientContext context;
  const auto stream = stub_->WatchOperation(&context, request);
  v1::WatchOperationResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("mail has no operation"));
}

TEST_F(FleetOrdersTest, ShowsAnOperationInTheReport) {
  Publish(HostPhase::kQuiesced);
  v1::GetReportResponse response;
  ASSERT_TRUE(Call(&v1::FleetService::Stub::GetReport, v1::GetReportRequest(),
                   &response)
                  .ok());
  EXPECT_EQ(response.report().guests(0).operation().phase(), "quiesced");
}

}  // namespace
}  // namespace noonmark
