#ifndef NOONMARK_TESTS_SUPPORT_VIRTUAL_MACHINE_H_
#define NOONMARK_TESTS_SUPPORT_VIRTUAL_MACHINE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"
#include "common/time/clock.h"

namespace noonmark::testing {

// An exact span of time: to 10^-18 ns, so that a rate in parts per 10^9 on top
// of another leaves no remainder.
class ExactTime {
 public:
  constexpr ExactTime() = default;
  static ExactTime Of(absl::Duration whole_ns);

  // Down and up to what a Duration holds: a quarter of a nanosecond.
  absl::Duration Floor() const;
  absl::Duration Ceil() const;
  // As a kernel shows it.
  absl::Duration FloorNanoseconds() const;

  ExactTime& operator+=(ExactTime other) {
    whole_ += other.whole_;
    part_ += other.part_;
    if (part_ >= kParts) {
      part_ -= kParts;
      ++whole_;
    }
    return *this;
  }
  ExactTime& operator-=(ExactTime other) {
    whole_ -= other.whole_;
    part_ -= other.part_;
    if (part_ < 0) {
      part_ += kParts;
      --whole_;
    }
    return *this;
  }
  friend ExactTime operator+(ExactTime a, ExactTime b) { return a += b; }
  friend ExactTime operator-(ExactTime a, ExactTime b) { return a -= b; }
  friend bool operator==(ExactTime a, ExactTime b) {
    return a.whole_ == b.whole_ && a.part_ == b.part_;
  }
  friend bool operator<(ExactTime a, ExactTime b) {
    return a.whole_ != b.whole_ ? a.whole_ < b.whole_ : a.part_ < b.part_;
  }

  // What a clock that is fast by `rate`, slewed besides, gains on true time in
  // a nanosecond; in 10^-18 ns.
  static absl::int128 GainPerNanosecond(PartsPerBillion rate,
                                        PartsPerBillion slew) {
    return (absl::int128(rate) + slew) * 1'000'000'000 +
           absl::int128(rate) * slew;
  }
  // `elapsed` ns of true time on a clock that gains so much in each.
  static ExactTime Run(int64_t elapsed, absl::int128 gain) {
    const absl::int128 gained = elapsed * gain;
    // Of short spans in 64 bits, where a division costs little.
    const int64_t few = static_cast<int64_t>(gained);
    const absl::int128 whole = few == gained ? few / kParts : gained / kParts;
    ExactTime time;
    time.whole_ = elapsed + whole;
    time.part_ = static_cast<int64_t>(gained - whole * kParts);
    if (time.part_ < 0) {
      time.part_ += kParts;
      --time.whole_;
    }
    return time;
  }

 private:
  static constexpr int64_t kParts = 1'000'000'000'000'000'000;

  // Whole nanoseconds, rounded down, and what is above them in 10^-18 ns: kept
  // apart, since all that is read is whole nanoseconds.
  absl::int128 whole_ = 0;
  int64_t part_ = 0;
};

// Whether the interval holds the exact value.
bool Holds(const Interval& interval, ExactTime truth);

// Which of a group's five readings; a mask.
enum Reading : unsigned {
  kRawBefore = 1,
  kRealtime = 2,
  kMonotonic = 4,
  kBoottime = 8,
  kRawAfter = 16,
  kWholeGroup = 31,
};

// The true time between the five readings of a group.
struct Bracket {
  std::array<absl::Duration, 4> gaps;
  static Bracket Even(absl::Duration width) {
    return {{width / 4, width / 4, width / 4, width - 3 * (width / 4)}};
  }
  absl::Duration Width() const { return gaps[0] + gaps[1] + gaps[2] + gaps[3]; }
};

// The same from the first reading on: when the others are read, in whole
// nanoseconds.
struct Moments {
  explicit Moments(const Bracket& bracket);
  std::array<int64_t, 4> at;
  absl::Duration Width() const { return absl::Nanoseconds(at[3]); }
};

// A machine whose clocks are functions of true time, known exactly. True time
// is a Duration in whole nanoseconds since the world began; calls come in its
// order, since what has changed is not remembered.
class VirtualMachine {
 public:
  struct Start {
    absl::Duration raw = absl::Seconds(1000);
    absl::Duration monotonic = absl::Seconds(1000);
    absl::Duration boottime = absl::Seconds(1000);
    absl::Duration realtime = absl::Seconds(1'735'689'600);  // 2025-01-01
  };
  explicit VirtualMachine(const Start& start);
  VirtualMachine() : VirtualMachine(Start{}) {}

