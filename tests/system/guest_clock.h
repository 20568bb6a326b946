#ifndef NOONMARK_TESTS_SYSTEM_GUEST_CLOCK_H_
#define NOONMARK_TESTS_SYSTEM_GUEST_CLOCK_H_

#include <chrono>
#include <string>

namespace noonmark::testing {

// The clock of an emulated guest, to be changed. Only the guest can: what obeys
// is tests/system/guest/usr/local/sbin/bed-clock, which says what each order
// means, in the guest.
class GuestClock {
 public:
  // `socket`: EmulatedGuest::ClockSocket().
  explicit GuestClock(const std::string& socket);
  ~GuestClock();
  GuestClock(const GuestClock&) = delete;
  GuestClock& operator=(const GuestClock&) = delete;

  using Moment = std::chrono::steady_clock::time_point;
  // It was obeyed between these two.
  struct Obeyed {
    Moment ordered;
    Moment answered;
  };
  // "step -6": an order and its amount. That it is not obeyed fails the test.
  Obeyed Order(const std::string& order) const;
  // CLOCK_REALTIME is this machine's, to 20 ms: set again until an order takes
  // no longer than that.
  void SetRight() const;

 private:
  int socket_ = -1;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_GUEST_CLOCK_H_
