#include "tests/simulation/provable.h"

#include <algorithm>
#include <optional>

namespace noonmark::simulation {
namespace {

// Between two polls there is more.
constexpr absl::Duration kWithinAPoll = absl::Seconds(2);

}  // namespace

ProvableRates::ProvableRates(Fleet& fleet)
    : polls_(static_cast<size_t>(fleet.guests())) {
  fleet.Observe(this);
}

void ProvableRates::OnAnswer(GuestId guest, const Asked& asked,
                             const Exchange& /*exchange*/) {
  std::vector<Poll>& polls = polls_[static_cast<size_t>(guest)];
  const Poll poll = {asked.t3, asked.t4 - asked.t1,
                     asked.raw_offset_t3.Floor()};
  if (polls.empty() || poll.at - polls.back().at > kWithinAPoll) {
    polls.push_back(poll);
  } else if (poll.width < polls.back().width) {
    polls.back() = poll;
  }
}

bool ProvableRates::IsProvable(GuestId guest, double ppm, absl::Duration from,
                               absl::Duration time) const {
  const std::vector<Poll>& polls = polls_[static_cast<size_t>(guest)];
  absl::Duration widest;
  for (const Poll& poll : polls) {
    if (poll.at >= from) widest = std::max(widest, poll.width);
  }
  std::optional<bool> fast;
  size_t begin = 0;
  for (const Poll& end : polls) {
    while (polls[begin].at < from) {
      if (++begin == polls.size()) return false;
    }
    if (end.at - polls[begin].at < time) continue;
    const absl::Duration moved = end.counter - polls[begin].counter;
    if (!fast.has_value()) fast = moved > absl::ZeroDuration();
    const absl::Duration certain = (*fast ? moved : -moved) - widest;
    if (certain <= (end.at - polls[begin].at) * (ppm / 1e6)) return false;
    ++begin;
  }
  return fast.has_value();
}

}  // namespace noonmark::simulation
