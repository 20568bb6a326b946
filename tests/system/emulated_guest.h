#ifndef NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_
#define NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {

// A real Debian guest, emulated, that goes on from where tests/system/prepare
// saved it: booted, idle, its clock right. Thrown away with the object.
//
// What it fails at fails the test. Where nothing was prepared, IsPrepared() is
// false and there is no guest to be had.
class EmulatedGuest {
 public:
  static bool IsPrepared();
  // What tests/system/prepare printed, of a flavour: of "exim-cyrus" what is in
  // $NOONMARK_BED_IMAGE_EXIM_CYRUS. Empty: it was not prepared.
  static std::string ImageOf(const std::string& flavour);

  // Returns when the guest answers and its clock has been set to this
  // machine's, to 20 ms. `image`: ImageOf() a flavour, or the usual one.
  explicit EmulatedGuest(const std::string& image = ImageOf(""));

  // A command of the guest's shell, as root. Its words, both kinds.
  std::string Run(const std::string& command) const;
  // This build's program, into the guest's /usr/local/bin.
  void Install(const std::string& program) const;
  // What the package noonmark-agent is made of, where it belongs; its services
  // run. `agent_toml`: the guest's configuration.
  void InstallPackage(const std::string& agent_toml) const;
  // What the package noonmark-host is made of, and the libraries that it needs
  // and the guest has not: as if it were a dom0. noonmarkd runs.
  void InstallHostPackage(const std::string& noonmarkd_toml) const;
  // noonmark-agent as a service of a user of its own, without any capability,
  // on its usual socket. Returns when it has told systemd that it is ready.
  void StartAgent() const;

  // The socket of this machine that leads to the agent's.
  std::string AgentSocket() const { return folder_.Path("agent.sock"); }
  // The same to what changes the guest's clock; see GuestClock.
  std::string ClockSocket() const { return folder_.Path("clock.sock"); }

  // Where this machine's clients reach the guest's mail; Dovecot and Postfix
  // run.
  const MailAddresses& Mail() const { return mail_; }
  // How often a service's journal has that: "Fatal: Time just moved backwards".
  int CountLogged(const std::string& unit, const std::string& text) const;
  // What Postfix wrote into the journal, a message a line.
  std::string PostfixLog() const;
  // How often each message of a MailLoad is in the store, as soon as Postfix
  // has passed on all that it has taken. `load`: of the MailLoad of that name.
  std::map<std::string, int> StoredMail(const std::string& load = "") const;

  // CLOCK_BOOTTIME now, which nobody sets and which nothing suspends here.
  absl::Duration Boottime() const;
  // A property of a unit that is a moment of that clock:
  // "InactiveExitTimestampMonotonic", as its start was issued.
  absl::Duration Moment(const std::string& unit,
                        const std::string& property) const;
  // "active", as systemd has it.
  std::string ActiveState(const std::string& unit) const;

  // Its power is cut and comes back: what was not on the disk is lost. Returns
  // when it answers again.
  void PowerCycle();
  // Nothing reaches it, or its answers anybody, until the cable is put in
  // again; then it answers again.
  void CutNetwork() const;
  void MendNetwork();

  // An order to the emulator's monitor, such as "stop", given until its answer
  // has `part`. Returns that answer.
  std::string Monitor(const std::string& order,
                      const std::string& part = "") const;

 private:
  // The connection that all others share. False: the guest does not answer.
  bool Connect();
  // The same, until it does.
  void Reach();
  std::vector<std::string> Ssh(const std::string& program) const;
  void Copy(const std::string& from, const std::string& to) const;
  // What `cmake --install` makes of a component, into the guest's root.
  void InstallComponent(const std::string& component) const;
  // Files of this machine that the guest has not, to the same places.
  void CopyMissing(const std::vector<std::string>& files) const;
  // Packs and unpacks; `arguments`: what tar takes.
  void CopyTree(std::vector<std::string> arguments) const;

  const std::string image_;
  TemporaryDirectory folder_;
  std::string port_;  // of this machine, to the guest's ssh
  MailAddresses mail_;
  std::unique_ptr<ChildProcess> emulator_;
  std::unique_ptr<ChildProcess> connection_;  // that all others share
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_EMULATED_GUEST_H_
