#include "common/detect/guest_tracker.h"

#include <algorithm>
#include <utility>

#include "common/estimate/realtime_offset.h"

namespace noonmark {
namespace {

// A slew is told from reading errors over this long.
constexpr absl::Duration kSlewBaseline = absl::Seconds(1);

// Keeps the narrower of two proofs.
template <typename Best>
void Offer(Best& best, const std::optional<Interval>& offset,
           const Interval& raw, absl::Duration raw_at, MonotonicTime measured) {
  if (!best.raw.has_value() || raw.Width() < best.raw->Width()) {
    best.raw = raw;
    best.raw_at = raw_at;
  }
  if (offset.has_value() &&
      (!best.offset.has_value() || offset->Width() < best.offset->Width())) {
    best.offset = offset;
    best.measured = measured;
  }
}

// A jump of this size comes from arithmetic of the kernel, whichever its sign;
// an equally long pause to the millisecond is the less likely story.
bool IsClocksourceWrap(const Signature* signature) {
  return signature != nullptr && signature->name.rfind("2^", 0) == 0;
}

}  // namespace

GuestTracker::GuestTracker(const TrackerOptions& options)
    : options_(options), rate_(options.rate_baseline) {}

void GuestTracker::ForgetComparisons() {
  band_.reset();
  suspicion_.reset();
  rate_.Forget();
  best_ = Best();
}

void GuestTracker::ForgetOffsets() {
  best_.offset.reset();
  if (suspicion_.has_value()) {
    suspicion_->best_old.offset.reset();
    suspicion_->best_new.offset.reset();
  }
}

GuestTracker::Result GuestTracker::OnExchange(const Exchange& exchange) {
  Result result;
  const GuestReading& guest = exchange.guest;
  const absl::StatusOr<RawOffset> raw = BoundRawOffset(exchange, options_.rho);
  if (exchange.stream != stream_ || !raw.ok()) {
    result.dropped = true;
    return result;
  }
  const MonotonicTime now =
      MonotonicTime::FromReading(exchange.host_received.monotonic);
  const absl::Duration host_raw = exchange.host_received.raw_before;

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
    ForgetComparisons();
  }
  known_ = true;
  boot_id_ = guest.boot_id;
  clocksource_ = guest.clocksource;
  realtime_ = guest.sent.realtime;

  if (suspicion_.has_value()) ++suspicion_->answers;
  if (!raw->bound.has_value()) {
    NoteBrokenExchange(*raw, host_raw, now, result);
    return result;
  }

  Local local;
  local.differences = DifferencesOf(guest.sent);
  local.discontinuities = guest.discontinuities;
  local.guest_raw = guest.sent.raw_before;
  local.at = now;

  const std::optional<Local> from =
      suspicion_.has_value() ? suspicion_->before : last_;
  if (from.has_value() && !MonotonicPossible(*from, local, now - from->at)) {
    Suspicion& s = Suspect(now);
    if (!s.glitch.has_value()) {
      s.glitch = local.differences.mono_raw - from->differences.mono_raw;
    } else {
      ++s.on_neither;
    }
    if (s.answers >= options_.burst) Decide(result.findings);
    result.suspicious = suspicion_.has_value();
    return result;
  }

  const Line raw_line = PlaceRaw(*raw->bound, host_raw, now);

  // A set that the kernel told the agent of is certain at once. One it was not
  // told of may be a single misread of REALTIME: the burst tells.
  bool real_moved = false;
  if (from.has_value()) {
    const Interval a =
        local.differences.real_mono - from->differences.real_mono;
    real_moved = !a.ContainsZero();
    if (real_moved && !suspicion_.has_value() &&
        local.discontinuities == from->discontinuities) {
      Suspect(now).glitch = a;
      // This reading is the trigger and counts for neither side.
      result.suspicious = true;
      return result;
    }
  }

  const std::optional<Interval> offset =
      BoundRealtimeOffset(exchange, options_.rho + options_.max_slew);

