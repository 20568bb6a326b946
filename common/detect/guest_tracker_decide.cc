// What the burst after a suspicion has shown: GuestTracker's second half.

#include <algorithm>
#include <utility>

#include "common/detect/guest_tracker.h"

namespace noonmark {
namespace {

// A rate beyond this leaves no doubt within a burst; bounds that are too wide
// to exclude it explain no leap away.
constexpr double kSteepestPpm = 100'000;
// A leap that looks like less than this over the baseline of a rate is not
// told from one.
constexpr PartsPerBillion kSmallRate = 100'000;
// A size this well known fits few of all possible ones.
constexpr absl::Duration kWellKnown = absl::Milliseconds(50);

bool Overlap(const RateInterval& a, const RateInterval& b) {
  return a.lo_ppm <= b.hi_ppm && b.lo_ppm <= a.hi_ppm;
}

bool SameSide(const Interval& a, const Interval& b) {
  return (a.lo > absl::ZeroDuration()) == (b.lo > absl::ZeroDuration());
}

}  // namespace

void GuestTracker::Decide(std::vector<Finding>& findings) {
  const std::unique_ptr<Suspicion> open = std::move(suspicion_);
  const Suspicion& s = *open;
  std::optional<LocalMovement> moved;
  if (s.local.Lasting()) {
    moved = MovementBetween(*last_, s.local.after(), options_.max_slew);
  }
  best_ = moved.has_value() ? s.moved : s.stayed;
  if (s.counter.has_value()) {
    DecideCounter(s, moved, findings);
  } else {
    DecideLocal(s, moved, findings);
  }
  if (!moved.has_value()) return;
  if (moved->WasSet() &&
      s.local.after().discontinuities <= last_->discontinuities) {
    ++untold_sets_;
  }
  unseen_sets_ = 0;
  last_ = s.local.after();
  if (moved->leapt) {
    slew_anchor_.reset();
    slew_.reset();
  }
}

void GuestTracker::DecideLocal(const Suspicion& s,
                               const std::optional<LocalMovement>& moved,
                               std::vector<Finding>& findings) {
  if (moved.has_value()) {
    NoteLocal(s, *last_, *moved, findings);
  } else if (s.misread.has_value()) {
    if (s.local.same() > s.broken + s.local.astray()) {
      NoteMisread(s, *s.misread, findings);
    } else {
      NoteMixed(s, *s.misread, findings);
    }
  }
}

void GuestTracker::DecideCounter(const Suspicion& s,
                                 const std::optional<LocalMovement>& moved,
                                 std::vector<Finding>& findings) {
  bool told = false;
  switch (s.counter->Decide()) {
    case CounterLine::Outcome::kUndecided:
      // The trigger stands unexplained: the next contradiction asks again.
      // Until then the guest may stand where it was, or where it moved.
      if (s.stayed.offset.has_value() && s.moved.offset.has_value()) {
        best_ = s.stayed;
        best_.offset = Hull(*s.stayed.offset, *s.moved.offset);
        best_.taken_us = -1;
      }
      break;
    case CounterLine::Outcome::kBack:
      NoteMisread(s, s.counter->Trigger(*band_), findings);
      break;
    case CounterLine::Outcome::kMixed:
      NoteMixed(s, s.counter->Trigger(*band_), findings);
      break;
    case CounterLine::Outcome::kTooSteep:
      DecideSteep(s, findings);
      break;
    case CounterLine::Outcome::kLeapt:
      told = DecideLeap(s, moved, findings);
      break;
  }
  if (moved.has_value() && !told) NoteLocal(s, *last_, *moved, findings);
}

bool GuestTracker::DecideLeap(const Suspicion& s,
                              const std::optional<LocalMovement>& moved,
                              std::vector<Finding>& findings) {
  const Interval size = s.counter->Leap(*band_);
  const bool slept = moved.has_value() && moved->Slept() &&
                     size.hi < absl::ZeroDuration() &&
                     moved->slept.Meets(-size);
  best_ = s.moved;
  if (!slept && Doubted(s, findings)) return false;

  const OffsetBand old = *band_;
  const bool one_reading = band_readings_ == 1;
  const Interval sound = AsSoundCounters(size, s);
  StandOn(s.counter->line(), s);
  landed_ = std::make_unique<const BoundAt>(s.counter->first());
  doubt_.reset();
  rate_.Forget();
  if (one_reading) {
    // One reading stood there and all that followed here: it was the misread.
    drift_.Forget();
    NoteMisread(s, -size, findings);
    return false;
  }
  Finding leap =
      slept ? Movement(FindingCode::kCaughtUp, s, size) : Leap(s, size);
  const absl::Duration at = band_->latest().at;
  leap.before = old.Contradicted(s.counter->first().bound).At(at, options_.rho);
  leap.after = band_->At(at, options_.rho);
  leap.alone = slept || !moved.has_value();
  leap.sound_size = sound;
  if (!slept) {
    findings.push_back(std::move(leap));
    return false;
  }
  leap.severity = Severity::kInfo;
  leap.active = false;
  findings.push_back(std::move(leap));
  // What it caught up too much or too little is an error of its wall clock.
  const Interval left_over = moved->set - moved->slept;
  if (!left_over.ContainsZero()) {
    Finding set = Set(*last_, s.local.after(), left_over, s.local.moved_by());
    set.before.reset();
    set.after.reset();
    set.alone = false;
    findings.push_back(std::move(set));
  }
  return true;
}

// `size` as it would be if the two counters ran no further apart than sound
// ones do, as far as is known of them.
Interval GuestTracker::AsSoundCounters(const Interval& size,
                                       const Suspicion& s) const {
  const std::optional<RateInterval> known = rate_.rate();
  if (known.has_value() && known->LeastMagnitude() > kSoundApartPpm) {
    return size;
  }
  constexpr PartsPerBillion kSound =
      static_cast<PartsPerBillion>(kSoundApartPpm) * 1000;
  const absl::Duration over = s.counter->line().latest().at -
                              band_->Contradicted(s.counter->first().bound).at;
  const Interval sound = size.WidenedBy(
      -Drift(absl::AbsDuration(over),
             std::max(options_.rho - kSound, PartsPerBillion{0})));
  return sound.lo <= sound.hi ? sound : size;
}

void GuestTracker::DecideSteep(const Suspicion& s,
                               std::vector<Finding>& findings) {
  const RateInterval slope = *s.counter->Slope();
  const Interval left_over = s.counter->LeftOver(
      anchor_.value_or(band_->latest()), WithKnownRate(slope));
  if (!left_over.ContainsZero()) {
    // It leapt, and runs off besides.
    Finding leap = Leap(s, left_over);
    leap.alone = false;
    findings.push_back(std::move(leap));
    rate_.Forget();
  } else if (rate_.rate().has_value() && !Overlap(*rate_.rate(), slope)) {
    rate_.Forget();
  }
  // Through a few wide bounds a line can be laid though it leapt twice.
  const Interval trigger = s.counter->Trigger(*band_);
  const bool sure = (slope.hi_ppm - slope.lo_ppm < slope.LeastMagnitude() &&
                     !s.counter->MayHaveLeaptAgain()) ||
                    (doubt_ != nullptr && SameSide(doubt_->size, trigger) &&
                     MayHaveRunOn(s.counter->last()));
  if (sure) NoteRate(s, slope, findings);
  if (sure || left_over.ContainsZero()) {
    Doubt(s, trigger, s.counter->last(),
          sure ? std::make_optional(slope) : std::nullopt);
  } else {
    doubt_.reset();  // told already
  }
  StandOn(OffsetBand(s.counter->last()), s);
  best_ = s.moved;
}

// In a gap it may have run at the rate of before for a while.
RateInterval GuestTracker::WithKnownRate(const RateInterval& slope) const {
  if (doubt_ == nullptr || !doubt_->rate.has_value()) return slope;
  return {std::min(slope.lo_ppm, doubt_->rate->lo_ppm),
          std::max(slope.hi_ppm, doubt_->rate->hi_ppm)};
}

void GuestTracker::StandOn(const OffsetBand& line, const Suspicion& s) {
  band_ = line;
  band_readings_ = 2;
  anchor_ = s.moved.raw;
  landed_.reset();
}

// Bounds that are wide, or a short burst, leave a leap and a rate of more than
// rho alike. A rate leaves the band again before long, and to the same side.
bool GuestTracker::Doubted(const Suspicion& s, std::vector<Finding>& findings) {
  std::optional<RateInterval> slope = s.counter->Slope();
  if (!slope.has_value() || !anchor_.has_value()) return false;
  slope->lo_ppm = std::clamp(slope->lo_ppm, -kSteepestPpm, kSteepestPpm);
  slope->hi_ppm = std::clamp(slope->hi_ppm, -kSteepestPpm, kSteepestPpm);
  slope = WithKnownRate(*slope);
  if (!s.counter->LeftOver(*anchor_, *slope).ContainsZero()) return false;

  const Interval size = s.counter->Leap(*band_);
  std::optional<RateInterval> rate;
  if (doubt_ != nullptr && SameSide(doubt_->size, size)) {
    const BoundAt& last = s.counter->last();
    rate = RateBetween(doubt_->began.bound, last.bound,
                       last.at - doubt_->began.at);
    if (rate->LeastMagnitude() > kSteepestPpm || !MayHaveRunOn(last)) {
      // No counter runs so, or this one did not: it leapt twice.
      if (!doubt_->rate.has_value()) TellDoubted(findings);
      return false;
    }
    // Where it stood before the doubt may be known too badly to tell, or it
    // moved back meanwhile; a sound counter drifts, too.
    if (rate->LeastMagnitude() <= kSoundApartPpm) rate.reset();
  }
  if (rate.has_value()) {
    NoteRate(s, *rate, findings);
  } else {
    rate_.Forget();
    drift_.Forget();
  }
  Doubt(s, size, s.counter->line().latest(), rate);
  StandOn(s.counter->line(), s);
  return true;
}

// Whether one rate, since the doubt, fits what came after it: up to the burst
// before this suspicion, and from that until `last`.
bool GuestTracker::MayHaveRunOn(const BoundAt& last) const {
  if (doubt_->rate.has_value()) return true;  // shown by what came before
  if (!anchor_.has_value() || anchor_->at <= doubt_->stands.at ||
      last.at <= anchor_->at) {
    return true;
  }
  return Overlap(
      RateBetween(doubt_->stands.bound, anchor_->bound,
                  anchor_->at - doubt_->stands.at),
      RateBetween(anchor_->bound, last.bound, last.at - anchor_->at));
}

// Replaces an earlier one.
void GuestTracker::Doubt(const Suspicion& s, const Interval& size,
                         const BoundAt& stands,
                         const std::optional<RateInterval>& rate) {
  const double slowest_ppm = SlowestRate(s);
  doubt_ = std::make_unique<DoubtedLeap>();
  doubt_->size = size;
  doubt_->began = anchor_.value_or(band_->latest());
  doubt_->stands = stands;
  doubt_->slowest_ppm = slowest_ppm;
  doubt_->quiet = s.quiet;
  doubt_->triggered = s.triggered;
  doubt_->on_new = s.counter->on_new();
  doubt_->rate = rate;
}

// It may have begun when the burst before was over, or any time since the bound
// that the contradiction rests on; the sooner, the slower it is. From neither
// it may lead past the other.
double GuestTracker::SlowestRate(const Suspicion& s) const {
  const BoundAt& first = s.counter->first();
  double slowest = 0;
  const auto since = [&](const BoundAt& before) {
    // The first answer may be too wide to show it. Not by the line that all
    // narrow: that is made for sound rates.
    for (const BoundAt& after : {first, s.counter->last()}) {
      if (after.at <= before.at) continue;
      slowest = std::max(
          slowest, RateBetween(before.bound, after.bound, after.at - before.at)
                       .LeastMagnitude());
    }
  };
  since(band_->Contradicted(first.bound));
  if (anchor_.has_value()) since(*anchor_);
  return slowest;
}

void GuestTracker::SettleDoubt(std::vector<Finding>& findings) {
  if (doubt_ == nullptr) return;
  // A small one may be a rate that takes its time to leave the band again. It
  // is told by the rate, or not worth telling.
  if (doubt_->rate.has_value() ||
      doubt_->size.LeastMagnitude() <=
          Drift(options_.rate_baseline, kSmallRate)) {
    if (best_.measured - doubt_->triggered > 2 * options_.rate_baseline) {
      doubt_.reset();
    }
    return;
  }
  // If it runs off at a rate that would explain it, it is so far by now.
  const absl::Duration since = best_.raw->at - doubt_->stands.at;
  // Bounds are made for sound rates: of others a tenth may be theirs.
  const absl::Duration ran = since * (doubt_->slowest_ppm * 0.9 / 1e6);
  const Interval moved = best_.raw->bound - doubt_->stands.bound;
  const bool ahead = doubt_->size.lo > absl::ZeroDuration();
  if ((ahead ? moved.hi : -moved.lo) < ran) TellDoubted(findings);
}

// It was a leap, as far as one can tell.
void GuestTracker::TellDoubted(std::vector<Finding>& findings) {
  Suspicion s;
  s.quiet = doubt_->quiet;
  s.triggered = doubt_->triggered;
  Finding leap = Leap(s, doubt_->size);
  leap.on_new = doubt_->on_new;
  findings.push_back(std::move(leap));
  rate_.Forget();
  doubt_.reset();
}

void GuestTracker::NoteLocal(const Suspicion& s, const LocalReading& before,
                             const LocalMovement& moved,
                             std::vector<Finding>& findings) {
  if (moved.WasSet()) {
    Finding set = Set(before, s.local.after(), moved.set, s.local.moved_by());
    set.alone = !s.counter.has_value() && !moved.leapt;
    findings.push_back(std::move(set));
  }
  if (moved.leapt && !s.counter.has_value()) {
    Finding leap = Leap(s, moved.slewed);
    leap.alone = !moved.WasSet();
    leap.note =
        "MONOTONIC leapt against RAW: the kernel's timekeeping, not the "
        "counter under it";
    findings.push_back(std::move(leap));
  }
}

void GuestTracker::NoteMisread(const Suspicion& s, const Interval& size,
                               std::vector<Finding>& findings) const {
  Finding glitch = Movement(FindingCode::kReadGlitch, s, size);
  glitch.severity = Severity::kWarning;
  glitch.active = false;
  findings.push_back(std::move(glitch));
}

void GuestTracker::NoteMixed(const Suspicion& s, const Interval& size,
                             std::vector<Finding>& findings) {
  Finding mixed = Movement(FindingCode::kVcpuDisagreement, s, size);
  mixed.severity = Severity::kWarning;
  findings.push_back(std::move(mixed));
  ForgetComparisons();
  // Where a program reads the clock decides: it is anywhere in between.
  best_.offset = s.spread;
  best_.measured = s.spread_at;
}

void GuestTracker::NoteRate(const Suspicion& s, const RateInterval& rate,
                            std::vector<Finding>& findings) const {
  Finding finding = Movement(FindingCode::kRateFault, s, Interval());
  finding.severity = Severity::kFault;
  finding.size.reset();
  finding.signature = nullptr;
  finding.rate = rate;
  finding.last_seen = s.counter->last().seen;
  findings.push_back(std::move(finding));
}

Finding GuestTracker::Movement(FindingCode code, const Suspicion& s,
                               const Interval& size) const {
  Finding finding;
  finding.code = code;
  finding.severity = SeverityOf(size, options_.thresholds);
  finding.first_seen = finding.last_seen = s.triggered;
  finding.window_begin = s.quiet;
  finding.window_end = s.triggered;
  finding.size = size;
  finding.signature = MatchSignature(size);
  if (s.counter.has_value()) {
    finding.on_old = s.counter->on_old();
    finding.on_new = s.counter->on_new();
    finding.on_neither = s.counter->on_neither() + s.broken;
  } else {
    finding.on_old = s.local.same();
    finding.on_new = s.local.run();
    finding.on_neither = s.broken + s.local.astray();
  }
  return finding;
}

// A clock that fell behind stood still, as a rule. Where the size is known well
// and one that wraps come from, that is the likelier story than a pause as long
// to some milliseconds.
Finding GuestTracker::Leap(const Suspicion& s, const Interval& size) const {
  Finding leap = Movement(FindingCode::kCounterJump, s, size);
  const bool wrapped = leap.signature != nullptr &&
                       leap.signature->arithmetic && size.Width() < kWellKnown;
  if (size.hi < absl::ZeroDuration() && !wrapped) {
    leap.code = FindingCode::kStoodStill;
  }
  return leap;
}

Finding GuestTracker::Set(const LocalReading& from, const LocalReading& to,
                          const Interval& size,
                          MonotonicTime window_end) const {
  Finding set;
  set.code = FindingCode::kClockSet;
  set.severity = SeverityOf(size, options_.thresholds);
  set.first_seen = set.last_seen = window_end;
  set.window_begin = from.at;
  set.window_end = window_end;
  set.size = size;
  set.before = from.differences.real_mono;
  set.after = to.differences.real_mono;
  // A restarted agent counts anew.
  if (to.discontinuities > from.discontinuities) {
    set.discontinuities = to.discontinuities - from.discontinuities;
  }
  set.signature = MatchSignature(size);
  if (IsLeapSecond(size, from.leap, to.leap, to.realtime,
                   window_end - from.at)) {
    set.code = FindingCode::kLeapSecond;
    set.severity = Severity::kInfo;
    set.active = false;
    set.signature = nullptr;
  }
  return set;
}

}  // namespace noonmark
