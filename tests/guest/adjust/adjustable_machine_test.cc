#include "guest/adjust/adjustable_machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

class AdjustableMachineTest : public ::testing::Test {
 protected:
  // A virtual machine that systemd runs.
  AdjustableMachineTest() {
    std::filesystem::create_directories(root_.Path("run/systemd/system"));
    SetNamespace("pid:[4026531836]");
    root_.Write("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\n");
  }
  void SetNamespace(const std::string& target) {
    std::filesystem::create_directories(root_.Path("proc/self/ns"));
    std::filesystem::remove(root_.Path("proc/self/ns/pid"));
    std::filesystem::create_symlink(target, root_.Path("proc/self/ns/pid"));
  }
  absl::Status Check() { return CheckAdjustableMachine(root_.path()); }

  TemporaryDirectory root_;
};

TEST_F(AdjustableMachineTest, IsAVirtualMachineOfAnyKind) {
  EXPECT_THAT(Check(), IsOk());
  // A paravirtual Xen guest: no flag, but a hypervisor.
  root_.Write("proc/cpuinfo", "flags\t\t: fpu\n");
  root_.Write("sys/hypervisor/type", "xen\n");
  EXPECT_THAT(Check(), IsOk());
  root_.Write("proc/xen/capabilities", "\n");
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(AdjustableMachineTest, IsNoHost) {
  root_.Write("proc/cpuinfo", "flags\t\t: fpu\nbugs: hypervisor\n");
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                "no virtual machine"));
}

TEST_F(AdjustableMachineTest, IsNoDom0) {
  root_.Write("sys/hypervisor/type", "xen\n");
  root_.Write("proc/xen/capabilities", "control_d\n");
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kFailedPrecondition, "dom0"));
}

TEST_F(AdjustableMachineTest, IsNoContainer) {
  SetNamespace("pid:[4026532201]");
  EXPECT_THAT(Check(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "container"));
}

TEST_F(AdjustableMachineTest, IsRunBySystemd) {
  std::filesystem::remove_all(root_.Path("run"));
  EXPECT_THAT(Check(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "systemd"));
}

}  // namespace
}  // namespace noonmark
