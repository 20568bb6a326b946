#include "host/cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "host/cli/safe_text.h"
#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Style kPlain;

v1::FleetReport Report(const std::string& text) {
  return FromText<v1::FleetReport>(text);
}

// One proven host with this guest.
v1::FleetReport ReportOfGuest(const std::string& guest) {
  return Report(
      "hosts { name: 'dom0-a' report { host { trust: "
      "HOST_TRUST_PROVEN } guests { " +
      guest + " } } }");
}

TEST(ReportTableTest, TellsTheHostsOwnBoundBesideEachOffsetWhereItIsProven) {
  const std::string table = ReportTable(
      ReportOfGuest("name: 'a' offset { lo { nanos: -1000 } hi { nanos: 1000 } "
                    "} host_bound { nanos: 213001 } } guests { name: 'b'"),
      kPlain);
  EXPECT_THAT(table, HasSubstr("BOUND  HOST'S OWN  SAMPLE"));
  EXPECT_THAT(table, HasSubstr("±0.000001   ±0.000214"));
  EXPECT_THAT(ReportTable(ReportOfGuest("name: 'a'"), kPlain),
              Not(HasSubstr("OWN")));
}

TEST(ReportTableTest, AnswersTheQuestionOnItsFirstScreen) {
  const v1::FleetReport report = Report(R"pb(
    hosts {
      name: "dom0-a"
      report {
        host { name: "dom0-a" trust: HOST_TRUST_PROVEN }
        guests {
          name: "db-1"
          verdict: VERDICT_OK
          offset {
            lo { nanos: 110000 }
            hi { nanos: 710000 }
          }
          age { seconds: 2 nanos: 900000000 }
        }
        guests {
          name: "mail-1"
          verdict: VERDICT_WRONG
          offset {
            lo { seconds: 4398 nanos: 45890000 }
            hi { seconds: 4398 nanos: 46730000 }
          }
          age { seconds: 1 }
          findings {
            code: "counter-jump"
            severity: SEVERITY_FAULT
            active: true
            age { seconds: 745 }
            size {
              lo { seconds: 4398 nanos: 46489000 }
              hi { seconds: 4398 nanos: 46533000 }
            }
            signature: "2^42 ns"
            summary: "2^42 ns"
          }
        }
      }
    }
    hosts {
      name: "dom0-b"
      report {
        host { name: "dom0-b" trust: HOST_TRUST_PROVEN }
        guests {
          name: "web-2"
          verdict: VERDICT_UNKNOWN
          reason: "no answer for 3 polls"
          age { seconds: 94 }
          findings {
            code: "agent-unreachable"
            active: true
            summary: "no answer for 3 polls"
          }
        }
      }
    }
    hosts { name: "dom0-c" error: "no answer in 2 s (deadline)" }
  )pb");
  EXPECT_EQ(
      ReportTable(report, kPlain),
      // clang-format off
"HOST    GUEST   VERDICT          OFFSET      BOUND  SAMPLE  FINDING\n"
"dom0-a  db-1    ok          +0.000410 s  ±0.000300     2 s  -\n"
"dom0-a  mail-1  wrong    +4398.046310 s  ±0.000420     1 s  counter-jump 12 min ago, 2^42 ns\n"
"dom0-b  web-2   unknown               -          -    94 s  agent-unreachable: no answer for 3 polls\n"
"dom0-c  -       no answer in 2 s (deadline)\n"
"3 guests on 2 of 3 hosts: 1 ok, 1 wrong, 1 unknown\n");
  // clang-format on
}

TEST(ReportTableTest, SaysSoWhereThereIsNobody) {
  EXPECT_THAT(ReportTable(v1::FleetReport(), kPlain),
              EndsWith("FINDING\n0 guests on 0 hosts\n"));
}

TEST(ReportTableTest, ShowsAHostWithoutGuests) {
  EXPECT_THAT(
      ReportTable(Report("hosts { name: 'dom0-d' report { host { trust: "
                         "HOST_TRUST_PROVEN } } }"),
                  kPlain),
      EndsWith("dom0-d  -      no guests\n0 guests on 1 host\n"));
}

TEST(ReportTableTest, SaysHowFarAHostIsToBeTrusted) {
  const std::string table =
      ReportTable(Report(R"pb(
                    hosts {
                      name: "a"
                      report { host { trust: HOST_TRUST_DECLARED } }
                    }
                    hosts {
                      name: "b"
                      report {
                        host {
                          trust: HOST_TRUST_UNPROVEN
                          trust_reason: "not synchronised"
                          findings { code: "host-unproven" active: true }
                        }
                      }
                    }
                    hosts {
                      name: "c"
                      report { host { trust: HOST_TRUST_PROVEN } }
                    }
                    hosts {
                      name: "d"
                      report { host {} }
                    }
                  )pb"),
                  kPlain);
  EXPECT_THAT(
      table,
      EndsWith("a: its clock is declared right by configuration, not proven\n"
               "b: its clock is unproven: not synchronised\n"
               "d: its clock is unproven\n"
               "0 guests on 4 hosts\n"));
}

