#include "guest/describe/xen_time_leaf.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace noonmark {
namespace {

// Leaf 1, ECX: some hypervisor is there, and its leaves are.
constexpr uint32_t kHypervisorPresent = uint32_t{1} << 31;
// Where another hypervisor's interface is shown first, Xen's comes behind it.
constexpr uint32_t kFirstBase = 0x40000000;
constexpr uint32_t kLastBase = 0x40010000;
constexpr uint32_t kBaseStep = 0x100;
// "XenV" "MMXe" "nVMM".
constexpr uint32_t kSignature[] = {0x566e6558, 0x65584d4d, 0x4d4d566e};
constexpr uint32_t kTimeLeaf = 3;

bool IsXen(const CpuidRegisters& base) {
  return base.ebx == kSignature[0] && base.ecx == kSignature[1] &&
         base.edx == kSignature[2];
}

}  // namespace

CpuidRegisters HardwareCpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidRegisters registers;
#if defined(__x86_64__) || defined(__i386__)
  __cpuid_count(leaf, subleaf, registers.eax, registers.ebx, registers.ecx,
                registers.edx);
#else
  static_cast<void>(leaf);
  static_cast<void>(subleaf);
#endif
  return registers;
}

std::optional<GuestFacts::Xen::Tsc> ReadXenTimeLeaf(const Cpuid& cpuid) {
  if ((cpuid(1, 0).ecx & kHypervisorPresent) == 0) return std::nullopt;
  for (uint32_t base = kFirstBase; base <= kLastBase; base += kBaseStep) {
    const CpuidRegisters first = cpuid(base, 0);
    if (!IsXen(first)) continue;
    // EAX: the last of its leaves.
    if (first.eax < base + kTimeLeaf) return std::nullopt;
    const CpuidRegisters time = cpuid(base + kTimeLeaf, 0);
    GuestFacts::Xen::Tsc tsc;
    tsc.mode = time.ebx;
    tsc.khz = time.ecx;
    tsc.incarnation = time.edx;
    return tsc;
  }
  return std::nullopt;
}

}  // namespace noonmark
