#ifndef NOONMARK_TESTS_SYSTEM_CORRECTED_GUEST_H_
#define NOONMARK_TESTS_SYSTEM_CORRECTED_GUEST_H_

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "noonmark/v1/fleet.pb.h"
#include "tests/integration/real_host.h"
#include "tests/system/emulated_guest.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {

// An emulated guest, "mail-1", with what the package noonmark-agent brings, and
// a dom0 of real processes that corrects its clock: noonmark, noonmarkd, agent,
// corrector and kernel are the real ones.
class CorrectedGuest : public ::testing::Test {
 protected:
  // Of what an emulated guest does, on a machine with other work: a restart of
  // its mail takes 10 to 40 s there, a first login 10 s. Nothing is waited for
  // after it has happened, so it is the length of a hang alone.
  static constexpr std::chrono::minutes kPatience{4};
  static constexpr char kGuest[] = "mail-1";

  // What the guest has: of EmulatedGuest::ImageOf(), in the agent's list of
  // profiles, and by the names of systemd.
  struct Flavour {
    std::string name;
    std::string profiles;
    std::string units;
  };
  virtual Flavour Has() const;

  void SetUp() override;

  // Its clock was right, and is off by that now; then its mail is restarted, so
  // that the mistake itself is no harm to it.
  //
  // A new dom0 looks after it from here on: noonmarkd corrects nobody twice in
  // ten minutes, and what forgets that is a state that is not kept. `correct`,
  // `judge`: lines of these tables. `trust`: of its host.
  void MakeWrong(absl::Duration by, const std::string& correct = "",
                 const std::string& judge = "",
                 const std::string& trust = "declared");
  // The same without the restart.
  void SetWrong(absl::Duration by, const std::string& correct = "",
                const std::string& judge = "",
                const std::string& trust = "declared");
  void RestartMail() const;

  void WaitUntilPlanned(v1::PlanWay way) const;
  // `noonmark correct mail-1` to its end, `longer` than usual; it must succeed.
  // Its operation, as noonmarkd tells it.
  v1::Operation Correct(std::chrono::seconds longer = {}) const;
  // Its offset is within what `noonmark report` calls ok.
  void ExpectRight() const;

  std::unique_ptr<EmulatedGuest> guest_;
  std::unique_ptr<GuestClock> clock_;
  std::unique_ptr<RealHost> host_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_CORRECTED_GUEST_H_
