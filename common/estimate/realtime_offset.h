#ifndef NOONMARK_COMMON_ESTIMATE_REALTIME_OFFSET_H_
#define NOONMARK_COMMON_ESTIMATE_REALTIME_OFFSET_H_

#include <optional>

#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"

namespace noonmark {

// What one exchange proves of guest REALTIME - host REALTIME as the guest read
// its clock for the answer (T3): [T3 - T4, T3 - T1 - the time between T2 and
// T3]. Whatever either clock is slewed by meanwhile, in whichever turns: `rate`
// bounds how fast the host's REALTIME and the guest's RAW can part.
//
// Absent: the host was set within the exchange, so that there is no one offset.
// A guest that was set within it has the new one.
std::optional<Interval> BoundRealtimeOffset(const Exchange& exchange,
                                            PartsPerBillion rate);

// The same of one of the guest's two readings, from causality alone: it was
// read after T1 and before T4. Holds of exchanges in which the guest's counter
// broke, too.
Interval CausalRealtimeOffset(const Exchange& exchange,
                              const ClockReading& guest);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_REALTIME_OFFSET_H_
