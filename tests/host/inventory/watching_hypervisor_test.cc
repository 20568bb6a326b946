#include "host/inventory/watching_hypervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/recording_observer.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::RecordingObserver;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;
using Told = RecordingObserver::Told;

// A hypervisor in memory, which can refuse, break and hang.
class FakeMachine {
 public:
  // What connecting and listing say from now on.
  void SetStatus(absl::Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  void SetDomains(std::vector<std::string> names) {
    const std::lock_guard lock(mutex_);
    names_ = std::move(names);
  }
  // Calls that begin or go on now end when it is set to false.
  void Hang(bool hanging) {
    const std::lock_guard lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }
  std::shared_ptr<Connection::Listener> listener() {
    const std::lock_guard lock(mutex_);
    return listener_;
  }
  int connects() {
    const std::lock_guard lock(mutex_);
    return connects_;
  }
  absl::StatusOr<std::unique_ptr<Connection>> Connect(
      std::shared_ptr<Connection::Listener> listener) {
    std::unique_lock lock(mutex_);
    ++connects_;
    listener_ = std::move(listener);
    const absl::Status status = Answer(lock);
    if (!status.ok()) return status;
    return std::make_unique<FakeConnection>(*this);
  }

 private:
  class FakeConnection final : public Connection {
   public:
    explicit FakeConnection(FakeMachine& machine) : machine_(machine) {}
    absl::StatusOr<std::vector<Domain>> ListDomains() override {
      std::unique_lock lock(machine_.mutex_);
      const absl::Status status = machine_.Answer(lock);
      if (!status.ok()) return status;
      std::vector<Domain> domains;
      for (const std::string& name : machine_.names_) {
        domains.emplace_back().name = name;
      }
      return domains;
    }

   private:
    FakeMachine& machine_;
  };

  absl::Status Answer(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return !hanging_; });
    return status_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  absl::Status status_;
  std::vector<std::string> names_;
  bool hanging_ = false;
  int connects_ = 0;
  std::shared_ptr<Connection::Listener> listener_;
};

WatchingHypervisor::Options Quick() {
  return {.refresh = absl::Hours(1),
          .retry_first = absl::Milliseconds(1),
          .retry_longest = absl::Milliseconds(4)};
}

bool NewestListIs(const Told& told, const std::vector<std::string>& names) {
  if (told.lists.empty()) return false;
  std::vector<std::string> listed;
  for (const Domain& domain : told.lists.back()) listed.push_back(domain.name);
  return listed == names;
}

class WatchingHypervisorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Hypervisor> Start(
      const WatchingHypervisor::Options& options) {
    auto hypervisor = std::make_unique<WatchingHypervisor>(
        [machine = machine_](std::shared_ptr<Connection::Listener> listener) {
          return machine->Connect(std::move(listener));
        },
        options);
    hypervisor->Start(&observer_);
    return hypervisor;
  }

  // A call that is left behind keeps it.
  const std::shared_ptr<FakeMachine> machine_ = std::make_shared<FakeMachine>();
  RecordingObserver observer_;
};

TEST_F(WatchingHypervisorTest, TellsConnectionAndDomains) {
  machine_->SetDomains({"a", "b"});
  const auto hypervisor = Start(Quick());
  EXPECT_TRUE(observer_.WaitUntil([](const Told& told) {
    return NewestListIs(told, {"a", "b"});
  }));
  EXPECT_THAT(observer_.told().statuses, ElementsAre(IsOk()));
}

TEST_F(WatchingHypervisorTest, TellsAFaultOnceAndRetries) {
  machine_->SetStatus(absl::UnavailableError("no socket"));
  const auto hypervisor = Start(Quick());
  while (machine_->connects() < 5) std::this_thread::yield();
  machine_->SetStatus(absl::OkStatus());
  EXPECT_TRUE(observer_.WaitUntil([](const Told& t) { return t.Connected(); }));
  EXPECT_THAT(observer_.told().statuses,
              ElementsAre(StatusIs(absl::StatusCode::kUnavailable, "no socket"),
                          IsOk()));
}

