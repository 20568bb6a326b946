#ifndef NOONMARK_HOST_SERVICE_REPORT_H_
#define NOONMARK_HOST_SERVICE_REPORT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "host/monitor/snapshot.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// How much of a guest is told.
enum class Detail {
  kList,  // without findings' evidence and without the description
  kFull,
};

// From the monitor's words to the wire's. `now` is the host's clocks at the
// time of the answer: moments are told in its REALTIME, ages up to it.
void FillHost(const HostSnapshot& snapshot, const ClockReading& now,
              v1::Host& host);
// Without what is done about its clock.
void FillGuest(const GuestRow& row, const ClockReading& now, Detail detail,
               v1::Guest& guest);
// The guest's operation, and why it is held; `correction` may be null.
void FillCorrection(const CorrectionView* correction, const GuestRow& row,
                    const ClockReading& now, v1::Guest& guest);
void FillReport(const HostSnapshot& snapshot, const ClockReading& now,
                v1::HostReport& report);

// Beyond what the wire holds, its end. In whole nanoseconds, rounded towards
// zero.
void FillDuration(absl::Duration d, google::protobuf::Duration& out);
// Rounded outwards.
void FillInterval(const Interval& interval, v1::OffsetInterval& out);

// A moment of the host's MONOTONIC, told in its REALTIME as of `now`.
void FillMoment(MonotonicTime moment, const ClockReading& now,
                google::protobuf::Timestamp& out);

// The guest that `selector` means: a name, a UUID, a libvirt id, in this order.
//
// Errors:
//   kInvalidArgument     empty.
//   kNotFound            none; the message names the host.
//   kFailedPrecondition  more than one; the message names their UUIDs.
absl::StatusOr<const GuestRow*> SelectGuest(const HostSnapshot& snapshot,
                                            std::string_view selector);

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_REPORT_H_
