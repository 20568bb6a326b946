#include "common/runtime/kernel_discipline.h"

#include <gtest/gtest.h>
#include <sys/timex.h>

namespace noonmark {
namespace {

TEST(KernelDisciplineTest, TakesTheOffsetInTheUnitThatTheStatusNames) {
  timex kernel = {};
  kernel.offset = -250;
  EXPECT_EQ(DisciplineFromTimex(kernel).offset, absl::Microseconds(-250));
  kernel.status = STA_NANO | STA_PLL;
  EXPECT_EQ(DisciplineFromTimex(kernel).offset, absl::Nanoseconds(-250));
}

TEST(KernelDisciplineTest, TakesErrorsInMicrosecondsWhateverTheUnit) {
  timex kernel = {};
  kernel.status = STA_NANO;
  kernel.maxerror = 16'000'000;
  kernel.esterror = 7;
  const KernelDiscipline discipline = DisciplineFromTimex(kernel);
  EXPECT_EQ(discipline.max_error, absl::Seconds(16));
  EXPECT_EQ(discipline.estimated_error, absl::Microseconds(7));
}

TEST(KernelDisciplineTest, PassesTheRestOn) {
  timex kernel = {};
  kernel.freq = -65536 * 180;
  kernel.tick = 10833;
  kernel.status = STA_UNSYNC;
  kernel.tai = 37;
  const KernelDiscipline discipline = DisciplineFromTimex(kernel);
  EXPECT_EQ(discipline.frequency_scaled_ppm, -65536 * 180);
  EXPECT_EQ(discipline.tick_us, 10833);
  EXPECT_EQ(discipline.status, STA_UNSYNC);
  EXPECT_EQ(discipline.tai_offset_s, 37);
}

TEST(KernelDisciplineTest, AsksTheKernelWithoutAnyPrivilege) {
  const auto discipline = ReadKernelDiscipline();
  ASSERT_TRUE(discipline.has_value());
  // What the kernel accepts: 10000 us +- 10 %.
  EXPECT_GE(discipline->tick_us, 9'000);
  EXPECT_LE(discipline->tick_us, 11'000);
}

}  // namespace
}  // namespace noonmark
