#ifndef NOONMARK_HOST_POLICY_AGREEMENT_H_
#define NOONMARK_HOST_POLICY_AGREEMENT_H_

#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// How many measurements of an offset in a row agree, and since when: what a
// correction wants before it believes them. One that stands elsewhere begins
// anew.
class Agreement {
 public:
  // A burst proved `offset` at `measured`; > 0: the guest is ahead. The same
  // moment again is no other measurement.
  void Add(const Interval& offset, MonotonicTime measured);
  // Nothing of the last counts: the clock, the mark or the guest is another.
  void Forget() { *this = Agreement(); }

  int count() const { return count_; }
  // From the first that agrees to the last.
  absl::Duration span() const { return last_ - first_; }

 private:
  int count_ = 0;
  MonotonicTime first_;
  MonotonicTime last_;
  // What all of them allow, at `last_`.
  std::optional<Interval> common_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_AGREEMENT_H_
