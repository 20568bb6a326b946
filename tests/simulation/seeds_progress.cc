#include "tests/simulation/seeds_progress.h"

#include <cstdio>
#include <fstream>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"

namespace noonmark::simulation {
namespace {

constexpr char kBroken[] = "broken:";

// Each number under its name.
std::map<std::string, uint64_t*> NumbersOf(SeedsProgress& progress) {
  Tally& tally = progress.tally;
  std::map<std::string, uint64_t*> numbers = {
      {"first", &progress.first},
      {"done", &progress.done},
      {"failed", &progress.failed},
      {"exchanges", &tally.exchanges},
      {"rows", &tally.rows},
      {"offsets", &tally.offsets},
      {"findings", &tally.findings},
      {"deeds", &tally.deeds},
      {"misnamed", &tally.misnamed},
      {"seen-late", &tally.seen_late},
      {"outside-at-t4", &tally.outside_at_t4},
  };
  for (size_t i = 0; i < tally.verdicts.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    numbers[std::string(VerdictName(verdict))] = &tally.verdicts[i];
  }
  return numbers;
}

}  // namespace

absl::Status WriteProgress(const SeedsProgress& progress,
                           const std::string& path) {
  SeedsProgress copy = progress;
  const std::string fresh = path + ".new";
  std::ofstream file(fresh);
  file << "core-seconds " << progress.core_seconds << "\n";
  for (const auto& [name, number] : NumbersOf(copy)) {
    file << name << " " << *number << "\n";
  }
  for (const auto& [name, count] : progress.tally.breaches) {
    file << kBroken << name << " " << count << "\n";
  }
  file.close();
  if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SeedsProgress> ReadProgress(const std::string& path,
                                           uint64_t first) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": not there"));
  SeedsProgress progress;
  std::map<std::string, uint64_t*> missing = NumbersOf(progress);
  std::string name;
  while (file >> name) {
    if (name == "core-seconds") {
      file >> progress.core_seconds;
    } else if (const auto it = missing.find(name); it != missing.end()) {
      file >> *it->second;
      missing.erase(it);
    } else if (name.rfind(kBroken, 0) == 0) {
      file >> progress.tally.breaches[name.substr(sizeof(kBroken) - 1)];
    } else {
      break;
    }
  }
  if (!file.eof() || !missing.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": does not say how far a run has come"));
  }
  if (progress.first != first) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": of a run from seed ", progress.first, " on, not ", first));
  }
  return progress;
}

}  // namespace noonmark::simulation
