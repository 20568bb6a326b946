#include "tests/simulation/correction_guest.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/correction_words.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);
// What noonmark-resume gives an action before a start.
constexpr absl::Duration kBeforeStartLimit = absl::Seconds(1);

BootId BootNumber(uint64_t boots) {
  BootId id;
  id.bytes[0] = 0xb0;
  id.bytes[1] = static_cast<uint8_t>(boots);
  return id;
}

}  // namespace

CorrectionGuest::CorrectionGuest(Agenda& agenda, Random random, KillPlan& kills,
                                 CorrectionChecker& checker,
                                 const GuestCorrectionConfig& config,
                                 absl::Duration offset, Mutation mutation)
    : agenda_(agenda),
      random_(random),
      kills_(kills),
      checker_(checker),
      config_(config),
      mutation_(mutation),
      clock_(offset),
      boot_(BootNumber(1)),
      disk_(random_.Fork()),
      marks_(random_.Fork()),
      units_(
          [this](absl::Duration time, std::function<void()> deed) {
            After(time, std::move(deed));
          },
          [this] { return Boottime(); }),
      remembered_(clock_.RealMinusBoot()) {
  units_.Add("postfix@-.service", ServiceRole::kMailTransfer, true);
  units_.Add("dovecot.service", ServiceRole::kMailStore, true);
  units_.Add("chrony.service", ServiceRole::kTimeDaemon, true);
  units_.Add("exim4.service", ServiceRole::kMailTransfer, false);
  units_.OnStarted([this](FakeUnit& unit) {
    if (unit.seen.role == ServiceRole::kTimeDaemon) OnDaemonStarted();
  });
  if (mutation_ == Mutation::kForgetsSync) {
    disk_.FailAt(1, DiskFault::kForgets, true);
  }
}

CorrectionGuest::~CorrectionGuest() = default;

// --- time in the guest ---

void CorrectionGuest::After(absl::Duration time, std::function<void()> deed) {
  agenda_.After(time, [this, boots = boots_, deed = std::move(deed)]() mutable {
    if (boots != boots_) return;
    if (frozen_) {
      agenda_.At(frozen_until_ + kMs,
                 [this, boots, deed = std::move(deed)]() mutable {
                   if (boots == boots_) After({}, std::move(deed));
                 });
      return;
    }
    deed();
  });
}

void CorrectionGuest::AfterInCorrector(absl::Duration time,
                                       std::function<void()> deed) {
  After(time, [this, life = lives_, deed = std::move(deed)]() mutable {
    if (life != lives_ || machine_ == nullptr) return;
    if (agenda_.Time() < hung_until_) {
      AfterInCorrector(hung_until_ - agenda_.Time() + kMs, std::move(deed));
      return;
    }
    deed();
  });
}

// --- lives and deaths ---

void CorrectionGuest::Start() { StartCorrector(); }

void CorrectionGuest::StartCorrector() {
  checker_.Say("guest", "the corrector starts");
  if (machine_ != nullptr || dead_for_good_) return;
  ++lives_;
  acts_.clear();
  asked_.clear();
  busy_ = false;
  disk_.Open();
  machine_ = std::make_unique<GuestCorrection>(config_, boot_);
  Feed(machine_->Recover(disk_.Read().records, marks_.Read().records,
                         Boottime()));
}

void CorrectionGuest::KillCorrector(bool for_good) {
  checker_.Say("guest", "* the corrector is killed");
  dead_for_good_ = dead_for_good_ || for_good;
  if (machine_ == nullptr) return;
  ++lives_;
  machine_.reset();
  acts_.clear();
  asked_.clear();
  busy_ = false;
  hung_until_ = absl::ZeroDuration();
  // systemd: ExecStopPost, then Restart.
  After(50 * kMs, [this] {
    RunKeeper(true, [this] {
      After(absl::Seconds(1), [this] { StartCorrector(); });
    });
  });
}

void CorrectionGuest::HangCorrector(absl::Duration time) {
  checker_.Say("guest", "* the corrector hangs");
  hung_until_ = agenda_.Time() + time;
}

