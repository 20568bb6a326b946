#include "common/runtime/timer_slack.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <future>
#include <thread>

namespace noonmark {
namespace {

int OwnSlack() { return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); }

TEST(TimerSlackTest, IsOfThreadsThatAreStartedMeanwhileAndEnds) {
  const int before = OwnSlack();
  std::promise<void> over;
  std::promise<int> of_thread;
  std::thread thread;
  {
    const TimerSlack slack(absl::Milliseconds(300));
    EXPECT_EQ(OwnSlack(), 300'000'000);
    thread = std::thread([&] {
      over.get_future().wait();
      of_thread.set_value(OwnSlack());
    });
  }
  EXPECT_EQ(OwnSlack(), before);
  over.set_value();
  EXPECT_EQ(of_thread.get_future().get(), 300'000'000);
  thread.join();
}

}  // namespace
}  // namespace noonmark
