#include "guest/demo/spiked_triples.h"

#include <algorithm>

namespace noonmark {

SpikedTriples::SpikedTriples(WallTripleSource* real, Clock* clock,
                             const std::vector<Fault>& script)
    : real_(real), clock_(clock), start_(clock->Now()) {
  for (const Fault& fault : script) {
    if (fault.kind == Fault::Kind::kSpike) spikes_.push_back(fault);
  }
}

void SpikedTriples::Read(absl::Span<WallTriple> triples) {
  real_->Read(triples);
  if (spikes_.empty() || triples.empty()) return;
  const absl::Duration since_start = clock_->Now() - start_;
  const auto due = std::find_if(
      spikes_.begin(), spikes_.end(),
      [since_start](const Fault& spike) { return spike.at <= since_start; });
  if (due == spikes_.end()) return;
  triples[0].realtime += due->size;
  spikes_.erase(due);
}

}  // namespace noonmark
