#include "guest/resume/bring_back.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

// The corrector has its lock for as long as a few calls of the bus take.
constexpr absl::Duration kLockPatience = absl::Seconds(1);
// Another of us may be at it.
constexpr absl::Duration kTurnPatience = absl::Seconds(60);
constexpr absl::Duration kLookAgain = absl::Milliseconds(10);
constexpr absl::Duration kActLimit = absl::Seconds(10);
// What a time daemon would like before its start; mail does not wait for it
// beyond what it was promised.
constexpr absl::Duration kBeforeStartLimit = absl::Seconds(1);
// A service gets a head start before the next, which may need it; no more.
constexpr absl::Duration kHeadStart = absl::Seconds(3);
constexpr absl::Duration kStartLimit = absl::Seconds(90);

void LogIfFailed(const absl::Status& status, absl::string_view what) {
  if (!status.ok()) LogWarning(absl::StrCat(what, ": ", status.message()));
}

}  // namespace

BringBack::BringBack(Options options, EventLoop* loop, SystemdUnits* units,
                     Clock* clock)
    : options_(std::move(options)),
      loop_(loop),
      units_(units),
      clock_(clock),
      marks_(options_.places.Marks()) {
  LogIfFailed(marks_.reading().disk, "own marks");
  LogIfFailed(marks_.reading().copy, "own marks");
}

absl::Status BringBack::Run() {
  // One of us at a time: the timer's, the boot's, that of the corrector's end.
  const absl::StatusOr<TurnLock> alone = WaitForLock(
      options_.places.resume_runtime + "/lock", TurnLock::File::kOurs,
      options_.corrector_ended ? kTurnPatience : absl::ZeroDuration());
  if (absl::IsAborted(alone.status()) && !options_.corrector_ended) {
    return absl::OkStatus();
  }
  KeeperDecision decision = Decide();
  if (decision.deed == KeeperDeed::kWait) return absl::OkStatus();
  if (decision.deed == KeeperDeed::kOver) return StopTimer();
  const absl::StatusOr<TurnLock> turn = TakeTurn();
  // It may have ended the operation meanwhile.
  decision = Decide();
  if (decision.deed != KeeperDeed::kBringBack) return absl::OkStatus();
  return Start(decision);
}

KeeperDecision BringBack::Decide() {
  const JournalReading journal = ReadJournalFiles(options_.places.Journal());
  LogIfFailed(journal.disk, "the corrector's journal");
  LogIfFailed(journal.copy, "the corrector's journal");
  const JournalReading marks = ReadJournalFiles(options_.places.Marks());
  return DecideLease(journal.contents.records, marks.contents.records,
                     options_.boot, clock_->Read().boottime,
                     options_.corrector_ended);
}

// kAborted: another has it. Whatever else: there is no such place.
absl::StatusOr<TurnLock> BringBack::WaitForLock(const std::string& path,
                                                TurnLock::File whose,
                                                absl::Duration longest) {
  const MonotonicTime until = clock_->Now() + longest;
  while (true) {
    absl::StatusOr<TurnLock> lock = TurnLock::Try(path, whose);
    if (!absl::IsAborted(lock.status()) || clock_->Now() >= until) return lock;
    loop_->RunOnce(kLookAgain);
  }
}

absl::StatusOr<TurnLock> BringBack::TakeTurn() {
  absl::StatusOr<TurnLock> lock = WaitForLock(
      options_.places.Lock(), TurnLock::File::kTheirs, kLockPatience);
  if (!absl::IsAborted(lock.status()) || options_.corrector_ended) return lock;
  LogWarning("noonmark-corrector hangs while a lease has ended: it is killed");
  LogIfFailed(Await([this](auto done) { units_->Kill(kCorrectorUnit, done); }),
              "kill the corrector");
  return WaitForLock(options_.places.Lock(), TurnLock::File::kTheirs,
                     kLockPatience);
}

// Only while the corrector cannot be about to let something rest: it starts the
// timer under the lock, when its intent is in the journal already.
absl::Status BringBack::StopTimer() {
  const absl::StatusOr<TurnLock> turn = WaitForLock(
      options_.places.Lock(), TurnLock::File::kTheirs, absl::ZeroDuration());
  if (absl::IsAborted(turn.status()) || Decide().deed != KeeperDeed::kOver) {
    return absl::OkStatus();
  }
  LogIfFailed(Await([this](auto done) {
                units_->Order(UnitVerb::kStop, kResumeTimer, kActLimit, nullptr,
                              done);
              }),
              kResumeTimer);
  return absl::OkStatus();
}

absl::Status BringBack::Start(const KeeperDecision& decision) {
  LogWarning(absl::StrCat(
      options_.corrector_ended ? "noonmark-corrector has ended"
                               : "a lease has ended",
      " while services rest: starting ", absl::StrJoin(decision.units, ", ")));
  LogIfFailed(Await([this](auto done) {
                units_->Order(UnitVerb::kStop, kHoldUnit, kActLimit, nullptr,
                              done);
              }),
              kHoldUnit);
  for (const std::string& profile : decision.before_start) {
    const std::string unit = ActionUnit(profile, "before-start");
    LogIfFailed(Await([&](auto done) {
                  units_->Order(UnitVerb::kStart, unit, kBeforeStartLimit,
                                nullptr, done);
                }),
                unit);
  }
  const size_t failed = StartAll(decision.units);
  JournalRecord mark = decision.mark;
  std::get<BroughtBackRecord>(mark.body).failed = static_cast<uint8_t>(failed);
  const JournalFile::Written written = marks_.Append({mark});
  LogIfFailed(written.disk, "own marks");
  LogIfFailed(written.copy, "own marks");
  if (failed == 0) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(failed, " services did not start"));
}

// In their order, and all of them, however long one takes. How many failed.
size_t BringBack::StartAll(const std::vector<std::string>& units) {
  size_t open = 0;
  size_t failed = 0;
  for (const std::string& unit : units) {
    if (!options_.may_start(unit)) {
      LogError(absl::StrCat("the journal names ", unit,
                            ", which no profile has: it is not started"));
      ++failed;
      continue;
    }
    ++open;
    // The end may come when the next has its turn already.
    const auto done = std::make_shared<bool>(false);
    units_->Order(UnitVerb::kStart, unit, kStartLimit, nullptr,
                  [&open, &failed, unit, done](absl::Status status) {
                    LogIfFailed(status, unit);
                    --open;
                    failed += status.ok() ? 0 : 1;
                    *done = true;
                  });
    const MonotonicTime until = clock_->Now() + kHeadStart;
    while (!*done && clock_->Now() < until) loop_->RunOnce(kLookAgain);
  }
  while (open > 0) loop_->RunOnce(kStartLimit);
  return failed;
}

absl::Status BringBack::Await(const Call& call) {
  std::optional<absl::Status> result;
  call([&result](absl::Status status) { result = std::move(status); });
  while (!result.has_value()) loop_->RunOnce(kStartLimit);
  return *result;
}

}  // namespace noonmark
