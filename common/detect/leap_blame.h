#ifndef NOONMARK_COMMON_DETECT_LEAP_BLAME_H_
#define NOONMARK_COMMON_DETECT_LEAP_BLAME_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// That a guest's counter leapt against the host's, and between which moments.
struct SeenLeap {
  Interval size;
  MonotonicTime begin;
  MonotonicTime end;
  // libvirt told of the pause that made it: the guest's for sure.
  bool told = false;
};

// The two happened at the same time, as far as their windows tell.
bool MayBeAtOnce(const SeenLeap& a, const SeenLeap& b);
// The two may be one leap, of the host: at the same time, and as far.
bool MayBeOne(const SeenLeap& a, const SeenLeap& b);

// What the one leap would be that makes `leap` and all of `others`, each of
// which may be one with it. Absent: no single one does.
std::optional<SeenLeap> CommonLeap(SeenLeap leap,
                                   const std::vector<SeenLeap>& others);

// What the other guests of a host know of one leap of its counter.
struct LeapWords {
  // Their own counters leapt as it would have made them.
  size_t alike = 0;
  // Were compared before and after, and stayed put.
  size_t sound = 0;
  // Leapt at the same time, and otherwise: says nothing, for two may have leapt
  // at once.
  size_t otherwise = 0;
  // Have said nothing since.
  size_t unheard = 0;
};

enum class LeapBlame {
  kOpen,
  kHost,
  kGuest,
  // Nobody could tell: it is called the guest's, and that is said with it.
  kUntold,
};

// A leap of guest against host says nothing of which of the two leapt; the
// host's other guests do. The guest's, where one of them stayed put. The
// host's, where none did, one or more of the others leapt alike, and nobody is
// left to be heard: guests that nobody paused do not leap by the same
// milliseconds within one gap by chance. After `patience` those count that were
// heard, and after half of it where two of them leapt alike.
LeapBlame BlameForLeap(const LeapWords& words, absl::Duration open_for,
                       absl::Duration patience);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_LEAP_BLAME_H_
