#include "common/detect/signature.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/estimate/interval.h"

namespace noonmark {
namespace {

constexpr absl::Duration kTolerance = absl::Milliseconds(1);

// The time that `counts` of a counter of `hertz` take.
absl::Duration Counts(uint64_t counts, int64_t hertz) {
  return absl::Seconds(1) * static_cast<int64_t>(counts) / hertz;
}

// Linux: a clocksource delta is (now - last) * mult >> shift, unsigned. A `now`
// a hair behind `last` leaves 2^(64-shift) ns less the hair; a delta too long
// for 64 bits loses as much. Kernels before 2.6.26 (tsc, xen: shift 22), and
// until 6.10 under luckier circumstances.
void AddClocksourceWraps(std::vector<Signature>& table) {
  for (int n = 36; n <= 44; ++n) {
    table.push_back(
        {absl::Nanoseconds(int64_t{1} << n), absl::StrCat("2^", n, " ns"),
         absl::StrCat("a clocksource delta wrapped in the kernel's 64-bit "
                      "arithmetic (shift ",
                      64 - n,
                      "): a counter read slightly behind its last value, or "
                      "a pause too long for the product")});
  }
  table.push_back({absl::Nanoseconds(int64_t{1} << 54), "2^54 ns",
                   "the scheduler clock of Linux 2.6.28 to 3.1.4 overflowed "
                   "(208.5 days of uptime)"});
}

void AddWords(std::vector<Signature>& table) {
  table.push_back({absl::Microseconds(int64_t{1} << 31), "2^31 us",
                   "a signed 32-bit count of microseconds wrapped"});
  table.push_back({absl::Microseconds(int64_t{1} << 32), "2^32 us",
                   "a 32-bit count of microseconds wrapped"});
  table.push_back({absl::Milliseconds(int64_t{1} << 31), "2^31 ms",
                   "a signed 32-bit count of milliseconds wrapped"});
  table.push_back({absl::Milliseconds(int64_t{1} << 32), "2^32 ms",
                   "a 32-bit count of milliseconds wrapped"});
  table.push_back({absl::Seconds(int64_t{1} << 31), "2^31 s",
                   "a signed 32-bit time in seconds wrapped (2038)"});
  table.push_back({absl::Seconds(int64_t{1} << 32), "2^32 s",
                   "a 32-bit time in seconds, or an NTP era, was lost"});
  const absl::Duration half = absl::Nanoseconds(int64_t{1} << 62);
  table.push_back({half * 2, "2^63 ns",
                   "a negative time in nanoseconds was taken as unsigned"});
  table.push_back({half * 4, "2^64 ns",
                   "a negative time in nanoseconds was taken as unsigned"});
  for (int k = 1; k <= 16; ++k) {
    table.push_back({absl::Nanoseconds(k * (int64_t{1} << 32)),
                     k == 1 ? "2^32 ns" : absl::StrCat(k, " x 2^32 ns"),
                     "the high word of a 64-bit time in nanoseconds was lost "
                     "or torn"});
  }
}

void AddTimers(std::vector<Signature>& table) {
  struct Timer {
    const char* name;
    uint64_t counts;
    int64_t hertz;
  };
  constexpr Timer kTimers[] = {
      {"2^24 / 3.579545 MHz (ACPI PM timer)", uint64_t{1} << 24, 3'579'545},
      {"2^32 / 3.579545 MHz (ACPI PM timer)", uint64_t{1} << 32, 3'579'545},
      {"2^32 / 14.31818 MHz (HPET)", uint64_t{1} << 32, 14'318'180},
      {"2^32 / 24 MHz (HPET)", uint64_t{1} << 32, 24'000'000},
      {"2^32 / 25 MHz (HPET)", uint64_t{1} << 32, 25'000'000},
  };
  for (const Timer& timer : kTimers) {
    table.push_back({Counts(timer.counts, timer.hertz), timer.name,
                     "a platform timer wrapped unseen: the guest, or Xen, did "
                     "not run for longer than the timer lasts"});
  }
}

void AddCalendar(std::vector<Signature>& table) {
  const size_t begin = table.size();
  table.push_back({absl::Seconds(1), "1 s", "a leap second on one side only"});
  table.push_back({absl::Seconds(18), "18 s", "GPS time taken for UTC"});
  table.push_back({absl::Seconds(37), "37 s", "TAI taken for UTC"});
  for (int k = 1; k <= 14 * 4; ++k) {
    const bool hours = k % 4 == 0;
    table.push_back(
        {absl::Seconds(900) * k,
         hours ? absl::StrCat(k / 4, " h") : absl::StrCat(k * 15, " min"),
         "a time zone: a clock in local time taken for UTC, or the reverse"});
  }
  table.push_back({absl::Hours(24), "1 day", "a date one day off"});
  table.push_back({absl::Seconds(619'315'200), "1024 weeks",
                   "the week number of GPS rolled over"});
  table.push_back({absl::Seconds(2'208'988'800), "70 years (1900 to 1970)",
                   "the epoch of NTP taken for that of Unix"});
  for (size_t i = begin; i < table.size(); ++i) table[i].arithmetic = false;
}

const std::vector<Signature>& Table() {
  static const std::vector<Signature>& table = *[] {
    auto* t = new std::vector<Signature>();
    // Of entries of one size the first is kept: the largest unit.
    AddClocksourceWraps(*t);
    AddWords(*t);
    AddTimers(*t);
    AddCalendar(*t);
    std::stable_sort(
        t->begin(), t->end(),
        [](const Signature& a, const Signature& b) { return a.size < b.size; });
    t->erase(std::unique(t->begin(), t->end(),
                         [](const Signature& a, const Signature& b) {
                           return a.size == b.size;
                         }),
             t->end());
    return t;
  }();
  return table;
}

}  // namespace

absl::Span<const Signature> AllSignatures() { return Table(); }

const Signature* MatchSignature(const Interval& jump) {
  Interval magnitude = jump.hi < absl::ZeroDuration() ? -jump : jump;
  magnitude = magnitude.WidenedBy(kTolerance);
  if (magnitude.ContainsZero()) return nullptr;
  const std::vector<Signature>& table = Table();
  const auto first = std::lower_bound(
      table.begin(), table.end(), magnitude.lo,
      [](const Signature& s, absl::Duration lo) { return s.size < lo; });
  if (first == table.end() || first->size > magnitude.hi) return nullptr;
  const auto second = first + 1;
  if (second != table.end() && second->size <= magnitude.hi) return nullptr;
  return &*first;
}

}  // namespace noonmark
