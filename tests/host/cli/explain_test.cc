#include "host/cli/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "host/cli/safe_text.h"
#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Style kPlain;

v1::GetGuestResponse JumpedGuest() {
  return FromText<v1::GetGuestResponse>(R"pb(
    guest {
      uuid: "6a1f0a3e-0000-4000-8000-000000000001"
      name: "mail-1"
      libvirt_id: 7
      state: DOMAIN_STATE_RUNNING
      address: "unix:/run/a.sock"
      verdict: VERDICT_WRONG
      verdict_since { seconds: 1000000000 }
      offset {
        lo { seconds: 4398 nanos: 45890000 }
        hi { seconds: 4398 nanos: 46730000 }
      }
      age { seconds: 1 }
      rate { lo_ppm: -0.5 hi_ppm: 0.25 }
      drift {
        ppm: 0.1
        bar { lo_ppm: -0.15 hi_ppm: 0.21 }
        constant: true
        window { seconds: 660 }
      }
      exchanges: 1234
      findings {
        code: "counter-jump"
        severity: SEVERITY_FAULT
        active: true
        last_seen { seconds: 1000000000 }
        age { seconds: 745 }
        occurrences: 1
        size {
          lo { seconds: 4398 nanos: 46489000 }
          hi { seconds: 4398 nanos: 46533000 }
        }
        signature: "2^42 ns"
        summary: "2^42 ns"
        evidence {
          label: "size"
          text: "+4398.046511 s ± 0.000022 s, in [+4398.046489 s, +4398.046533 s]"
        }
        evidence {
          label: "known size"
          text: "2^42 ns = +4398.046511 s lies inside, and no other known size does"
        }
        advice: "Update the guest's kernel."
      }
      description {
        agent_version: "0.1.0"
        kernel_release: "2.6.18"
        machine: "x86_64"
        operating_system: "Debian 4"
        clocksource_current: "tsc"
        clocksources_available: "tsc"
        clocksources_available: "xen"
        discipline {
          frequency_scaled_ppm: 65536
          tick_us: 10000
          status: 64
          max_error_ns: 16000000001
        }
        xen { guest_type: "PV" version: "4.17.7" independent_wallclock: false }
      }
    }
    host {
      name: "dom0-a"
      trust: HOST_TRUST_PROVEN
      bound { nanos: 1500001 }
      trust_reason: "chronyd"
    }
  )pb");
}

TEST(ExplainGuestTest, TellsWhatHappenedTheProofTheCauseAndWhatToDo) {
  EXPECT_EQ(
      ExplainGuest("dom0-a", JumpedGuest(), kPlain),
      R"(mail-1 on dom0-a is wrong: its clock is +4398.046310 s ± 0.000420 s from the
host's (ahead by 1 h 13 min 18 s), measured 1 s ago.

counter-jump (fault)

WHAT HAPPENED
  The guest's counter jumped: 2^42 ns. Seen 12 min ago, at 2001-09-09
  01:46:40.000 UTC by the host's clock.

EVIDENCE
  size        +4398.046511 s ± 0.000022 s, in [+4398.046489 s, +4398.046533 s]
  known size  2^42 ns = +4398.046511 s lies inside, and no other known size does

CAUSE
  The counter behind all of the guest's clocks leapt, or the kernel's arithmetic
  on it overflowed. Nobody set the clock. A leap of 2^42 ns, 4398 s, is the best
  known: a clocksource delta that wrapped.

WHAT TO DO
  Update the guest's kernel.

THE GUEST
  uuid           6a1f0a3e-0000-4000-8000-000000000001
  domain         running, number 7
  agent          0.1.0 at unix:/run/a.sock
  verdict since  2001-09-09 01:46:40.000 UTC
  offset         [+4398.045890 s, +4398.046730 s]
  drift          +0.1 ± 0.3 ppm over 11 min
  counter rate   in [-0.500, +0.250] ppm of the host's counter
  measurements   1234
  kernel         2.6.18 x86_64
  system         Debian 4
  clocksource    tsc (available: tsc xen)
  discipline     not synchronised; frequency +1.000 ppm, tick 10000 us, claimed
                 error at most 16.000001 s
  xen            PV on Xen 4.17.7, independent_wallclock 0

ITS HOST, dom0-a
  Its clock is proven right to within 0.001501 s: chronyd.
)");
}

TEST(ExplainGuestTest, UsesTheWholeOfAWiderTerminalAndNoMoreThanIsReadable) {
  for (const size_t width : {40u, 80u, 96u, 300u}) {
    SCOPED_TRACE(width);
    size_t widest = 0;
    for (const absl::string_view line : absl::StrSplit(
             ExplainGuest("dom0-a", JumpedGuest(), {.width = width}), '\n')) {
      widest = std::max(widest, DisplayWidth(line));
    }
    EXPECT_LE(widest, std::max<size_t>(std::min<size_t>(width, 96), 53));
  }
}

