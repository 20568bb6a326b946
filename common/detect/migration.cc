#include "common/detect/migration.h"

namespace noonmark {

void Migration::OnLeaving(const Standing& before, MonotonicTime at) {
  left_ = Left{before, at};
}

std::optional<Finding> Migration::OnArrived(const Standing& before,
                                            const PauseLog& pauses,
                                            MonotonicTime at) {
  const bool again = awaits_offset_ && arrived_.has_value() &&
                     at - *arrived_ <= kOneMove && !left_.has_value();
  arrived_ = restored_ = at;
  if (again) return std::nullopt;
  if (left_.has_value()) {
    Finding finding = Tell(left_->before, left_->at, at);
    finding.move->downtime = pauses.Between(left_->at - PauseLog::kLatency, at);
    left_.reset();
    return finding;
  }
  Standing known = before;
  if (known.measured > at - PauseLog::kLatency) {
    known.offset.reset();  // it may be of afterwards already
  }
  return Tell(known, at, at);
}

std::optional<Finding> Migration::OnTsc(const TscIdentity& tsc,
                                        const Standing& stands,
                                        MonotonicTime at) {
  const std::optional<TscIdentity> before = tsc_;
  const MonotonicTime asked = tsc_at_;
  tsc_ = tsc;
  tsc_at_ = at;
  if (!before.has_value() || *before == tsc) return std::nullopt;
  tsc_before_ = before;
  const bool told =
      restored_.has_value() && *restored_ >= asked - PauseLog::kLatency;
  if (told) {
    // Of a move it is one more proof; a restore is nothing more.
    tsc_news_ = arrived_.has_value() && *arrived_ == *restored_;
    return std::nullopt;
  }
  Standing known = stands;
  if (known.measured > asked) known.offset.reset();
  known.rate.reset();  // it may be of before, or of afterwards
  arrived_ = restored_ = at;
  Finding finding = Tell(known, asked, at);
  finding.move->tsc_before = before;
  finding.move->tsc_after = tsc;
  return finding;
}

void Migration::OnHostStepped() {
  if (left_.has_value()) left_->before.offset.reset();
  before_void_ |= awaits_offset_;
}

Finding Migration::Tell(const Standing& before, MonotonicTime begin,
                        MonotonicTime at) {
  Finding finding;
  finding.code = FindingCode::kMigrated;
  finding.severity = Severity::kInfo;
  finding.active = false;
  finding.first_seen = finding.last_seen = at;
  finding.window_begin = begin;
  finding.window_end = at;
  finding.before = before.offset;
  finding.move.emplace();
  finding.move->rate_before = before.rate;
  awaits_offset_ = awaits_rate_ = true;
  before_void_ = tsc_news_ = false;
  return finding;
}

bool Migration::Complete(Finding& migrated, const Standing& stands) {
  if (!migrated.move.has_value()) return false;
  bool news = false;
  if (awaits_offset_ && stands.offset.has_value() &&
      stands.measured > *arrived_) {
    awaits_offset_ = false;
    news = true;
    migrated.after = stands.offset;
    if (before_void_) migrated.before.reset();
    if (migrated.before.has_value()) {
      migrated.size = *stands.offset - *migrated.before;
    }
  }
  if (awaits_rate_ && !awaits_offset_ && stands.rate.has_value()) {
    awaits_rate_ = false;
    news = true;
    migrated.move->rate_after = stands.rate;
  }
  if (tsc_news_) {
    tsc_news_ = false;
    news = true;
    migrated.move->tsc_before = tsc_before_;
    migrated.move->tsc_after = tsc_;
  }
  return news;
}

}  // namespace noonmark
