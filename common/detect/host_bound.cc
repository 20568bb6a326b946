#include "common/detect/host_bound.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// Reference ids that no source stands behind: chrony's `local`, and a time that
// a person typed ("MANU").
constexpr uint32_t kLocalReference = 0x7F7F0101;
constexpr uint32_t kManualReference = 0x4D414E55;

// A counter that nobody corrects any longer.
constexpr PartsPerBillion kAgeing = 50'000;
// What the kernel adds to its maxerror: 500 us each second.
constexpr PartsPerBillion kKernelAgeing = 500'000;
constexpr absl::Duration kKernelStep = absl::Microseconds(500);

// An answer older than this was followed by many that did not come.
constexpr absl::Duration kLongestUnasked = absl::Minutes(1);
// chronyd gives a source up after 8 polls without an answer. The interval is 0
// after its start and grows in doubling steps; beyond some hours nothing
// proves.
constexpr int kPollsToBeStale = 8;
constexpr absl::Duration kShortestInterval = absl::Seconds(64);
constexpr absl::Duration kLongestInterval = absl::Hours(3);
// Between the question and the answer it may have measured again.
constexpr absl::Duration kAhead = absl::Seconds(5);
// Three figures, each rounded to the nanosecond.
constexpr absl::Duration kRounding = absl::Nanoseconds(2);

// <linux/timex.h>: nobody disciplines the clock.
constexpr uint32_t kStatusUnsynchronised = 0x0040;

// "0.000213 s": rounded up.
std::string Bound(absl::Duration d) {
  return FormatSeconds(absl::Ceil(d, absl::Microseconds(1))).substr(1);
}

HostBoundOrReason Nothing(std::string why) { return {{}, std::move(why)}; }

}  // namespace

HostBoundOrReason BoundOf(const ChronyReport& chrony, MonotonicTime now) {
  if (!chrony.tracking.has_value()) return Nothing(chrony.error);
  const ChronyTracking& tracking = *chrony.tracking;
  if (now - chrony.asked > kLongestUnasked) {
    return Nothing(absl::StrCat("chronyd has not answered for ",
                                FormatAge(now - chrony.asked)));
  }
  if (tracking.leap == ChronyTracking::Leap::kNotSynchronised ||
      tracking.stratum == 0) {
    return Nothing("chronyd says that it is not synchronised");
  }
  if (tracking.reference_id == kLocalReference) {
    return Nothing("chronyd has no source and serves its local clock");
  }
  if (tracking.reference_id == kManualReference) {
    return Nothing("chronyd follows a time that somebody typed");
  }
  const absl::Duration offset = absl::AbsDuration(tracking.system_offset);
  const absl::Duration unmeasured = chrony.realtime - tracking.reference_time;
  if (unmeasured < -(offset + kAhead)) {
    return Nothing(
        "chronyd's last measurement lies in the future: the clock was set "
        "back since");
  }
  if (unmeasured > kPollsToBeStale * std::clamp(tracking.update_interval,
                                                kShortestInterval,
                                                kLongestInterval)) {
    return Nothing(absl::StrCat("chronyd's last measurement is ",
                                FormatAge(unmeasured), " old"));
  }

  HostBound bound;
  bound.least =
      offset + tracking.root_dispersion + tracking.root_delay / 2 + kRounding;
  bound.as_of = chrony.asked;
  bound.growth = kAgeing;
  bound.reason = absl::StrCat(
      "chronyd: ", Bound(bound.At(now)), " (offset ", Bound(offset),
      ", root dispersion ", Bound(tracking.root_dispersion),
      ", half the root delay ", Bound(tracking.root_delay / 2),
      ", 50 ppm since it was asked), stratum ", tracking.stratum);
  if (!tracking.source.empty()) {
    absl::StrAppend(&bound.reason, " from ", tracking.source);
  }
  return {std::move(bound), ""};
}

HostBoundOrReason BoundOf(const std::optional<KernelDiscipline>& kernel,
                          MonotonicTime now) {
  if (!kernel.has_value()) {
    return Nothing("the kernel's discipline cannot be read");
  }
  if ((kernel->status & kStatusUnsynchronised) != 0) {
    return Nothing("the kernel says that its clock is not synchronised");
  }
  // The kernel lets a zero grow in steps; who claims an error gives it no
  // multiple of them, and an estimate beside it.
  const bool grown_from_zero =
      kernel->estimated_error == absl::ZeroDuration() &&
      kernel->max_error % kKernelStep == absl::ZeroDuration();
  if (kernel->max_error <= absl::ZeroDuration() || grown_from_zero) {
    return Nothing(
        "the time daemon claims no error at all, which bounds nothing "
        "(systemd-timesyncd)");
  }
  HostBound bound;
  bound.least = kernel->max_error;
  bound.as_of = now;
  bound.growth = kKernelAgeing;
  bound.reason =
      absl::StrCat("the kernel's maximum error is ", Bound(bound.least));
  return {std::move(bound), ""};
}

}  // namespace noonmark