TEST(ExplainGuestTest, SaysWhatTheHuntersSilenceProves) {
  v1::GetGuestResponse response = JumpedGuest();
  v1::GlitchHunt* hunt = response.mutable_guest()->mutable_glitch_hunt();
  hunt->set_reads(3'000'000);
  EXPECT_THAT(
      ExplainGuest("dom0-a", response, kPlain),
      HasSubstr("  glitch hunter  3000000 readings of the clock "
                "compared, none off: fewer than\n"
                "                 3/N = 1e-06 of them are, with 95 %\n"));
  response.mutable_guest()->mutable_description()->set_kernel_release("6.1.0");
  EXPECT_THAT(ExplainGuest("dom0-a", response, {.width = 300}),
              HasSubstr("this kernel clamps tsc, so that"));
  hunt->set_glitches(2);
  const std::string text = ExplainGuest("dom0-a", response, kPlain);
  EXPECT_THAT(text, HasSubstr("compared, 2 off"));
  EXPECT_THAT(text, Not(HasSubstr("3/N")));
}

TEST(ExplainGuestTest, SaysWhatItsLogsTell) {
  v1::GetGuestResponse response = JumpedGuest();
  v1::LogWatch* logs = response.mutable_guest()->mutable_log_watch();
  EXPECT_THAT(ExplainGuest("dom0-a", response, {.width = 300}),
              HasSubstr("no line of a time jump"));
  logs->set_lines(3);
  v1::ToldJump* told = logs->add_recent();
  told->set_teller(v1::JUMP_TELLER_DOVECOT);
  told->set_way(v1::JUMP_WAY_BACK);
  told->set_figure_ns(4'397'000'000'000);
  told->set_figure_is_the_least(true);
  told->set_attested(true);
  EXPECT_THAT(ExplainGuest("dom0-a", response, {.width = 300}),
              HasSubstr("3 lines of time jumps; the last: dovecot, back by at "
                        "least 1h13m17s"));
  told->set_attested(false);
  EXPECT_THAT(
      ExplainGuest("dom0-a", response, {.width = 300}),
      ContainsRegex("1h13m17s, in a file,\\s+where anybody may have written"));
}

TEST(ExplainGuestTest, SaysThatAGuestIsWell) {
  const std::string text =
      ExplainGuest("dom0-a", FromText<v1::GetGuestResponse>(R"pb(
                     guest {
                       name: "db-1"
                       verdict: VERDICT_OK
                       offset {
                         lo { nanos: -300000 }
                         hi { nanos: 310000 }
                       }
                       age { seconds: 2 }
                     }
                   )pb"),
                   kPlain);
  EXPECT_THAT(text, StartsWith("db-1 on dom0-a is ok: its clock is +0.000005 s "
                               "± 0.000305 s from the host's,\nmeasured 2 s "
                               "ago.\n\nNo findings.\n"));
}

TEST(ExplainGuestTest, TellsTheHostsOwnBoundAndWhatIsAllowed) {
  const std::string text =
      ExplainGuest("dom0-a", FromText<v1::GetGuestResponse>(R"pb(
                     guest {
                       name: "archive"
                       verdict: VERDICT_OK
                       reason: "it is meant to be -3600.000000 s"
                       offset {
                         lo { seconds: -3600 nanos: -300000 }
                         hi { seconds: -3600 nanos: 310000 }
                       }
                       host_bound { nanos: 213001 }
                       intended_offset { seconds: -3600 }
                       warning_threshold { nanos: 500000000 }
                       fault_threshold { seconds: 2 }
                     }
                   )pb"),
                   kPlain);
  EXPECT_THAT(text, HasSubstr("  from UTC      [-3600.000514 s, -3599.999476 "
                              "s], host ±0.000214 s\n"));
  EXPECT_THAT(text, HasSubstr("  meant to be   -3600.000000 s\n"));
  EXPECT_THAT(text, HasSubstr("  allowed       ±500 ms, a fault beyond 2 s\n"));
}

TEST(ExplainGuestTest, SaysWhereAClockIsBehind) {
  const std::string text =
      ExplainGuest("dom0-a",
                   FromText<v1::GetGuestResponse>(
                       "guest { name: 'g' verdict: VERDICT_WRONG offset { lo { "
                       "seconds: -6 } hi { seconds: -6 } } }"),
                   kPlain);
  EXPECT_THAT(text, HasSubstr("from the host's\n(behind)."));
}

