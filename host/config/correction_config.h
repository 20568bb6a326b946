#ifndef NOONMARK_HOST_CONFIG_CORRECTION_CONFIG_H_
#define NOONMARK_HOST_CONFIG_CORRECTION_CONFIG_H_

#include <string>

#include "common/runtime/config_file.h"
#include "host/policy/correction_policy.h"

namespace noonmark {

// The tables [correct], [group.NAME.correct] and [guest.NAME.correct] of
// noonmarkd.toml. Each option is documented where it is read.
struct CorrectionConfig {
  CorrectionPolicies policies;
  RailLimits rails;
  // Where noonmarkd keeps what must outlive it: its journal of operations, held
  // guests, the off switch.
  std::string state;
};

CorrectionConfig ReadCorrection(ConfigTable correct);
// `in_group`: slots may be given.
CorrectionOverride ReadCorrectionOverride(ConfigTable correct, bool in_group);

}  // namespace noonmark

#endif  // NOONMARK_HOST_CONFIG_CORRECTION_CONFIG_H_
