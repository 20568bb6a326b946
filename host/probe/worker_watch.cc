#include "host/probe/worker_watch.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {

std::string WorkerWatch::Judge(MonotonicTime now,
                               const std::optional<ProcessUse>& use,
                               uint64_t links) {
  const int most = started_ ? limits_.silent_looks : limits_.starting_looks;
  if (silent_looks_++ == most) {
    return absl::StrCat("it gave no sign of life, ", most, " times in a row");
  }
  if (!use.has_value()) return "";
  const uint64_t most_bytes = limits_.own_bytes + limits_.link_bytes * links;
  if (use->resident_bytes > most_bytes) {
    return absl::StrFormat("it took %d MiB of memory, of the %d that it may",
                           use->resident_bytes >> 20, most_bytes >> 20);
  }
  if (!limits_.wasted.has_value()) return "";
  while (moments_.size() > 1 && now - moments_[1].at >= limits_.window) {
    moments_.pop_front();
  }
  moments_.push_back({now, use->cpu, worth_});
  const Moment& before = moments_.front();
  const absl::Duration used = use->cpu - before.used;
  if (used - (worth_ - before.worth) > *limits_.wasted) {
    return absl::StrFormat(
        "it took %.1f s of a CPU in %.1f s, and what it did is worth %.1f s",
        absl::ToDoubleSeconds(used), absl::ToDoubleSeconds(now - before.at),
        absl::ToDoubleSeconds(worth_ - before.worth));
  }
  return "";
}

}  // namespace noonmark
