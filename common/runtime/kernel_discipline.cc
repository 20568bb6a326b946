#include "common/runtime/kernel_discipline.h"

#include <sys/timex.h>

namespace noonmark {

KernelDiscipline DisciplineFromTimex(const timex& kernel) {
  const bool nano = (kernel.status & STA_NANO) != 0;
  return {.offset = nano ? absl::Nanoseconds(kernel.offset)
                         : absl::Microseconds(kernel.offset),
          .frequency_scaled_ppm = kernel.freq,
          .tick_us = kernel.tick,
          .max_error = absl::Microseconds(kernel.maxerror),
          .estimated_error = absl::Microseconds(kernel.esterror),
          .status = static_cast<uint32_t>(kernel.status),
          .tai_offset_s = kernel.tai};
}

std::optional<KernelDiscipline> ReadKernelDiscipline() {
  timex kernel = {};  // modes 0: read only
  if (adjtimex(&kernel) < 0) return std::nullopt;
  return DisciplineFromTimex(kernel);
}

}  // namespace noonmark
