#include "host/cli/fan_out.h"

#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "host/cli/own_identity.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"
#include "noonmark/v1/fleet.grpc.pb.h"

namespace noonmark::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Calls that were cancelled come back at once; this is for the case that they
// don't.
constexpr auto kGrace = std::chrono::seconds(2);

// How many calls are still out.
class Countdown {
 public:
  explicit Countdown(size_t count) : count_(count) {}

  // The last thing that a call's callback does.
  void Done() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--count_ == 0) zero_.notify_all();
  }
  bool WaitUntil(SteadyClock::time_point deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    return zero_.wait_until(lock, deadline, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  size_t count_;
};

template <typename Request, typename Response>
using Method = void (v1::FleetService::Stub::async::*)(
    grpc::ClientContext*, const Request*, Response*,
    std::function<void(grpc::Status)>);

// The calls of one round. Lives until all callbacks have run: gRPC's threads
// refer to it, and a channel must not be destroyed on one of them.
template <typename Response>
struct Round {
  struct Call {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::FleetService::Stub> stub;
    grpc::ClientContext context;
    Response response;
    grpc::Status status;
  };
  explicit Round(size_t count) : calls(count), open(count) {}
  std::vector<Call> calls;
  Countdown open;
};

template <typename Request, typename Response>
std::vector<absl::StatusOr<Response>> AskAll(const Targets& targets,
                                             const Request& request,
                                             absl::Duration timeout,
                                             Method<Request, Response> method) {
  const auto deadline = SteadyClock::now() + absl::ToChronoNanoseconds(timeout);
  auto round = std::make_unique<Round<Response>>(targets.dom0s.size());
  for (size_t i = 0; i < targets.dom0s.size(); ++i) {
    auto& call = round->calls[i];
    call.channel = OpenChannel(targets.dom0s[i]);
    call.stub = v1::FleetService::NewStub(call.channel);
    // For the server's sake, and later than ours, which decides.
    call.context.set_deadline(gpr_time_from_millis(
        absl::ToInt64Milliseconds(timeout) + 1000, GPR_TIMESPAN));
    (call.stub->async()->*method)(
        &call.context, &request, &call.response,
        [&call, open = &round->open](const grpc::Status& status) {
          call.status = status;
          open->Done();
        });
  }
  const bool late = !round->open.WaitUntil(deadline);
  if (late) {
    for (auto& call : round->calls) call.context.TryCancel();
    if (!round->open.WaitUntil(SteadyClock::now() + kGrace)) {
      // Not seen to happen. The calls stay behind, for gRPC to use.
      static_cast<void>(round.release());
      return std::vector<absl::StatusOr<Response>>(targets.dom0s.size(),
                                                   NoAnswer(timeout));
    }
  }
  std::vector<absl::StatusOr<Response>> answers;
  for (size_t i = 0; i < targets.dom0s.size(); ++i) {
    auto& call = round->calls[i];
    if (call.status.ok()) {
      answers.push_back(std::move(call.response));
    } else if (late && call.status.error_code() == grpc::CANCELLED) {
      answers.push_back(NoAnswer(timeout));
    } else {
      answers.push_back(
          ExplainFailure(call.status, targets.dom0s[i], targets.advice));
    }
  }
  return answers;
}

template <typename Request, typename Response>
absl::StatusOr<Response> AskOne(const Dom0& dom0, const Request& request,
                                const std::string& advice,
                                absl::Duration timeout,
                                Method<Request, Response> method) {
  Targets one;
  one.dom0s = {dom0};
  one.advice = advice;
  return std::move(AskAll<Request, Response>(one, request, timeout, method)[0]);
}

bool IsOnNetwork(const Dom0& dom0) {
  return !absl::StartsWith(dom0.address, "unix:");
}

// Whether it is the host that was meant: that of the fleet file, or, where an
// address alone was named, any host of ours.
absl::Status CheckHost(const Dom0& dom0, const Identity& peer) {
  if (peer.role == Role::kHost &&
      (dom0.name == dom0.address || dom0.name == peer.id)) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(absl::StrCat(
      "there answers ", ShortName(peer), ", and not host ", dom0.name));
}

std::string WithoutGrpcsWords(absl::string_view words) {
  constexpr absl::string_view kRefused =
      "Custom verification check failed with error: UNAUTHENTICATED: ";
  const size_t at = words.find(kRefused);
  if (at != absl::string_view::npos) {
    return std::string(words.substr(at + kRefused.size()));
  }
  if (absl::EndsWith(words, "Socket closed")) {
    return "the connection broke; if it does again and again, that dom0 "
           "refuses "
           "this operator, and its log says why";
  }
  return std::string(words);
}

template <typename Response>
absl::StatusOr<std::string> IdOf(const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return response->operation_id();
}

}  // namespace