void CorrectionGuest::Reboot() {
  checker_.Say("guest", "* reboot");
  const absl::Duration offset = Offset();
  ++boots_;
  ++lives_;
  boot_ = BootNumber(boots_);
  machine_.reset();
  acts_.clear();
  asked_.clear();
  busy_ = false;
  dead_for_good_ = false;
  dead_man_armed_ = false;
  keeper_runs_ = false;
  unsynchronised_ = true;
  hung_until_ = absl::ZeroDuration();
  clock_.Boot(offset, agenda_.Time());
  disk_.LosePower();
  marks_.LosePower();
  remembered_ = clock_.RealMinusBoot();
  units_.Boot();
  After(absl::Seconds(1), [this] { RunKeeper(false, [] {}); });
  After(absl::Seconds(2), [this] { StartCorrector(); });
}

void CorrectionGuest::Freeze(absl::Duration time, bool counts) {
  if (frozen_) return;
  frozen_ = true;
  frozen_counts_ = counts;
  frozen_until_ = agenda_.Time() + time;
  checker_.Say("guest", "* stands still for " + absl::FormatDuration(time));
  clock_.Freeze(agenda_.Time());
  if (!counts) checker_.OnFellBehind();
  agenda_.At(frozen_until_, [this] {
    frozen_ = false;
    clock_.Thaw(frozen_counts_, agenda_.Time());
    checker_.OnThaw(Boottime());
  });
}

void CorrectionGuest::SetClock(absl::Duration by) {
  checker_.Say("guest", "* the clock is set");
  clock_.Set(by, agenda_.Time());
  set_since_told_ = true;
  checker_.OnSetByOthers();
}

void CorrectionGuest::StartByOthers(const std::string& name) {
  FakeUnit* unit = units_.Find(name);
  checker_.Say("guest", "* others start " + name);
  unit->wanted = true;
  unit->stopped_by_person = false;
  units_.Start(name, absl::Seconds(90), [](bool) {});
}

void CorrectionGuest::StopByPerson(const std::string& name) {
  FakeUnit* unit = units_.Find(name);
  // A person who stops what rests by us anyway changes nothing.
  if (!unit->seen.Runs()) return;
  checker_.Say("guest", "* a person stops " + name);
  unit->stopped_by_person = true;
  units_.Stop(name, absl::Seconds(90), [](bool) {});
}

void CorrectionGuest::Heal() {
  disk_.Heal();
  marks_.Heal();
  faults_ = GuestFaults();
  unheard_until_ = absl::ZeroDuration();
  dead_for_good_ = false;
  for (FakeUnit& unit : units_.All()) {
    unit.failing_starts = 0;
    unit.failing_stops = 0;
    unit.refused_starts = unit.refused_stops = 0;
    unit.canceled_starts = unit.canceled_stops = 0;
    if (unit.seen.state != ServiceState::kStopping) unit.hangs = false;
    unit.leaves_process = false;
  }
  if (machine_ == nullptr)
    After(absl::Seconds(1), [this] { StartCorrector(); });
}

void CorrectionGuest::LoseSystemd(absl::Duration time) {
  checker_.Say("guest", "* systemd cannot be reached");
  unheard_until_ = agenda_.Time() + time;
}

bool CorrectionGuest::HasToldOfFailure() const {
  const auto tells = [](const JournalRecord& record) {
    const auto* ended = std::get_if<EndedRecord>(&record.body);
    return ended != nullptr &&
           ended->outcome == OperationOutcome::kResumeFailed;
  };
  const std::vector<JournalRecord> records = disk_.Read().records;
  return std::any_of(records.begin(), records.end(), tells) ||
         (machine_ != nullptr && machine_->Status(Boottime()).outcome ==
                                     OperationOutcome::kResumeFailed);
}

bool CorrectionGuest::AtPeace() const {
  if (frozen_ || machine_ == nullptr || !machine_->Idle() || units_.Held())
    return false;
  return std::all_of(units_.All().begin(), units_.All().end(),
                     [](const FakeUnit& unit) { return !unit.down_by_us; });
}

void CorrectionGuest::Check() {
  if (frozen_) return;
  checker_.OnTick(units_.All(), units_.Held(), boot_, Boottime());
}

