// noonmarkd under systemd, by the package's own unit, users and folders: what
// the unit takes away, it does not need.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/system/emulated_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LongHostUnitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!EmulatedGuest::IsPrepared()) {
      GTEST_SKIP() << "no guest is prepared; tests/check --only mail-guest "
                      "does";
    }
    guest_ = std::make_unique<EmulatedGuest>();
    guest_->InstallHostPackage(
        "[libvirt]\nuri = \"test:///default\"\n"
        "[host]\nname = \"dom0\"\n");
  }
  std::string Property(const std::string& name) const {
    return guest_->Run(absl::StrCat("systemctl show --value --property=", name,
                                    " noonmarkd.service"));
  }
  // A command of somebody else, who is in `group`.
  std::string As(const std::string& group, const std::string& command) const {
    return guest_->Run(
        absl::StrCat("setpriv --reuid=nobody --regid=nogroup "
                     "--groups=",
                     group, " ", command, " 2>&1 || true"));
  }
  // Until the command says so, for some minutes.
  void AwaitWord(const std::string& command, const std::string& word) const {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::minutes(3);
    std::string said;
    do {
      said = guest_->Run(command);
      if (said.find(word) == 0) return;
    } while (std::chrono::steady_clock::now() < until);
    FAIL() << command << ": " << said << Journal();
  }
  std::string Journal() const {
    return guest_->Run(
        "journalctl --quiet --output=cat --unit=noonmarkd.service");
  }

  std::unique_ptr<EmulatedGuest> guest_;
};

TEST_F(LongHostUnitTest, RunsWithAsLittleAsItHas) {
  EXPECT_THAT(Property("ActiveState"), StartsWith("active")) << Journal();
  // Its own sockets, by group.
  EXPECT_EQ(guest_->Run("cd /run/noonmark && stat -c '%n %U:%G %a' *.sock"),
            "operator.sock noonmark:noonmark-operator 660\n"
            "read.sock noonmark:noonmark 660\n")
      << Journal();
  AwaitWord(
      "journalctl --quiet --output=cat --unit=noonmarkd.service | "
      "grep -o 'connected to libvirt' || true",
      "connected to libvirt");
  // libvirt's test driver has one domain, without an agent.
  const std::string report = As("noonmark", "noonmark report");
  EXPECT_THAT(report, HasSubstr("no-agent"));
  EXPECT_THAT(As("nogroup", "noonmark report"), Not(HasSubstr("no-agent")));

  // Its workers: ended one by one, they come back, and it stays.
  const std::string daemon = Property("MainPID");
  const std::string count = "pgrep -c -x noonmarkd-probe || true";
  AwaitWord(count, "2");
  guest_->Run("pkill -9 -o -x noonmarkd-probe");
  AwaitWord(
      "journalctl --quiet --output=cat --unit=noonmarkd.service | "
      "grep -o 'started again' || true",
      "started again");
  AwaitWord(count, "2");
  EXPECT_EQ(Property("MainPID"), daemon);
  EXPECT_THAT(Journal(), Not(HasSubstr("rror"))) << Journal();

  // And after a restart, with all that it left behind.
  guest_->Run("systemctl restart noonmarkd.service");
  EXPECT_THAT(As("noonmark", "noonmark report"), HasSubstr("dom0"));
  EXPECT_THAT(Property("Result"), StartsWith("success"));
  EXPECT_THAT(Journal(), Not(HasSubstr("signal 15")));
}

}  // namespace
}  // namespace noonmark::testing
