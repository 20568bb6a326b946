#include "common/detect/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);
// The host's REALTIME at its MONOTONIC zero.
const absl::Time kEpoch = absl::FromUnixSeconds(1'795'285'201);

MonotonicTime At(int seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

Finding Jump(absl::Duration by) {
  Finding jump;
  jump.code = FindingCode::kCounterJump;
  jump.severity = Severity::kFault;
  jump.size = Interval::Exactly(by).WidenedBy(absl::Microseconds(20));
  jump.signature = MatchSignature(*jump.size);
  jump.before = Interval::Exactly({}).WidenedBy(absl::Microseconds(9));
  jump.after = Interval::Exactly(by).WidenedBy(absl::Microseconds(9));
  jump.window_begin = At(0);
  jump.window_end = At(5);
  jump.on_new = 8;
  return jump;
}

std::string Text(const Finding& finding) {
  std::string text;
  for (const EvidenceLine& line : EvidenceOf(finding, kEpoch)) {
    absl::StrAppend(&text, line.label, ": ", line.text, "\n");
  }
  return text;
}

TEST(SummarizeTest, PrefersTheNameOfASizeToItsFigure) {
  EXPECT_EQ(Summarize(Jump(kTwoTo42)), "2^42 ns");
  EXPECT_EQ(Summarize(Jump(-kTwoTo42)), "-2^42 ns");
  EXPECT_EQ(Summarize(Jump(absl::Seconds(13))), "+13.000000 s");
}

TEST(SummarizeTest, TellsARateAndANote) {
  Finding rate;
  rate.code = FindingCode::kRateFault;
  rate.rate = RateInterval{178, 182};
  EXPECT_EQ(Summarize(rate), "+180.0 ppm");
  Finding silence;
  silence.code = FindingCode::kAgentUnreachable;
  silence.note = "no answer for 3 polls";
  EXPECT_EQ(Summarize(silence), "no answer for 3 polls");
}

TEST(EvidenceTest, ArguesForALeapWithItsFigures) {
  EXPECT_EQ(
      Text(Jump(kTwoTo42)),
      "size: +4398.046511 s ± 0.000021 s, in "
      "[+4398.046491 s, +4398.046532 s]\n"
      "known size: 2^42 ns = +4398.046511 s lies inside, and no other known "
      "size does\n"
      "which means: a clocksource delta wrapped in the kernel's 64-bit "
      "arithmetic (shift 22): a counter read slightly behind its last value, "
      "or a pause too long for the product\n"
      "when: after 2026-11-21 18:20:01.000 UTC, by 2026-11-21 18:20:06.000 "
      "UTC\n"
      "what moved: guest RAW - host RAW: from [-0.000009 s, +0.000009 s] to "
      "[+4398.046502 s, +4398.046521 s]\n"
      "what did not: the guest's own REALTIME - MONOTONIC did not move: nobody "
      "set the clock\n"
      "the burst after it: 8 readings on a new line, 0 on the old, 0 on "
      "neither\n");
}

TEST(EvidenceTest, SaysNothingOfPausesOfAClockThatLeaptAhead) {
  Finding jump = Jump(absl::Seconds(13));
  jump.listened = true;
  EXPECT_THAT(Text(jump), Not(HasSubstr("libvirt")));
}

TEST(EvidenceTest, SaysHowNearAKnownSizeIs) {
  Finding jump = Jump(kTwoTo42 - absl::Microseconds(500));
  EXPECT_THAT(Text(jump), HasSubstr("lies within 1 ms"));
  jump = Jump(kTwoTo42 - absl::Milliseconds(200));
  jump.signature = MatchSignature(Interval::Exactly(kTwoTo42));
  EXPECT_THAT(Text(jump), HasSubstr("lies +0.199980 s beside"));
}

TEST(EvidenceTest, ClaimsNothingToHaveStoodThatMoved) {
  Finding jump = Jump(kTwoTo42);
  jump.alone = false;
  EXPECT_THAT(Text(jump), Not(HasSubstr("did not move")));
}

TEST(EvidenceTest, ClaimsNoMovementOfWhatWasFound) {
  Finding found = Jump(absl::Hours(1));
  found.code = FindingCode::kRtcLocalTime;
  found.before.reset();
  found.after.reset();
  found.window_begin = found.window_end;
  found.on_new = 0;
  found.note = "a note";
  const std::string text = Text(found);
  EXPECT_THAT(text, HasSubstr("offset: +3600.000000 s"));
  EXPECT_THAT(text, HasSubstr("a note"));
  EXPECT_THAT(text, Not(HasSubstr("did not move")));
  EXPECT_THAT(text, Not(HasSubstr("what moved")));
  EXPECT_THAT(text, Not(HasSubstr("when")));
}

TEST(EvidenceTest, TellsWhatTheKernelToldOfASet) {
  Finding set = Jump(absl::Seconds(-6));
  set.code = FindingCode::kClockSet;
  set.discontinuities = 2;
  EXPECT_THAT(Text(set), HasSubstr("told the agent 2 times"));
  set.discontinuities = 1;
  EXPECT_THAT(Text(set), HasSubstr("told the agent 1 time "));
  set.discontinuities = 0;
  EXPECT_THAT(Text(set), HasSubstr("was not told"));
}

TEST(EvidenceTest, ProvesAMisreadByWhatCameAfterIt) {
  Finding glitch = Jump(kTwoTo42);
  glitch.code = FindingCode::kReadGlitch;
  glitch.before.reset();
  glitch.after.reset();
  EXPECT_THAT(Text(glitch), HasSubstr("the clock itself never moved"));
}

TEST(EvidenceTest, ShowsTheBoundsOfARate) {
  Finding rate;
  rate.code = FindingCode::kRateFault;
  rate.rate = RateInterval{178, 182};
  EXPECT_EQ(Text(rate), "rate: +180.0 ppm, in [+178.0 ppm, +182.0 ppm]\n");
}

}  // namespace
}  // namespace noonmark