  if (suspicion_.has_value()) {
    Suspicion& s = *suspicion_;
    const bool is_new = raw_line == Line::kNew || real_moved;
    if (raw_line == Line::kOld || raw_line == Line::kNew) {
      Offer(is_new ? s.best_new : s.best_old, offset, *raw->bound, host_raw,
            now);
    }
    last_ = local;
    const bool announced = s.before.has_value() && real_moved &&
                           !s.candidate.has_value() &&
                           local.discontinuities != s.before->discontinuities;
    if (announced || s.answers >= options_.burst) Decide(result.findings);
    result.suspicious = suspicion_.has_value();
    return result;
  }

  if (last_.has_value()) NoteSet(*last_, local, result.findings);
  if (real_moved) best_ = Best();  // what was proven of the clock is over
  FollowSlew(local);
  last_ = local;
  Offer(best_, offset, *raw->bound, host_raw, now);
  return result;
}

GuestTracker::BurstResult GuestTracker::EndBurst() {
  BurstResult result;
  if (suspicion_.has_value() && suspicion_->answers > 0) {
    Decide(result.findings);
  }
  if (suspicion_.has_value()) return result;
  result.offset = best_.offset;
  result.measured = best_.measured;
  if (best_.raw.has_value()) rate_.Add(*best_.raw, best_.raw_at);
  best_ = Best();
  return result;
}

GuestTracker::Suspicion& GuestTracker::Suspect(MonotonicTime at) {
  if (!suspicion_.has_value()) {
    suspicion_ = Suspicion();
    suspicion_->before = last_;
    suspicion_->triggered = at;
  }
  return *suspicion_;
}

GuestTracker::Line GuestTracker::PlaceRaw(const Interval& bound,
                                          absl::Duration at,
                                          MonotonicTime now) {
  if (!band_.has_value()) {
    band_.emplace(bound, at);
    if (suspicion_.has_value()) ++suspicion_->on_old;
    return Line::kOld;
  }
  if (!suspicion_.has_value() || !suspicion_->candidate.has_value()) {
    if (band_->Narrow(bound, at, options_.rho)) {
      if (suspicion_.has_value()) ++suspicion_->on_old;
      return Line::kOld;
    }
    Suspicion& s = Suspect(now);
    s.candidate.emplace(bound, at);
    s.first_candidate = bound;
    s.first_candidate_at = at;
    s.on_old = s.on_new = s.on_neither = s.answers = 0;
    return Line::kNew;
  }
  Suspicion& s = *suspicion_;
  const bool old_line = band_->At(at, options_.rho).Meets(bound);
  const bool new_line = s.candidate->At(at, options_.rho).Meets(bound);
  if (old_line && new_line) return Line::kEither;  // too wide to tell
  if (old_line) {
    ++s.on_old;
    band_->Narrow(bound, at, options_.rho);
    return Line::kOld;
  }
  if (new_line) {
    ++s.on_new;
    s.candidate->Narrow(bound, at, options_.rho);
  } else {
    ++s.on_neither;
  }
  NoteSlope(s, bound, at);
  return new_line ? Line::kNew : Line::kNeither;
}

void GuestTracker::NoteSlope(Suspicion& s, const Interval& bound,
                             absl::Duration at) {
  const RateInterval to_here =
      RateBetween(s.first_candidate, bound, at - s.first_candidate_at);
  const bool first = s.on_new + s.on_neither == 1;
  if (first) {
    s.slope = to_here;
  } else if (s.slope.has_value()) {
    s.slope->lo_ppm = std::max(s.slope->lo_ppm, to_here.lo_ppm);
    s.slope->hi_ppm = std::min(s.slope->hi_ppm, to_here.hi_ppm);
    if (s.slope->lo_ppm > s.slope->hi_ppm) s.slope.reset();
  }
  s.last_bound = bound;
  s.last_bound_at = at;
}

