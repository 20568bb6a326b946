#include "guest/corrector/hooks.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {
namespace {

// Its unit has a limit of 30 s.
constexpr absl::Duration kHookLimit = absl::Seconds(35);
constexpr size_t kMostNameCharacters = 32;

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMostNameCharacters &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == '-';
         });
}

absl::Status Tell(const std::string& path, const std::string& line) {
  const std::string fresh = path + ".new";
  std::ofstream file(fresh);
  file << line << "\n";
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(fresh, path, error);
  if (!file || error) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

// One run through the names. It holds itself while a hook runs.
struct Run : std::enable_shared_from_this<Run> {
  UnitManager* manager;
  Turns* turns;
  RunHooks what;
  std::vector<std::string> names;
  size_t next = 0;
  std::function<void(absl::Status)> then;

  void Next(const absl::Status& last) {
    if (!last.ok() || next == names.size()) return then(last);
    const std::string unit =
        absl::StrCat("noonmark-hook@", names[next++], ".service");
    if (!what.quiesce) return Start(unit, nullptr);
    turns->Take(what.not_after, [self = shared_from_this(),
                                 unit](absl::StatusOr<Turns::Turn> turn) {
      if (!turn.ok()) return self->then(turn.status());
      self->Start(unit, *std::move(turn));
    });
  }
  void Start(const std::string& unit, const Turns::Turn& turn) {
    // A hook may take its time; the turn is over when it is queued.
    auto held = std::make_shared<Turns::Turn>(turn);
    manager->Order(
        UnitVerb::kStart, unit, kHookLimit,
        [held](const absl::Status& /*queued*/) { held->reset(); },
        [self = shared_from_this()](const absl::Status& done) {
          self->Next(done);
        });
  }
};

}  // namespace

absl::StatusOr<std::vector<std::string>> HookNames(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (IsName(name) && access(entry->path().c_str(), X_OK) == 0) {
      names.push_back(name);
    }
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot read ", folder, ": ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string HookLine(const RunHooks& what) {
  // Whole microseconds, by integers: a double would be near enough and look
  // wrong.
  const int64_t amount = absl::ToInt64Microseconds(what.amount);
  const int64_t lease = absl::ToInt64Milliseconds(what.lease);
  return absl::StrFormat(
      "%s %c%d.%06d %d.%03d", what.quiesce ? "quiesce" : "resume",
      amount < 0 ? '-' : '+', std::abs(amount) / 1'000'000,
      std::abs(amount) % 1'000'000, lease / 1000, lease % 1000);
}

void RunAllHooks(UnitManager* manager, Turns* turns, const std::string& folder,
                 const std::string& told, const RunHooks& what,
                 std::function<void(absl::Status)> then) {
  absl::StatusOr<std::vector<std::string>> names = HookNames(folder);
  if (!names.ok()) return then(names.status());
  if (absl::Status status = Tell(told, HookLine(what)); !status.ok()) {
    return then(status);
  }
  const auto run = std::make_shared<Run>();
  run->manager = manager;
  run->turns = turns;
  run->what = what;
  run->names = *std::move(names);
  run->then = std::move(then);
  run->Next(absl::OkStatus());
}

}  // namespace noonmark
