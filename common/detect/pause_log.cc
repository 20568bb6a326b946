#include "common/detect/pause_log.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {
namespace {

MonotonicTime LongAgo() {
  return MonotonicTime::FromReading(-absl::InfiniteDuration());
}

std::string Tenths(absl::Duration d) {
  return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(d));
}

std::optional<absl::Duration> Sum(const std::optional<absl::Duration>& a,
                                  const std::optional<absl::Duration>& b) {
  if (!a.has_value() || !b.has_value()) return std::nullopt;
  return *a + *b;
}

std::string_view Did(PauseKind kind) {
  switch (kind) {
    case PauseKind::kPaused:
      return "paused it";
    case PauseKind::kSaved:
      return "saved it";
    case PauseKind::kMoved:
      return "moved it, which stopped it";
  }
  return "";
}

}  // namespace

std::string InWords(const ToldPauses& pauses) {
  std::string words = absl::StrCat("libvirt ", std::string(Did(pauses.kind)));
  if (pauses.count > 1) absl::StrAppend(&words, " ", pauses.count, " times,");
  if (pauses.heard.has_value()) {
    absl::StrAppend(&words, " for ", Tenths(*pauses.heard));
  } else {
    absl::StrAppend(&words, " for ", Tenths(pauses.lasted.lo), " to ",
                    Tenths(pauses.lasted.hi));
  }
  return absl::StrCat(words, pauses.count > 1 ? " in all" : "");
}

void PauseLog::OnPaused(PauseKind kind, MonotonicTime at) {
  if (open()) {
    // It was told already, or listed before its event came; a move is paused
    // as anything else first.
    Pause& pause = pauses_.back();
    pause.began_lo = std::max(pause.began_lo, at - kLatency);
    pause.began_lo = std::min(pause.began_lo, pause.began_hi);
    if (pause.kind == PauseKind::kPaused) pause.kind = kind;
    return;
  }
  Add(at - kLatency, at, kind);
  pauses_.back().begin_heard = true;
}

void PauseLog::OnResumed(MonotonicTime at) {
  const MonotonicTime lo = at - kLatency;
  if (open()) {
    Close(at);
  } else if (pauses_.empty() || pauses_.back().end_heard ||
             pauses_.back().ended_hi < lo) {
    // Nobody heard it being paused.
    Add(LongAgo(), at, PauseKind::kPaused);
    Close(at);
  }
  Pause& pause = pauses_.back();
  pause.ended_lo = std::clamp(lo, pause.ended_lo, pause.ended_hi);
  pause.end_heard = true;
  resumed_ = at;
}

void PauseLog::OnListedPaused(MonotonicTime at) {
  if (!open()) Add(LongAgo(), at, PauseKind::kPaused);
  // The list may be as old as an event.
  Pause& pause = pauses_.back();
  pause.ended_lo = std::max(pause.ended_lo, at - kLatency);
}

void PauseLog::OnListedRunning(MonotonicTime at) {
  if (!open()) return;
  Close(at);
  resumed_ = at;
}

void PauseLog::OnAnswer(MonotonicTime asked, MonotonicTime answered) {
  // Of a question asked before it was paused the answer may be as old.
  if (!open() || asked <= pauses_.back().began_hi) return;
  Close(answered);
  resumed_ = answered;
}

std::optional<ToldPauses> PauseLog::Between(MonotonicTime begin,
                                            MonotonicTime end) const {
  std::optional<ToldPauses> told;
  for (const Pause& pause : pauses_) {
    const bool over = !pause.open && pause.ended_hi <= begin;
    if (over || pause.counted || pause.first_began >= end) continue;
    if (!told.has_value()) {
      told.emplace();
      told->heard = absl::ZeroDuration();
    }
    told->heard = Sum(told->heard, pause.Heard());
    told->lasted = told->lasted + pause.Lasted(begin, end);
    told->count += pause.count;
    told->kind = pause.kind;
  }
  return told;
}

void PauseLog::Count(MonotonicTime ended_by) {
  for (Pause& pause : pauses_) {
    pause.counted |= !pause.open && pause.ended_lo <= ended_by;
  }
}

void PauseLog::Forget() {
  pauses_.clear();
  resumed_.reset();
}

std::optional<MonotonicTime> PauseLog::resumed() const {
  if (open()) return std::nullopt;
  return resumed_;
}

Interval PauseLog::Pause::Lasted(MonotonicTime begin, MonotonicTime end) const {
  const MonotonicTime earliest =
      began_lo == LongAgo() ? std::min(begin - kLatency, began_hi) : began_lo;
  const MonotonicTime latest = open ? end : std::min(ended_hi, end);
  const absl::Duration least =
      std::max(absl::ZeroDuration(), ended_lo - began_hi);
  return earlier + Interval{least, std::max(least, latest - earliest)};
}

std::optional<absl::Duration> PauseLog::Pause::Heard() const {
  if (!begin_heard || !end_heard) return std::nullopt;
  return Sum(heard_earlier, ended_hi - began_hi);
}

void PauseLog::Add(MonotonicTime began_lo, MonotonicTime began_hi,
                   PauseKind kind) {
  pauses_.erase(
      std::remove_if(pauses_.begin(), pauses_.end(),
                     [](const Pause& pause) { return pause.counted; }),
      pauses_.end());
  if (pauses_.size() == kMost) {
    const Pause& oldest = pauses_[0];
    Pause& next = pauses_[1];
    next.earlier = next.earlier + oldest.Lasted(LongAgo(), oldest.ended_hi);
    next.heard_earlier = Sum(next.heard_earlier, oldest.Heard());
    next.first_began = oldest.first_began;
    next.count += oldest.count;
    pauses_.erase(pauses_.begin());
  }
  Pause pause;
  // It ran when the last one ended.
  if (!pauses_.empty()) began_lo = std::max(began_lo, pauses_.back().ended_lo);
  pause.began_lo = pause.first_began = std::min(began_lo, began_hi);
  pause.began_hi = pause.ended_lo = began_hi;
  pause.kind = kind;
  pauses_.reserve(pauses_.size() + 1);
  pauses_.push_back(pause);
}

void PauseLog::Close(MonotonicTime ended_hi) {
  Pause& pause = pauses_.back();
  pause.open = false;
  pause.ended_hi = std::max(ended_hi, pause.ended_lo);
}

}  // namespace noonmark
