#include "guest/hunter/cpu_rota.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace noonmark {

void CpuRota::Next() {
  // What the first thread may use: this one has narrowed its own, and the
  // first follows the cpuset.
  cpu_set_t allowed;
  if (sched_getaffinity(getpid(), sizeof(allowed), &allowed) != 0) return;
  for (int step = 1; step <= CPU_SETSIZE; ++step) {
    const int cpu = (last_ + step) % CPU_SETSIZE;
    if (!CPU_ISSET(cpu, &allowed)) continue;
    last_ = cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0) {
      sched_setaffinity(0, sizeof(allowed), &allowed);
    }
    return;
  }
}

uint32_t CpuRota::Current() {
  return static_cast<uint32_t>(std::max(sched_getcpu(), 0));
}

}  // namespace noonmark
