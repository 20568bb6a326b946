#include "host/probe/worker_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace noonmark {
namespace {

using ::testing::HasSubstr;

MonotonicTime At(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

class WorkerWatchTest : public ::testing::Test {
 protected:
  WorkerWatchTest() { limits_.wasted = absl::Milliseconds(2'500); }
  // A look in each second, with a pong to each ping, while it uses `share` of
  // a CPU and answers so many questions: the first word of complaint.
  std::string Run(int seconds, double share, int answers) {
    WorkerWatch watch(limits_);
    for (int i = 0; i < seconds; ++i) {
      const ProcessUse use{absl::Seconds(share * i), {}, 1};
      std::string why = watch.Judge(At(i), use, 0);
      if (!why.empty()) return why;
      watch.OnPong();
      for (int k = 0; k < answers; ++k) watch.OnAnswer();
    }
    return "";
  }

  WorkerLimits limits_;
};

TEST_F(WorkerWatchTest, IsContentWithOneThatAnswers) {
  EXPECT_EQ(Run(1000, 0.2, 0), "");
  EXPECT_EQ(Run(1000, 0.9, 400), "");
}

TEST_F(WorkerWatchTest, EndsOneThatHangs) {
  WorkerWatch watch(limits_);
  EXPECT_EQ(watch.Judge(At(0), std::nullopt, 0), "");
  watch.OnPong();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(watch.Judge(At(i), std::nullopt, 0), "");
  }
  EXPECT_THAT(watch.Judge(At(4), std::nullopt, 0),
              HasSubstr("no sign of life, 3 times"));
}

TEST_F(WorkerWatchTest, WaitsLongerForTheFirstWord) {
  WorkerWatch watch(limits_);
  for (int i = 0; i < 15; ++i) {
    EXPECT_EQ(watch.Judge(At(i), std::nullopt, 0), "");
  }
  EXPECT_THAT(watch.Judge(At(15), std::nullopt, 0),
              HasSubstr("no sign of life, 15 times"));
}

// A host whose counter leaps has not waited for a worker so long.
TEST_F(WorkerWatchTest, GoesByLooksAndNotByTheClock) {
  WorkerWatch watch(limits_);
  EXPECT_EQ(watch.Judge(At(1), ProcessUse{absl::Seconds(1), {}, 1}, 0), "");
  EXPECT_EQ(watch.Judge(At(4400), ProcessUse{absl::Seconds(1), {}, 1}, 0), "");
}

TEST_F(WorkerWatchTest, EndsOneThatTakesTooMuchMemory) {
  WorkerWatch watch(limits_);
  const uint64_t most = (uint64_t{128} << 20) + 1000 * 256 * 1024;
  EXPECT_EQ(watch.Judge(At(0), ProcessUse{{}, {}, most}, 1000), "");
  watch.OnPong();
  EXPECT_THAT(watch.Judge(At(1), ProcessUse{{}, {}, most + 1}, 1000),
              HasSubstr("378 MiB of memory, of the 378 that it may"));
  EXPECT_THAT(watch.Judge(At(1), ProcessUse{{}, {}, most}, 999),
              HasSubstr("MiB of memory"));
}

TEST_F(WorkerWatchTest, EndsOneThatWastesTime) {
  EXPECT_THAT(Run(100, 0.9, 0), HasSubstr("of a CPU in 3.0 s"));
  EXPECT_THAT(Run(100, 0.3, 0), HasSubstr("of a CPU in 9.0 s"));
  // What it does with answers is worth their price.
  EXPECT_THAT(Run(100, 0.9, 100), HasSubstr("what it did is worth"));
}

TEST_F(WorkerWatchTest, LooksAtTheLastSecondsAlone) {
  WorkerWatch watch(limits_);
  double used = 0;
  for (int i = 0; i < 1000; ++i) {
    // 2.4 s at once, each 20 s.
    if (i % 20 == 10) used += 2.4;
    ASSERT_EQ(watch.Judge(At(i), ProcessUse{absl::Seconds(used), {}, 1}, 0), "")
        << i;
    watch.OnPong();
  }
}

TEST_F(WorkerWatchTest, LetsOneWasteThatMay) {
  limits_.wasted.reset();
  EXPECT_EQ(Run(100, 2.0, 0), "");
}

TEST_F(WorkerWatchTest, CountsWhatAConnectionIsWorth) {
  WorkerWatch watch(limits_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(watch.Judge(At(i), ProcessUse{absl::Seconds(0.5 * i), {}, 1}, 0),
              "");
    watch.OnPong();
    for (int k = 0; k < 10; ++k) watch.OnConnection();
  }
}

}  // namespace
}  // namespace noonmark