void GuestTracker::NoteBrokenExchange(const RawOffset& raw, absl::Duration at,
                                      MonotonicTime now, Result& result) {
  Suspicion& s = Suspect(now);
  if (!s.glitch.has_value() && s.answers == 0) {
    // Which of the two readings left the line tells the size and its sign.
    s.glitch = raw.inner_jump;
    if (band_.has_value()) {
      const Interval line = band_->At(at, options_.rho);
      if (!raw.at_received.Meets(line)) {
        s.glitch = raw.at_received - line;
      } else if (!raw.at_sent.Meets(line)) {
        s.glitch = raw.at_sent - line;
      }
    }
  } else {
    ++s.on_neither;
  }
  if (s.answers >= options_.burst) Decide(result.findings);
  result.suspicious = suspicion_.has_value();
}

bool GuestTracker::MonotonicPossible(const Local& from, const Local& to,
                                     absl::Duration host_elapsed) const {
  const absl::Duration elapsed =
      std::max(absl::AbsDuration(to.guest_raw - from.guest_raw), host_elapsed);
  return (to.differences.mono_raw - from.differences.mono_raw)
      .WidenedBy(Drift(elapsed, options_.max_slew))
      .ContainsZero();
}

void GuestTracker::NoteSet(const Local& from, const Local& to,
                           std::vector<Finding>& findings) const {
  const Interval a = to.differences.real_mono - from.differences.real_mono;
  if (a.ContainsZero()) return;
  Finding set;
  set.code = FindingCode::kClockSet;
  set.severity = SeverityOf(a, options_.thresholds);
  set.first_seen = set.last_seen = to.at;
  set.window_begin = from.at;
  set.window_end = to.at;
  set.size = a;
  set.before = from.differences.real_mono;
  set.after = to.differences.real_mono;
  set.discontinuities = to.discontinuities - from.discontinuities;
  set.signature = MatchSignature(a);
  findings.push_back(std::move(set));
}

void GuestTracker::FollowSlew(const Local& local) {
  if (!slew_anchor_.has_value()) {
    slew_anchor_ = local;
    return;
  }
  const absl::Duration elapsed = local.guest_raw - slew_anchor_->guest_raw;
  if (absl::AbsDuration(elapsed) < kSlewBaseline) return;
  if (elapsed > absl::ZeroDuration()) {
    const RateInterval rate = RateBetween(slew_anchor_->differences.mono_raw,
                                          local.differences.mono_raw, elapsed);
    slew_.reset();
    if (rate.LeastMagnitude() > options_.slew_warning_ppm) slew_ = rate;
  }
  slew_anchor_ = local;
}

Finding GuestTracker::Movement(FindingCode code, const Suspicion& s,
                               const Interval& size) const {
  Finding finding;
  finding.code = code;
  finding.severity = SeverityOf(size, options_.thresholds);
  finding.first_seen = finding.last_seen = s.triggered;
  finding.window_begin = s.before.has_value() ? s.before->at : s.triggered;
  finding.window_end = s.triggered;
  finding.size = size;
  finding.signature = MatchSignature(size);
  finding.on_old = s.on_old;
  finding.on_new = s.on_new;
  finding.on_neither = s.on_neither;
  return finding;
}

void GuestTracker::Decide(std::vector<Finding>& findings) {
  Suspicion s = *std::move(suspicion_);
  suspicion_.reset();
  if (s.candidate.has_value()) {
    DecideCounter(s, findings);
    return;
  }

  // No new line of c: REALTIME was set without a word, or one reading was off.
  const bool moved =
      s.before.has_value() && last_.has_value() &&
      !(last_->differences.real_mono - s.before->differences.real_mono)
           .ContainsZero();
  if (moved) {
    NoteSet(*s.before, *last_, findings);
    best_ = s.best_new;
  } else if (s.on_neither > 0 && s.glitch.has_value()) {
    Finding mixed = Movement(FindingCode::kVcpuDisagreement, s, *s.glitch);
    mixed.severity = Severity::kWarning;
    findings.push_back(std::move(mixed));
    ForgetComparisons();
    last_.reset();
  } else if (s.glitch.has_value()) {
    Finding glitch = Movement(FindingCode::kReadGlitch, s, *s.glitch);
    glitch.severity = Severity::kWarning;
    glitch.active = false;
    findings.push_back(std::move(glitch));
    best_ = s.best_old;
  }
}