TEST(ReportTableTest, TellsAHostsOwnFaults) {
  const std::string table =
      ReportTable(Report(R"pb(
                    hosts {
                      name: "a"
                      report {
                        host {
                          trust: HOST_TRUST_PROVEN
                          findings {
                            code: "host-stepped"
                            age { seconds: 200 }
                            size {
                              lo { seconds: 4 }
                              hi { seconds: 4 }
                            }
                            summary: "+4.000000 s"
                          }
                          libvirt_uri: "xen:///system"
                          libvirt_error: "connection refused"
                        }
                      }
                    }
                  )pb"),
                  kPlain);
  EXPECT_THAT(table, HasSubstr("\na: host-stepped 3 min ago, +4.000000 s\n"));
  EXPECT_THAT(table, HasSubstr("\na: libvirt xen:///system: connection "
                               "refused\n"));
}

TEST(ReportTableTest, RoundsTheBoundUpAndNeverLosesAnInterval) {
  EXPECT_THAT(ReportTable(ReportOfGuest("offset { lo { nanos: -400 } hi { "
                                        "nanos: 400 } }"),
                          kPlain),
              HasSubstr("  +0.000000 s  ±0.000001  "));
}

TEST(ReportTableTest, WritesNegativeOffsets) {
  EXPECT_THAT(
      ReportTable(ReportOfGuest("offset { lo { seconds: -6 nanos: -20000 } hi "
                                "{ seconds: -6 } }"),
                  kPlain),
      HasSubstr("  -6.000010 s  ±0.000010  "));
}

TEST(ReportTableTest, KeepsMicrosecondsOfCenturies) {
  const std::string table =
      ReportTable(Report(R"pb(
                    hosts {
                      name: "a"
                      report {
                        host { trust: HOST_TRUST_PROVEN }
                        guests {
                          offset {
                            lo { seconds: 9223372036 nanos: 854775806 }
                            hi { seconds: 9223372036 nanos: 854775807 }
                          }
                        }
                        guests {
                          offset {
                            lo { seconds: -9223372036 nanos: -854775807 }
                            hi { seconds: -9223372036 nanos: -854775807 }
                          }
                        }
                      }
                    }
                  )pb"),
                  kPlain);
  EXPECT_THAT(table, HasSubstr("  +9223372036.854776 s  ±0.000001  "));
  EXPECT_THAT(table, HasSubstr("  -9223372036.854776 s  ±0.000001  "));
}

TEST(ReportTableTest, TellsTheReasonWhereNoActiveFindingDoes) {
  EXPECT_THAT(ReportTable(ReportOfGuest("verdict: VERDICT_UNCERTAIN reason: "
                                        "'needs a bound below 0.2 s'"),
                          kPlain),
              HasSubstr("  needs a bound below 0.2 s\n"));
  EXPECT_THAT(
      ReportTable(ReportOfGuest("verdict: VERDICT_SUSPENDED reason: 'paused' "
                                "findings { code: 'rtc-local-time' active: "
                                "true summary: '+3600 s' } findings {}"),
                  kPlain),
      HasSubstr("  paused; rtc-local-time: +3600 s (+1)\n"));
  EXPECT_THAT(
      ReportTable(ReportOfGuest("verdict: VERDICT_OK findings { code: "
                                "'read-glitch' age { seconds: 180 } summary: "
                                "'2^42 ns' }"),
                  kPlain),
      HasSubstr("  read-glitch 3 min ago: 2^42 ns\n"));
}

TEST(ReportTableTest, NamesVerdictsThatItDoesNotKnow) {
  v1::FleetReport report = ReportOfGuest("");
  report.mutable_hosts(0)->mutable_report()->mutable_guests(0)->set_verdict(
      static_cast<v1::Verdict>(9));
  EXPECT_THAT(ReportTable(report, kPlain), HasSubstr(": 1 verdict-9\n"));
}

TEST(ReportTableTest, GrowsWithWideNames) {
  const std::string table = ReportTable(
      ReportOfGuest("name: '郵便サーバー' verdict: VERDICT_OK"), kPlain);
  EXPECT_THAT(table, HasSubstr("HOST    GUEST         VERDICT"));
  EXPECT_THAT(table, HasSubstr("dom0-a  郵便サーバー  ok     "));
}