bool CorrectionGuest::Dies() {
  const uint64_t life = lives_;
  if (kills_.Passes()) {
    if (kill_is_power_) {
      Reboot();
    } else {
      KillCorrector();
    }
  }
  return life != lives_;
}

// --- noonmark-resume and the time daemon ---

void CorrectionGuest::TickDeadMan() {
  After(absl::Seconds(2), [this, armed = dead_man_] {
    if (armed != dead_man_ || !dead_man_armed_) return;
    if (!keeper_runs_) RunKeeper(false, [] {});
    TickDeadMan();
  });
}

void CorrectionGuest::RunKeeper(bool corrector_ended,
                                std::function<void()> then) {
  if (mutation_ == Mutation::kNoKeeper || keeper_runs_) return then();
  keeper_runs_ = true;
  After(20 * kMs, [this, corrector_ended, then = std::move(then)] {
    const KeeperDecision decision =
        DecideLease(disk_.Read().records, marks_.Read().records, boot_,
                    Boottime(), corrector_ended);
    if (decision.deed == KeeperDeed::kBringBack && !kills_.Passes()) {
      return BringBack(decision, then);
    }
    if (decision.deed == KeeperDeed::kOver) {
      dead_man_armed_ = false;
      ++dead_man_;
    }
    keeper_runs_ = false;
    then();
  });
}

void CorrectionGuest::BringBack(const KeeperDecision& decision,
                                std::function<void()> then) {
  checker_.Say("guest", "noonmark-resume brings back");
  ++hold_jobs_;
  units_.EndHold();
  if (decision.before_start.empty()) return StartAll(decision, then);
  if (faults_.before_start == ActFault::kNone) {
    TellDaemon();
  } else {
    not_told_ = true;
  }
  After(faults_.before_start == ActFault::kHangs ? kBeforeStartLimit : kMs,
        [this, decision, then] { StartAll(decision, then); });
}

void CorrectionGuest::StartAll(const KeeperDecision& decision,
                               const std::function<void()>& then) {
  struct Count {
    size_t left;
    uint8_t failed = 0;
  };
  const auto count = std::make_shared<Count>(Count{decision.units.size()});
  const std::function<void()> over = [this, count, mark = decision.mark,
                                      then]() mutable {
    keeper_runs_ = false;
    if (kills_.Passes()) return then();
    std::get<BroughtBackRecord>(mark.body).failed = count->failed;
    marks_.Open();
    marks_.Append({mark});
    kills_.Passes();
    if (count->failed == 0) {
      dead_man_armed_ = false;
      ++dead_man_;
    }
    then();
  };
  if (decision.units.empty()) return over();
  for (const std::string& name : decision.units) {
    checker_.OnStart(*units_.Find(name));
    units_.Start(name, absl::Seconds(30), [count, over](bool ok) {
      if (!ok) ++count->failed;
      if (--count->left == 0) over();
    });
  }
}

void CorrectionGuest::OnDaemonStarted() {
  switch (habit_) {
    case DaemonHabit::kAgrees:
      After(absl::Seconds(1), [this] { unsynchronised_ = false; });
      break;
    case DaemonHabit::kStepsRight:
      After(absl::Seconds(2), [this] {
        if (absl::AbsDuration(Offset()) > 100 * kMs) SetClock(-Offset());
        unsynchronised_ = false;
      });
      break;
    case DaemonHabit::kRestores:
      if (remembered_ > clock_.RealMinusBoot() + absl::Seconds(1)) {
        checker_.Expect(
            checker_.Moves() == 0 || boots_ > 1 || set_since_told_ || not_told_,
            "I9", "a time daemon undoes a correction");
        SetClock(remembered_ - clock_.RealMinusBoot());
      }
      After(absl::Seconds(1), [this] { unsynchronised_ = false; });
      break;
    case DaemonHabit::kStepsAgainst:
      After(random_.Between(100 * kMs, absl::Seconds(20)), [this] {
        SetClock(random_.EitherSign(
            random_.Between(absl::Seconds(1), absl::Seconds(120))));
        unsynchronised_ = false;
      });
      break;
    case DaemonHabit::kSilent:
      break;
    case DaemonHabit::kMarksBlindly:
      unsynchronised_ = false;
      break;
  }
}

}  // namespace noonmark::simulation
