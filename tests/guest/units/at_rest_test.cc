#include "guest/units/at_rest.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

constexpr char kHeader[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

class AtRestTest : public ::testing::Test {
 protected:
  AtRestTest() { directory_.Write("cgroup/cgroup.controllers", "cpu"); }

  TemporaryDirectory directory_;
  const ProofPaths paths_ = {.cgroups = directory_.Path("cgroup"),
                             .tcp = directory_.Path("tcp"),
                             .tcp6 = directory_.Path("tcp6")};
};

TEST_F(AtRestTest, ACgroupHoldsAProcessAsTheKernelSays) {
  directory_.Write("cgroup/a.service/cgroup.events", "frozen 0\npopulated 1\n");
  directory_.Write("cgroup/b.service/cgroup.events", "populated 0\nfrozen 0\n");
  EXPECT_TRUE(*HasProcesses(paths_, "/a.service"));
  EXPECT_FALSE(*HasProcesses(paths_, "/b.service"));
}

TEST_F(AtRestTest, ACgroupThatIsGoneHoldsNone) {
  EXPECT_FALSE(*HasProcesses(paths_, "/gone.service"));
  EXPECT_FALSE(*HasProcesses(paths_, ""));
}

TEST_F(AtRestTest, WhereCgroupsCannotBeReadNothingIsProven) {
  directory_.Write("cgroup/a.service/cgroup.events", "");
  EXPECT_THAT(HasProcesses(paths_, "/a.service"),
              StatusIs(absl::StatusCode::kUnavailable, "says nothing"));
  const ProofPaths of_version_1 = {.cgroups = directory_.Path("v1")};
  EXPECT_THAT(HasProcesses(of_version_1, "/a.service"),
              StatusIs(absl::StatusCode::kUnavailable, "cgroup.controllers"));
}

TEST_F(AtRestTest, PortsAreThoseThatListenOfBothProtocols) {
  directory_.Write(
      "tcp", std::string(kHeader) +
                 "   0: 00000000:008F 00000000:0000 0A 00000000:00000000\n"
                 "   1: 0100007F:0035 00000000:0000 0A 00000000:00000000\n"
                 // Established: no listener.
                 "   2: 0100007F:1234 0100007F:0035 01 00000000:00000000\n");
  directory_.Write("tcp6",
                   std::string(kHeader) +
                       "   0: 00000000000000000000000000000000:FFFF "
                       "00000000000000000000000000000000:0000 0A 0:0\n");
  const auto ports = ListeningPorts(paths_);
  ASSERT_THAT(ports, IsOk());
  EXPECT_EQ(*ports, (std::set<uint16_t>{143, 53, 65535}));
}

TEST_F(AtRestTest, AKernelWithoutIpv6HasNoSecondTable) {
  directory_.Write("tcp", kHeader);
  const auto ports = ListeningPorts(paths_);
  ASSERT_THAT(ports, IsOk());
  EXPECT_TRUE(ports->empty());
}

TEST_F(AtRestTest, PortsThatCannotBeReadAreAnError) {
  EXPECT_THAT(ListeningPorts(paths_),
              StatusIs(absl::StatusCode::kUnavailable, "tcp"));
  directory_.Write("tcp", std::string(kHeader) + "   0: nonsense\n");
  EXPECT_THAT(ListeningPorts(paths_), StatusIs(absl::StatusCode::kInternal));
  directory_.Write("tcp",
                   std::string(kHeader) + "   0: 0:XY 00000000:0000 0A 0\n");
  EXPECT_THAT(ListeningPorts(paths_),
              StatusIs(absl::StatusCode::kInternal, "port"));
}

// The real tables have the form that is read.
TEST_F(AtRestTest, ReadsThisMachinesTables) {
  EXPECT_THAT(ListeningPorts(ProofPaths()), IsOk());
}

}  // namespace
}  // namespace noonmark
