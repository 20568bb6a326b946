#include "common/runtime/config_value.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"

namespace noonmark {
namespace {

TEST(ParseConfigDurationTest, ReadsNumbersWithUnits) {
  const struct {
    const char* text;
    absl::Duration duration;
  } cases[] = {
      {"1ns", absl::Nanoseconds(1)},
      {"7us", absl::Microseconds(7)},
      {"50ms", absl::Milliseconds(50)},
      {"5s", absl::Seconds(5)},
      {"2m", absl::Minutes(2)},
      {"1h30m", absl::Minutes(90)},
      {"1.5s", absl::Milliseconds(1500)},
      {"-6s", absl::Seconds(-6)},
      {"0s", absl::ZeroDuration()},
      {"-0s", absl::ZeroDuration()},
      {"3d", absl::Hours(72)},
      {"1d12h", absl::Hours(36)},
      {"-1d1s", -(absl::Hours(24) + absl::Seconds(1))},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ParseConfigDuration(c.text), c.duration) << c.text;
  }
}

TEST(ParseConfigDurationTest, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"",     "5",      "0",    "s",    "d",        "-",      "-s",
        "--5s", "+5s",    "5 s",  " 5s",  "5s ",      "5S",     "5min",
        "5x",   "inf",    "-inf", "infs", "1h-30m",   "1.5d",   "1h2d",
        "1d2d", "d5s",    "nan",  "1e3s", "5s\n",     "5s\xff", "0x5s",
        "5ss",  "1.2.3s", ".5s",  "1,5s", "\xc2\xb5s"}) {
    EXPECT_EQ(ParseConfigDuration(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(ParseConfigDuration(std::string("5s\0", 3)), std::nullopt);
}

TEST(ParseConfigDurationTest, RefusesWhatIsTooLarge) {
  EXPECT_EQ(ParseConfigDuration("999999d"), absl::Hours(24) * 999'999);
  for (const char* text :
       {"1000000d", "1000001d", "999999d24h", "99999999999999999999d",
        "9223372036854775807h", "99999999999999999999999h"}) {
    EXPECT_EQ(ParseConfigDuration(text), std::nullopt) << text;
  }
}

TEST(ForMessageTest, KeepsTextOnOneLine) {
  EXPECT_EQ(ForMessage("a\"b\nc\x01'\\'"), "a\\\"b\\nc\\001'\\\\'");
  EXPECT_EQ(ForMessage("Mühle"), "Mühle");
}

TEST(ForMessageTest, ShortensBetweenCharacters) {
  EXPECT_EQ(ForMessage(std::string(80, 'a')), std::string(80, 'a'));
  EXPECT_EQ(ForMessage(std::string(81, 'a')), std::string(80, 'a') + "...");
  EXPECT_EQ(ForMessage(std::string(79, 'a') + "ü"),
            std::string(79, 'a') + "...");
  EXPECT_EQ(ForMessage("abc", 2), "ab...");
}

}  // namespace
}  // namespace noonmark
