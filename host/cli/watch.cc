#include "host/cli/watch.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "host/cli/fan_out.h"
#include "host/cli/quantities.h"
#include "noonmark/v1/fleet.grpc.pb.h"

namespace noonmark::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

constexpr auto kBackOff = std::chrono::seconds(1);
// As in fan_out.cc: cancelled streams end at once.
constexpr auto kGrace = std::chrono::seconds(2);

// What the streams' callbacks share with the watching thread.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
};

// One stream to one dom0, from opening to end.
class Stream : public grpc::ClientReadReactor<v1::WatchReportResponse> {
 public:
  Stream(const Dom0& dom0, Bell& bell)
      : bell_(bell),
        asked_(SteadyClock::now()),
        channel_(OpenChannel(dom0)),
        stub_(v1::FleetService::NewStub(channel_)) {
    stub_->async()->WatchReport(&context_, &request_, this);
    StartRead(&incoming_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone() follows
    {
      const std::lock_guard<std::mutex> lock(bell_.mutex);
      latest_ = std::move(*incoming_.mutable_report());
      arrived_ = SteadyClock::now();
      bell_.rung.notify_all();
    }
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnDone(const grpc::Status& status) override {
    // The watching thread may destroy this object as soon as it has the lock.
    const std::lock_guard<std::mutex> lock(bell_.mutex);
    ended_ = SteadyClock::now();
    status_ = status;
    bell_.rung.notify_all();
  }

  void Cancel() { context_.TryCancel(); }

  // With the bell's mutex held.
  const std::optional<v1::HostReport>& latest() const { return latest_; }
  SteadyTime asked() const { return asked_; }
  SteadyTime arrived() const { return arrived_; }
  const std::optional<SteadyTime>& ended() const { return ended_; }
  const grpc::Status& status() const { return status_; }

 private:
  Bell& bell_;
  const SteadyTime asked_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::FleetService::Stub> stub_;
  grpc::ClientContext context_;
  v1::WatchReportRequest request_;
  v1::WatchReportResponse incoming_;

  std::optional<v1::HostReport> latest_;
  SteadyTime arrived_;
  std::optional<SteadyTime> ended_;
  grpc::Status status_;
};

void AddAge(absl::Duration elapsed, google::protobuf::Duration* age) {
  const absl::Duration sum = FromProto(*age) + elapsed;
  absl::Duration rest;
  age->set_seconds(absl::IDivDuration(sum, absl::Seconds(1), &rest));
  age->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

// As if it had been published `elapsed` later.
void CountOn(absl::Duration elapsed, v1::HostReport& report) {
  const auto count_on_findings = [elapsed](auto* findings) {
    for (v1::Finding& finding : *findings) {
      if (finding.has_age()) AddAge(elapsed, finding.mutable_age());
    }
  };
  count_on_findings(report.mutable_host()->mutable_findings());
  for (v1::Guest& guest : *report.mutable_guests()) {
    if (guest.has_age()) AddAge(elapsed, guest.mutable_age());
    count_on_findings(guest.mutable_findings());
  }
}

}  // namespace

class FleetWatch::Impl {
 public:
  Impl(Targets targets, absl::Duration timeout)
      : targets_(std::move(targets)), timeout_(timeout) {
    for (const Dom0& dom0 : targets_.dom0s) {
      lines_.push_back({std::make_unique<Stream>(dom0, *bell_), {}, false});
    }
  }

  ~Impl() {
    for (const Line& line : lines_) line.stream->Cancel();
    std::unique_lock<std::mutex> lock(bell_->mutex);
    const bool all_ended =
        bell_->rung.wait_until(lock, SteadyClock::now() + kGrace, [this] {
          return std::all_of(
              lines_.begin(), lines_.end(),
              [](const Line& line) { return line.stream->ended(); });
        });
    lock.unlock();
    if (all_ended) return;
    // Not seen to happen. gRPC's threads keep what they still use.
    for (Line& line : lines_) static_cast<void>(line.stream.release());
    static_cast<void>(bell_.release());
  }

  void WaitForFirst() {
    std::unique_lock<std::mutex> lock(bell_->mutex);
    bell_->rung.wait_until(
        lock, SteadyClock::now() + absl::ToChronoNanoseconds(timeout_), [this] {
          return std::all_of(
              lines_.begin(), lines_.end(), [](const Line& line) {
                return line.stream->latest() || line.stream->ended();
              });
        });
  }

  void Wait(absl::Duration length) {
    std::unique_lock<std::mutex> lock(bell_->mutex);
    bell_->rung.wait_until(
        lock, SteadyClock::now() + absl::ToChronoNanoseconds(length),
        [] { return false; });
  }

  v1::FleetReport Current() {
    const SteadyTime now = SteadyClock::now();
    std::vector<absl::StatusOr<v1::GetReportResponse>> answers;
    for (size_t i = 0; i < lines_.size(); ++i) {
      answers.push_back(CurrentOf(i, now));
    }
    return MakeFleetReport(targets_, std::move(answers));
  }

 private:
  // A dom0 and the stream to it.
  struct Line {
    std::unique_ptr<Stream> stream;
    // Why the stream before this one, or this one, ended.
    absl::Status failure;
    bool explained = false;
  };

  absl::StatusOr<v1::GetReportResponse> CurrentOf(size_t i, SteadyTime now) {
    Line& line = lines_[i];
    std::unique_lock<std::mutex> lock(bell_->mutex);
    if (const auto ended = line.stream->ended()) {
      const grpc::Status status = line.stream->status();
      lock.unlock();
      if (!line.explained) {
        line.failure =
            ExplainFailure(status, targets_.dom0s[i], targets_.advice);
        line.explained = true;
      }
      if (now - *ended >= kBackOff) {
        line.stream = std::make_unique<Stream>(targets_.dom0s[i], *bell_);
        line.explained = false;
      }
      return line.failure;
    }
    if (line.stream->latest()) {
      line.failure = absl::OkStatus();
      v1::GetReportResponse answer;
      *answer.mutable_report() = *line.stream->latest();
      CountOn(absl::FromChrono(now - line.stream->arrived()),
              *answer.mutable_report());
      return answer;
    }
    const bool early =
        now - line.stream->asked() < absl::ToChronoNanoseconds(timeout_);
    if (early && !line.failure.ok()) return line.failure;
    return NoAnswer(timeout_);
  }

  const Targets targets_;
  const absl::Duration timeout_;
  std::unique_ptr<Bell> bell_ = std::make_unique<Bell>();
  std::vector<Line> lines_;
};

FleetWatch::FleetWatch(Targets targets, absl::Duration timeout)
    : impl_(std::make_unique<Impl>(std::move(targets), timeout)) {}

FleetWatch::~FleetWatch() = default;

void FleetWatch::WaitForFirst() { impl_->WaitForFirst(); }

void FleetWatch::Wait(absl::Duration length) { impl_->Wait(length); }

v1::FleetReport FleetWatch::Current() { return impl_->Current(); }

}  // namespace noonmark::cli
