#include "host/cli/wording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::testing::ElementsAre;

v1::Finding Finding(const std::string& text) {
  return FromText<v1::Finding>(text);
}

TEST(FindingTextTest, SaysHowLongAgoSomethingHappened) {
  EXPECT_EQ(FindingText(Finding(R"(
              code: "counter-jump" active: true occurrences: 1
              first_seen { seconds: 1000 } last_seen { seconds: 1000 }
              age { seconds: 720 } summary: "2^42 ns"
              size { lo { seconds: 4398 } hi { seconds: 4399 } })")),
            "counter-jump 12 min ago, 2^42 ns");
}

TEST(FindingTextTest, SaysHowLongSomethingHasLasted) {
  EXPECT_EQ(FindingText(Finding(R"(
              code: "agent-unreachable" active: true occurrences: 1
              first_seen { seconds: 1000 } last_seen { seconds: 1000 }
              age { seconds: 94 } summary: "no answer for 3 polls")")),
            "agent-unreachable for 94 s: no answer for 3 polls");
  EXPECT_EQ(FindingText(Finding(R"(
              code: "rtc-local-time" active: true occurrences: 1
              first_seen { seconds: 1000 } last_seen { seconds: 1600 }
              age { seconds: 5 } summary: "1 h"
              size { lo { seconds: 3600 } hi { seconds: 3600 } })")),
            "rtc-local-time for 10 min, 1 h");
}

TEST(FindingTextTest, SaysHowLongAgoSomethingEndedOrHappenedAgain) {
  EXPECT_EQ(FindingText(Finding(R"(
              code: "agent-unreachable" active: false occurrences: 1
              first_seen { seconds: 1000 } last_seen { seconds: 1060 }
              age { seconds: 30 } summary: "refused")")),
            "agent-unreachable 30 s ago: refused");
  EXPECT_EQ(FindingText(Finding(R"(
              code: "clock-set" active: true occurrences: 3
              first_seen { seconds: 1000 } last_seen { seconds: 1600 }
              age { seconds: 5 } summary: "-6.000000 s"
              size { lo { seconds: -6 } hi { seconds: -6 } })")),
            "clock-set 5 s ago, -6.000000 s");
}

TEST(HostNotesTest, SaysOnceThatAHostIsNotProven) {
  const std::string host = R"(
      trust_reason: "not synchronised"
      findings { code: "host-unproven" active: true })";
  EXPECT_THAT(
      HostNotes(FromText<v1::Host>("trust: HOST_TRUST_DECLARED" + host)),
      ElementsAre("its clock is declared right by configuration, not "
                  "proven: not synchronised"));
  EXPECT_THAT(
      HostNotes(FromText<v1::Host>("trust: HOST_TRUST_UNPROVEN" + host)),
      ElementsAre("its clock is unproven: not synchronised"));
}

}  // namespace
}  // namespace noonmark::cli
