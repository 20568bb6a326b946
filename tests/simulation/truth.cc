#include "tests/simulation/truth.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/estimate/format.h"
#include "common/estimate/raw_offset.h"
#include "common/estimate/realtime_offset.h"
#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

constexpr size_t kMostWords = 12;

}  // namespace

void TruthTally::Add(const TruthTally& other) {
  exchanges += other.exchanges;
  broken += other.broken;
  made_up += other.made_up;
  for (const auto& [mine, its] : {std::pair{&counters, &other.counters},
                                  std::pair{&clocks, &other.clocks},
                                  std::pair{&published, &other.published}}) {
    mine->proofs += its->proofs;
    mine->misses += its->misses;
  }
  for (size_t i = 0; i < deeds.size(); ++i) deeds[i] += other.deeds[i];
  for (const std::string& line : other.words) {
    if (words.size() < kMostWords) words.push_back(line);
  }
}

TruthWatch::TruthWatch(Fleet& fleet)
    : fleet_(fleet), measured_(static_cast<size_t>(fleet.guests())) {
  fleet.Observe(this);
}

void TruthWatch::OnDeed(GuestId /*guest*/, const Deed& deed) {
  ++tally_.deeds[static_cast<size_t>(deed.kind)];
}

void TruthWatch::OnAnswer(GuestId guest, const Asked& asked,
                          const Exchange& exchange) {
  ++tally_.exchanges;
  if (asked.made_up) {
    ++tally_.made_up;
    return;
  }
  if (asked.broken) {
    ++tally_.broken;
    return;
  }
  const TrackerOptions& options = fleet_.monitor_options().assessor.tracker;
  const auto raw = BoundRawOffset(exchange, options.rho);
  if (!raw.ok() || !raw->bound.has_value()) {
    // Nothing is wrong with it, and nothing is proven: as bad as a miss.
    ++tally_.counters.misses;
  } else {
    Compare(tally_.counters, guest, *raw->bound, asked.raw_offset_t3);
  }
  const auto offset =
      BoundRealtimeOffset(exchange, options.rho + options.max_slew);
  // Nothing: the host was set while the answer was on its way.
  if (offset.has_value()) {
    Compare(tally_.clocks, guest, *offset, asked.offset_t3);
  }
}

void TruthWatch::OnPublished(const HostSnapshot& snapshot) {
  for (const auto& row : snapshot.guests) {
    const GuestId guest = row->domain.id;
    MonotonicTime& measured = measured_[static_cast<size_t>(guest)];
    if (!row->offset.has_value() || row->measured == measured) continue;
    measured = row->measured;
    const Asked* asked = fleet_.FindAsked(guest, measured);
    if (asked == nullptr || asked->broken || asked->made_up) continue;
    Compare(tally_.published, guest, *row->offset, asked->offset_t3);
  }
}

void TruthWatch::Compare(TruthTally::Compared& count, GuestId guest,
                         const Interval& proof, testing::ExactTime truth) {
  ++count.proofs;
  if (testing::Holds(proof, truth)) return;
  ++count.misses;
  if (tally_.words.size() >= kMostWords) return;
  tally_.words.push_back(absl::StrCat(
      "guest ", guest, " at ", absl::ToDoubleSeconds(fleet_.now()),
      " s: ", FormatInterval(proof), ", true: ", FormatSeconds(truth.Floor())));
}

TruthTally TruthOfALife(uint64_t seed) {
  const std::unique_ptr<Fleet> fleet = MakeShortLife(seed);
  TruthWatch watch(*fleet);
  fleet->Run(kShortLife);
  return watch.tally();
}

}  // namespace noonmark::simulation
