#include "tests/support/virtual_machine.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

constexpr int64_t kBillion = 1'000'000'000;

int64_t WholeNanoseconds(absl::Duration d) {
  return absl::ToInt64Nanoseconds(d);
}

// Also of more than 292 years.
absl::Duration FromWhole(absl::int128 nanoseconds) {
  const int64_t few = static_cast<int64_t>(nanoseconds);
  if (few == nanoseconds) return absl::Nanoseconds(few);
  return absl::Seconds(static_cast<int64_t>(nanoseconds / kBillion)) +
         absl::Nanoseconds(static_cast<int64_t>(nanoseconds % kBillion));
}

}  // namespace

ExactTime ExactTime::Of(absl::Duration whole_ns) {
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(whole_ns, absl::Seconds(1), &rest);
  ExactTime time;
  time.whole_ = absl::int128(seconds) * kBillion + WholeNanoseconds(rest);
  return time;
}

absl::Duration ExactTime::Floor() const {
  const absl::Duration whole = FromWhole(whole_);
  const int64_t quarters = part_ / (kParts / 4);
  return quarters == 0 ? whole : whole + absl::Nanoseconds(1) / 4 * quarters;
}

absl::Duration ExactTime::Ceil() const {
  ExactTime up = *this;
  up.part_ += kParts / 4 - 1;
  if (up.part_ >= kParts) {
    up.part_ -= kParts;
    ++up.whole_;
  }
  return up.Floor();
}

absl::Duration ExactTime::FloorNanoseconds() const { return FromWhole(whole_); }

bool Holds(const Interval& interval, ExactTime truth) {
  return interval.lo <= truth.Floor() && truth.Ceil() <= interval.hi;
}

Moments::Moments(const Bracket& bracket) {
  absl::Duration passed;
  for (size_t i = 0; i < at.size(); ++i) {
    passed += bracket.gaps[i];
    at[i] = WholeNanoseconds(passed);
  }
}

VirtualMachine::VirtualMachine(const Start& start)
    : anchor_{ExactTime::Of(start.raw), ExactTime::Of(start.monotonic),
              ExactTime::Of(start.boottime), ExactTime::Of(start.realtime)} {}

ExactTime VirtualMachine::Raw(absl::Duration t) const {
  return anchor_.raw + RawRan(WholeNanoseconds(t));
}
ExactTime VirtualMachine::Monotonic(absl::Duration t) const {
  return anchor_.monotonic + OthersRan(WholeNanoseconds(t));
}
ExactTime VirtualMachine::Realtime(absl::Duration t) const {
  return anchor_.realtime + OthersRan(WholeNanoseconds(t));
}

void VirtualMachine::Anchor(absl::Duration t) {
  const int64_t at = WholeNanoseconds(t);
  const ExactTime others = OthersRan(at);
  anchor_.raw += RawRan(at);
  anchor_.monotonic += others;
  anchor_.boottime += others;
  anchor_.realtime += others;
  anchored_ = at;
}

void VirtualMachine::Gain() {
  raw_gain_ = ExactTime::GainPerNanosecond(rate_, 0);
  gain_ = ExactTime::GainPerNanosecond(rate_, slew_);
}

void VirtualMachine::SetRate(absl::Duration t, PartsPerBillion rate) {
  Anchor(t);
  rate_ = rate;
  Gain();
}

void VirtualMachine::SetSlew(absl::Duration t, PartsPerBillion slew) {
  Anchor(t);
  slew_ = slew;
  Gain();
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
  anchored_ += WholeNanoseconds(lasting);
}

void VirtualMachine::Reboot(absl::Duration t) {
  Anchor(t);
  anchor_.raw = anchor_.monotonic = anchor_.boottime = ExactTime();
  rate_ = slew_ = 0;
  Gain();
  discontinuities_ = 0;
  boot_id_ = absl::StrCat("boot-", ++boots_);
}

void VirtualMachine::Glitch(absl::Duration by, unsigned readings, int groups) {
  glitches_.push_back({by, readings, groups});
}

ClockReading VirtualMachine::Read(absl::Duration t, const Moments& moments) {
  const int64_t first = WholeNanoseconds(t);
  const ExactTime raw = RawRan(first);
  ExactTime others = OthersRan(first);
  int64_t at = first;
  const auto others_at = [&](int64_t next) {
    others += ExactTime::Run(
        std::max(next, anchored_) - std::max(at, anchored_), gain_);
    at = next;
    return others;
  };
  ClockReading reading;
  reading.raw_before = (anchor_.raw + raw).FloorNanoseconds();
  reading.realtime =
      (anchor_.realtime + others_at(first + moments.at[0])).FloorNanoseconds();
  reading.monotonic =
      (anchor_.monotonic + others_at(first + moments.at[1])).FloorNanoseconds();
  reading.boottime =
      (anchor_.boottime + others_at(first + moments.at[2])).FloorNanoseconds();
  const int64_t last = first + moments.at[3];
  reading.raw_after =
      (anchor_.raw + raw +
       ExactTime::Run(std::max(last, anchored_) - std::max(first, anchored_),
                      raw_gain_))
          .FloorNanoseconds();
  if (glitches_.empty()) return reading;
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
