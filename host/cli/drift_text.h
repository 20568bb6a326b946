#ifndef NOONMARK_HOST_CLI_DRIFT_TEXT_H_
#define NOONMARK_HOST_CLI_DRIFT_TEXT_H_

#include <string>

#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// How the guest's clock drifts from the host's, and where that leads: "+12.3 ±
// 0.4 ppm over 9 min 50 s; reaches the warning threshold of 500 ms in 11 h 12
// min (10 h 40 min to 11 h 50 min) if it goes on so". The bound is rounded up
// after the value was rounded, so that what is printed holds the error bar.
// Empty: the daemon tells no drift.
std::string DriftText(const v1::Guest& guest);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_DRIFT_TEXT_H_
