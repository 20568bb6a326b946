#ifndef NOONMARK_HOST_TRACE_THOUGHTS_H_
#define NOONMARK_HOST_TRACE_THOUGHTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/detect/guest_assessor.h"
#include "common/detect/host_tracker.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// All that is thought of a guest, to the nanosecond and without an age: equal
// thoughts are equal text. Several lines; moments since `origin`.
std::string ThoughtsOf(std::string_view name, const GuestAssessor& guest,
                       MonotonicTime origin);

// The same of a host; how far it is proven at `now`.
std::string ThoughtsOf(std::string_view name, const HostTracker& host,
                       MonotonicTime now, MonotonicTime origin);

// What is worth a line when it changes: a verdict, or of a host whether it is
// proven, and the findings.
class Headline {
 public:
  Headline() = default;
  explicit Headline(const GuestAssessor& guest);
  Headline(const HostTracker& host, MonotonicTime now);

  // A line for each thing that is otherwise than in `before`: the verdict with
  // its offset and reason, a finding that is new, came again or is over.
  std::vector<std::string> ChangesSince(const Headline& before) const;

 private:
  struct Told {
    FindingCode code;
    bool active;
    uint32_t occurrences;
    std::string figures;
  };
  void Tell(const std::vector<Finding>& findings);

  std::string state_;
  std::string figures_;
  std::vector<Told> told_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_TRACE_THOUGHTS_H_
