// The whole matrix of who may call what: of every rpc that proto/ has, so that
// a new one without a row fails here.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/trust/access.h"
#include "noonmark/v1/agent.pb.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

using Callers = std::set<Caller>;
const Callers kAskAgents = {Caller::kHost, Caller::kAgentSocket,
                            Caller::kLoopback};
const Callers kOrderAgents = {Caller::kHost, Caller::kAgentSocket};
const Callers kAskFleet = {Caller::kOperator, Caller::kOrderer,
                           Caller::kReadSocket, Caller::kOperatorSocket};
const Callers kOrderFleet = {Caller::kOrderer, Caller::kOperatorSocket};

// Written out once more, by hand: who is meant to call what.
const std::map<std::string, Callers>& Meant() {
  static const auto& meant = *new std::map<std::string, Callers>{
      {"/noonmark.v1.AgentService/Exchange", kAskAgents},
      {"/noonmark.v1.AgentService/Describe", kAskAgents},
      {"/noonmark.v1.AgentService/Quiesce", kOrderAgents},
      {"/noonmark.v1.AgentService/Correct", kOrderAgents},
      {"/noonmark.v1.AgentService/Resume", kOrderAgents},
      {"/noonmark.v1.AgentService/Status", kOrderAgents},
      {"/noonmark.v1.FleetService/ListGuests", kAskFleet},
      {"/noonmark.v1.FleetService/GetGuest", kAskFleet},
      {"/noonmark.v1.FleetService/PlanGuest", kAskFleet},
      {"/noonmark.v1.FleetService/WatchOperation", kAskFleet},
      {"/noonmark.v1.FleetService/GetReport", kAskFleet},
      {"/noonmark.v1.FleetService/WatchReport", kAskFleet},
      {"/noonmark.v1.FleetService/GetHealth", kAskFleet},
      {"/noonmark.v1.FleetService/CorrectGuest", kOrderFleet},
      {"/noonmark.v1.FleetService/QuiesceGuest", kOrderFleet},
      {"/noonmark.v1.FleetService/ResumeGuest", kOrderFleet},
      {"/noonmark.v1.FleetService/HoldGuest", kOrderFleet},
      {"/noonmark.v1.FleetService/ReleaseGuest", kOrderFleet},
      {"/noonmark.v1.FleetService/HoldHost", kOrderFleet},
      {"/noonmark.v1.FleetService/ReleaseHost", kOrderFleet},
  };
  return meant;
}

// Every service of the files that the wire is made of.
std::vector<std::string> AllMethods() {
  std::set<const google::protobuf::FileDescriptor*> files = {
      v1::ExchangeRequest::descriptor()->file(),
      v1::GetReportRequest::descriptor()->file()};
  for (const auto* file : std::set(files)) {
    for (int i = 0; i < file->dependency_count(); ++i) {
      files.insert(file->dependency(i));
    }
  }
  std::vector<std::string> methods;
  for (const auto* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        methods.push_back(absl::StrCat("/", service->full_name(), "/",
                                       service->method(m)->name()));
      }
    }
  }
  return methods;
}

TEST(AccessMatrixTest, HasARowForEveryRpcAndNoOther) {
  const std::vector<std::string> methods = AllMethods();
  EXPECT_GE(methods.size(), 20u);
  const auto rows = MethodsOfTable();
  EXPECT_THAT(std::vector<std::string>(rows.begin(), rows.end()),
              UnorderedElementsAreArray(methods));
  EXPECT_EQ(Meant().size(), methods.size());
}

TEST(AccessMatrixTest, LetsEachCallerDoWhatIsMeantAndNothingElse) {
  for (const std::string& method : AllMethods()) {
    const auto meant = Meant().find(method);
    ASSERT_NE(meant, Meant().end()) << method << ": who may call it?";
    for (const Caller caller : kAllCallers) {
      EXPECT_EQ(MayCall(caller, method), meant->second.count(caller) > 0)
          << method << " by " << CallerName(caller);
      EXPECT_EQ(CheckAccess(caller, method).ok(), MayCall(caller, method));
    }
  }
}

TEST(AccessMatrixTest, GivesGuestsAndStrangersNothingAnywhere) {
  for (const std::string& method : AllMethods()) {
    EXPECT_FALSE(MayCall(Caller::kGuest, method));
    EXPECT_FALSE(MayCall(Caller::kNobody, method));
  }
  EXPECT_EQ(CallerOf(Role::kGuest), Caller::kGuest);
  // Whom the configuration lets order, no certificate says.
  EXPECT_EQ(CallerOf(Role::kOperator), Caller::kOperator);
  EXPECT_EQ(CallerOf(Role::kHost), Caller::kHost);
}

TEST(AccessMatrixTest, RefusesWhatItDoesNotKnow) {
  for (const std::string& method :
       {std::string(), std::string("/"), std::string("Exchange"),
        std::string("/noonmark.v1.AgentService/"),
        std::string("/noonmark.v1.AgentService/exchange"),
        std::string("/noonmark.v1.AgentService/Exchange/"),
        std::string("/noonmark.v2.AgentService/Exchange"),
        std::string("/grpc.reflection.v1alpha.ServerReflection/"
                    "ServerReflectionInfo"),
        std::string("/noonmark.v1.AgentService/Exchange\0", 35)}) {
    for (const Caller caller : kAllCallers) {
      EXPECT_FALSE(MayCall(caller, method)) << method;
    }
  }
}

TEST(AccessMatrixTest, SaysWhatIsRefusedToWhom) {
  EXPECT_THAT(std::string(CheckAccess(Caller::kReadSocket,
                                      "/noonmark.v1.FleetService/HoldHost")
                              .message()),
              HasSubstr("HoldHost is not for the unix socket for reading"));
}

}  // namespace
}  // namespace noonmark
