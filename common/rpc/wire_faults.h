#ifndef NOONMARK_COMMON_RPC_WIRE_FAULTS_H_
#define NOONMARK_COMMON_RPC_WIRE_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace noonmark {

// What is wrong with a message from the wire: the first thing is kept. `field`
// is a path in the message: "received.raw_after_ns".
class WireFaults {
 public:
  void Add(absl::string_view field, absl::string_view what);
  // Printable (CountPrintable()), and at most so many characters.
  void CheckText(absl::string_view field, const std::string& text, size_t most);
  void CheckRange(absl::string_view field, int64_t value, int64_t least,
                  int64_t most);

  // OK, or kInvalidArgument: "FIELD: WHAT".
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// An enum of the wire that has ours in our order, after one that means
// "absent". `last` is the last of ours.
template <typename Enum>
Enum DecodeEnum(absl::string_view field, int wire, Enum last,
                WireFaults* faults) {
  if (wire == 0) {
    faults->Add(field, "is missing");
  } else if (wire < 0 || wire > static_cast<int>(last) + 1) {
    faults->Add(field, absl::StrCat(wire, " is not known here"));
  } else {
    return static_cast<Enum>(wire - 1);
  }
  return Enum{};
}

template <typename Wire, typename Enum>
Wire EncodeEnum(Enum value) {
  return static_cast<Wire>(static_cast<int>(value) + 1);
}

// `text` if CheckText() would have nothing against it, else nothing.
const std::string& AllowedText(const std::string& text, size_t most);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_WIRE_FAULTS_H_
