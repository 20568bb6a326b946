#include "guest/hunter/glitch_hunter.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/types/span.h"
#include "common/detect/glitch_hunt.h"
#include "guest/hunter/cpu_rota.h"
#include "guest/hunter/set_counter.h"
#include "guest/hunter/tick_phase.h"

namespace noonmark {
namespace {

constexpr absl::Duration kEvery = absl::Milliseconds(160);
constexpr int kWakesOnOneCpu = 6;
constexpr size_t kMostTriples = 880;
constexpr size_t kLeastTriples = 8;
// Read and looked at together: all of a batch would be 40 KiB, and whoever
// wakes finds none of its memory in a cache.
constexpr size_t kAtOnce = 40;
// Where each reading costs a system call a batch has fewer: it may take this,
// a tenth of a percent of a CPU.
constexpr absl::Duration kLongBatch = absl::Microseconds(160);
constexpr absl::Duration kTellEvery = absl::Seconds(1);

void SleepUntil(MonotonicTime time) {
  const timespec when = absl::ToTimespec(time.Reading());
  // Woken early by a signal it reads early, no more.
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

GlitchHunter::GlitchHunter(WallTripleSource* source, Clock* clock, HuntLog* log,
                           std::function<void()> found)
    : source_(source),
      clock_(clock),
      log_(log),
      found_(std::move(found)),
      thread_([this](const std::stop_token& stop) { Hunt(stop); }) {}

void GlitchHunter::Hunt(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "glitch-hunter");
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);  // ns: just after the tick
  SetCounter sets;
  CpuRota rota;
  GlitchHunt hunt;
  const absl::Duration tick = source_->Tick();
  TickPhase phase(tick);
  std::array<WallTriple, kAtOnce> triples;
  size_t count = kMostTriples;
  absl::Duration asleep;
  bool untold = false;
  MonotonicTime told = clock_->Now() - kTellEvery;
  MonotonicTime woken = clock_->Now();
  for (int wakes = 0; !stop.stop_requested(); ++wakes) {
    // Before the sleep, so that waking is the new CPU's.
    if (wakes % kWakesOnOneCpu == 0) {
      rota.Next();
      const ClockReading now = clock_->Read();
      asleep = now.boottime - now.monotonic;
    }
    SleepUntil(phase.Next(woken + kEvery - tick));
    woken = clock_->Now();
    untold |= hunt.Begin({.cpu = CpuRota::Current(),
                          .boottime = woken.Reading() + asleep,
                          .sets = sets.Count()}) > 0;
    for (size_t left = count; left > 0;) {
      const auto some =
          absl::MakeSpan(triples).first(std::min(left, triples.size()));
      source_->Read(some);
      if (left == count) {
        phase.Note(woken, some[0].realtime - some[0].coarse_before);
      }
      hunt.Add(some);
      left -= some.size();
    }
    const absl::Duration took = clock_->Now() - woken;
    log_->Write(hunt.report());

    if (took > kLongBatch) {
      count = std::max(count / 2, kLeastTriples);
    } else if (took < kLongBatch / 2) {
      count = std::min(count * 2, kMostTriples);
    }
    if (untold && woken - told >= kTellEvery) {
      untold = false;
      told = woken;
      found_();
    }
  }
}

}  // namespace noonmark
