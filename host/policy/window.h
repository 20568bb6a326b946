#ifndef NOONMARK_HOST_POLICY_WINDOW_H_
#define NOONMARK_HOST_POLICY_WINDOW_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

// When noonmark may correct by itself: a time of the day on some days of the
// week, in UTC, which knows no summer time. One that ends before it begins goes
// on into the next day.
struct Window {
  // Bit 0: Monday. The days on which it begins.
  uint8_t days = 0x7f;
  absl::Duration begin;  // since midnight, inside
  absl::Duration end;    // outside; at most 24 h

  bool Contains(absl::Time time) const;
  // As ParseWindow() takes it.
  std::string Text() const;
};

// "01:00-05:00", "Sat,Sun 22:00-06:00". "24:00" is the end of a day.
//
// Errors:
//   kInvalidArgument  anything else, or a window of no length; the message
//                     shows how it is written.
absl::StatusOr<Window> ParseWindow(std::string_view text);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_WINDOW_H_
