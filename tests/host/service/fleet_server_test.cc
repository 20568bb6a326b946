#include "host/service/fleet_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

std::shared_ptr<HostSnapshot> Snapshot(const std::string& name) {
  auto snapshot = std::make_shared<HostSnapshot>();
  snapshot->name = name;
  auto row = std::make_shared<GuestRow>();
  row->domain.name = "mail";
  snapshot->guests.push_back(row);
  return snapshot;
}

class FleetServerTest : public ::testing::Test {
 protected:
  FleetServerTest() {
    auto server = FleetServer::Listen(path_, "", {board_, clock_, "1.2.3"});
    if (server.ok()) server_ = *std::move(server);
    stub_ = v1::FleetService::NewStub(grpc::CreateChannel(
        "unix:" + path_, grpc::InsecureChannelCredentials()));
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/read.sock";
  SnapshotBoard board_;
  FakeClock clock_;
  std::unique_ptr<FleetServer> server_;
  std::unique_ptr<v1::FleetService::Stub> stub_;
};

TEST_F(FleetServerTest, SaysThatItIsStartingBeforeTheFirstSnapshot) {
  grpc::ClientContext context;
  v1::GetReportResponse response;
  const grpc::Status status = stub_->GetReport(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(FleetServerTest, AnswersEachCallFromTheSnapshot) {
  board_.Publish(Snapshot("dom0-a"));
  {
    grpc::ClientContext context;
    v1::GetReportResponse response;
    ASSERT_TRUE(stub_->GetReport(&context, {}, &response).ok());
    EXPECT_EQ(response.report().host().name(), "dom0-a");
    EXPECT_EQ(response.report().guests_size(), 1);
  }
  {
    grpc::ClientContext context;
    v1::ListGuestsResponse response;
    ASSERT_TRUE(stub_->ListGuests(&context, {}, &response).ok());
    EXPECT_EQ(response.guests(0).name(), "mail");
  }
  {
    grpc::ClientContext context;
    v1::GetGuestRequest request;
    request.set_selector("mail");
    v1::GetGuestResponse response;
    ASSERT_TRUE(stub_->GetGuest(&context, request, &response).ok());
    EXPECT_EQ(response.guest().name(), "mail");
    EXPECT_EQ(response.host().name(), "dom0-a");
  }
  {
    grpc::ClientContext context;
    v1::GetGuestRequest request;
    request.set_selector("web");
    v1::GetGuestResponse response;
    EXPECT_EQ(stub_->GetGuest(&context, request, &response).error_code(),
              grpc::StatusCode::NOT_FOUND);
  }
  {
    grpc::ClientContext context;
    v1::PlanGuestRequest request;
    request.set_selector("mail");
    v1::PlanGuestResponse response;
    ASSERT_TRUE(stub_->PlanGuest(&context, request, &response).ok());
    EXPECT_EQ(response.guest().name(), "mail");
    EXPECT_EQ(response.host().name(), "dom0-a");
    EXPECT_EQ(response.plan().way(), v1::PLAN_WAY_REFUSE);
    EXPECT_EQ(response.plan().objections(0).rail(), "no-data");
  }
  {
    grpc::ClientContext context;
    v1::GetHealthResponse response;
    ASSERT_TRUE(stub_->GetHealth(&context, {}, &response).ok());
    EXPECT_EQ(response.version(), "1.2.3");
    EXPECT_EQ(response.problems_size(), 0);
  }
}

TEST_F(FleetServerTest, TellsAWatcherTheReportAndEachChange) {
  board_.Publish(Snapshot("first"));
  grpc::ClientContext context;
  const auto watch = stub_->WatchReport(&context, {});
  v1::WatchReportResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.report().host().name(), "first");
  board_.Publish(Snapshot("second"));
  while (response.report().host().name() != "second") {
    ASSERT_TRUE(watch->Read(&response));
  }
  server_.reset();
  while (watch->Read(&response)) {
  }
  watch->Finish();
}

TEST_F(FleetServerTest, LimitsTheWatchers) {
  board_.Publish(Snapshot("dom0-a"));
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchReportResponse>>>
      watches;
  // On connections of their own: one carries 64 calls at the most.
  std::vector<std::unique_ptr<v1::FleetService::Stub>> stubs;
  int refused = 0;
  for (int i = 0; i < 70; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(v1::FleetService::NewStub(grpc::CreateCustomChannel(
        "unix:" + path_, grpc::InsecureChannelCredentials(), arguments)));
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stubs.back()->WatchReport(contexts.back().get(), {}));
    v1::WatchReportResponse response;
    if (!watches.back()->Read(&response)) {
      EXPECT_EQ(watches.back()->Finish().error_code(),
                grpc::StatusCode::RESOURCE_EXHAUSTED);
      watches.pop_back();
      contexts.pop_back();
      ++refused;
    }
  }
  EXPECT_EQ(refused, 6);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& watch : watches) watch->Finish();
}

TEST_F(FleetServerTest, LetsItsGroupConnectAndNobodyElse) {
  struct stat there = {};
  ASSERT_EQ(stat(path_.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0660u);
}

TEST_F(FleetServerTest, RefusesASecondServerOnItsSocket) {
  EXPECT_THAT(FleetServer::Listen(path_, "", {board_, clock_, "1"}),
              StatusIs(absl::StatusCode::kAlreadyExists, path_));
}

TEST_F(FleetServerTest, SaysThatTheFolderIsMissing) {
  EXPECT_THAT(FleetServer::Listen(directory_.path() + "/none/read.sock", "",
                                  {board_, clock_, "1"}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "none"));
}

}  // namespace
}  // namespace noonmark
