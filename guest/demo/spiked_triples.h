#ifndef NOONMARK_GUEST_DEMO_SPIKED_TRIPLES_H_
#define NOONMARK_GUEST_DEMO_SPIKED_TRIPLES_H_

#include <vector>

#include "common/time/clock.h"
#include "common/time/wall_triple.h"
#include "guest/demo/fault_script.h"

namespace noonmark {

// Another source, with the spikes of a script: each puts the first reading of
// REALTIME from its time on off. The script starts when the object is made.
class SpikedTriples : public WallTripleSource {
 public:
  // Both must outlive it.
  SpikedTriples(WallTripleSource* real, Clock* clock,
                const std::vector<Fault>& script);

  void Read(absl::Span<WallTriple> triples) override;
  absl::Duration Tick() const override { return real_->Tick(); }

 private:
  WallTripleSource* const real_;
  Clock* const clock_;
  const MonotonicTime start_;
  std::vector<Fault> spikes_;  // not played yet
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_SPIKED_TRIPLES_H_
