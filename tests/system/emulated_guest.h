#ifndef NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_
#define NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A real Debian guest, emulated, that goes on from where tests/system/prepare
// saved it: booted, idle, its clock right. Thrown away with the object.
//
// What it fails at fails the test. Where nothing was prepared, IsPrepared() is
// false and there is no guest to be had.
class EmulatedGuest {
 public:
  static bool IsPrepared();

  // Returns when the guest answers and its clock has been set to this
  // machine's, to 20 ms.
  EmulatedGuest();

  // A command of the guest's shell, as root. Its words, both kinds.
  std::string Run(const std::string& command) const;
  // This build's program, into the guest's /usr/local/bin.
  void Install(const std::string& program) const;
  // noonmark-agent as a service of a user of its own, without any capability,
  // on its usual socket. Returns when it has told systemd that it is ready.
  void StartAgent() const;

  // The socket of this machine that leads to the agent's.
  std::string AgentSocket() const { return folder_.Path("agent.sock"); }
  // The same to what changes the guest's clock; see GuestClock.
  std::string ClockSocket() const { return folder_.Path("clock.sock"); }

  // An order to the emulator's monitor, such as "stop", given until its answer
  // has `part`. Returns that answer.
  std::string Monitor(const std::string& order,
                      const std::string& part = "") const;

 private:
  std::vector<std::string> Ssh(const std::string& program) const;

  TemporaryDirectory folder_;
  std::unique_ptr<ChildProcess> emulator_;
  std::unique_ptr<ChildProcess> connection_;  // that all others share
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_
