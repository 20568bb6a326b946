#include "host/policy/window.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace noonmark {
namespace {

constexpr uint8_t kEveryDay = 0x7f;
constexpr std::array<const char*, 7> kDays = {"Mon", "Tue", "Wed", "Thu",
                                              "Fri", "Sat", "Sun"};

std::optional<absl::Duration> ParseTime(const std::string& text) {
  int hours = 0;
  int minutes = 0;
  const bool formed =
      text.size() == 5 && text[2] == ':' &&
      absl::ascii_isdigit(static_cast<unsigned char>(text[0])) &&
      absl::ascii_isdigit(static_cast<unsigned char>(text[3]));
  if (!formed || !absl::SimpleAtoi(text.substr(0, 2), &hours) ||
      !absl::SimpleAtoi(text.substr(3), &minutes) || minutes > 59) {
    return std::nullopt;
  }
  const absl::Duration time = absl::Hours(hours) + absl::Minutes(minutes);
  if (time > absl::Hours(24)) return std::nullopt;
  return time;
}

std::optional<uint8_t> ParseDays(const std::string& text) {
  uint8_t days = 0;
  for (const auto name : absl::StrSplit(text, ',')) {
    bool known = false;
    for (size_t day = 0; day < kDays.size(); ++day) {
      if (name != kDays[day]) continue;
      days |= static_cast<uint8_t>(1u << day);
      known = true;
    }
    if (!known) return std::nullopt;
  }
  return days;
}

std::string TimeText(absl::Duration time) {
  const int64_t minutes = absl::ToInt64Minutes(time);
  return absl::StrFormat("%02d:%02d", minutes / 60, minutes % 60);
}

}  // namespace

bool Window::Contains(absl::Time time) const {
  const absl::CivilSecond civil =
      absl::ToCivilSecond(time, absl::UTCTimeZone());
  const absl::CivilDay day(civil);
  const absl::Duration since = time - absl::FromCivil(day, absl::UTCTimeZone());
  const auto begins_on = [this](absl::CivilDay which) {
    const int number = static_cast<int>(absl::GetWeekday(which));
    return (days >> number & 1) != 0;
  };
  if (begin < end) return begins_on(day) && begin <= since && since < end;
  return (begins_on(day) && begin <= since) ||
         (begins_on(day - 1) && since < end);
}

std::string Window::Text() const {
  std::vector<std::string> names;
  for (size_t day = 0; day < kDays.size(); ++day) {
    if ((days >> day & 1) != 0) names.emplace_back(kDays[day]);
  }
  return absl::StrCat(
      days == kEveryDay ? "" : absl::StrCat(absl::StrJoin(names, ","), " "),
      TimeText(begin), "-", TimeText(end));
}

absl::StatusOr<Window> ParseWindow(std::string_view text) {
  const absl::Status fault = absl::InvalidArgumentError(absl::StrCat(
      "\"", std::string(text),
      "\" is no window; write \"01:00-05:00\" or \"Sat,Sun 22:00-06:00\", in "
      "UTC"));
  Window window;
  std::string times(text);
  if (const size_t space = times.find(' '); space != std::string::npos) {
    const std::optional<uint8_t> days = ParseDays(times.substr(0, space));
    if (!days.has_value()) return fault;
    window.days = *days;
    times = times.substr(space + 1);
  }
  const std::vector<std::string> ends = absl::StrSplit(times, '-');
  if (ends.size() != 2) return fault;
  const std::optional<absl::Duration> begin = ParseTime(ends[0]);
  const std::optional<absl::Duration> end = ParseTime(ends[1]);
  if (!begin.has_value() || !end.has_value() || *begin == *end ||
      *begin == absl::Hours(24)) {
    return fault;
  }
  window.begin = *begin;
  window.end = *end;
  return window;
}

}  // namespace noonmark