TEST(ReportTableTest, CannotBeMovedByWhatAGuestIsCalled) {
  const std::string table =
      ReportTable(ReportOfGuest("name: 'x\\033[2J\\ndom0-z fine ok' reason: "
                                "'\\342\\200\\256txt'"),
                  kPlain);
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table, HasSubstr("dom0-a  x\\x1b[2J\\ndom0-z fine ok  "));
  EXPECT_THAT(table, HasSubstr("\\u202etxt\n"));
}

TEST(ReportTableTest, ShortensANameThatWouldPushTheRestAside) {
  const std::string long_name(10'000, 'x');
  const std::string shown(127, 'x');
  const std::string table =
      ReportTable(ReportOfGuest(absl::StrCat("name: '", long_name,
                                             "' verdict: VERDICT_OK")),
                  kPlain);
  EXPECT_THAT(table, HasSubstr(absl::StrCat("  ", shown, "…  ok")));
}

TEST(ReportTableTest, FitsTheTerminal) {
  v1::FleetReport report = ReportOfGuest(
      "name: 'mail-1' verdict: VERDICT_WRONG reason: 'a reason that is longer "
      "than what a terminal of eighty columns has left for it'");
  report.add_hosts()->set_error(
      "an error is never shortened, since its end says what to do about it");
  const std::string table = ReportTable(report, {.width = 80});
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  EXPECT_EQ(DisplayWidth(lines[1]), 80u);
  EXPECT_THAT(lines[1], EndsWith("…"));
  EXPECT_THAT(lines[2], EndsWith("what to do about it"));
  EXPECT_THAT(ReportTable(report, kPlain), HasSubstr("has left for it\n"));
}

TEST(ReportTableTest, LeavesSomeOfTheFindingOnANarrowTerminal) {
  const std::string table = ReportTable(
      ReportOfGuest("reason: 'needs a bound below 0.2 s'"), {.width = 20});
  EXPECT_THAT(table, HasSubstr("needs a bou…\n"));
}

TEST(ReportTableTest, ColoursTheVerdictAndNothingOfTheLayout) {
  const v1::FleetReport report = ReportOfGuest("verdict: VERDICT_WRONG");
  const std::string coloured = ReportTable(report, {.colour = true});
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31mwrong\x1b[0m  "));
  EXPECT_THAT(ReportTable(report, kPlain), Not(HasSubstr("\x1b")));
}

TEST(GuestsTableTest, SaysWhoIsWhereAndWhatItRuns) {
  const std::string table = GuestsTable(
      Report(R"pb(
        hosts {
          name: "dom0-a"
          report {
            guests {
              name: "mail-1"
              uuid: "6a1f0a3e-0000-4000-8000-000000000001"
              libvirt_id: 7
              state: DOMAIN_STATE_RUNNING
              address: "unix:/run/a.sock"
              description {
                agent_version: "0.1.0"
                kernel_release: "6.1.0-18-amd64"
                clocksource_current: "xen"
              }
            }
            guests {
              name: "old"
              uuid: "6a1f0a3e-0000-4000-8000-000000000002"
              state: DOMAIN_STATE_PAUSED
            }
          }
        }
        hosts { name: "dom0-c" error: "no answer in 2 s (deadline)" }
      )pb"),
      kPlain);
  EXPECT_EQ(table,
            // clang-format off
"HOST    GUEST   ID  STATE    UUID                                  ADDRESS           CLOCKSOURCE  AGENT  KERNEL\n"
"dom0-a  mail-1   7  running  6a1f0a3e-0000-4000-8000-000000000001  unix:/run/a.sock  xen          0.1.0  6.1.0-18-amd64\n"
"dom0-a  old      -  paused   6a1f0a3e-0000-4000-8000-000000000002  -                 -            -      -\n"
"dom0-c  -       no answer in 2 s (deadline)\n");
  // clang-format on
}

TEST(VersionTableTest, ShowsItsOwnAndEachDaemons) {
  std::vector<DaemonHealth> daemons;
  daemons.push_back(
      {"dom0-a", FromText<v1::GetHealthResponse>(
                     "version: '0.1.0' started { seconds: 1000000000 } "
                     "problems: 'libvirt out of reach'")});
  daemons.push_back({"dom0-b", absl::UnavailableError("nobody listens")});
  EXPECT_EQ(
      VersionTable("0.2.0", daemons, kPlain),
      // clang-format off
"HOST    PROGRAM    VERSION  STARTED                      PROBLEMS\n"
"-       noonmark   0.2.0    -                            -\n"
"dom0-a  noonmarkd  0.1.0    2001-09-09 01:46:40.000 UTC  libvirt out of reach\n"
"dom0-b  noonmarkd  nobody listens\n");
  // clang-format on
}

}  // namespace
}  // namespace noonmark::cli
