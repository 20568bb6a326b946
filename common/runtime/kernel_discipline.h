#ifndef NOONMARK_COMMON_RUNTIME_KERNEL_DISCIPLINE_H_
#define NOONMARK_COMMON_RUNTIME_KERNEL_DISCIPLINE_H_

#include <optional>

#include "common/time/clock.h"

struct timex;

namespace noonmark {

// Asks the kernel how its clock is disciplined; changes nothing and needs no
// privilege. Absent: the kernel does not tell (a sandbox forbids the call).
std::optional<KernelDiscipline> ReadKernelDiscipline();

// The same from a filled structure: `offset` is in nanoseconds or microseconds
// as STA_NANO in `status` says.
KernelDiscipline DisciplineFromTimex(const timex& kernel);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_KERNEL_DISCIPLINE_H_
