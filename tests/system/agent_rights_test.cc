// What whoever breaks into the agent or its corrector may ask systemd for, in a
// real guest, with the package's own rules.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/system/corrected_guest.h"

namespace noonmark::testing {
namespace {

constexpr char kAgent[] = "noonmark-agent";
constexpr char kCorrector[] = "noonmark-corrector";

class LongAgentRightsTest : public CorrectedGuest {
 protected:
  using Order = std::pair<std::string, std::string>;  // a user, a command
  // How each ended, all in one go: another connection for each costs more than
  // what it is for.
  std::vector<int> Try(const std::vector<Order>& orders) const {
    std::string script;
    for (const auto& [user, command] : orders) {
      absl::StrAppend(&script, "runuser -u ", user, " -- ", command,
                      " </dev/null >/dev/null 2>&1; echo \"ended $?\"\n");
    }
    std::vector<int> ended;
    for (const auto line : absl::StrSplit(guest_->Run(script), '\n')) {
      int code = 0;
      if (absl::SimpleAtoi(absl::StripPrefix(line, "ended "), &code)) {
        ended.push_back(code);
      }
    }
    EXPECT_EQ(ended.size(), orders.size());
    return ended;
  }
};

TEST_F(LongAgentRightsTest, EndWithTheListedUnitsAndVerbs) {
  const std::string ask = "systemctl --no-ask-password ";
  const std::string attacks[] = {
      // Units that nobody listed.
      ask + "start systemd-tmpfiles-clean.service",
      ask + "stop ssh.service",
      ask + "restart polkit.service",
      // Listed ones, by other verbs.
      ask + "restart dovecot.service",
      ask + "kill dovecot.service",
      ask + "set-property --runtime dovecot.service CPUQuota=1%",
      ask + "clean dovecot.service",
      // What comes back with the next boot, or is of all units.
      ask + "disable dovecot.service",
      ask + "mask --runtime dovecot.service",
      ask + "daemon-reload",
      ask + "set-environment LD_PRELOAD=/tmp/evil.so",
      ask + "isolate rescue.target",
      // A command of one's own, as root.
      "systemd-run --no-ask-password --unit=evil touch /tmp/evil",
      // Others that ask polkit, and files that are the other's.
      "busctl --allow-interactive-authorization=no call "
      "org.freedesktop.hostname1 "
      "/org/freedesktop/hostname1 org.freedesktop.hostname1 SetHostname sb "
      "evil "
      "false",
      "touch /etc/noonmark/agent.toml",
  };
  std::vector<Order> orders;
  for (const char* const user : {kAgent, kCorrector}) {
    for (const std::string& attack : attacks) orders.emplace_back(user, attack);
  }
  // The agent may not even do what its corrector may.
  orders.emplace_back(kAgent, ask + "stop dovecot.service");
  orders.emplace_back(kAgent, "cat /var/lib/noonmark-corrector/journal");
  const std::string before =
      guest_->Run("systemctl is-enabled dovecot.service");
  const std::vector<int> ended = Try(orders);
  ASSERT_EQ(ended.size(), orders.size());
  for (size_t i = 0; i < orders.size(); ++i) {
    EXPECT_NE(ended[i], 0) << orders[i].first << ": " << orders[i].second;
  }

  EXPECT_EQ(guest_->ActiveState("dovecot.service"), "active");
  EXPECT_EQ(guest_->ActiveState("ssh.service"), "active");
  EXPECT_EQ(guest_->Run("systemctl is-enabled dovecot.service"), before);
  EXPECT_EQ(guest_->Run("ls /tmp/evil 2>/dev/null || true"), "");
  EXPECT_EQ(guest_->Run("hostname"), guest_->Run("cat /etc/hostname"));

  // That all of these did not fail for another reason.
  const std::vector<int> allowed = Try({
      {kCorrector, ask + "stop dovecot.service"},
      {kCorrector, ask + "start dovecot.service"},
      {"root", ask + "restart dovecot.service"},
      {"root", ask + "set-property --runtime dovecot.service CPUQuota=100%"},
      {"root", ask + "start systemd-tmpfiles-clean.service"},
      {"root", "systemd-run --no-ask-password --unit=evil true"},
  });
  EXPECT_EQ(allowed, std::vector<int>(6, 0));
}

}  // namespace
}  // namespace noonmark::testing