void QuietGrpc() {
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  gpr_set_log_function([](gpr_log_func_args*) {});
}

std::shared_ptr<grpc::Channel> OpenChannel(const Dom0& dom0) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // Ten thousand guests with all their findings.
  arguments.SetMaxReceiveMessageSize(64 << 20);
  if (IsOnNetwork(dom0)) {
    const auto& own = OwnIdentity();
    // Without an identity a channel that only fails; ExplainFailure() says why.
    return grpc::CreateCustomChannel(
        GrpcTarget(dom0.address),
        own.ok() ? (*own)->ForChannel([dom0](const Identity& peer) {
          return CheckHost(dom0, peer);
        })
                 : nullptr,
        arguments);
  }
  return grpc::CreateCustomChannel(
      GrpcTarget(dom0.address), grpc::InsecureChannelCredentials(), arguments);
}

absl::Status NoAnswer(absl::Duration timeout) {
  return absl::DeadlineExceededError(
      absl::StrCat("no answer in ", LengthText(timeout), " (deadline)"));
}

absl::Status ExplainFailure(const grpc::Status& status, const Dom0& dom0,
                            const std::string& advice) {
  // Some have a line for each of several reasons.
  std::vector<std::string> lines;
  for (const absl::string_view line :
       absl::StrSplit(status.error_message(), '\n')) {
    lines.push_back(SafeText(line));
  }
  const std::string words = absl::StrJoin(lines, "\n");
  if (IsOnNetwork(dom0)) {
    if (const auto& own = OwnIdentity(); !own.ok()) return own.status();
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      return absl::UnavailableError(absl::StrCat("cannot reach ", dom0.address,
                                                 ": ", WithoutGrpcsWords(words),
                                                 "; ", advice));
    }
  }
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::UnavailableError(
          absl::StrCat("noonmarkd on ", dom0.address, " ended the stream"));
    case grpc::StatusCode::UNAVAILABLE:
      if (absl::Status probe = ProbeSocket(dom0.address, advice); !probe.ok()) {
        return probe;
      }
      return absl::UnavailableError(absl::StrCat("noonmarkd on ", dom0.address,
                                                 " is not ready: ", words));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(
          absl::StrCat("what listens on ", dom0.address,
                       " is no noonmarkd of this version: ", words));
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          words);
    default:
      return absl::Status(
          static_cast<absl::StatusCode>(status.error_code()),
          absl::StrCat("noonmarkd on ", dom0.address, " refuses: ", words));
  }
}

std::vector<absl::StatusOr<v1::GetReportResponse>> AskForReports(
    const Targets& targets, absl::Duration timeout) {
  return AskAll<v1::GetReportRequest, v1::GetReportResponse>(
      targets, v1::GetReportRequest(), timeout,
      &v1::FleetService::Stub::async::GetReport);
}

std::vector<absl::StatusOr<v1::GetGuestResponse>> AskForGuest(
    const Targets& targets, const std::string& selector,
    absl::Duration timeout) {
  v1::GetGuestRequest request;
  request.set_selector(selector);
  return AskAll<v1::GetGuestRequest, v1::GetGuestResponse>(
      targets, request, timeout, &v1::FleetService::Stub::async::GetGuest);
}

std::vector<absl::StatusOr<v1::PlanGuestResponse>> AskForPlan(
    const Targets& targets, const std::string& selector,
    absl::Duration timeout) {
  v1::PlanGuestRequest request;
  request.set_selector(selector);
  return AskAll<v1::PlanGuestRequest, v1::PlanGuestResponse>(
      targets, request, timeout, &v1::FleetService::Stub::async::PlanGuest);
}

std::vector<absl::StatusOr<v1::GetHealthResponse>> AskForHealth(
    const Targets& targets, absl::Duration timeout) {
  return AskAll<v1::GetHealthRequest, v1::GetHealthResponse>(
      targets, v1::GetHealthRequest(), timeout,
      &v1::FleetService::Stub::async::GetHealth);
}

