#include "guest/adjust/timex_request.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr absl::Duration kMostSlewed = absl::Seconds(1);

std::string Text(absl::Duration duration) {
  return absl::FormatDuration(duration);
}

// To the nearest microsecond; an even split goes away from zero.
absl::Duration WholeMicroseconds(absl::Duration amount) {
  const absl::Duration half = absl::Nanoseconds(500);
  return absl::Trunc(
      amount < absl::ZeroDuration() ? amount - half : amount + half,
      absl::Microseconds(1));
}

}  // namespace

absl::StatusOr<timex> StepRequest(absl::Duration amount,
                                  const ClockReading& now,
                                  absl::Duration realtime_end) {
  amount = WholeMicroseconds(amount);
  const absl::Duration then = now.realtime + amount;
  if (then < now.monotonic) {
    return absl::OutOfRangeError(absl::StrCat(
        "a step of ", Text(amount), " from ", Text(now.realtime),
        " since 1970 goes below MONOTONIC, ", Text(now.monotonic)));
  }
  if (then >= realtime_end) {
    return absl::OutOfRangeError(absl::StrCat(
        "a step of ", Text(amount), " from ", Text(now.realtime),
        " since 1970 reaches ", Text(realtime_end), ", which is too far"));
  }
  const absl::Duration seconds = absl::Floor(amount, absl::Seconds(1));
  timex request = {};
  request.modes = ADJ_SETOFFSET;
  request.time.tv_sec = absl::ToInt64Seconds(seconds);
  request.time.tv_usec = absl::ToInt64Microseconds(amount - seconds);
  return request;
}

absl::StatusOr<timex> SlewRequest(absl::Duration amount) {
  if (absl::AbsDuration(amount) > kMostSlewed) {
    return absl::OutOfRangeError(absl::StrCat(
        "a slew of ", Text(amount), " would take more than half an hour"));
  }
  timex request = {};
  request.modes = ADJ_OFFSET_SINGLESHOT;
  request.offset = absl::ToInt64Microseconds(WholeMicroseconds(amount));
  return request;
}

timex SlewLeftRequest() {
  timex request = {};
  request.modes = ADJ_OFFSET_SS_READ;
  return request;
}

absl::Duration SlewLeftOf(const timex& answer) {
  return absl::Microseconds(answer.offset);
}

}  // namespace noonmark