TEST_F(WatchingHypervisorTest, ListsAfterAnEvent) {
  const auto hypervisor = Start(Quick());
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  machine_->SetDomains({"new"});
  machine_->listener()->OnLifecycle({"u", LifecycleEvent::kStarted, "booted"});
  EXPECT_TRUE(observer_.WaitUntil([](const Told& told) {
    return told.events.size() == 1 && NewestListIs(told, {"new"});
  }));
  EXPECT_EQ(observer_.told().events[0].detail, "booted");
}

TEST_F(WatchingHypervisorTest, ListsAtIntervals) {
  WatchingHypervisor::Options options = Quick();
  options.refresh = absl::Milliseconds(1);
  const auto hypervisor = Start(options);
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  machine_->SetDomains({"unannounced"});
  EXPECT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return NewestListIs(told, {"unannounced"}); }));
}

TEST_F(WatchingHypervisorTest, ConnectsAgainWhenClosed) {
  const auto hypervisor = Start(Quick());
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  const size_t lists = observer_.told().lists.size();
  const auto first = machine_->listener();
  first->OnClosed("end of file");
  ASSERT_TRUE(observer_.WaitUntil([&](const Told& told) {
    return told.statuses.size() == 3 && told.lists.size() > lists;
  }));
  EXPECT_THAT(
      observer_.told().statuses,
      ElementsAre(IsOk(),
                  StatusIs(absl::StatusCode::kUnavailable, "end of file"),
                  IsOk()));

  // The late word of a connection that is gone is no loss.
  first->OnClosed("end of file");
  machine_->SetDomains({"after"});
  machine_->listener()->OnLifecycle({});
  EXPECT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return NewestListIs(told, {"after"}); }));
  EXPECT_EQ(observer_.told().statuses.size(), 3U);
}

TEST_F(WatchingHypervisorTest, ConnectsAgainWhenAListFails) {
  const auto hypervisor = Start(Quick());
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  machine_->SetStatus(absl::UnavailableError("client socket is closed"));
  machine_->listener()->OnLifecycle({});
  EXPECT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return told.statuses.size() == 2; }));
  machine_->SetStatus(absl::OkStatus());
  EXPECT_TRUE(observer_.WaitUntil([](const Told& t) { return t.Connected(); }));
}

TEST_F(WatchingHypervisorTest, TellsACallThatHangsAndItsReturn) {
  WatchingHypervisor::Options options = Quick();
  options.patience = absl::Milliseconds(20);
  machine_->Hang(true);
  const auto hypervisor = Start(options);
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return told.statuses.size() == 1; }));
  EXPECT_THAT(
      observer_.told().statuses.back(),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "no answer for 20ms"));
  machine_->Hang(false);
  EXPECT_TRUE(observer_.WaitUntil([](const Told& t) { return t.Connected(); }));
}

TEST_F(WatchingHypervisorTest, TellsEventsWhileACallHangs) {
  const auto hypervisor = Start(Quick());
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  machine_->Hang(true);
  machine_->listener()->OnLifecycle({"u", LifecycleEvent::kSuspended, ""});
  EXPECT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return told.events.size() == 1; }));
  machine_->Hang(false);
}

TEST_F(WatchingHypervisorTest, EndsAlthoughACallHangs) {
  WatchingHypervisor::Options options = Quick();
  options.farewell = absl::Milliseconds(10);
  machine_->Hang(true);
  auto hypervisor = Start(options);
  while (machine_->connects() == 0) std::this_thread::yield();
  hypervisor.reset();
  machine_->Hang(false);
  EXPECT_THAT(observer_.told().statuses, ElementsAre());
}

TEST_F(WatchingHypervisorTest, EndsWhileItWaitsForTheNextAttempt) {
  WatchingHypervisor::Options options = Quick();
  options.retry_first = options.retry_longest = absl::Hours(1);
  machine_->SetStatus(absl::UnavailableError("no socket"));
  auto hypervisor = Start(options);
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return told.statuses.size() == 1; }));
  hypervisor.reset();
}

TEST_F(WatchingHypervisorTest, NeedNotBeStarted) {
  const WatchingHypervisor hypervisor(
      [](const auto&) -> absl::StatusOr<std::unique_ptr<Connection>> {
        return absl::UnavailableError("");
      },
      Quick());
}

}  // namespace
}  // namespace noonmark
