#include "common/estimate/chrony_tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using Leap = ChronyTracking::Leap;

// As chronyc 4.3 prints it.
constexpr char kLine[] =
    "C0000201,192.0.2.1,3,1795290229.465134824,-0.000000718,0.000000016,"
    "0.000000244,-0.025,0.001,0.067,0.000004687,0.000002321,64.5,Normal\n";

// kLine with one field replaced.
std::string With(size_t field, const std::string& text) {
  std::vector<std::string> fields =
      absl::StrSplit(absl::StripSuffix(kLine, "\n"), ',');
  fields.at(field) = text;
  return absl::StrJoin(fields, ",") + "\n";
}

TEST(ChronyTrackingTest, ReadsEachFieldExactly) {
  const auto tracking = ParseChronyTracking(kLine);
  ASSERT_THAT(tracking, IsOk());
  EXPECT_EQ(tracking->reference_id, 0xC0000201u);
  EXPECT_EQ(tracking->source, "192.0.2.1");
  EXPECT_EQ(tracking->stratum, 3);
  EXPECT_EQ(tracking->reference_time,
            absl::Seconds(1795290229) + absl::Nanoseconds(465134824));
  EXPECT_EQ(tracking->system_offset, absl::Nanoseconds(-718));
  EXPECT_EQ(tracking->root_delay, absl::Nanoseconds(4687));
  EXPECT_EQ(tracking->root_dispersion, absl::Nanoseconds(2321));
  EXPECT_EQ(tracking->update_interval, absl::Milliseconds(64500));
  EXPECT_EQ(tracking->leap, Leap::kNormal);
}

TEST(ChronyTrackingTest, ReadsWhatChronycPrints) {
  const struct {
    const char* line;
    uint32_t reference_id;
    int stratum;
    Leap leap;
  } cases[] = {
      // Without a source; with `local stratum 10`; as a client of one.
      {"00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,"
       "0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n",
       0, 0, Leap::kNotSynchronised},
      {"7F7F0101,,10,1795290218.485972595,0.000000000,0.000000000,0.000000000,"
       "0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n",
       0x7F7F0101, 10, Leap::kNormal},
      {"7F000001,127.0.0.1,11,1795290229.465134824,-0.000000718,0.000000016,"
       "0.000000244,-0.025,0.001,0.067,0.000004687,0.000002321,1.0,Normal\n",
       0x7F000001, 11, Leap::kNormal},
      // A reference clock, an IPv6 source, leap seconds, no end of line.
      {"50505300,PPS,1,1795290229.465134824,0.000000001,0.000000016,"
       "0.000000244,+0.025,-0.001,0.067,0.000000001,0.000002321,16.0,"
       "Insert second\n",
       0x50505300, 1, Leap::kInsertSecond},
      {"A1B2C3D4,2001:db8::1%eth0,2,1795290229.465134824,-0.5,0,0,-0,0,0,0,0,"
       "1024.2,Delete second",
       0xA1B2C3D4, 2, Leap::kDeleteSecond},
      // Rounded to zero from below.
      {"C0000201,192.0.2.1,3,1795290229.465134824,-0.000000000,0.000000000,"
       "-0.000000000,-0.000,-0.000,-0.000,-0.000000000,-0.000000000,-0.0,"
       "Normal\n",
       0xC0000201, 3, Leap::kNormal},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const auto tracking = ParseChronyTracking(c.line);
    ASSERT_THAT(tracking, IsOk());
    EXPECT_EQ(tracking->reference_id, c.reference_id);
    EXPECT_EQ(tracking->stratum, c.stratum);
    EXPECT_EQ(tracking->leap, c.leap);
  }
}

