#ifndef NOONMARK_TESTS_SYSTEM_WATCHED_GUEST_H_
#define NOONMARK_TESTS_SYSTEM_WATCHED_GUEST_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "noonmark/v1/fleet.pb.h"
#include "tests/integration/real_host.h"
#include "tests/system/emulated_guest.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {

// A dom0 of real processes that watches one emulated guest, "mail-1", whose
// agent runs. noonmarkd is not started yet.
class WatchedGuest : public ::testing::Test {
 protected:
  void SetUp() override;

  // Starts noonmarkd and waits until the guest is ok.
  void Watch();
  // Waits until exchanges of so many more polls were measured; the row.
  v1::Guest AwaitPolls(uint64_t polls) const;
  v1::Guest WaitUntil(
      const std::function<bool(const v1::Guest&)>& condition) const {
    return host_.WaitUntil("mail-1", condition);
  }

  RealHost host_;
  std::unique_ptr<EmulatedGuest> guest_;
  std::unique_ptr<GuestClock> clock_;
};

// The codes of all findings, active or past, but of an agent that could not be
// reached: an emulated guest may be silent for long, on a machine that is busy.
std::vector<std::string> ClockFindings(const v1::Guest& guest);

// Whether the interval holds the truth.
bool Holds(const v1::OffsetInterval& interval, absl::Duration truth);
absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_WATCHED_GUEST_H_
