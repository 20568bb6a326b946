#ifndef NOONMARK_COMMON_DETECT_EVIDENCE_H_
#define NOONMARK_COMMON_DETECT_EVIDENCE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"

namespace noonmark {

// What is written of a finding: "size of the jump", "+4398.046511 s ± ...".
struct EvidenceLine {
  std::string label;
  std::string text;
};

// One line for a table: "2^42 ns", "-6.000000 s", "no answer for 3 polls".
std::string Summarize(const Finding& finding);

// The figures that prove it, in the order in which they argue. `epoch`: the
// host's REALTIME at its MonotonicTime zero, to tell moments to people.
std::vector<EvidenceLine> EvidenceOf(const Finding& finding, absl::Time epoch);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_EVIDENCE_H_
