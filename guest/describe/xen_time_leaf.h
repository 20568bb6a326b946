#ifndef NOONMARK_GUEST_DESCRIBE_XEN_TIME_LEAF_H_
#define NOONMARK_GUEST_DESCRIBE_XEN_TIME_LEAF_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "common/detect/guest_facts.h"

namespace noonmark {

struct CpuidRegisters {
  uint32_t eax = 0;
  uint32_t ebx = 0;
  uint32_t ecx = 0;
  uint32_t edx = 0;
};

// The seam to the CPUID instruction: of a leaf and its sub-leaf.
using Cpuid = std::function<CpuidRegisters(uint32_t leaf, uint32_t subleaf)>;

// This processor's. Elsewhere than on x86 nothing is there: all zeros.
CpuidRegisters HardwareCpuid(uint32_t leaf, uint32_t subleaf);

// What Xen tells this guest of the counter that it gives it: the time leaf of
// its CPUID (xen/include/public/arch-x86/cpuid.h, "Leaf 4", sub-leaf 0).
// Absent: no Xen is seen there, or one too old to tell. A paravirtual guest
// sees its hypervisor there only where the processor can trap CPUID.
std::optional<GuestFacts::Xen::Tsc> ReadXenTimeLeaf(const Cpuid& cpuid);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DESCRIBE_XEN_TIME_LEAF_H_
