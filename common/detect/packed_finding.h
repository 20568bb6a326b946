#ifndef NOONMARK_COMMON_DETECT_PACKED_FINDING_H_
#define NOONMARK_COMMON_DETECT_PACKED_FINDING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// A finding as it is kept, in little more than half the room: hosts keep some
// for each of many guests. Nothing is lost but what is below a nanosecond of a
// moment and, when it is over, what of its note is beyond kMostPastNote bytes.
class PackedFinding {
 public:
  static constexpr size_t kMostPastNote = 40;

  explicit PackedFinding(const Finding& finding);
  Finding Unpack() const;

  FindingCode code() const { return code_; }
  Severity severity() const { return severity_; }
  bool active() const { return active_; }
  uint32_t occurrences() const { return occurrences_; }
  void CountOneMore() { ++occurrences_; }
  // `moved`: what was seen of it last stays its moment; otherwise it lasted
  // until now.
  void End(MonotonicTime now, bool moved);
  // When it was over; when it was seen last, if it is over as it was told.
  MonotonicTime ended() const;
  // Active before past, then the more severe, then the later.
  bool Before(const PackedFinding& other) const;
  size_t HeapBytes() const;

 private:
  // Exactly a finite Duration, in 12 bytes.
  struct Span {
    Span() = default;
    explicit Span(absl::Duration d);
    absl::Duration Get() const;

    uint32_t high = 0;
    uint32_t low = 0;
    uint32_t quarters = 0;
  };
  // A text in the room of a pointer, and none where there is none.
  class Text {
   public:
    Text() = default;
    // Beyond 64 KiB it is cut.
    explicit Text(std::string_view text);
    std::string_view Get() const;
    size_t HeapBytes() const;

   private:
    // Two bytes of length, then the text. Null: empty.
    std::unique_ptr<const char[]> chars_;
  };
  struct Pair {
    Pair() = default;
    explicit Pair(const std::optional<Interval>& interval);
    std::optional<Interval> Get(bool present) const;

    Span lo;
    Span hi;
  };

  Pair size_;
  Pair before_;
  Pair after_;
  FindingCode code_;
  Severity severity_;
  bool active_ : 1;
  bool alone_ : 1;
  bool has_size_ : 1;
  bool has_before_ : 1;
  bool has_after_ : 1;
  bool has_rate_ : 1;
  bool listened_ : 1;
  HostAlibi alibi_;
  SetAlike set_alike_;
  uint8_t on_old_;
  uint8_t on_new_;
  uint8_t on_neither_;
  uint32_t occurrences_;
  uint32_t discontinuities_;
  int64_t first_seen_ns_;
  int64_t last_seen_ns_;
  int64_t window_begin_ns_;
  int64_t window_end_ns_;
  int64_t ended_ns_;
  RateInterval rate_;
  const Signature* signature_;
  Text note_;
  // What few findings have, and none has two of. Null: none.
  using Rare = std::variant<GlitchEvidence, ToldPauses, MoveEvidence>;
  static std::unique_ptr<const Rare> RareOf(const Finding& finding);
  std::unique_ptr<const Rare> rare_;
};

// What of a text fits into `most` bytes, cut between two characters of UTF-8.
std::string Cut(std::string_view text, size_t most);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_PACKED_FINDING_H_