TEST(ExplainGuestTest, SaysWhatWasLastKnownOfAGuestThatIsUnknown) {
  const std::string unknown =
      ExplainGuest("dom0-a",
                   FromText<v1::GetGuestResponse>(
                       "guest { name: 'g' verdict: VERDICT_UNKNOWN reason: 'no "
                       "answer for 3 polls' offset { lo { } hi { } } age { "
                       "seconds: 94 } }"),
                   kPlain);
  EXPECT_THAT(unknown, StartsWith("g on dom0-a is unknown (no answer for 3 "
                                  "polls): its clock was last +0.000000 s ±\n"
                                  "0.000000 s from the host's, measured 94 s "
                                  "ago.\n"));
  const std::string never =
      ExplainGuest("dom0-a",
                   FromText<v1::GetGuestResponse>(
                       "guest { name: 'g' verdict: VERDICT_UNKNOWN }"),
                   kPlain);
  EXPECT_THAT(never, StartsWith("g on dom0-a is unknown: its clock was never "
                                "measured.\n"));
}

TEST(ExplainGuestTest, CountsRepeatedFindings) {
  const std::string text =
      ExplainGuest("a", FromText<v1::GetGuestResponse>(R"pb(
                     guest {
                       findings {
                         code: "read-glitch"
                         first_seen { seconds: 0 }
                         last_seen { seconds: 60 }
                         age { seconds: 5 }
                         occurrences: 3
                       }
                     }
                   )pb"),
                   kPlain);
  EXPECT_THAT(text, HasSubstr("read-glitch (unspecified, over)\n"));
  EXPECT_THAT(
      text, HasSubstr("  A single reading of the clock was wrong. Last seen 5 "
                      "s ago, at 1970-01-01\n  00:01:00.000 UTC by the "
                      "host's clock, 3 times, first at 1970-01-01\n  "
                      "00:00:00.000 UTC.\n"));
}

TEST(ExplainGuestTest, DoesWithoutACardForACodeOfANewerDaemon) {
  const std::string text = ExplainGuest(
      "a",
      FromText<v1::GetGuestResponse>(
          "guest { findings { code: 'new-fault' summary: 'odd' advice: "
          "'Do this.' size { lo { seconds: 1 } hi { seconds: 2 } } } }"),
      kPlain);
  EXPECT_THAT(text, HasSubstr("WHAT HAPPENED\n  new-fault: odd.\n"));
  EXPECT_THAT(text, HasSubstr("  size  [+1.000000 s, +2.000000 s]\n"));
  EXPECT_THAT(text, HasSubstr("WHAT TO DO\n  Do this.\n"));
  EXPECT_THAT(text, Not(HasSubstr("CAUSE")));
}

TEST(ExplainGuestTest, LetsNobodySpeakInItsName) {
  const std::string text = ExplainGuest(
      "a", FromText<v1::GetGuestResponse>(R"pb(
        guest {
          name: "g\n\nWHAT TO DO"
          description { operating_system: "x\n\nWHAT TO DO\n\033[31m" }
          findings { advice: "First.\nWHAT TO DO\n\033[31m" }
        }
      )pb"),
      kPlain);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  size_t headings = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    headings += line == "WHAT TO DO" ? 1 : 0;
  }
  EXPECT_EQ(headings, 1u);
  EXPECT_THAT(text, HasSubstr("WHAT TO DO\n  First.\n  WHAT TO DO\n  "
                              "\\x1b[31m\n"));
}

TEST(ExplainCodeTest, PrintsTheCard) {
  const Card* card = FindCard("counter-jump");
  ASSERT_NE(card, nullptr);
  const std::string text = ExplainCode(*card, kPlain);
  EXPECT_THAT(text, StartsWith("counter-jump: The guest's counter jumped.\n\n"
                               "WHAT IT MEANS\n  The counter behind"));
  EXPECT_THAT(text, HasSubstr("\nHOW IT IS SEEN\n  Guest RAW"));
  EXPECT_THAT(text, HasSubstr("\nWHAT TO DO\n  Update"));
}

TEST(ExplainCodeTest, PrintsACommandOnOneLineToBeCopied) {
  const std::string page = ExplainCode(CardOf(FindingCode::kNoAgent), Style());
  EXPECT_THAT(page,
              ::testing::HasSubstr(
                  "\n    virsh metadata DOMAIN urn:noonmark:domain:1 --key "
                  "noonmark --set \"<guest address='unix:PATH'/>\" --live "
                  "--config\n"));
}

}  // namespace
}  // namespace noonmark::cli
