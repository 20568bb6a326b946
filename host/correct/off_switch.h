#ifndef NOONMARK_HOST_CORRECT_OFF_SWITCH_H_
#define NOONMARK_HOST_CORRECT_OFF_SWITCH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace noonmark {

// While this file is there, nothing is corrected on this host. It outlives
// noonmarkd, and anybody with the right to its folder can make it: `touch`
// will do when nothing else does.
class OffSwitch {
 public:
  // `path`: "/var/lib/noonmark/off".
  explicit OffSwitch(std::string path) : path_(std::move(path)) {}

  // Why it is off, for people: what the file says, its first line. Empty: on.
  // A file that cannot be looked at counts as there.
  std::string Why() const;

  // Makes the file, and removes it; durable. That it is there already, or gone,
  // is no error.
  //   kUnavailable  the message has the path, the cause and what to do.
  absl::Status Set(absl::string_view why) const;
  absl::Status Clear() const;

 private:
  const std::string path_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_OFF_SWITCH_H_
