#include "tests/simulation/machine.h"

#include <algorithm>

#include "common/estimate/interval.h"

namespace noonmark::simulation {
namespace {

// <linux/timex.h>
constexpr uint32_t kInsertSecond = 0x0010;
constexpr uint32_t kDeleteSecond = 0x0020;
constexpr uint32_t kUnsynchronised = 0x0040;

constexpr PartsPerBillion kOrdinarySlew = 500'000;
constexpr PartsPerBillion kChronySlew = 83'333'000;
constexpr absl::Duration kNtpdSteps = absl::Milliseconds(128);

PartsPerBillion Clamp(double ppb, PartsPerBillion most) {
  return static_cast<PartsPerBillion>(
      std::clamp(ppb, -static_cast<double>(most), static_cast<double>(most)));
}

}  // namespace

Machine::Machine(const testing::VirtualMachine::Start& start,
                 const ClockTraits& traits, Random random, absl::Duration utc)
    : clocks_(start), random_(random), utc_(utc) {
  SetTraits(traits);
  upkeep_at_ = random_.Between(absl::ZeroDuration(), kUpkeep);
  ApplyRate(absl::ZeroDuration());
}

std::optional<absl::Duration> Machine::CatchUp(absl::Duration t) {
  std::optional<absl::Duration> set;
  while (upkeep_at_ <= t) {
    const absl::Duration at = upkeep_at_;
    upkeep_at_ += kUpkeep;
    if (at < frozen_until_) continue;
    if (traits_.wander > 0) {
      const PartsPerBillion step = traits_.wander / 10 + 1;
      wandered_ = std::clamp(wandered_ + random_.From(-step, step),
                             -traits_.wander, traits_.wander);
      ApplyRate(at);
    }
    if (const std::optional<absl::Duration> by = Discipline(at)) {
      set = set.value_or(absl::ZeroDuration()) + *by;
    }
  }
  return set;
}

std::optional<absl::Duration> Machine::Discipline(absl::Duration t) {
  if (traits_.discipline == simulation::Discipline::kNone) return std::nullopt;
  const absl::Duration error =
      Error(t) +
      random_.Between(-traits_.discipline_error, traits_.discipline_error);
  const double seconds = absl::ToDoubleSeconds(error);
  const double own = static_cast<double>(rate_);
  switch (traits_.discipline) {
    case simulation::Discipline::kNtpd:
      if (absl::AbsDuration(error) > kNtpdSteps) {
        const absl::Duration by =
            absl::Nanoseconds(-static_cast<int64_t>(seconds * 1e9));
        clocks_.SetRealtime(t, by);
        return by;
      }
      [[fallthrough]];
    case simulation::Discipline::kSlewer:
      SetSlew(t, Clamp(-own - seconds * 1e9 / 64, kOrdinarySlew));
      break;
    case simulation::Discipline::kChrony:
      SetSlew(t, Clamp(-own - seconds * 1e9 / 16, kChronySlew));
      break;
    case simulation::Discipline::kNone:
      break;
  }
  return std::nullopt;
}

testing::Moments Machine::DrawMoments(absl::Duration t) {
  testing::Moments moments = mostly_;
  if (traits_.long_bracket_one_in > 0 &&
      random_.OneIn(traits_.long_bracket_one_in)) {
    testing::Bracket bracket = testing::Bracket::Even(traits_.bracket);
    bracket.gaps[static_cast<size_t>(random_.From(0, 3))] =
        random_.Between(absl::ZeroDuration(), traits_.longest_bracket);
    moments = testing::Moments(bracket);
  }
  if (t + moments.Width() >= upkeep_at_) {
    return testing::Moments(testing::Bracket());
  }
  return moments;
}

void Machine::SetRateFault(absl::Duration t, PartsPerBillion rate) {
  fault_ = rate;
  ApplyRate(t);
}

void Machine::SetSlew(absl::Duration t, PartsPerBillion slew) {
  if (slew == slew_) return;
  slew_ = slew;
  clocks_.SetSlew(t, slew);
}

void Machine::Reboot(absl::Duration t) {
  clocks_.Reboot(t);
  slew_ = 0;
  fault_ = 0;
  rate_ = 0;
  ApplyRate(t);
}

absl::Duration Machine::Error(absl::Duration t) const {
  return clocks_.Realtime(t).Floor() - (utc_ + t);
}

void Machine::AnnounceLeapSecond(int seconds) { leap_seconds_ = seconds; }

absl::Duration Machine::UntilMidnight(absl::Duration t) const {
  absl::Duration into;
  absl::IDivDuration(clocks_.Realtime(t).Floor(), absl::Hours(24), &into);
  return absl::Hours(24) - into;
}

void Machine::InsertLeapSecond(absl::Duration t) {
  clocks_.SetRealtime(t, -absl::Seconds(leap_seconds_));
  tai_offset_s_ += leap_seconds_;
}

void Machine::ForgetLeapSecond() { leap_seconds_ = 0; }

KernelDiscipline Machine::Kernel() const {
  KernelDiscipline kernel;
  // Ticks of 100 ppm, and the rest as a frequency of 2^-16 ppm.
  const int64_t ticks = slew_ / 100'000;
  kernel.tick_us += ticks;
  kernel.frequency_scaled_ppm = (slew_ - ticks * 100'000) * 65'536 / 1000;
  kernel.max_error = absl::Milliseconds(100);
  kernel.estimated_error = absl::Microseconds(10);
  kernel.tai_offset_s = tai_offset_s_;
  if (leap_seconds_ > 0) kernel.status |= kInsertSecond;
  if (leap_seconds_ < 0) kernel.status |= kDeleteSecond;
  if (traits_.discipline == simulation::Discipline::kNone) {
    kernel.status |= kUnsynchronised;
  }
  return kernel;
}

void Machine::ApplyRate(absl::Duration t) {
  const PartsPerBillion rate = traits_.drift + wandered_ + fault_;
  if (rate == rate_) return;
  rate_ = rate;
  clocks_.SetRate(t, rate);
}

}  // namespace noonmark::simulation
