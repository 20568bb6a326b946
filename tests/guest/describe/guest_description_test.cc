#include "guest/describe/guest_description.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kClocksource[] = "sys/devices/system/clocksource/clocksource0/";

TEST(DescribeGuestTest, ReadsAXenGuest) {
  TemporaryDirectory root;
  root.Write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  root.Write("etc/os-release",
             "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  root.Write(std::string(kClocksource) + "current_clocksource", "xen\n");
  root.Write(std::string(kClocksource) + "available_clocksource", "xen tsc \n");
  root.Write("sys/hypervisor/type", "xen\n");
  root.Write("sys/hypervisor/guest_type", "PVH\n");
  root.Write("sys/hypervisor/version/major", "4\n");
  root.Write("sys/hypervisor/version/minor", "17\n");
  root.Write("sys/hypervisor/version/extra", ".7\n");
  root.Write("sys/hypervisor/uuid", "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11\n");

  const GuestFacts facts = DescribeGuest(root.path());
  EXPECT_EQ(facts.kernel_release, "6.1.0-18-amd64");
  EXPECT_EQ(facts.operating_system, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(facts.clocksource_current, "xen");
  EXPECT_THAT(facts.clocksources_available, ElementsAre("xen", "tsc"));
  ASSERT_TRUE(facts.xen.has_value());
  EXPECT_EQ(facts.xen->guest_type, "PVH");
  EXPECT_EQ(facts.xen->version, "4.17.7");
  EXPECT_EQ(facts.xen->independent_wallclock, std::nullopt);
  EXPECT_EQ(facts.machine_uuid, "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11");
}

TEST(DescribeGuestTest, LeavesOutWhatItCannotRead) {
  TemporaryDirectory root;
  const GuestFacts facts = DescribeGuest(root.path());
  EXPECT_EQ(facts.kernel_release, "");
  EXPECT_EQ(facts.operating_system, "");
  EXPECT_EQ(facts.clocksource_current, "");
  EXPECT_THAT(facts.clocksources_available, IsEmpty());
  EXPECT_FALSE(facts.xen.has_value());
  EXPECT_EQ(facts.machine_uuid, "");
}

TEST(DescribeGuestTest, ReadsWhetherAnOldGuestFollowsItsHost) {
  TemporaryDirectory root;
  root.Write("sys/hypervisor/type", "xen\n");
  root.Write("proc/sys/xen/independent_wallclock", "0\n");
  EXPECT_EQ(DescribeGuest(root.path()).xen->independent_wallclock, false);
  root.Write("proc/sys/xen/independent_wallclock", "1\n");
  EXPECT_EQ(DescribeGuest(root.path()).xen->independent_wallclock, true);
}

// As a processor under Xen shows it; elsewhere nobody asks it.
TEST(DescribeGuestTest, ReadsXensWordOfTheCounterUnderXenOnly) {
  const Cpuid xen = [](uint32_t leaf, uint32_t) -> CpuidRegisters {
    if (leaf == 1) return {0, 0, 0x80000000, 0};
    if (leaf == 0x40000000) {
      return {0x40000004, 0x566e6558, 0x65584d4d, 0x4d4d566e};
    }
    if (leaf == 0x40000003) return {0, 2, 2'400'000, 9};
    return {};
  };
  TemporaryDirectory root;
  EXPECT_FALSE(DescribeGuest(root.path(), xen).xen.has_value());
  root.Write("sys/hypervisor/type", "xen\n");
  const GuestFacts facts = DescribeGuest(root.path(), xen);
  ASSERT_TRUE(facts.xen->tsc.has_value());
  EXPECT_EQ(facts.xen->tsc->mode, 2u);
  EXPECT_EQ(facts.xen->tsc->incarnation, 9u);
}

TEST(DescribeGuestTest, TakesNoOtherHypervisorForXen) {
  TemporaryDirectory root;
  root.Write("sys/hypervisor/type", "other\n");
  root.Write("sys/hypervisor/uuid", "0de13d51-7b8b-4fa0-8b4d-9a4a2e6f4c11\n");
  EXPECT_FALSE(DescribeGuest(root.path()).xen.has_value());
  EXPECT_EQ(DescribeGuest(root.path()).machine_uuid, "");
}

TEST(DescribeGuestTest, ReadsTheNameInAnyQuotes) {
  TemporaryDirectory root;
  for (const auto& [line, name] :
       {std::pair("PRETTY_NAME=Alpine", "Alpine"),
        std::pair("PRETTY_NAME='A B'", "A B"),
        std::pair("PRETTY_NAME=\"The \\\"X\\\" \\$5\"", "The \"X\" $5"),
        std::pair("PRETTY_NAME=\"", "\""), std::pair("PRETTY_NAME=", ""),
        std::pair("PRETTY_NAME=\"\\\"", "\\")}) {
    SCOPED_TRACE(line);
    root.Write("usr/lib/os-release", line);
    EXPECT_EQ(DescribeGuest(root.path()).operating_system, name);
  }
}

TEST(DescribeGuestTest, ReadsThisMachine) {
  const GuestFacts facts = DescribeGuest("");
  EXPECT_NE(facts.kernel_release, "");
  EXPECT_NE(facts.machine, "");
  EXPECT_TRUE(facts.discipline.has_value());
}

}  // namespace
}  // namespace noonmark
