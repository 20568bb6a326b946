#include "common/estimate/chrony_tracking.h"

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace noonmark {
namespace {

constexpr size_t kMostBytes = 512;
constexpr size_t kFields = 14;
// An IPv6 address with its zone; names of reference clocks have 4 letters.
constexpr size_t kLongestSource = 64;
constexpr int kHighestStratum = 16;
// 292 years, which int64 nanoseconds hold: whatever a sound chronyd says is
// less.
constexpr absl::Duration kMost =
    absl::Nanoseconds(std::numeric_limits<int64_t>::max());
constexpr size_t kMostDigits = 10;
constexpr size_t kMostDecimals = 9;

std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, 40));
  for (char& c : shown) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return shown;
}

absl::Status Fault(std::string_view field, std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "chronyc's ", std::string(field), " is no such: \"", Shown(text), "\""));
}

bool AllDigits(std::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

// "-12.000000001": exactly, without a double in between. A number beside which
// is something else, or that is not finite, is none.
std::optional<absl::Duration> ReadDecimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!AllDigits(whole) || whole.size() > kMostDigits) return std::nullopt;
  int64_t seconds = 0;
  for (const char c : whole) seconds = seconds * 10 + (c - '0');
  int64_t nanoseconds = 0;
  if (point != text.npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (!AllDigits(decimals) || decimals.size() > kMostDecimals) {
      return std::nullopt;
    }
    for (size_t i = 0; i < kMostDecimals; ++i) {
      nanoseconds *= 10;
      if (i < decimals.size()) nanoseconds += decimals[i] - '0';
    }
  }
  const absl::Duration value =
      absl::Seconds(seconds) + absl::Nanoseconds(nanoseconds);
  if (value > kMost) return std::nullopt;
  return negative ? -value : value;
}

std::optional<ChronyTracking::Leap> ReadLeap(std::string_view text) {
  if (text == "Normal") return ChronyTracking::Leap::kNormal;
  if (text == "Insert second") return ChronyTracking::Leap::kInsertSecond;
  if (text == "Delete second") return ChronyTracking::Leap::kDeleteSecond;
  if (text == "Not synchronised") return ChronyTracking::Leap::kNotSynchronised;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<ChronyTracking> ParseChronyTracking(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.size() > kMostBytes) return Fault("answer", text);
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ',');
  if (fields.size() != kFields) {
    return absl::InvalidArgumentError(
        absl::StrCat("chronyc's answer has ", fields.size(), " fields, not ",
                     kFields, ": \"", Shown(text), "\""));
  }
  const auto field = [&fields](size_t i) {
    return std::string_view(fields[i].data(), fields[i].size());
  };

  ChronyTracking tracking;
  const std::string_view id = field(0);
  for (const char c : id) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return Fault("reference id", id);
    }
  }
  if (id.size() != 8 ||
      !absl::SimpleHexAtoi(fields[0], &tracking.reference_id)) {
    return Fault("reference id", id);
  }
  for (const char c : field(1)) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) {
      return Fault("source", field(1));
    }
  }
  if (field(1).size() > kLongestSource) return Fault("source", field(1));
  tracking.source = std::string(field(1));
  if (!AllDigits(field(2)) || !absl::SimpleAtoi(fields[2], &tracking.stratum) ||
      tracking.stratum > kHighestStratum) {
    return Fault("stratum", field(2));
  }

  // Those without a place are read to see that the line is sound.
  const struct {
    const char* name;
    absl::Duration* value;
    bool may_be_negative;
  } numbers[] = {{"reference time", &tracking.reference_time, false},
                 {"system offset", &tracking.system_offset, true},
                 {"last offset", nullptr, true},
                 {"RMS offset", nullptr, false},
                 {"frequency", nullptr, true},
                 {"residual frequency", nullptr, true},
                 {"skew", nullptr, false},
                 {"root delay", &tracking.root_delay, false},
                 {"root dispersion", &tracking.root_dispersion, false},
                 {"update interval", &tracking.update_interval, false}};
  size_t i = 3;
  for (const auto& number : numbers) {
    const std::optional<absl::Duration> value = ReadDecimal(field(i));
    if (!value.has_value() ||
        (*value < absl::ZeroDuration() && !number.may_be_negative)) {
      return Fault(number.name, field(i));
    }
    if (number.value != nullptr) *number.value = *value;
    ++i;
  }

  const std::optional<ChronyTracking::Leap> leap = ReadLeap(field(i));
  if (!leap.has_value()) return Fault("leap status", field(i));
  tracking.leap = *leap;
  return tracking;
}

}  // namespace noonmark
