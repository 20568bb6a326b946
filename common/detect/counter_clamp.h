#ifndef NOONMARK_COMMON_DETECT_COUNTER_CLAMP_H_
#define NOONMARK_COMMON_DETECT_COUNTER_CLAMP_H_

#include <string_view>

namespace noonmark {

// Whether a kernel is known to take a counter that is read behind its last
// value for that last value, so that no single reading can leap by 2^42 ns or a
// sister of it (clocksource wraps; signature.h).
//
// Said of x86 alone, of the clocksources tsc and xen, since Linux 3.17: there
// both the kernel's own reading (CLOCKSOURCE_VALIDATE_LAST_CYCLE, 09ec54429c6d)
// and the vDSO's clamp. tsc alone clamps since 2.6.26 (d8bb6f4c1670), which is
// not claimed here: distributions differ. False: not known, not "does not".
//
// `machine` and `kernel_release` as uname tells them: "x86_64",
// "6.1.0-18-amd64".
bool ClampsBackwardReads(std::string_view machine,
                         std::string_view kernel_release,
                         std::string_view clocksource);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_COUNTER_CLAMP_H_
