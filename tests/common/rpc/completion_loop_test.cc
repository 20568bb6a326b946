#include "common/rpc/completion_loop.h"

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "common/runtime/system_clock.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<grpc::CompletionQueue> Queue() {
  return std::make_unique<grpc::CompletionQueue>();
}

// An operation that ends by being cancelled.
class FarAlarm : public CompletionTag {
 public:
  explicit FarAlarm(CompletionLoop& loop) {
    alarm_.Set(loop.queue(), gpr_inf_future(GPR_CLOCK_MONOTONIC),
               static_cast<CompletionTag*>(this));
  }
  void Cancel() { alarm_.Cancel(); }
  void Complete(bool ok) override { (ok ? rang : cancelled) = true; }

  bool rang = false;
  bool cancelled = false;

 private:
  grpc::Alarm alarm_;
};

TEST(CompletionLoopTest, RunsPostedWorkInTheOrderOfTheCalls) {
  CompletionLoop loop(Queue());
  std::vector<int> seen;
  loop.Post([&] { seen.push_back(1); });
  loop.Post([&] {
    seen.push_back(2);
    loop.Post([&] {
      seen.push_back(4);
      loop.Stop();
    });
  });
  loop.Post([&] { seen.push_back(3); });
  loop.Run();
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
}

TEST(CompletionLoopTest, RunsTheWorkOfManyThreadsEachInItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  CompletionLoop loop(Queue());
  std::vector<int> next(kThreads, 0);
  int disordered = 0;
  int left = kThreads * kEach;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        loop.Post([&, thread, i] {
          disordered += next[thread]++ == i ? 0 : 1;
          if (--left == 0) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(disordered, 0);
}

TEST(CompletionLoopTest, RingsTheTimerOnceAndNotEarly) {
  CompletionLoop loop(Queue());
  SystemClock clock;
  const MonotonicTime first = clock.Now() + absl::Milliseconds(3);
  const MonotonicTime second = first + absl::Milliseconds(3);
  std::vector<bool> early;
  loop.OnTimer([&] {
    early.push_back(clock.Now() < (early.empty() ? first : second));
    if (early.size() == 2) return loop.Stop();
    loop.SetTimer(second);
  });
  loop.SetTimer(first);
  loop.Run();
  EXPECT_THAT(early, ElementsAre(false, false));
}

TEST(CompletionLoopTest, RingsAtOnceForATimeThatIsOver) {
  CompletionLoop loop(Queue());
  loop.OnTimer([&] { loop.Stop(); });
  loop.SetTimer(MonotonicTime());
  loop.Run();
}

TEST(CompletionLoopTest, CallsWhenItIsDueAndNotEarlyAndInOrder) {
  CompletionLoop loop(Queue());
  SystemClock clock;
  const MonotonicTime start = clock.Now();
  std::vector<int> seen;
  const auto call = [&](int number) {
    EXPECT_GE(clock.Now() - start, absl::Milliseconds(number));
    seen.push_back(number);
  };
  loop.CallAfter(absl::Milliseconds(6), [&] {
    call(6);
    // However late that was.
    loop.CallAfter(absl::Milliseconds(1), [&] {
      call(7);
      loop.Stop();
    });
  });
  loop.CallAfter(absl::Milliseconds(2), [&] { call(2); });
  loop.CallAfter(-absl::Seconds(1), [&] { call(0); });
  loop.Run();
  EXPECT_THAT(seen, ElementsAre(0, 2, 6, 7));
}

TEST(CompletionLoopTest, MakesNoCallThatWasTakenBack) {
  CompletionLoop loop(Queue());
  bool called = false;
  const CompletionLoop::CallId first =
      loop.CallAfter(absl::Milliseconds(1), [&] { called = true; });
  CompletionLoop::CallId third = 0;
  loop.CallAfter(absl::Milliseconds(2), [&] { loop.TakeBack(third); });
  third = loop.CallAfter(absl::Milliseconds(2), [&] { called = true; });
  const CompletionLoop::CallId last =
      loop.CallAfter(absl::Milliseconds(3), [&] { loop.Stop(); });
  loop.TakeBack(first);
  loop.TakeBack(0);
  loop.Run();
  EXPECT_FALSE(called);
  loop.TakeBack(last);
}

TEST(CompletionLoopTest, ATimerAndCallsDoNotMindEachOther) {
  CompletionLoop loop(Queue());
  SystemClock clock;
  int left = 2;
  const auto one_less = [&] {
    if (--left == 0) loop.Stop();
  };
  loop.OnTimer(one_less);
  loop.SetTimer(clock.Now() + absl::Milliseconds(2));
  loop.CallAfter(absl::Milliseconds(2), one_less);
  loop.Run();
  EXPECT_EQ(left, 0);
}

TEST(CompletionLoopTest, ReplacesAnEarlierTimerByALaterOne) {
  CompletionLoop loop(Queue());
  SystemClock clock;
  MonotonicTime when;
  bool early = false;
  loop.OnTimer([&] {
    early = clock.Now() < when;
    loop.Stop();
  });
  loop.Post([&] {
    // The first has rung, unheard, before it is replaced.
    const MonotonicTime first = clock.Now();
    loop.SetTimer(first);
    while (clock.Now() < first + absl::Milliseconds(3)) {
    }
    when = clock.Now() + absl::Milliseconds(20);
    loop.SetTimer(when);
  });
  loop.Run();
  EXPECT_FALSE(early);
}

TEST(CompletionLoopTest, ReplacesALaterTimerByAnEarlierOne) {
  CompletionLoop loop(Queue());
  SystemClock clock;
  loop.OnTimer([&] { loop.Stop(); });
  loop.SetTimer(MonotonicTime::FromReading(absl::InfiniteDuration()));
  loop.Post([&] { loop.SetTimer(clock.Now() + absl::Milliseconds(1)); });
  loop.Run();
}

TEST(CompletionLoopTest, StopsFromAnotherThread) {
  CompletionLoop loop(Queue());
  std::thread other([&] { loop.Stop(); });
  loop.Run();
  other.join();
}

TEST(CompletionLoopTest, RunsNothingAfterStop) {
  CompletionLoop loop(Queue());
  bool ran = false;
  loop.OnTimer([&] { ran = true; });
  loop.Post([&] {
    loop.SetTimer(MonotonicTime());
    loop.Stop();
    loop.Stop();
    loop.Post([&] { ran = true; });
  });
  loop.Post([&] { ran = true; });
  loop.Run();
  loop.Post([&] { ran = true; });
  EXPECT_FALSE(ran);
}

TEST(CompletionLoopTest, ReturnsAtOnceIfStoppedBeforeRun) {
  CompletionLoop loop(Queue());
  loop.Stop();
  loop.Run();
}

TEST(CompletionLoopTest, IsDestroyedWithoutRun) {
  auto alive = std::make_shared<int>();
  {
    CompletionLoop loop(Queue());
    loop.Post([alive] {});
    loop.SetTimer(MonotonicTime());
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(CompletionLoopTest, DrainsWhatIsEndedWhenItStops) {
  CompletionLoop loop(Queue());
  FarAlarm alarm(loop);
  loop.OnStop([&] { alarm.Cancel(); });
  loop.Stop();
  loop.Run();
  EXPECT_TRUE(alarm.cancelled);
  EXPECT_FALSE(alarm.rang);
}

TEST(CompletionLoopTest, LeavesBehindWhatDoesNotEnd) {
  std::optional<CompletionLoop> loop(std::in_place, Queue());
  FarAlarm alarm(*loop);
  loop->LeaveBehindAfter(absl::Milliseconds(1));
  loop->Stop();
  loop->Run();
  loop.reset();
  alarm.Cancel();  // nobody is there to be told
  EXPECT_FALSE(alarm.cancelled);
}

TEST(CompletionLoopTest, CompletesTagsWhileItRuns) {
  CompletionLoop loop(Queue());
  FarAlarm alarm(loop);
  loop.Post([&] {
    alarm.Cancel();
    loop.Post([&] { loop.Stop(); });
  });
  loop.Run();
  EXPECT_TRUE(alarm.cancelled);
}

TEST(CompletionLoopTest, LetsManyThreadsPostWhileItStops) {
  CompletionLoop loop(Queue());
  std::vector<std::thread> threads;
  threads.reserve(5);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) loop.Post([] {});
    });
  }
  threads.emplace_back([&] { loop.Stop(); });
  loop.Run();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace noonmark
