#include "common/detect/glitch_hunt.h"

#include <algorithm>

namespace noonmark {
namespace {

// More than a late tick that was not noticed, a leap second or a slew explain;
// what matters to programs is beyond.
constexpr absl::Duration kFarOff = absl::Seconds(1);

Interval PairOf(const WallTriple& triple) {
  return Hull(Interval::Exactly(triple.coarse_before),
              Interval::Exactly(triple.coarse_after));
}

bool IsSane(const WallTriple& triple) {
  // Nearly all, thousands of times a second.
  if (triple.coarse_before <= triple.realtime &&
      triple.realtime <= triple.coarse_before + kFarOff) {
    return true;
  }
  return PairOf(triple).WidenedBy(kFarOff).Contains(triple.realtime);
}

void KeepNewest(const Glitch& glitch, std::vector<Glitch>* kept) {
  if (kept->size() == HuntReport::kMostRecent) kept->erase(kept->begin());
  kept->push_back(glitch);
}

}  // namespace

std::optional<Interval> GlitchSize(const Glitch& glitch) {
  if (IsSane(glitch.off)) return std::nullopt;
  Interval seen = PairOf(glitch.off);
  for (const WallTriple& triple : glitch.after) {
    if (!IsSane(triple)) return std::nullopt;
    seen = Hull(Hull(seen, PairOf(triple)), Interval::Exactly(triple.realtime));
  }
  const absl::Duration reading = glitch.off.realtime;
  if (seen.WidenedBy(kFarOff).Contains(reading)) return std::nullopt;
  const Interval truth = Hull(Interval::Exactly(glitch.off.coarse_before),
                              Interval::Exactly(glitch.after[0].realtime));
  return Interval::Exactly(reading) - truth;
}

size_t GlitchHunt::Begin(const Batch& batch) {
  size_t certain = 0;
  if (batch.sets != batch_.sets) {
    open_.reset();
  } else {
    certain = pending_count_;
    for (const Glitch& glitch : pending_) KeepNewest(glitch, &report_.recent);
    report_.glitches += certain;
    report_.reads += pending_reads_;
  }
  pending_.clear();
  pending_count_ = 0;
  pending_reads_ = 0;
  batch_ = batch;
  return certain;
}

void GlitchHunt::Add(absl::Span<const WallTriple> triples) {
  pending_reads_ += triples.size();
  for (const WallTriple& triple : triples) Look(triple);
}

void GlitchHunt::Look(const WallTriple& triple) {
  if (!IsSane(triple)) {
    sane_ = 0;
    if (open_.has_value()) {
      ++open_->off_reads;
      return;
    }
    open_.emplace();
    open_->off = triple;
    open_->cpu = batch_.cpu;
    open_->boottime = batch_.boottime;
    return;
  }
  if (!open_.has_value()) return;
  open_->after[sane_++] = triple;
  if (sane_ < open_->after.size()) return;
  if (GlitchSize(*open_).has_value()) {
    KeepNewest(*open_, &pending_);
    ++pending_count_;
  }
  open_.reset();
}

}  // namespace noonmark
