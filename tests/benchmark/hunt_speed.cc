// How soon hunters find a fault in one reading of 10^4, and what each costs.
//
//   hunt_speed [--hunters N] [--seconds N] [--rounds N]

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/time/time.h"
#include "common/runtime/system_clock.h"
#include "guest/hunter/glitch_hunter.h"
#include "tests/benchmark/process_cost.h"
#include "tests/benchmark/statistics.h"

namespace noonmark::benchmarks {
namespace {

constexpr double kPerReading = 1e-4;

// The kernel's clock; now and then one reading of REALTIME leaps.
class FaultyTriples : public WallTripleSource {
 public:
  explicit FaultyTriples(uint64_t seed) : random_(seed) {}

  void Read(absl::Span<WallTriple> triples) override {
    real_.Read(triples);
    for (; next_ < triples.size(); next_ += 1 + sound_(random_)) {
      triples[next_].realtime += absl::Nanoseconds(int64_t{1} << 42);
    }
    next_ -= triples.size();
  }
  absl::Duration Tick() const override { return real_.Tick(); }

 private:
  SystemWallTriples real_;
  std::mt19937_64 random_;
  std::geometric_distribution<size_t> sound_{kPerReading};
  size_t next_ = sound_(random_);  // readings until the next fault
};

struct Figures {
  std::vector<double> found_after;  // s; infinite: not found
  std::vector<double> reads_a_second;
  std::vector<double> cpu_percent;  // of one CPU, a hunter
};

class Trial {
 public:
  Trial(uint64_t seed, Clock* clock) : source_(seed), start_(clock->Now()) {
    hunter_ = std::make_unique<GlitchHunter>(&source_, clock, &log_, [] {});
  }
  // Ends the hunt.
  ~Trial() = default;

  void Look(MonotonicTime now) {
    log_.ReadInto(&report_);
    if (report_.glitches > 0 && !std::isfinite(found_after_)) {
      found_after_ = absl::ToDoubleSeconds(now - start_);
    }
  }
  void AddTo(Figures& figures, MonotonicTime now) {
    Look(now);
    figures.found_after.push_back(found_after_);
    figures.reads_a_second.push_back(static_cast<double>(report_.reads) /
                                     absl::ToDoubleSeconds(now - start_));
  }

 private:
  FaultyTriples source_;
  HuntLog log_;
  HuntReport report_;
  const MonotonicTime start_;
  double found_after_ = std::numeric_limits<double>::infinity();
  std::unique_ptr<GlitchHunter> hunter_;
};

void Measure(uint64_t round, int hunters, absl::Duration length,
             Figures& figures) {
  SystemClock clock;
  const absl::Duration cpu = OwnCpu();
  const MonotonicTime start = clock.Now();
  std::vector<std::unique_ptr<Trial>> trials;
  for (int i = 0; i < hunters; ++i) {
    trials.push_back(std::make_unique<Trial>(
        round * static_cast<uint64_t>(hunters) + static_cast<uint64_t>(i),
        &clock));
  }
  while (clock.Now() - start < length) {
    for (const auto& trial : trials) trial->Look(clock.Now());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const absl::Duration took = clock.Now() - start;
  figures.cpu_percent.push_back(100 * absl::FDivDuration(OwnCpu() - cpu, took) /
                                hunters);
  for (const auto& trial : trials) trial->AddTo(figures, clock.Now());
}

int Main(int argc, char** argv) {
  CLI::App app("Measures how soon hunters find a fault in 1 reading of 10^4");
  // All wake just after the same tick: many more would wait for each other.
  int hunters = 100;
  int seconds = 20;
  int rounds = 10;
  app.add_option("--hunters", hunters, "At once")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "A round")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", rounds, "Rounds")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    Measure(static_cast<uint64_t>(round), hunters, absl::Seconds(seconds),
            figures);
  }
  std::printf("%zu hunts for a fault in 1 reading of 10^4\n",
              figures.found_after.size());
  std::printf("found after: median %.1f s, 90 %% in %.1f s, 99 %% in %.1f s\n",
              Median(figures.found_after), Percentile(figures.found_after, 90),
              Percentile(figures.found_after, 99));
  std::printf("readings a second: median %.0f, least %.0f\n",
              Median(figures.reads_a_second),
              Percentile(figures.reads_a_second, 0));
  std::printf("CPU a hunter: median %.3f %% of one\n",
              Median(figures.cpu_percent));
  return 0;
}

}  // namespace
}  // namespace noonmark::benchmarks

int main(int argc, char** argv) {
  return noonmark::benchmarks::Main(argc, argv);
}