absl::StatusOr<std::string> OrderCorrection(const Dom0& dom0,
                                            const std::string& guest,
                                            const std::string& advice,
                                            absl::Duration timeout) {
  v1::CorrectGuestRequest request;
  request.set_selector(guest);
  return IdOf(AskOne<v1::CorrectGuestRequest, v1::CorrectGuestResponse>(
      dom0, request, advice, timeout,
      &v1::FleetService::Stub::async::CorrectGuest));
}

absl::StatusOr<std::string> OrderRest(const Dom0& dom0,
                                      const std::string& guest,
                                      std::optional<absl::Duration> lease,
                                      const std::string& advice,
                                      absl::Duration timeout) {
  v1::QuiesceGuestRequest request;
  request.set_selector(guest);
  if (lease.has_value()) {
    absl::Duration rest;
    request.mutable_lease()->set_seconds(
        absl::IDivDuration(*lease, absl::Seconds(1), &rest));
    request.mutable_lease()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  }
  return IdOf(AskOne<v1::QuiesceGuestRequest, v1::QuiesceGuestResponse>(
      dom0, request, advice, timeout,
      &v1::FleetService::Stub::async::QuiesceGuest));
}

absl::StatusOr<std::string> OrderResume(const Dom0& dom0,
                                        const std::string& guest,
                                        const std::string& advice,
                                        absl::Duration timeout) {
  v1::ResumeGuestRequest request;
  request.set_selector(guest);
  return IdOf(AskOne<v1::ResumeGuestRequest, v1::ResumeGuestResponse>(
      dom0, request, advice, timeout,
      &v1::FleetService::Stub::async::ResumeGuest));
}

absl::Status OrderHold(const Dom0& dom0, const std::string& guest,
                       const std::string& why, const std::string& advice,
                       absl::Duration timeout) {
  if (guest.empty()) {
    v1::HoldHostRequest request;
    request.set_why(why);
    return AskOne<v1::HoldHostRequest, v1::HoldHostResponse>(
               dom0, request, advice, timeout,
               &v1::FleetService::Stub::async::HoldHost)
        .status();
  }
  v1::HoldGuestRequest request;
  request.set_selector(guest);
  request.set_why(why);
  return AskOne<v1::HoldGuestRequest, v1::HoldGuestResponse>(
             dom0, request, advice, timeout,
             &v1::FleetService::Stub::async::HoldGuest)
      .status();
}

absl::Status OrderRelease(const Dom0& dom0, const std::string& guest,
                          const std::string& advice, absl::Duration timeout) {
  if (guest.empty()) {
    return AskOne<v1::ReleaseHostRequest, v1::ReleaseHostResponse>(
               dom0, v1::ReleaseHostRequest(), advice, timeout,
               &v1::FleetService::Stub::async::ReleaseHost)
        .status();
  }
  v1::ReleaseGuestRequest request;
  request.set_selector(guest);
  return AskOne<v1::ReleaseGuestRequest, v1::ReleaseGuestResponse>(
             dom0, request, advice, timeout,
             &v1::FleetService::Stub::async::ReleaseGuest)
      .status();
}

absl::Status FollowOperation(
    const Dom0& dom0, const std::string& guest, const std::string& id,
    const std::string& advice,
    const std::function<bool(const v1::Operation&)>& on_news) {
  const std::shared_ptr<grpc::Channel> channel = OpenChannel(dom0);
  const auto stub = v1::FleetService::NewStub(channel);
  v1::WatchOperationRequest request;
  request.set_selector(guest);
  request.set_operation_id(id);
  grpc::ClientContext context;
  const auto stream = stub->WatchOperation(&context, request);
  v1::WatchOperationResponse response;
  bool more = true;
  while (more && stream->Read(&response)) more = on_news(response.operation());
  if (!more) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (!more) return absl::OkStatus();
  return ExplainFailure(status, dom0, advice);
}

v1::FleetReport MakeFleetReport(
    const Targets& targets,
    std::vector<absl::StatusOr<v1::GetReportResponse>> answers) {
  v1::FleetReport fleet;
  for (size_t i = 0; i < answers.size(); ++i) {
    v1::FleetHost* host = fleet.add_hosts();
    host->set_name(targets.dom0s[i].name);
    if (!answers[i].ok()) {
      host->set_error(std::string(answers[i].status().message()));
      continue;
    }
    *host->mutable_report() = std::move(*answers[i]->mutable_report());
    const std::string& own_name = host->report().host().name();
    if (!targets.fleet && !own_name.empty()) host->set_name(own_name);
  }
  return fleet;
}

}  // namespace noonmark::cli
