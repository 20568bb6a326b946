#ifndef NOONMARK_GUEST_ADJUST_OFFSET_FILE_CLOCK_H_
#define NOONMARK_GUEST_ADJUST_OFFSET_FILE_CLOCK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guest/adjust/clock_adjuster.h"

namespace noonmark {

// For tests: a clock whose REALTIME is the machine's plus what a file says, and
// an adjuster that writes the file: "-4398.046511", seconds, as libfaketime
// reads it at every reading of a clock. So a real mail server can live by it.
// The programs that use this class must not themselves run under libfaketime.
//
// The file is written anew and renamed: nobody reads half of it. Somebody else
// may write it too; that is how a test sets the clock behind our back.
class OffsetFileClock : public Clock, public ClockAdjuster {
 public:
  // `base` is the machine's. Without the file the offset is zero.
  OffsetFileClock(Clock* base, std::string path)
      : base_(base), path_(std::move(path)) {}

  // A file that cannot be read or is no number is an offset of zero.
  ClockReading Read() override;
  MonotonicTime Now() override { return base_->Now(); }

  absl::Status Step(absl::Duration amount) override;
  // Goes on at each Read(), by what is due then.
  absl::Status Slew(absl::Duration amount) override;
  absl::StatusOr<absl::Duration> SlewLeft() override;
  // kNotFound: there is none.
  absl::Status SetHardwareClock() override;

 private:
  absl::Duration Offset() const;
  absl::Status Write(absl::Duration offset) const;
  void GoOnSlewing();

  Clock* const base_;
  const std::string path_;
  absl::Duration slew_left_;
  MonotonicTime slewed_until_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_OFFSET_FILE_CLOCK_H_
