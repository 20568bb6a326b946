#ifndef NOONMARK_GUEST_HUNTER_CPU_ROTA_H_
#define NOONMARK_GUEST_HUNTER_CPU_ROTA_H_

#include <cstdint>

namespace noonmark {

// Takes the calling thread from one CPU to the next, as far as this process is
// allowed on them. A cpuset that changes, a CPU that goes, a kernel that
// refuses: then the thread stays where the kernel puts it.
class CpuRota {
 public:
  // Moves on.
  void Next();

  // Where the calling thread runs now.
  static uint32_t Current();

 private:
  int last_ = -1;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_HUNTER_CPU_ROTA_H_
