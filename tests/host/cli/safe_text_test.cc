#include "host/cli/safe_text.h"

#include <gtest/gtest.h>

#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {
namespace {

TEST(SafeTextTest, LeavesWordsOfAnyLanguageAlone) {
  EXPECT_EQ(SafeText("mail-1 Zürich 時計 ±"), "mail-1 Zürich 時計 ±");
  EXPECT_EQ(SafeText(""), "");
}

TEST(SafeTextTest, WritesControlsOut) {
  EXPECT_EQ(SafeText("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(SafeText("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(SafeText(std::string("a\0b\x7f", 4)), "a\\x00b\\x7f");
}

TEST(SafeTextTest, WritesEightBitControlsOut) {
  EXPECT_EQ(SafeText("\xc2\x9b"
                     "2J"),
            "\\x9b2J");  // CSI in one character
}

TEST(SafeTextTest, WritesWhatReordersOrHidesOut) {
  EXPECT_EQ(SafeText("a\u202eb"), "a\\u202eb");
  EXPECT_EQ(SafeText("a\u200bb\u2066c\ufeff"), "a\\u200bb\\u2066c\\ufeff");
  EXPECT_EQ(SafeText("a\U000e0041"), "a\\U000e0041");
}

TEST(SafeTextTest, WritesBytesThatAreNoUtf8Out) {
  EXPECT_EQ(SafeText("a\xff"), "a\\xff");
  EXPECT_EQ(SafeText("\xc3"), "\\xc3");                    // cut short
  EXPECT_EQ(SafeText("\xc0\xaf"), "\\xc0\\xaf");           // too long
  EXPECT_EQ(SafeText("\xe0\x80\x8a"), "\\xe0\\x80\\x8a");  // too long
  EXPECT_EQ(SafeText("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(SafeText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(MakeSafeTest, ReachesEveryStringOfAMessage) {
  v1::FleetReport report;
  report.add_hosts()->set_error("\x1b");
  v1::Guest* guest = report.add_hosts()->mutable_report()->add_guests();
  guest->set_name("\n");
  guest->mutable_description()->add_clocksources_available("tsc\a");
  guest->mutable_description()->mutable_xen()->set_version("\b");
  guest->add_findings()->add_evidence()->set_text("\f");

  MakeSafe(&report);

  EXPECT_EQ(report.hosts(0).error(), "\\x1b");
  EXPECT_EQ(guest->name(), "\\n");
  EXPECT_EQ(guest->description().clocksources_available(0), "tsc\\x07");
  EXPECT_EQ(guest->description().xen().version(), "\\x08");
  EXPECT_EQ(guest->findings(0).evidence(0).text(), "\\x0c");
}

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("±0.1"), 4u);
  EXPECT_EQ(DisplayWidth("時計"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
}

TEST(ShortenedTest, KeepsWhatFitsAndMarksWhatDoesNot) {
  EXPECT_EQ(Shortened("12345", 5), "12345");
  EXPECT_EQ(Shortened("123456", 5), "1234…");
  EXPECT_EQ(Shortened("時計時計", 5), "時計…");
  EXPECT_EQ(Shortened("時計時計", 4), "時…");  // half a character is none
  EXPECT_EQ(Shortened("123", 0), "");
}

TEST(WrappedTest, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(Wrapped("one two three", "  ", 9), "  one two\n  three\n");
  EXPECT_EQ(Wrapped("one", "", 80), "one\n");
}

TEST(WrappedTest, GivesALongWordALineOfItsOwn) {
  EXPECT_EQ(Wrapped("a 0123456789 b", "", 5), "a\n0123456789\nb\n");
}

}  // namespace
}  // namespace noonmark::cli
