#include "tests/support/virtual_machine.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

constexpr int64_t kBillion = 1'000'000'000;
constexpr int64_t kNanosecond = kBillion * kBillion;  // in units

int64_t WholeNanoseconds(absl::Duration d) {
  return absl::ToInt64Nanoseconds(d);
}

absl::int128 FloorDivide(absl::int128 a, absl::int128 b) {
  const absl::int128 quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

// Of any size: 128 bits of nanoseconds.
absl::Duration FromParts(absl::int128 nanoseconds, int64_t quarters) {
  const absl::int128 seconds = FloorDivide(nanoseconds, kBillion);
  const absl::int128 rest = nanoseconds - seconds * kBillion;
  return absl::Seconds(static_cast<int64_t>(seconds)) +
         absl::Nanoseconds(static_cast<int64_t>(rest)) +
         absl::Nanoseconds(1) / 4 * quarters;
}

}  // namespace

ExactTime ExactTime::Of(absl::Duration whole_ns) {
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(whole_ns, absl::Seconds(1), &rest);
  ExactTime time;
  time.units_ =
      (absl::int128(seconds) * kBillion + WholeNanoseconds(rest)) * kNanosecond;
  return time;
}

absl::Duration ExactTime::Floor() const {
  const absl::int128 quarters = FloorDivide(units_, kNanosecond / 4);
  const absl::int128 nanoseconds = FloorDivide(quarters, 4);
  return FromParts(nanoseconds,
                   static_cast<int64_t>(quarters - nanoseconds * 4));
}

absl::Duration ExactTime::Ceil() const {
  ExactTime up = *this;
  up.units_ += kNanosecond / 4 - 1;
  return up.Floor();
}

absl::Duration ExactTime::FloorNanoseconds() const {
  return FromParts(FloorDivide(units_, kNanosecond), 0);
}

ExactTime ExactTime::Run(absl::Duration elapsed, PartsPerBillion rate,
                         PartsPerBillion slew) {
  ExactTime time;
  time.units_ = absl::int128(WholeNanoseconds(elapsed)) * (kBillion + rate) *
                (kBillion + slew);
  return time;
}

bool Holds(const Interval& interval, ExactTime truth) {
  return interval.lo <= truth.Floor() && truth.Ceil() <= interval.hi;
}

VirtualMachine::VirtualMachine(const Start& start)
    : anchor_{ExactTime::Of(start.raw), ExactTime::Of(start.monotonic),
              ExactTime::Of(start.boottime), ExactTime::Of(start.realtime)} {}

VirtualMachine::Clocks VirtualMachine::At(absl::Duration t) const {
  // While it stands still, the anchor lies ahead.
  const absl::Duration elapsed = std::max(t - anchored_, absl::ZeroDuration());
  const ExactTime slewed = ExactTime::Run(elapsed, rate_, slew_);
  Clocks clocks = anchor_;
  clocks.raw += ExactTime::Run(elapsed, rate_, 0);
  clocks.monotonic += slewed;
  clocks.boottime += slewed;
  clocks.realtime += slewed;
  return clocks;
}

void VirtualMachine::Anchor(absl::Duration t) {
  anchor_ = At(t);
  anchored_ = t;
}

void VirtualMachine::SetRate(absl::Duration t, PartsPerBillion rate) {
  Anchor(t);
  rate_ = rate;
}

void VirtualMachine::SetSlew(absl::Duration t, PartsPerBillion slew) {
  Anchor(t);
  slew_ = slew;
}

void VirtualMachine::Leap(absl::Duration t, absl::Duration by) {
  LeapTimekeeping(t, by);
  anchor_.raw += ExactTime::Of(by);
}

void VirtualMachine::LeapTimekeeping(absl::Duration t, absl::Duration by) {
  Anchor(t);
  const ExactTime exact = ExactTime::Of(by);
  anchor_.monotonic += exact;
  anchor_.boottime += exact;
  anchor_.realtime += exact;
}

void VirtualMachine::SetRealtime(absl::Duration t, absl::Duration by,
                                 bool told) {
  Anchor(t);
  anchor_.realtime += ExactTime::Of(by);
  if (told) TellOfSet();
}

void VirtualMachine::Sleep(absl::Duration t, absl::Duration lasting) {
  StandStill(t, lasting);
  anchor_.boottime += ExactTime::Of(lasting);
  anchor_.realtime += ExactTime::Of(lasting);
  TellOfSet();  // cancel-on-set fires on resume too
}

void VirtualMachine::StandStill(absl::Duration t, absl::Duration lasting) {
  Anchor(t);
  anchored_ += lasting;
}

void VirtualMachine::Reboot(absl::Duration t) {
  Anchor(t);
  anchor_.raw = anchor_.monotonic = anchor_.boottime = ExactTime();
  rate_ = slew_ = 0;
  discontinuities_ = 0;
  boot_id_ = absl::StrCat("boot-", ++boots_);
}

void VirtualMachine::Glitch(absl::Duration by, unsigned readings, int groups) {
  glitches_.push_back({by, readings, groups});
}

ClockReading VirtualMachine::Read(absl::Duration t, const Bracket& bracket) {
  ClockReading reading;
  reading.raw_before = At(t).raw.FloorNanoseconds();
  t += bracket.gaps[0];
  reading.realtime = At(t).realtime.FloorNanoseconds();
  t += bracket.gaps[1];
  reading.monotonic = At(t).monotonic.FloorNanoseconds();
  t += bracket.gaps[2];
  reading.boottime = At(t).boottime.FloorNanoseconds();
  t += bracket.gaps[3];
  reading.raw_after = At(t).raw.FloorNanoseconds();
  for (PendingGlitch& glitch : glitches_) {
    if (glitch.groups-- > 0) continue;
    if (glitch.readings & kRawBefore) reading.raw_before += glitch.by;
    if (glitch.readings & kRealtime) reading.realtime += glitch.by;
    if (glitch.readings & kMonotonic) reading.monotonic += glitch.by;
    if (glitch.readings & kBoottime) reading.boottime += glitch.by;
    if (glitch.readings & kRawAfter) reading.raw_after += glitch.by;
  }
  glitches_.erase(
      std::remove_if(glitches_.begin(), glitches_.end(),
                     [](const PendingGlitch& g) { return g.groups < 0; }),
      glitches_.end());
  return reading;
}

Exchange VirtualPair::Ask(const Way& way) {
  Exchange exchange;
  exchange.stream = stream;
  const auto pass = [this](absl::Duration d) {
    now += d;
    if (meanwhile) meanwhile();
  };
  raw_offset_asked = RawOffset(now);
  exchange.host_sent = host.Read(now, way.t1);
  pass(way.t1.Width() + way.out);
  realtime_offset_received = RealtimeOffset(now + way.t2.gaps[0]);
  exchange.guest.received = guest.Read(now, way.t2);
  pass(way.t2.Width() + way.residence);
  realtime_offset_sent = RealtimeOffset(now + way.t3.gaps[0]);
  exchange.guest.sent = guest.Read(now, way.t3);
  pass(way.t3.Width() + way.back);
  exchange.host_received = host.Read(now, way.t4);
  now += way.t4.Width();
  raw_offset_answered = RawOffset(now);
  exchange.guest.sequence = ++sequence;
  exchange.guest.boot_id = guest.boot_id();
  exchange.guest.clocksource = guest.clocksource;
  exchange.guest.discontinuities = guest.discontinuities();
  return exchange;
}

}  // namespace noonmark::testing
