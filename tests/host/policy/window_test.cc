#include "host/policy/window.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

// 2026-11-28 was a Saturday.
absl::Time On(int day, int hour, int minute) {
  return absl::FromCivil(absl::CivilMinute(2026, 11, day, hour, minute),
                         absl::UTCTimeZone());
}

Window Parsed(const char* text) {
  const absl::StatusOr<Window> window = ParseWindow(text);
  EXPECT_THAT(window, IsOk());
  return window.value_or(Window());
}

TEST(WindowTest, HoldsFromItsBeginToItsEnd) {
  const Window window = Parsed("01:00-05:00");
  EXPECT_FALSE(window.Contains(On(28, 0, 59)));
  EXPECT_TRUE(window.Contains(On(28, 1, 0)));
  EXPECT_TRUE(window.Contains(On(29, 4, 59)));
  EXPECT_FALSE(window.Contains(On(28, 5, 0)));
}

TEST(WindowTest, GoesOnIntoTheNextDay) {
  const Window window = Parsed("Sat,Sun 22:00-06:00");
  EXPECT_FALSE(window.Contains(On(28, 5, 0)));   // Friday's
  EXPECT_TRUE(window.Contains(On(28, 22, 0)));   // Saturday
  EXPECT_TRUE(window.Contains(On(29, 5, 59)));   // Saturday's
  EXPECT_TRUE(window.Contains(On(30, 5, 59)));   // Sunday's
  EXPECT_FALSE(window.Contains(On(30, 22, 0)));  // Monday
}

TEST(WindowTest, IsWrittenAsItIsRead) {
  for (const char* text :
       {"01:00-05:00", "Sat,Sun 22:00-06:00", "Mon 00:00-24:00"}) {
    EXPECT_EQ(Parsed(text).Text(), text);
  }
}

TEST(WindowTest, RefusesWhatItCannotRead) {
  for (const char* text :
       {"", "01:00", "1:00-05:00", "01:00-05:60", "01:00-24:01", "24:00-01:00",
        "01:00-01:00", "sat 01:00-05:00", "Sat, 01:00-05:00",
        "Sat  01:00-05:00", "01:00-05:00-06:00", "-1:00-05:00", "+1:00-05:00",
        "01:00 - 05:00"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseWindow(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "is no window"));
  }
}

}  // namespace
}  // namespace noonmark
