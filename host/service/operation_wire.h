#ifndef NOONMARK_HOST_SERVICE_OPERATION_WIRE_H_
#define NOONMARK_HOST_SERVICE_OPERATION_WIRE_H_

#include "common/time/clock.h"
#include "host/monitor/correction_view.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// An operation in the wire's words; moments are told in the host's REALTIME as
// of `now`. Its offsets are told as from the host's clock: `intended` is what
// they were planned from.
void FillOperation(const OperationView& operation, absl::Duration intended,
                   const ClockReading& now, v1::Operation& out);

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_OPERATION_WIRE_H_
