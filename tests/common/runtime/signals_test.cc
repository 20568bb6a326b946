#include "common/runtime/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <future>

namespace noonmark {
namespace {

// Each in a process of its own: the signals go to the whole process.
class StopSignalsDeathTest : public ::testing::Test {
 protected:
  StopSignalsDeathTest() {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  }
};

TEST_F(StopSignalsDeathTest, CallsTheFunctionAtASignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          StopSignals signals;
          std::promise<void> stopped;
          signals.OnStop([&] { stopped.set_value(); });
          kill(getpid(), signal);
          stopped.get_future().wait();
          std::_Exit(7);
        },
        ::testing::ExitedWithCode(7), "");
  }
}

TEST_F(StopSignalsDeathTest, RemembersASignalThatCameBefore) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        kill(getpid(), SIGTERM);
        std::promise<void> stopped;
        signals.OnStop([&] { stopped.set_value(); });
        stopped.get_future().wait();
        std::_Exit(7);
      },
      ::testing::ExitedWithCode(7), "");
}

TEST_F(StopSignalsDeathTest, EndsTheProcessAtTheSecondSignal) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        signals.OnStop([] { kill(getpid(), SIGINT); });
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST_F(StopSignalsDeathTest, EndsWithoutASignal) {
  EXPECT_EXIT(
      {
        { StopSignals never_used; }
        {
          StopSignals signals;
          signals.OnStop([] { std::_Exit(1); });
        }
        std::_Exit(7);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace noonmark