void GuestTracker::DecideCounter(Suspicion& s, std::vector<Finding>& findings) {
  const Interval line = band_->At(s.first_candidate_at, options_.rho);
  const Interval trigger = s.first_candidate - line;

  if (s.on_new == 0 && s.on_old == 0 && s.on_neither == 0) {
    // The burst was too wide to tell. The trigger stands unexplained: the next
    // contradiction asks again.
    return;
  }
  if (s.on_new == 0 && s.on_neither == 0) {
    Finding glitch = Movement(FindingCode::kReadGlitch, s, trigger);
    glitch.severity = Severity::kWarning;
    glitch.active = false;
    findings.push_back(std::move(glitch));
    best_ = s.best_old;
    return;
  }
  if (s.on_old == 0 && s.slope.has_value() &&
      s.slope->LeastMagnitude() > static_cast<double>(options_.rho) / 1000) {
    // One line through all of them, too steep for a sound counter: no leap.
    Finding rate = Movement(FindingCode::kRateFault, s, trigger);
    rate.severity = Severity::kFault;
    rate.size.reset();
    rate.signature = nullptr;
    rate.rate = s.slope;
    findings.push_back(std::move(rate));
    rate_.Forget();
    band_.emplace(s.last_bound, s.last_bound_at);
    best_ = s.best_new;
    return;
  }
  if (s.on_old > 0 || s.on_neither > 0) {
    Finding mixed = Movement(FindingCode::kVcpuDisagreement, s, trigger);
    mixed.severity = Severity::kWarning;
    findings.push_back(std::move(mixed));
    ForgetComparisons();
    return;
  }

  // All on a new line: a leap.
  const absl::Duration at = s.candidate->at();
  const Interval old_line = band_->At(at, options_.rho);
  const Interval new_line = s.candidate->At(at, options_.rho);
  const Interval size = new_line - old_line;
  band_ = s.candidate;
  rate_.Forget();
  best_ = s.best_new;

  Interval a = Interval::Exactly(absl::ZeroDuration());
  Interval d = a;
  if (s.before.has_value() && last_.has_value()) {
    a = last_->differences.real_mono - s.before->differences.real_mono;
    d = last_->differences.boot_mono - s.before->differences.boot_mono;
  }
  if (!a.ContainsZero() && !d.ContainsZero() && d.Meets(-size)) {
    Finding slept = Movement(FindingCode::kCaughtUp, s, size);
    slept.severity = Severity::kInfo;
    slept.active = false;
    slept.before = old_line;
    slept.after = new_line;
    findings.push_back(std::move(slept));
    // What it caught up too much or too little was set by somebody.
    const Interval left_over = a - d;
    if (!left_over.ContainsZero()) {
      Finding set = Movement(FindingCode::kClockSet, s, left_over);
      set.discontinuities = last_->discontinuities - s.before->discontinuities;
      findings.push_back(std::move(set));
    }
    return;
  }
  const Signature* signature = MatchSignature(size);
  const bool ahead = size.lo > absl::ZeroDuration();
  Finding jump =
      Movement(ahead || IsClocksourceWrap(signature) ? FindingCode::kCounterJump
                                                     : FindingCode::kStoodStill,
               s, size);
  jump.before = old_line;
  jump.after = new_line;
  findings.push_back(std::move(jump));
  if (!a.ContainsZero()) NoteSet(*s.before, *last_, findings);
}

}  // namespace noonmark
