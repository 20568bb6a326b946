#ifndef NOONMARK_COMMON_DETECT_CORE_INPUT_H_
#define NOONMARK_COMMON_DETECT_CORE_INPUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/detect/guest_life.h"
#include "common/detect/host_bound.h"
#include "common/detect/verdict.h"
#include "common/estimate/exchange.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Everything that the core is told, one struct a kind, so that it can be
// recorded and told again. `guest` is a UUID; `at` the host's MONOTONIC.

// All clocks of the host.
struct HostReadingInput {
  ClockReading reading;
};

// What the kernel says of the host's discipline; absent: not readable.
struct DisciplineInput {
  std::optional<KernelDiscipline> discipline;
  MonotonicTime at;
};

// What chronyd answered; counts from the next DisciplineInput on.
struct ChronyInput {
  ChronyReport report;
};

// A guest is there, and how it is judged. May be told again and again.
struct PolicyInput {
  std::string guest;
  GuestPolicy policy;
  MonotonicTime at;
};

// A new connection to a guest's agent.
struct StreamInput {
  std::string guest;
  uint64_t stream = 0;
};

// A question and its answer. Holds two readings of the host's clocks, which
// count as HostReadingInput first.
struct ExchangeInput {
  std::string guest;
  Exchange exchange;
};

// The answers to a burst are in.
struct BurstEndInput {
  std::string guest;
  MonotonicTime at;
};

// Nothing usable comes from a guest.
struct SilenceInput {
  enum class Kind { kNoAgent, kUnreachable, kUntrusted };
  std::string guest;
  Kind kind = Kind::kNoAgent;
  std::string note;
  MonotonicTime at;
};

// The hypervisor paused a guest.
struct PausedInput {
  std::string guest;
  MonotonicTime at;
};

// libvirt told of a guest, or listed it; `at`: when that was heard. It ends no
// verdict: PausedInput does, and an answer.
struct LifecycleInput {
  std::string guest;
  LifeEvent event = LifeEvent::kPaused;
  MonotonicTime at;
};

// What a guest's Xen says of its counter, when the agent described it.
struct TscInput {
  std::string guest;
  TscIdentity tsc;
  MonotonicTime at;
};

// From now on libvirt's events are heard, or no more.
struct ListeningInput {
  bool listening = false;
  MonotonicTime at;
};

// A guest is no longer there.
struct GoneInput {
  std::string guest;
};

using CoreInput =
    std::variant<HostReadingInput, DisciplineInput, ChronyInput, PolicyInput,
                 StreamInput, ExchangeInput, BurstEndInput, SilenceInput,
                 PausedInput, LifecycleInput, TscInput, ListeningInput,
                 GoneInput>;

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_CORE_INPUT_H_
