#include "guest/hunter/glitch_hunter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "common/detect/glitch_hunt.h"
#include "common/runtime/system_clock.h"

namespace noonmark {
namespace {

constexpr absl::Duration kWrap = absl::Nanoseconds(int64_t{1} << 42);

// The kernel's clock, with one reading off in what is read third.
class OnceOff : public WallTripleSource {
 public:
  void Read(absl::Span<WallTriple> triples) override {
    real_.Read(triples);
    if (++reads_ == 3) triples[1].realtime += kWrap;
  }
  absl::Duration Tick() const override { return real_.Tick(); }

 private:
  SystemWallTriples real_;
  int reads_ = 0;
};

TEST(GlitchHunterTest, LeavesWhatItCatchesInTheLogAndTells) {
  OnceOff source;
  SystemClock clock;
  HuntLog log;
  std::promise<void> found;
  std::atomic<int> told = 0;
  {
    GlitchHunter hunter(&source, &clock, &log, [&] {
      if (++told == 1) found.set_value();
    });
    found.get_future().wait();
  }
  HuntReport report;
  log.ReadInto(&report);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(report.glitches, 1u);
  EXPECT_GE(report.reads, 24u);
  ASSERT_EQ(report.recent.size(), 1u);
  const auto size = GlitchSize(report.recent[0]);
  ASSERT_TRUE(size.has_value());
  EXPECT_TRUE(size->Contains(kWrap));
  const absl::Duration boottime = clock.Read().boottime;
  EXPECT_LT(report.recent[0].boottime, boottime);
  EXPECT_GT(report.recent[0].boottime, boottime - absl::Minutes(10));
}

}  // namespace
}  // namespace noonmark
