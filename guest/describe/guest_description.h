#ifndef NOONMARK_GUEST_DESCRIBE_GUEST_DESCRIPTION_H_
#define NOONMARK_GUEST_DESCRIBE_GUEST_DESCRIPTION_H_

#include <string>

#include "common/detect/guest_facts.h"
#include "guest/describe/xen_time_leaf.h"

namespace noonmark {

// Reads what this guest's clocks depend on. What cannot be read is empty.
//
// `root` stands before every path ("" on a machine, a folder in a test), and
// `cpuid` for the processor. The agent's version is left to the caller.
GuestFacts DescribeGuest(const std::string& root,
                         const Cpuid& cpuid = HardwareCpuid);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DESCRIBE_GUEST_DESCRIPTION_H_
