#include "common/detect/guest_tracker.h"

#include <algorithm>
#include <utility>

#include "common/estimate/raw_offset.h"
#include "common/estimate/realtime_offset.h"

namespace noonmark {
namespace {

// An answer that took longer says nothing of a drift.
constexpr absl::Duration kLongestTaken = absl::Seconds(4);
// A slew is told from reading errors over this long.
constexpr absl::Duration kSlewBaseline = absl::Seconds(1);

// T2 fits neither T3 nor what was before: it was misread.
std::optional<Interval> MisreadAtReceived(
    const std::optional<LocalReading>& before, const LocalReading& received,
    const LocalReading& sent, PartsPerBillion max_slew) {
  if (!AnyMovementBetween(received, sent, max_slew)) return std::nullopt;
  const LocalMovement moved =
      MovementBetween(before.value_or(sent), received, max_slew);
  if (!moved.Any()) return std::nullopt;
  return moved.Size();
}

}  // namespace

GuestTracker::GuestTracker(const TrackerOptions& options)
    : options_(options), rate_(options.rate_baseline) {}

void GuestTracker::ForgetComparisons() {
  band_.reset();
  band_readings_ = 0;
  suspicion_.reset();
  anchor_.reset();
  landed_.reset();
  doubt_.reset();
  rate_.Forget();
  drift_.Forget();
  best_ = Best();
}

void GuestTracker::ForgetRates() {
  rate_.Forget();
  drift_.Forget();
}

void GuestTracker::ForgetOffsets() {
  best_.offset.reset();
  drift_.Forget();
  if (!suspicious()) return;
  suspicion_->stayed.offset.reset();
  suspicion_->moved.offset.reset();
  suspicion_->spread.reset();
}

GuestTracker::Result GuestTracker::OnExchange(const Exchange& exchange) {
  Result result;
  const absl::StatusOr<RawOffset> raw = BoundRawOffset(exchange, options_.rho);
  if (exchange.stream != stream_ || !raw.ok() || IsLate(exchange)) {
    result.dropped = true;
    return result;
  }
  const MonotonicTime now =
      MonotonicTime::FromReading(exchange.host_received.monotonic);
  Learn(exchange, now, result);
  if (suspicious()) ++suspicion_->answers;
  if (raw->bound.has_value()) {
    Follow(exchange, *raw->bound, now, result);
  } else {
    NoteBroken(exchange, *raw, now);
  }
  if (suspicious() && suspicion_->answers >= options_.burst) {
    Decide(result.findings);
  }
  ForgetDriftAcross(result.findings);
  result.suspicious = suspicious();
  return result;
}

// Asked before another was, and answered after it. A host whose counter fell
// is another matter.
bool GuestTracker::IsLate(const Exchange& exchange) const {
  return known_ && exchange.host_sent.raw_before < asked_ &&
         exchange.host_received.raw_before >= answered_;
}

// Who answers.
void GuestTracker::Learn(const Exchange& exchange, MonotonicTime now,
                         Result& result) {
  const GuestReading& guest = exchange.guest;
  if (known_ && guest.boot_id != boot_id_) {
    *this = GuestTracker(options_);
    stream_ = exchange.stream;
    result.rebooted = true;
    Finding rebooted;
    rebooted.code = FindingCode::kRebooted;
    rebooted.active = false;
    rebooted.first_seen = rebooted.last_seen = now;
    result.findings.push_back(rebooted);
  } else if (known_ && guest.clocksource != clocksource_) {
    // The kernel adds up RAW to the last count of the old counter and goes on
    // from there: a leap over the change is one.
    ForgetRates();
    result.other_counter = true;
  }
  known_ = true;
  boot_id_ = guest.boot_id;
  clocksource_ = guest.clocksource;
  asked_ = exchange.host_sent.raw_before;
  answered_ = exchange.host_received.raw_before;
}

GuestTracker::Suspicion& GuestTracker::Suspect(MonotonicTime at) {
  if (!suspicious()) {
    suspected_ = true;
    suspicion_ = std::make_unique<Suspicion>();
    suspicion_->quiet = last_.has_value() ? last_->at : at;
    suspicion_->triggered = at;
    suspicion_->stayed = best_;
  }
  return *suspicion_;
}

void GuestTracker::NoteBroken(const Exchange& exchange, const RawOffset& raw,
                              MonotonicTime now) {
  const bool trigger = !suspicious();
  Suspicion& s = Suspect(now);
  s.Spread(CausalRealtimeOffset(exchange, exchange.guest.received), now);
  s.Spread(CausalRealtimeOffset(exchange, exchange.guest.sent), now);
  if (!trigger) {
    ++s.broken;
    return;
  }
  // Which of the two readings left the line tells the size and its sign.
  s.misread = raw.inner_jump;
  if (!band_.has_value()) return;
  const Interval line =
      band_->At(exchange.host_received.raw_before, options_.rho);
  if (!raw.at_received.Meets(line)) {
    s.misread = raw.at_received - line;
  } else if (!raw.at_sent.Meets(line)) {
    s.misread = raw.at_sent - line;
  }
}

void GuestTracker::Follow(const Exchange& exchange, const Interval& raw,
                          MonotonicTime now, Result& result) {
  const GuestReading& guest = exchange.guest;
  const LocalReading local =
      LocalReadingOf(guest.sent, now, guest.discontinuities,
                     LeapStateOf(guest.discipline, /*read_with_clocks=*/true));
  const LocalReading received = LocalReadingOf(guest.received, now);
  const BoundAt counter = {raw, exchange.host_received.raw_before, now};
  if (!suspicious()) {
    if (const std::optional<Interval> misread =
            MisreadAtReceived(last_, received, local, options_.max_slew)) {
      Suspect(now).misread = misread;
      return;
    }
  }
  const CounterLine::Place place = PlaceRaw(counter);
  const std::optional<Interval> offset =
      BoundRealtimeOffset(exchange, options_.rho + options_.max_slew);

  if (!suspicious()) {
    LocalMovement moved;
    if (last_.has_value() &&
        AnyMovementBetween(*last_, local, options_.max_slew)) {
      moved = MovementBetween(*last_, local, options_.max_slew);
    }
    // A set that the kernel told the agent of is certain at once when both
    // readings show it. Anything else may be one misread: the burst tells.
    const bool told = moved.WasSet() && !moved.Slept() && !moved.leapt &&
                      local.discontinuities > last_->discontinuities &&
                      !AnyMovementBetween(received, local, options_.max_slew);
    if (moved.Any() && !told) {
      Suspect(now).misread = moved.Size();
    } else {
      NoteWord(local, told);
      if (told) {
        result.findings.push_back(Set(*last_, local, moved.set, now));
        best_ = Best();  // what was proven of the clock is over
      }
      last_ = told || !last_.has_value() ? local : Tightened(*last_, local);
      realtime_ = guest.sent.realtime;
      FollowSlew(local);
      best_.Offer(offset, counter, exchange);
      return;
    }
  }

  Suspicion& s = *suspicion_;
  if (!last_.has_value()) last_ = local;
  const bool moved = s.local.Add(*last_, local, options_.max_slew);
  if (!moved) last_ = Tightened(*last_, local);
  if (moved && s.local.run() == 1 && !s.counter.has_value()) s.moved = Best();
  s.Spread(offset, now);
  using Place = CounterLine::Place;
  if (moved || place == Place::kNew || place == Place::kEither) {
    s.moved.Offer(offset, counter, exchange);
  }
  if (!moved && (place == Place::kOld || place == Place::kEither)) {
    s.stayed.Offer(offset, counter, exchange);
  }
  if (!moved || s.local.Lasting()) realtime_ = guest.sent.realtime;
  // The kernel's word came late, and settles it.
  if (s.local.Lasting() && !s.counter.has_value() &&
      local.discontinuities > last_->discontinuities) {
    Decide(result.findings);
  }
}

CounterLine::Place GuestTracker::PlaceRaw(const BoundAt& raw) {
  if (!band_.has_value()) {
    band_.emplace(raw);
    compared_since_ = raw.seen;
    band_readings_ = 1;
    return CounterLine::Place::kOld;
  }
  if (suspicious() && suspicion_->counter.has_value()) {
    return suspicion_->counter->Add(raw, *band_);
  }
  if (band_->Narrow(raw, options_.rho)) {
    band_readings_ = 2;
    return CounterLine::Place::kOld;
  }
  Suspicion& s = Suspect(raw.seen);
  s.counter.emplace(raw, options_.rho);
  s.quiet = std::min(s.quiet, band_->Contradicted(raw.bound).seen);
  s.answers = 0;
  return CounterLine::Place::kNew;
}

// The kernel's word of a set can come a little before a reading shows it, or
// after.
void GuestTracker::NoteWord(const LocalReading& local, bool shown) {
  if (shown || !last_.has_value()) {
    unseen_sets_ = 0;
    return;
  }
  uint64_t words = local.discontinuities > last_->discontinuities
                       ? local.discontinuities - last_->discontinuities
                       : 0;
  const uint64_t late = std::min(words, untold_sets_);
  untold_sets_ -= late;
  unseen_sets_ += words - late;
}

void GuestTracker::TellUnseenSets(std::vector<Finding>& findings) {
  if (unseen_sets_ == 0) return;
  Finding nothing =
      Set(*last_, *last_, Interval::Exactly(absl::ZeroDuration()), last_->at);
  nothing.active = false;
  nothing.discontinuities = unseen_sets_;
  nothing.before.reset();
  nothing.after.reset();
  nothing.note = "set and set back between two readings, or to the time it was";
  findings.push_back(std::move(nothing));
}

void GuestTracker::FollowSlew(const LocalReading& local) {
  const SlewAnchor here = {local.differences.mono_raw, local.raw};
  if (!slew_anchor_.has_value()) {
    slew_anchor_ = here;
    return;
  }
  const absl::Duration elapsed = here.raw - slew_anchor_->raw;
  if (absl::AbsDuration(elapsed) < kSlewBaseline) return;
  if (elapsed > absl::ZeroDuration()) {
    const RateInterval rate =
        RateBetween(slew_anchor_->mono_raw, here.mono_raw, elapsed);
    slew_.reset();
    if (rate.LeastMagnitude() > options_.slew_warning_ppm) slew_ = rate;
  }
  slew_anchor_ = here;
}

GuestTracker::BurstResult GuestTracker::EndBurst() {
  BurstResult result;
  if (suspicious() && suspicion_->answers > 0) {
    Decide(result.findings);
  }
  if (suspicious()) return result;
  if (!suspected_ && best_.raw.has_value()) SettleDoubt(result.findings);
  if (!suspected_) TellUnseenSets(result.findings);
  unseen_sets_ = 0;
  suspected_ = false;
  ForgetDriftAcross(result.findings);
  FollowDrift();
  result.offset = best_.offset;
  result.measured = best_.measured;
  if (best_.raw.has_value()) {
    rate_.Add(*best_.raw);
    anchor_ = best_.raw;
  }
  best_ = Best();
  return result;
}

bool GuestTracker::DidNotMove(const Interval& leap, MonotonicTime begin,
                              MonotonicTime end) const {
  if (rate_.DidNotMove(leap, begin, end)) return true;
  // Since its own leap, of which rates begin later.
  if (suspicious() || landed_ == nullptr || !anchor_.has_value() ||
      landed_->seen > begin || anchor_->seen < end) {
    return false;
  }
  const absl::Duration drift =
      (anchor_->at - landed_->at) * (kSoundApartPpm / 1e6);
  return !(anchor_->bound - landed_->bound).WidenedBy(drift).Meets(leap);
}

void GuestTracker::FollowDrift() {
  if (!best_.offset.has_value() || best_.taken_us < 0 ||
      !best_.raw.has_value()) {
    return;
  }
  // On the host's RAW, by the burst's other best answer, which both clocks are
  // known of: what they can part by meanwhile makes the moment less certain.
  const absl::Duration apart = best_.measured - best_.raw->seen;
  const absl::Duration blur =
      Drift(absl::AbsDuration(apart), options_.rho + options_.max_slew) +
      best_.raw->bound.Width();
  const absl::Duration answered = best_.raw->at + apart;
  drift_.Add(*best_.offset,
             answered - absl::Microseconds(best_.taken_us) - blur,
             answered + blur);
}

// What moved a clock at once is no drift.
void GuestTracker::ForgetDriftAcross(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.size.has_value() && finding.code != FindingCode::kReadGlitch) {
      drift_.Forget();
    }
  }
}

void GuestTracker::Best::Offer(const std::optional<Interval>& proof,
                               const BoundAt& counters,
                               const Exchange& exchange) {
  if (!raw.has_value() || counters.bound.Width() < raw->bound.Width()) {
    raw = counters;
  }
  if (proof.has_value() &&
      (!offset.has_value() || proof->Width() < offset->Width())) {
    offset = proof;
    measured = counters.seen;
    const absl::Duration taken =
        exchange.host_received.raw_after - exchange.host_sent.raw_before;
    taken_us = -1;
    if (taken < kLongestTaken) {
      taken_us = static_cast<int32_t>(
          absl::ToInt64Microseconds(taken + absl::Microseconds(1)));
    }
  }
}

void GuestTracker::Suspicion::Spread(const std::optional<Interval>& offset,
                                     MonotonicTime at) {
  if (!offset.has_value()) return;
  spread = spread.has_value() ? Hull(*spread, *offset) : *offset;
  spread_at = at;
}

}  // namespace noonmark
