#include "host/cli/machine.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/host/cli/messages.h"
#include "tests/support/status_matchers.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

v1::FleetReport SmallFleet() {
  return FromText<v1::FleetReport>(R"pb(
    hosts {
      name: "dom0-a"
      report {
        host { trust: HOST_TRUST_DECLARED }
        guests {
          name: "mail-1"
          uuid: "6a1f"
          libvirt_id: 7
          state: DOMAIN_STATE_RUNNING
          group: "mail"
          verdict: VERDICT_WRONG
          offset {
            lo { seconds: -6 nanos: -3 }
            hi { seconds: -6 }
          }
          age { seconds: 1 nanos: 500000000 }
          drift {
            ppm: -12.5
            bar { lo_ppm: -13 hi_ppm: -12.25 }
            constant: true
            warning_earliest { seconds: 3600 }
            warning_latest { seconds: 4000 nanos: 1000 }
          }
          findings {
            code: "clock-set"
            severity: SEVERITY_FAULT
            age { seconds: 60 }
            summary: "-6.000000 s, told by \"ntpdate\""
          }
          description { kernel_release: "6.1.0" agent_version: "0.1.0" }
        }
        guests { name: "new" verdict: VERDICT_UNKNOWN reason: "no agent" }
      }
    }
    hosts { name: "dom0-c" error: "no answer in 2 s (deadline)" }
  )pb");
}

TEST(MessageJsonTest, IsTheMessageItself) {
  const absl::StatusOr<std::string> json = MessageJson(SmallFleet(), true);
  ASSERT_THAT(json, IsOk());
  v1::FleetReport back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(*json, &back).ok());
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(back, SmallFleet()));
}

TEST(MessageJsonTest, HasProtobufsNamesAndPlainDefaults) {
  const std::string json = *MessageJson(SmallFleet(), false);
  EXPECT_THAT(json, HasSubstr("\"libvirtId\":7"));
  EXPECT_THAT(json, HasSubstr("\"verdict\":\"VERDICT_WRONG\""));
  EXPECT_THAT(json, HasSubstr("\"active\":false"));
  EXPECT_THAT(json, HasSubstr("\"lo\":\"-6.000000003s\""));
  EXPECT_THAT(json, HasSubstr("\"error\":\"no answer in 2 s (deadline)\""));
}

TEST(MessageJsonTest, IsOneLineUnlessPretty) {
  const std::string line = *MessageJson(SmallFleet(), false);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(*MessageJson(SmallFleet(), true), HasSubstr("\n "));
}

TEST(MessageJsonTest, EscapesWhatATerminalWouldObey) {
  v1::FleetReport report;
  report.add_hosts()->set_name("\x1b[2J\u009b\u202e");
  EXPECT_THAT(*MessageJson(report, false),
              HasSubstr("\\u001b[2J\\u009b\\u202e"));
}

TEST(MessageJsonTest, RefusesValuesThatProtobufHasNoJsonFor) {
  v1::FleetReport report;
  report.add_hosts()->mutable_report()->mutable_published()->set_seconds(
      1'000'000'000'000);
  EXPECT_THAT(MessageJson(report, false),
              StatusIs(absl::StatusCode::kInternal, "no JSON form"));
}

TEST(ReportCsvTest, HasALineForEachGuestAndEachSilentHost) {
  EXPECT_EQ(
      ReportCsv(SmallFleet()),
      // clang-format off
"host,host_trust,guest,uuid,verdict,reason,offset_seconds,bound_seconds,age_seconds,"
"finding,finding_severity,finding_active,finding_age_seconds,finding_signature,finding_summary,"
"host_bound_seconds,intended_offset_seconds,drift_ppm,drift_lo_ppm,drift_hi_ppm,"
"drift_constant,warning_earliest_seconds,warning_latest_seconds,error\n"
"dom0-a,declared,mail-1,6a1f,wrong,,-6.000000001,0.000000002,1.500000000,"
"clock-set,fault,false,60.000000000,,\"-6.000000 s, told by \"\"ntpdate\"\"\",,,"
"-12.5,-13,-12.25,true,3600.000000000,4000.000001000,\n"
"dom0-a,declared,new,,unknown,no agent,,,,,,,,,,,,,,,,,,\n"
"dom0-c,,,,,,,,,,,,,,,,,,,,,,,no answer in 2 s (deadline)\n");
  // clang-format on
}

TEST(ReportCsvTest, KeepsARecordOnItsLine) {
  v1::FleetReport report;
  report.add_hosts()->set_error("two\nlines\x1b");
  EXPECT_THAT(ReportCsv(report), EndsWith(",two\\nlines\\x1b\n"));
  EXPECT_THAT(ReportCsv(report), Not(HasSubstr("\x1b")));
}

TEST(GuestsCsvTest, DescribesEachGuest) {
  EXPECT_EQ(GuestsCsv(SmallFleet()),
            "host,guest,uuid,libvirt_id,state,address,group,clocksource,"
            "agent_version,kernel_release,operating_system,error\n"
            "dom0-a,mail-1,6a1f,7,running,,mail,,0.1.0,6.1.0,,\n"
            "dom0-a,new,,,unspecified,,,,,,,\n"
            "dom0-c,,,,,,,,,,,no answer in 2 s (deadline)\n");
}

}  // namespace
}  // namespace noonmark::cli
