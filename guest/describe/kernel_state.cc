#include "guest/describe/kernel_state.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/runtime/kernel_discipline.h"
#include "guest/describe/small_file.h"

namespace noonmark {

KernelState::KernelState(std::string root, MonotonicTime now)
    : root_(std::move(root)),
      boot_id_(
          ReadSmallFile(absl::StrCat(root_, "/proc/sys/kernel/random/boot_id"))
              .value_or("")) {
  Refresh(now);
}

void KernelState::RefreshIfOld(MonotonicTime now) {
  const absl::Duration age = now - refreshed_;
  if (age < absl::ZeroDuration() || age >= kFresh) Refresh(now);
}

void KernelState::Refresh(MonotonicTime now) {
  refreshed_ = now;
  clocksource_ = ReadSmallFile(absl::StrCat(root_,
                                            "/sys/devices/system/clocksource/"
                                            "clocksource0/current_clocksource"))
                     .value_or("");
  steal_ =
      StolenTime(ReadSmallFile(absl::StrCat(root_, "/proc/stat")).value_or(""),
                 sysconf(_SC_CLK_TCK));
}

void KernelState::AddTo(GuestReading* reading) const {
  reading->boot_id = boot_id_;
  reading->clocksource = clocksource_;
  reading->steal = steal_;
  reading->discipline = ReadKernelDiscipline();
}

std::optional<absl::Duration> StolenTime(const std::string& stat,
                                         int64_t ticks) {
  // "cpu  user nice system idle iowait irq softirq steal ...": of all CPUs.
  constexpr size_t kSteal = 8;
  const std::vector<absl::string_view> columns =
      absl::StrSplit(absl::string_view(stat).substr(0, stat.find('\n')), ' ',
                     absl::SkipEmpty());
  int64_t stolen;
  if (columns.size() <= kSteal || columns[0] != "cpu" || ticks <= 0 ||
      !absl::SimpleAtoi(columns[kSteal], &stolen) || stolen < 0) {
    return std::nullopt;
  }
  return absl::Seconds(stolen) / ticks;
}

}  // namespace noonmark
