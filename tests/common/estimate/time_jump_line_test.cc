#include "common/estimate/time_jump_line.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace noonmark {
namespace {

constexpr char kUrl[] = "http://wiki2.dovecot.org/TimeMovedBackwards";

struct Expected {
  JumpTeller teller;
  std::string message;
  JumpWay way;
  std::optional<absl::Duration> figure;
  absl::Duration suffers_for = absl::ZeroDuration();
};

// As they were seen, or as their sources have them.
const std::vector<Expected>& Lines() {
  static const auto* const lines = new std::vector<Expected>{
      {JumpTeller::kDovecot,
       "log(22558): Warning: Time moved backwards by 4396.054193 seconds.",
       JumpWay::kBack, absl::Microseconds(4396054193)},
      {JumpTeller::kDovecot,
       "master: Warning: Time moved backwards by 4397.045576 seconds, waiting "
       "for 180.000 seconds until new services are launched again.",
       JumpWay::kBack, absl::Microseconds(4397045576), absl::Seconds(180)},
      {JumpTeller::kDovecot,
       "imap(22794): Fatal: Time just moved backwards by 4397.046182 seconds. "
       "This might cause a lot of problems, so I'll just kill myself now. " +
           std::string(kUrl),
       JumpWay::kBack, absl::Microseconds(4397046182)},
      {JumpTeller::kDovecot,
       "imap(alice)<22804><PuF1K8xgAO1/AAAB>: Fatal: Time just moved backwards "
       "by 6 seconds. This might cause a lot of problems, so I'll just kill "
       "myself now. https://doc.dovecot.org/2.4.0/core/admin/errors.html"
       "#time-moved-backwards-error",
       JumpWay::kBack, absl::Seconds(6)},
      {JumpTeller::kDovecot,
       "imap(19288): Error: Time just moved backwards by 1.999637 seconds. "
       "I'll sleep now until we're back in present. " +
           std::string(kUrl),
       JumpWay::kBack, absl::Microseconds(1999637)},
      {JumpTeller::kDovecot,
       "master: Warning: Time moved forwards by 4339.214389 seconds - "
       "adjusting timeouts.",
       JumpWay::kForward, absl::Microseconds(4339214389)},
      {JumpTeller::kDovecot,
       "imap(22806): Warning: Time jumped forwards 4389.602055 seconds",
       JumpWay::kForward, absl::Microseconds(4389602055)},
      {JumpTeller::kDovecot,
       "master: Warning: Time moved forward by 12.5 seconds - adjusting "
       "timeouts.",
       JumpWay::kForward, absl::Milliseconds(12500)},
      {JumpTeller::kPostfix,
       "warning: backward time jump detected -- slewing clock", JumpWay::kBack,
       std::nullopt, absl::InfiniteDuration()},
      {JumpTeller::kPostfix,
       "warning: backward time jump recovered -- back to normality",
       JumpWay::kNotSaid, std::nullopt},
      {JumpTeller::kNtpd, "time reset -6.000312 s", JumpWay::kBack,
       absl::Microseconds(6000312)},
      {JumpTeller::kNtpd, "0.0.0.0 061c 0c clock_step +4398.046511 s",
       JumpWay::kForward, absl::Microseconds(4398046511)},
      {JumpTeller::kNtpd, "CLOCK: time stepped by -4398.046511", JumpWay::kBack,
       absl::Microseconds(4398046511)},
      {JumpTeller::kChronyd, "System clock was stepped by -4398.046511 seconds",
       JumpWay::kBack, absl::Microseconds(4398046511)},
      {JumpTeller::kChronyd, "System clock wrong by 4398.046511 seconds",
       JumpWay::kForward, absl::Microseconds(4398046511)},
      {JumpTeller::kChronyd,
       "System clock wrong by -6.000000 seconds, adjustment started",
       JumpWay::kBack, absl::Seconds(6)},
      {JumpTeller::kChronyd, "Backward time jump detected!", JumpWay::kBack,
       std::nullopt},
      {JumpTeller::kTimesyncd,
       "System clock time unset or jumped backwards, restored from recorded "
       "timestamp: Sat 2026-11-21 19:27:29 UTC",
       JumpWay::kForward, std::nullopt},
      {JumpTeller::kKernel,
       "clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' "
       "as unstable because the skew is too large:",
       JumpWay::kNotSaid, std::nullopt},
      {JumpTeller::kKernel, "Clocksource tsc unstable (delta = 4398046511 ns)",
       JumpWay::kNotSaid, std::nullopt},
  };
  return *lines;
}

TEST(ReadJumpMessageTest, KnowsEachTellersWords) {
  for (const Expected& expected : Lines()) {
    SCOPED_TRACE(expected.message);
    const auto line = ReadJumpMessage(expected.teller, expected.message);
    ASSERT_TRUE(line.has_value());
    EXPECT_EQ(line->teller, expected.teller);
    EXPECT_EQ(line->way, expected.way);
    EXPECT_EQ(line->figure, expected.figure);
    EXPECT_EQ(line->figure_is_the_least,
              expected.teller == JumpTeller::kDovecot);
    EXPECT_EQ(line->suffers_for, expected.suffers_for);
  }
}

TEST(ReadJumpMessageTest, TakesNobodysWordsForAnothers) {
  for (const Expected& expected : Lines()) {
    for (const JumpTeller other :
         {JumpTeller::kDovecot, JumpTeller::kPostfix, JumpTeller::kNtpd,
          JumpTeller::kChronyd, JumpTeller::kTimesyncd, JumpTeller::kKernel}) {
      EXPECT_EQ(ReadJumpMessage(other, expected.message).has_value(),
                other == expected.teller)
          << TellerName(other) << ": " << expected.message;
    }
  }
}

// What a stranger can bring a service to write: as user name, as HELO, as a
// mailbox, as a subject that a filter logs.
TEST(ReadJumpMessageTest, MatchesNothingInsideOfAnotherMessage) {
  for (const Expected& expected : Lines()) {
    for (const std::string& forged :
         {"imap-login: Info: Disconnected: Auth failed: user=<" +
              expected.message + ">, method=PLAIN, rip=127.0.0.1",
          "imap(" + expected.message + ")<22804><PuF>: Info: Logged out",
          "imap(x): Info: " + expected.message,
          "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1; helo=<" +
              expected.message + ">",
          " " + expected.message, expected.message + ", says mallory",
          expected.message + "\n" + expected.message}) {
      for (const JumpTeller teller :
           {JumpTeller::kDovecot, JumpTeller::kPostfix, JumpTeller::kNtpd,
            JumpTeller::kChronyd}) {
        EXPECT_FALSE(ReadJumpMessage(teller, forged).has_value()) << forged;
      }
    }
  }
  // A user's name that is a message up to its link, so that what Dovecot adds
  // would stand behind it.
  const std::string name =
      "x): Fatal: Time just moved backwards by 9 seconds. This might cause a "
      "lot of problems, so I'll just kill myself now. http://x";
  EXPECT_TRUE(ReadJumpMessage(JumpTeller::kDovecot, "imap(" + name));
  EXPECT_FALSE(ReadJumpMessage(JumpTeller::kDovecot,
                               "imap(" + name + ")<1><a>: Info: Logged out"));
}

TEST(ReadJumpMessageTest, BearsAnyFigure) {
  const auto moved = [](const std::string& figure) {
    return ReadJumpMessage(
        JumpTeller::kDovecot,
        "master: Warning: Time moved backwards by " + figure + " seconds.");
  };
  EXPECT_EQ(moved("9999999999.999999999")->figure,
            absl::Seconds(9999999999) + absl::Nanoseconds(999999999));
  for (const char* figure :
       {"", ".", "1.", ".5", "-1", "+1", "1e9", "10000000000", "1.0000000000",
        "nan", "0x10", "1 2", "99999999999999999999999999999999"}) {
    EXPECT_FALSE(moved(figure).has_value()) << figure;
  }
}

TEST(TellerOfTest, KnowsTheServicesOwnUnitAndUserAlone) {
  const auto teller = [](const std::string& unit, std::optional<uint32_t> uid) {
    return TellerOf({.from_kernel = false, .unit = unit, .uid = uid});
  };
  EXPECT_EQ(teller("dovecot.service", 0), JumpTeller::kDovecot);
  EXPECT_EQ(teller("postfix@-.service", 107), JumpTeller::kPostfix);
  EXPECT_EQ(teller("postfix@out.service", 0), JumpTeller::kPostfix);
  EXPECT_EQ(teller("ntpsec.service", 110), JumpTeller::kNtpd);
  EXPECT_EQ(teller("chrony.service", 999), JumpTeller::kChronyd);
  EXPECT_EQ(teller("systemd-timesyncd.service", 996), JumpTeller::kTimesyncd);
  EXPECT_EQ(TellerOf({.from_kernel = true, .unit = "", .uid = {}}),
            JumpTeller::kKernel);

  // `logger -t dovecot`, from a shell, a job of cron's, a web server.
  EXPECT_EQ(teller("user@1000.service", 1000), std::nullopt);
  EXPECT_EQ(teller("session-4.scope", 0), std::nullopt);
  EXPECT_EQ(teller("cron.service", 0), std::nullopt);
  EXPECT_EQ(teller("", 0), std::nullopt);
  EXPECT_EQ(teller("dovecot.service.d", 0), std::nullopt);
  EXPECT_EQ(teller("postfix@evil.slice", 0), std::nullopt);
  EXPECT_EQ(teller("postfix@.service.evil", 0), std::nullopt);
  // A mail process that was taken over runs as its user.
  EXPECT_EQ(teller("dovecot.service", 1000), std::nullopt);
  EXPECT_EQ(teller("dovecot.service", 110), std::nullopt);
  EXPECT_EQ(teller("chrony.service", 1000), std::nullopt);
  EXPECT_EQ(teller("dovecot.service", std::nullopt), std::nullopt);
}

TEST(ReadSyslogLineTest, ReadsBothFormsOfALine) {
  for (const char* line :
       {"Nov 21 19:27:29 mail dovecot: master: Warning: x",
        "Nov  1 19:27:29 mail dovecot[12]: master: Warning: x",
        "2026-11-21T19:27:29.414+00:00 mail dovecot: master: Warning: x"}) {
    const auto read = ReadSyslogLine(line);
    ASSERT_TRUE(read.has_value()) << line;
    EXPECT_EQ(read->tag, "dovecot");
    EXPECT_EQ(read->message, "master: Warning: x");
    EXPECT_EQ(TellerOfTag(read->tag), JumpTeller::kDovecot);
  }
  EXPECT_EQ(
      TellerOfTag(
          ReadSyslogLine("Nov 21 19:27:29 mail postfix/qmgr[458]: warning: y")
              ->tag),
      JumpTeller::kPostfix);
  for (const char* line :
       {"", " ", "Nov 21", "dovecot: x", "Nov 21 19:27:29 mail",
        "2026-11-21T19:27:29 mail no colon here",
        "2026-11-21T19:27:29 mail two words: x", "Nov 21 19:27:29 mail : x"}) {
    EXPECT_FALSE(ReadSyslogLine(line).has_value()) << line;
  }
  EXPECT_EQ(TellerOfTag("sshd"), std::nullopt);
  EXPECT_EQ(TellerOfTag("postfix"), std::nullopt);
}

}  // namespace
}  // namespace noonmark
