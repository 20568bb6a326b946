// The real worker, as a process.

#include "host/probe/worker_process.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/completion_loop.h"
#include "common/runtime/system_clock.h"
#include "host/probe/probe_dialer.h"
#include "tests/host/guests/scripted_agent.h"
#include "tests/support/signal_child.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::Lines;
using ::noonmark::testing::Reading;
using ::noonmark::testing::Script;
using ::noonmark::testing::ScriptedAgent;
using ::noonmark::testing::SignalChild;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;

class WorkerProcessTest : public ::testing::Test,
                          protected WorkerProcess::Observer,
                          protected GuestLink::Observer {
 protected:
  WorkerProcessTest() {
    loop_.OnTimer([this] {
      ADD_FAILURE() << "nothing happened for minutes";
      loop_.Stop();
    });
    loop_.SetTimer(clock_.Now() + absl::Minutes(4));
    loop_.OnStop([this] { link_.reset(); });
  }

  static WorkerOptions Options() {
    WorkerOptions options;
    options.name = "the worker";
    options.command = {NOONMARK_PROBE};
    options.look_every = absl::Milliseconds(50);
    options.restart = absl::Milliseconds(1);
    // Of a machine that is busy, under a sanitizer.
    options.limits.silent_looks = options.limits.starting_looks = 600;
    options.limits.own_bytes = uint64_t{4} << 30;
    return options;
  }
  void Start(WorkerOptions options) {
    worker_ = std::make_unique<WorkerProcess>(
        std::move(options),
        WorkerProcess::Loop{
            [this](std::function<void()> work) { loop_.Post(std::move(work)); },
            [this](absl::Duration delay, std::function<void()> work) {
              loop_.CallAfter(delay, std::move(work));
            }},
        clock_);
    dialer_ = std::make_unique<ProbeDialer>(
        ProbeDialer::Options(), clock_,
        [this](std::function<void()> work) { loop_.Post(std::move(work)); },
        *worker_, *worker_);
    EXPECT_THAT(worker_->Start(this), IsOk());
  }
  void Dial() {
    link_ = dialer_->Dial("unix:" + directory_.Path("a.sock"), "a", this);
  }

  void OnNews(const ProbeWorker& worker, const ProbeNews& news) override {
    dialer_->OnNews(worker, news);
  }
  void OnGone(const ProbeWorker& worker, const absl::Status& why,
              bool overtaxed) override {
    gone_.push_back(absl::StrCat(std::string(why.message()),
                                 overtaxed ? ", overtaxed" : ""));
    dialer_->OnGone(worker, why, overtaxed);
    on_gone_();
  }

  void OnOpen() override { link_->Ask(); }
  void OnExchange(Exchange exchange) override {
    exchanges_.push_back(std::move(exchange));
    on_exchange_();
  }
  void OnEvent(uint64_t) override {}
  void OnDescription(GuestFacts) override {}
  void OnClosed(const absl::Status& why) override {
    closed_ = why;
    on_closed_();
  }

  TemporaryDirectory directory_;
  Script answering_ = [] {
    Script script;
    script.answer = [](uint64_t sequence) {
      return Lines{{Reading(sequence)}, std::nullopt};
    };
    return script;
  }();
  std::unique_ptr<ScriptedAgent> agent_;
  SystemClock clock_;
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  std::unique_ptr<WorkerProcess> worker_;
  std::unique_ptr<ProbeDialer> dialer_;
  std::unique_ptr<GuestLink> link_;
  std::vector<Exchange> exchanges_;
  std::vector<std::string> gone_;
  absl::Status closed_;
  std::function<void()> on_exchange_ = [this] { loop_.Stop(); };
  std::function<void()> on_gone_ = [] {};
  std::function<void()> on_closed_ = [] {};
};

TEST_F(WorkerProcessTest, ExchangesWithAGuest) {
  agent_ = std::make_unique<ScriptedAgent>(directory_.Path("a.sock"),
                                           std::move(answering_));
  Start(Options());
  const ClockReading before = clock_.Read();
  Dial();
  loop_.Run();
  ASSERT_EQ(exchanges_.size(), 1);
  // Read by the worker, by the same clocks.
  EXPECT_GE(exchanges_[0].host_sent.raw_before, before.raw_after);
  EXPECT_GE(exchanges_[0].host_received.raw_before,
            exchanges_[0].host_sent.raw_after);
  EXPECT_LE(exchanges_[0].host_received.raw_after, clock_.Read().raw_before);
  EXPECT_EQ(closed_, absl::OkStatus());
}

TEST_F(WorkerProcessTest, TellsThatNobodyListens) {
  Start(Options());
  on_closed_ = [this] { loop_.Stop(); };
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(closed_.message()), HasSubstr("nobody listens on"));
}

TEST_F(WorkerProcessTest, IsStartedAgainAfterItDied) {
  agent_ = std::make_unique<ScriptedAgent>(directory_.Path("a.sock"),
                                           std::move(answering_));
  Start(Options());
  on_exchange_ = [this] {
    if (exchanges_.size() == 1) SignalChild(worker_->pid(), SIGKILL);
    if (exchanges_.size() == 2) loop_.Stop();
  };
  // At once, or as soon as it is there again.
  on_closed_ = [this] {
    loop_.CallAfter(absl::Milliseconds(1), [this] { Dial(); });
  };
  Dial();
  loop_.Run();
  EXPECT_EQ(exchanges_.size(), 2);
  ASSERT_EQ(gone_.size(), 1);
  EXPECT_EQ(gone_[0], "the worker: it was ended by signal 9, overtaxed");
}

TEST_F(WorkerProcessTest, IsEndedWhenItHangs) {
  WorkerOptions options = Options();
  options.limits.silent_looks = 3;
  agent_ = std::make_unique<ScriptedAgent>(directory_.Path("a.sock"),
                                           std::move(answering_));
  Start(std::move(options));
  on_exchange_ = [this] {
    SignalChild(worker_->pid(), SIGSTOP);
    link_->Ask();
  };
  on_gone_ = [this] { loop_.Stop(); };
  Dial();
  loop_.Run();
  ASSERT_FALSE(gone_.empty());
  EXPECT_THAT(gone_.back(), HasSubstr("it gave no sign of life"));
  EXPECT_THAT(gone_.back(), HasSubstr(", overtaxed"));
  EXPECT_FALSE(closed_.ok());
}

TEST_F(WorkerProcessTest, IsEndedWhenItTakesTooMuchMemory) {
  WorkerOptions options = Options();
  options.limits.own_bytes = 1 << 20;
  Start(std::move(options));
  on_gone_ = [this] { loop_.Stop(); };
  loop_.Run();
  ASSERT_EQ(gone_.size(), 1);
  EXPECT_THAT(gone_[0], HasSubstr("MiB of memory, of the 1 that it may"));
}

TEST_F(WorkerProcessTest, TellsAtOnceThatThereIsNoProgram) {
  WorkerOptions options = Options();
  options.command = {directory_.Path("nothing")};
  WorkerProcess worker(
      std::move(options),
      {[](std::function<void()>) {}, [](absl::Duration, auto) {}}, clock_);
  EXPECT_THAT(worker.Start(this), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(worker.Send(PingOrder{1}));
}

TEST_F(WorkerProcessTest, EndsWithItsOwner) {
  Start(Options());
  const pid_t pid = worker_->pid();
  loop_.Post([this] { loop_.Stop(); });
  loop_.Run();
  dialer_.reset();
  worker_.reset();
  EXPECT_NE(access(absl::StrCat("/proc/", pid).c_str(), F_OK), 0);
}

}  // namespace
}  // namespace noonmark