TEST(ChronyTrackingTest, ReadsNumbersToTheirLimits) {
  const struct {
    const char* text;
    absl::Duration value;
  } cases[] = {
      {"0", absl::ZeroDuration()},
      {"+1", absl::Seconds(1)},
      {"-1.5", absl::Milliseconds(-1500)},
      {"0.000000001", absl::Nanoseconds(1)},
      {"-0.000000001", absl::Nanoseconds(-1)},
      {"0000000001.10", absl::Milliseconds(1100)},
      {"9223372036.854775807", absl::Nanoseconds(INT64_MAX)},
      {"-9223372036.854775807", absl::Nanoseconds(-INT64_MAX)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto tracking = ParseChronyTracking(With(4, c.text));
    ASSERT_THAT(tracking, IsOk());
    EXPECT_EQ(tracking->system_offset, c.value);
  }
}

TEST(ChronyTrackingTest, RefusesWhatIsNoSuchLine) {
  const std::string too_long(1000, '1');
  const std::pair<std::string, const char*> cases[] = {
      {"", "1 fields, not 14"},
      {"\n", "1 fields"},
      {"506 Cannot talk to daemon\n", "506 Cannot talk to daemon"},
      {"501 Not authorised\n", "1 fields"},
      {",,,,,,,,,,,,,", "reference id"},
      {std::string(kLine).substr(0, 40), "fields"},
      {std::string(kLine) + kLine, "27 fields"},
      {std::string(kLine) + "\n", "leap status"},
      {absl::StrCat("\n", kLine), "reference id"},
      {With(13, "Normal,"), "15 fields"},
      {std::string("\0", 1) + kLine, "reference id"},
      {too_long, "answer"},
      {With(1, too_long), "answer"},
      {With(0, ""), "reference id"},
      {With(0, "C000020"), "reference id"},
      {With(0, "C00002010"), "reference id"},
      {With(0, "0xC00002"), "reference id"},
      {With(0, "-0000201"), "reference id"},
      {With(0, " 0000201"), "reference id"},
      {With(0, "G0000201"), "reference id"},
      {With(1, "\x1b[2J"), "source"},
      {With(1, "a\nb"), "source"},
      {With(1, std::string("a\0b", 3)), "source"},
      {With(1, "\xc3\xbc"), "source"},
      {With(1, std::string(65, 'a')), "source"},
      {With(2, ""), "stratum"},
      {With(2, "-1"), "stratum"},
      {With(2, "+3"), "stratum"},
      {With(2, " 3"), "stratum"},
      {With(2, "17"), "stratum"},
      {With(2, "99999999999999999999"), "stratum"},
      {With(2, "3.0"), "stratum"},
      {With(3, "-1.0"), "reference time"},
      {With(3, "Sat Nov 21 19:43:49 2026"), "reference time"},
      {With(4, ""), "system offset"},
      {With(4, "-"), "system offset"},
      {With(4, "+-1"), "system offset"},
      {With(4, "."), "system offset"},
      {With(4, "1."), "system offset"},
      {With(4, ".5"), "system offset"},
      {With(4, "1.0.0"), "system offset"},
      {With(4, "nan"), "system offset"},
      {With(4, "-inf"), "system offset"},
      {With(4, "1e9"), "system offset"},
      {With(4, "0x1"), "system offset"},
      {With(4, " 0.1"), "system offset"},
      {With(4, "0.1 "), "system offset"},
      {With(4, "0.1s"), "system offset"},
      {With(4, "9223372036.854775808"), "system offset"},
      {With(4, "-9223372037"), "system offset"},
      {With(4, "10000000000"), "system offset"},
      {With(4, "1000000000000"), "system offset"},
      {With(4, "0.0000000001"), "system offset"},
      {With(5, "x"), "last offset"},
      {With(6, "-0.1"), "RMS offset"},
      {With(7, "1 ppm"), "frequency"},
      {With(8, "nan"), "residual frequency"},
      {With(9, "-0.067"), "skew"},
      {With(10, "-0.000000001"), "root delay"},
      {With(10, "inf"), "root delay"},
      {With(11, "-0.000000001"), "root dispersion"},
      {With(11, ""), "root dispersion"},
      {With(12, "-1.0"), "update interval"},
      {With(13, ""), "leap status"},
      {With(13, "normal"), "leap status"},
      {With(13, "Normal "), "leap status"},
      {With(13, "Normal\r"), "leap status"},
      {With(13, "Invalid"), "leap status"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const auto tracking = ParseChronyTracking(text);
    EXPECT_THAT(tracking,
                StatusIs(absl::StatusCode::kInvalidArgument, message));
    for (const char c : tracking.status().message()) {
      EXPECT_TRUE(absl::ascii_isprint(static_cast<unsigned char>(c)));
    }
  }
}

}  // namespace
}  // namespace noonmark
