// Who may call what of the fleet API, by the socket they come through: every
// rpc of it, asked over real sockets, and of the handlers alone.
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/trust/access.h"
#include "host/service/fleet_server.h"
#include "host/service/fleet_service.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::TemporaryDirectory;

// Counts what it is told.
class CountingOperator final : public Operator {
 public:
  void Correct(const std::string& /*guest*/, Begun done) override {
    Begin(done);
  }
  void Quiesce(const std::string& /*guest*/, absl::Duration /*lease*/,
               Begun done) override {
    Begin(done);
  }
  void Resume(const std::string& /*guest*/, Begun done) override {
    Begin(done);
  }
  void Hold(const std::string& /*guest*/, const std::string& /*why*/,
            Done done) override {
    End(done);
  }
  void Release(const std::string& /*guest*/, Done done) override { End(done); }
  void HoldAll(const std::string& /*why*/, Done done) override { End(done); }
  void ReleaseAll(Done done) override { End(done); }

  int orders = 0;

 private:
  void Begin(const Begun& done) {
    ++orders;
    done(OperationId());
  }
  void End(const Done& done) {
    ++orders;
    done(absl::OkStatus());
  }
};

std::vector<std::string> AllMethods() {
  const google::protobuf::ServiceDescriptor* service =
      v1::GetReportRequest::descriptor()->file()->FindServiceByName(
          "FleetService");
  std::vector<std::string> methods;
  for (int i = 0; i < service->method_count(); ++i) {
    methods.push_back(absl::StrCat("/", service->full_name(), "/",
                                   service->method(i)->name()));
  }
  return methods;
}

// An empty request. OK at the first answer, whatever comes after it.
grpc::Status Call(const std::string& target, const std::string& method) {
  grpc::GenericStub stub(
      grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  const auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(30));
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  done();
  const grpc::Slice nothing;
  call->WriteLast(grpc::ByteBuffer(&nothing, 1), grpc::WriteOptions(), nullptr);
  done();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = done();
  if (answered) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  done();
  return answered ? grpc::Status::OK : status;
}

class FleetAccessTest : public ::testing::Test {
 protected:
  FleetAccessTest() { board_.Publish(std::make_shared<HostSnapshot>()); }

  // What the table has for `caller` is let in at `target`, and nothing else.
  void ExpectTheTable(const std::string& target, Caller caller) {
    const std::vector<std::string> methods = AllMethods();
    EXPECT_GE(methods.size(), 14u);
    for (const std::string& method : methods) {
      const grpc::Status status = Call(target, method);
      EXPECT_EQ(status.error_code() != grpc::StatusCode::PERMISSION_DENIED,
                MayCall(caller, method))
          << CallerName(caller) << " " << method << ": "
          << status.error_message();
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
      EXPECT_NE(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    }
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("fleet.sock");
  SnapshotBoard board_;
  FakeClock clock_;
  CountingOperator orders_;
};

TEST_F(FleetAccessTest, GivesTheReadersSocketNoOrder) {
  const auto server = FleetServer::Listen(path_, "", {board_, clock_, "1"});
  ASSERT_TRUE(server.ok()) << server.status();
  ExpectTheTable("unix:" + path_, Caller::kReadSocket);
}

TEST_F(FleetAccessTest, GivesTheOperatorsSocketAllOfIt) {
  const auto server =
      FleetServer::Listen(path_, "", {board_, clock_, "1", &orders_});
  ASSERT_TRUE(server.ok()) << server.status();
  ExpectTheTable("unix:" + path_, Caller::kOperatorSocket);
  // Of all orders an empty one is good for: the breaker is closed.
  EXPECT_EQ(orders_.orders, 1);
}

// Where nothing has looked before them.
TEST_F(FleetAccessTest, IsAskedForByEachHandlerItself) {
  for (const Caller caller : kAllCallers) {
    // Of its own: gRPC remembers that nobody listened at another's.
    const std::string path = absl::StrCat(path_, ".", static_cast<int>(caller));
    FleetService service(board_, clock_, "1", &orders_, caller);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    ASSERT_NE(server, nullptr);
    orders_.orders = 0;
    ExpectTheTable("unix:" + path, caller);
    EXPECT_EQ(orders_.orders,
              MayCall(caller, "/noonmark.v1.FleetService/ReleaseHost") ? 1 : 0);
    service.Stop();
    server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  }
}

}  // namespace
}  // namespace noonmark
