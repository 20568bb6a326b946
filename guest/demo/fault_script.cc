#include "guest/demo/fault_script.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

struct Form {
  absl::string_view name;
  Fault::Kind kind;
  bool has_value;
  bool has_time;
  absl::string_view usage;
};

constexpr Form kForms[] = {
    {"counter-jump", Fault::Kind::kCounterJump, true, true,
     "counter-jump=SIZE@WHEN, as counter-jump=+4398046511104ns@8s"},
    {"glitch", Fault::Kind::kGlitch, true, true,
     "glitch=SIZE@WHEN, as glitch=+4398046511104ns@8s"},
    {"spike", Fault::Kind::kSpike, true, true,
     "spike=SIZE@WHEN, as spike=+4398046511104ns@8s"},
    {"pause", Fault::Kind::kPause, true, true,
     "pause=SIZE@WHEN, as pause=90s@8s"},
    {"set", Fault::Kind::kSet, true, true, "set=SIZE@WHEN, as set=-6s@8s"},
    {"untold-set", Fault::Kind::kUntoldSet, true, true,
     "untold-set=SIZE@WHEN, as untold-set=-6s@8s"},
    {"rate", Fault::Kind::kRate, true, false,
     "rate=NUMBERppm or rate=NUMBERppb, as rate=180ppm"},
    {"offset", Fault::Kind::kOffset, true, false,
     "offset=SIZE, as offset=+3600s"},
    {"silent", Fault::Kind::kSilent, false, true, "silent@WHEN, as silent@8s"},
    {"garbage", Fault::Kind::kGarbage, false, true,
     "garbage@WHEN, as garbage@8s"},
};

// What int64 nanoseconds hold, since a reading must go over the wire.
const absl::Duration kMost = absl::Hours(24 * 365 * 200);
// The kernel's own limit for a slew: 10 %.
constexpr int64_t kMostPpb = 100'000'000;

absl::Status Bad(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("fault \"", text, "\": ", why));
}

std::optional<absl::Duration> ParseSize(absl::string_view text) {
  absl::Duration size;
  if (!absl::ParseDuration(text, &size) || absl::AbsDuration(size) > kMost) {
    return std::nullopt;
  }
  return size;
}

std::optional<int64_t> ParseRate(absl::string_view text) {
  int64_t factor = 1;
  if (absl::ConsumeSuffix(&text, "ppm")) {
    factor = 1000;
  } else if (!absl::ConsumeSuffix(&text, "ppb")) {
    return std::nullopt;
  }
  int64_t rate;
  if (!absl::SimpleAtoi(text, &rate) || rate < -kMostPpb / factor ||
      rate > kMostPpb / factor) {
    return std::nullopt;
  }
  return rate * factor;
}

}  // namespace

absl::StatusOr<Fault> ParseFault(const std::string& text) {
  const absl::string_view all = text;
  const size_t equals = all.find('=');
  const size_t at = all.find('@');
  const absl::string_view name = all.substr(0, std::min(equals, at));
  for (const Form& form : kForms) {
    if (form.name != name) continue;
    Fault fault;
    fault.kind = form.kind;
    if ((equals != all.npos) != form.has_value ||
        (at != all.npos) != form.has_time ||
        (form.has_value && form.has_time && at < equals)) {
      return Bad(text, absl::StrCat("expected ", form.usage));
    }
    if (form.has_time) {
      const auto when = ParseSize(all.substr(at + 1));
      if (!when.has_value() || *when < absl::ZeroDuration()) {
        return Bad(text, absl::StrCat("no time since the start after @; "
                                      "expected ",
                                      form.usage));
      }
      fault.at = *when;
    }
    if (!form.has_value) return fault;

    const absl::string_view value =
        all.substr(equals + 1, form.has_time ? at - equals - 1 : all.npos);
    if (form.kind == Fault::Kind::kRate) {
      const auto rate = ParseRate(value);
      if (!rate.has_value()) {
        return Bad(text, absl::StrCat("no rate up to 100000ppm after =; "
                                      "expected ",
                                      form.usage));
      }
      fault.rate_ppb = *rate;
      return fault;
    }
    const auto size = ParseSize(value);
    if (!size.has_value() ||
        (form.kind == Fault::Kind::kPause && *size <= absl::ZeroDuration())) {
      return Bad(text, absl::StrCat("no size after =; expected ", form.usage));
    }
    fault.size = *size;
    return fault;
  }
  std::string known;
  for (const Form& form : kForms) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", form.name);
  }
  return Bad(text, absl::StrCat("unknown; known are ", known));
}

}  // namespace noonmark