  // From `t` on: RAW against true time; MONOTONIC, BOOTTIME and REALTIME
  // against RAW, as adjtimex slews them. > 0: fast.
  void SetRate(absl::Duration t, PartsPerBillion rate);
  void SetSlew(absl::Duration t, PartsPerBillion slew);

  // At `t`: all clocks leap together, the counter behind them is faulty.
  void Leap(absl::Duration t, absl::Duration by);
  // Somebody sets REALTIME; the kernel tells the agent, or it comes too late.
  void SetRealtime(absl::Duration t, absl::Duration by, bool told = true);
  void TellOfSet() { ++discontinuities_; }
  // MONOTONIC, BOOTTIME and REALTIME leap, RAW does not.
  void LeapTimekeeping(absl::Duration t, absl::Duration by);
  // True time passes from `t` to t + lasting: RAW and MONOTONIC stand, and
  // BOOTTIME and REALTIME went on when it wakes up.
  void Sleep(absl::Duration t, absl::Duration lasting);
  // The same, and nothing goes on: a pause that nobody tells it of.
  void StandStill(absl::Duration t, absl::Duration lasting);
  // All begins anew, at uptime 0 and with REALTIME kept.
  void Reboot(absl::Duration t);

  // One misread: of the group that is read after `groups` others, the readings
  // of the mask are off by so much.
  void Glitch(absl::Duration by, unsigned readings, int groups = 0);

  // Reads the group; it takes the bracket's width of true time.
  ClockReading Read(absl::Duration t, const Bracket& bracket = {}) {
    return Read(t, Moments(bracket));
  }
  ClockReading Read(absl::Duration t, const Moments& moments);

  // What the clocks show at `t`, exactly.
  ExactTime Raw(absl::Duration t) const;
  ExactTime Monotonic(absl::Duration t) const;
  ExactTime Realtime(absl::Duration t) const;

  uint64_t discontinuities() const { return discontinuities_; }
  const std::string& boot_id() const { return boot_id_; }

  std::string clocksource = "tsc";

 private:
  struct Clocks {
    ExactTime raw, monotonic, boottime, realtime;
  };
  struct PendingGlitch {
    absl::Duration by;
    unsigned readings;
    int groups;
  };
  // How far a clock has come since the anchor at a moment in ns; while the
  // machine stands still, the anchor lies ahead.
  ExactTime RawRan(int64_t t) const {
    return ExactTime::Run(std::max<int64_t>(t - anchored_, 0), raw_gain_);
  }
  ExactTime OthersRan(int64_t t) const {
    return ExactTime::Run(std::max<int64_t>(t - anchored_, 0), gain_);
  }
  void Anchor(absl::Duration t);
  void Gain();

  int64_t anchored_ = 0;  // ns
  Clocks anchor_;
  PartsPerBillion rate_ = 0;
  PartsPerBillion slew_ = 0;
  // As both make it: of RAW and of the others.
  absl::int128 raw_gain_ = 0;
  absl::int128 gain_ = 0;
  uint64_t discontinuities_ = 0;
  int boots_ = 1;
  std::string boot_id_ = "boot-1";
  std::vector<PendingGlitch> glitches_;
};

// How an exchange goes, in true time.
struct Way {
  absl::Duration out = absl::Microseconds(80);
  absl::Duration residence = absl::Microseconds(20);
  absl::Duration back = absl::Microseconds(120);
  Bracket t1 = Bracket::Even(absl::Nanoseconds(200));
  Bracket t2 = Bracket::Even(absl::Nanoseconds(400));
  Bracket t3 = Bracket::Even(absl::Nanoseconds(400));
  Bracket t4 = Bracket::Even(absl::Nanoseconds(200));
};

// A host that asks one guest, in virtual time.
struct VirtualPair {
  VirtualMachine host;
  VirtualMachine guest;
  absl::Duration now;  // true time
  uint64_t stream = 0;
  uint64_t sequence = 0;

  // One exchange; time passes.
  Exchange Ask(const Way& way = {});
  // Called just before T2, T3 and T4 are read: what happens meanwhile.
  std::function<void()> meanwhile;

  // The truth of the exchange, guest minus host: of RAW at its first and its
  // last reading, of REALTIME as the guest read it at T2 and at T3.
  ExactTime raw_offset_asked;
  ExactTime raw_offset_answered;
  ExactTime realtime_offset_received;
  ExactTime realtime_offset_sent;

  // Guest minus host.
  ExactTime RawOffset(absl::Duration t) const {
    return guest.Raw(t) - host.Raw(t);
  }
  ExactTime RealtimeOffset(absl::Duration t) const {
    return guest.Realtime(t) - host.Realtime(t);
  }
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_VIRTUAL_MACHINE_H_
