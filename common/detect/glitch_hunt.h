#ifndef NOONMARK_COMMON_DETECT_GLITCH_HUNT_H_
#define NOONMARK_COMMON_DETECT_GLITCH_HUNT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/estimate/glitch.h"
#include "common/estimate/interval.h"
#include "common/time/wall_triple.h"

namespace noonmark {

// By how much the first reading was off, > 0: ahead; absent: these readings
// prove no glitch.
//
// They do iff the reading is more than 1 s off its pair, the three after it are
// not off theirs, and it is more than 1 s outside of all that the readings of
// COARSE and the other three of REALTIME span. The last tells a glitch from a
// tick that came late and from a clock that was set: there COARSE arrives where
// the reading stood. The size rests on COARSE <= truth <= the next REALTIME,
// which holds where nobody set the clock meanwhile. Triples that share a
// reading of COARSE prove as much: only fewer moments are left at which a set
// could hide between two.
std::optional<Interval> GlitchSize(const Glitch& glitch);

// Finds glitches in triples that are read in batches, on one processor after
// another. Pure and bounded.
class GlitchHunt {
 public:
  // What is read at one go.
  struct Batch {
    uint32_t cpu = 0;
    // BOOTTIME just before the first triple.
    absl::Duration boottime;
    // How often the kernel has said that the clock was set; read just before
    // the first triple.
    uint64_t sets = 0;
  };

  // A glitch is certain when the batch after it begins and no set was counted
  // over it; readings over which one was counted prove nothing and are no
  // reads. Returns how many became certain now.
  size_t Begin(const Batch& batch);
  // The next triples of the batch that was begun last; as many calls as the
  // caller likes, whose memory is the smaller for it.
  void Add(absl::Span<const WallTriple> triples);

  const HuntReport& report() const { return report_; }

 private:
  void Look(const WallTriple& triple);

  HuntReport report_;
  Batch batch_;
  // One that was off, until three in a row are not.
  std::optional<Glitch> open_;
  size_t sane_ = 0;
  // Not certain yet: the newest, how many they are, and in how many reads.
  std::vector<Glitch> pending_;
  size_t pending_count_ = 0;
  size_t pending_reads_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GLITCH_HUNT_H_
