// The table, as a listener with TLS asks it: of every rpc, by every role that
// comes through the handshake, with services that count who gets to them.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/tls_credentials.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/certificate_maker.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::MakeCertificate;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;

absl::Status Anybody(const Identity& /*peer*/) { return absl::OkStatus(); }

class AccessOverTlsTest : public ::testing::Test {
 protected:
  AccessOverTlsTest() {
    const auto server = Load("spiffe://f/host/dom0-a", Use::kServer);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(
        "127.0.0.1:0",
        server->ForServer(Anybody,
                          [](const Identity& peer) {
                            return peer.id == "orderer" ? Caller::kOrderer
                                                        : CallerByRole(peer);
                          }),
        &port);
    builder.RegisterService(&agent_);
    builder.RegisterService(&fleet_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("ipv4:127.0.0.1:", port);
  }
  ~AccessOverTlsTest() override {
    server_->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  }

  // Somebody of the fleet's authority.
  std::shared_ptr<TlsCredentials> Load(const std::string& uri, Use use) {
    const TemporaryDirectory& folder =
        *folders_.emplace_back(std::make_unique<TemporaryDirectory>());
    folder.Write("ca.crt", authority_.substr(authority_.find("-----BEGIN C")));
    folder.Write("deny.list", "");
    const std::string own = folder.Write(
        absl::StrCat(UseName(use), ".pem"),
        MakeCertificate({.uris = {uri},
                         .extended_usage =
                             use == Use::kServer ? "serverAuth" : "clientAuth",
                         .signer = authority_}));
    chmod(own.c_str(), 0600);
    auto credentials =
        TlsCredentials::Load(folder.path(), use, absl::Seconds(60));
    EXPECT_THAT(credentials, IsOk());
    return *credentials;
  }

  // UNIMPLEMENTED, and so it has come to the service; or how it was refused.
  grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& method) {
    grpc::TemplatedGenericStub<v1::DescribeRequest, v1::DescribeResponse> stub(
        channel);
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    v1::DescribeResponse response;
    grpc::Status status;
    const auto call =
        stub.PrepareUnaryCall(&context, method, v1::DescribeRequest(), &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }

  const std::string authority_ =
      MakeCertificate({.constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign",
                       .extended_usage = ""});
  std::vector<std::unique_ptr<TemporaryDirectory>> folders_;
  // Each of their methods says UNIMPLEMENTED.
  v1::AgentService::Service agent_;
  v1::FleetService::Service fleet_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(AccessOverTlsTest, RefusesBeforeAnyHandlerWhatTheTableHasNot) {
  const std::pair<const char*, Caller> callers[] = {
      {"spiffe://f/host/dom0-a", Caller::kHost},
      {"spiffe://f/operator/alice", Caller::kOperator},
      {"spiffe://f/operator/orderer", Caller::kOrderer}};
  std::vector<std::string> methods = {"/noonmark.v1.AgentService/Nothing",
                                      "/grpc.health.v1.Health/Check"};
  for (const auto method : MethodsOfTable()) methods.emplace_back(method);
  int refused = 0;
  for (const auto& [uri, caller] : callers) {
    const auto client = Load(uri, Use::kClient);
    const auto channel =
        grpc::CreateChannel(address_, client->ForChannel(Anybody));
    for (const std::string& method : methods) {
      const grpc::Status status = Call(channel, method);
      if (MayCall(caller, method)) {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED)
            << uri << " " << method << ": " << status.error_message();
      } else {
        ++refused;
        EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
            << uri << " " << method << ": " << status.error_message();
        EXPECT_THAT(status.error_message(), HasSubstr("is not for"));
      }
    }
  }
  EXPECT_GT(refused, 20);
}

TEST_F(AccessOverTlsTest, LetsNoGuestCallAtAll) {
  Load("spiffe://f/host/dom0-b", Use::kClient);  // a folder to begin with
  folders_.back()->Write(
      "client.pem",
      MakeCertificate(
          {.uris = {"spiffe://f/guest/4dea22b3-1d52-d8f3-2516-782e98ab3fa0"},
           .extended_usage = "clientAuth",
           .signer = authority_}));
  // Not even by our own program.
  EXPECT_THAT(TlsCredentials::Load(folders_.back()->path(), Use::kClient,
                                   absl::Seconds(60))
                  .status()
                  .message(),
              HasSubstr("no guest is ever a client"));
}

}  // namespace
}  // namespace noonmark
