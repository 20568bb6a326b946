// The way down: what runs is found, written down, brought to rest and proven.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/correct/guest_correction.h"

namespace noonmark {
namespace {

// A process may outlive its unit's stop by a moment.
constexpr int kMostProofs = 4;
constexpr absl::Duration kBetweenProofs = absl::Milliseconds(250);
// Of a correction that stops time daemons alone: what stopping, starting and
// settling may take beside a slew.
constexpr absl::Duration kDaemonLease = absl::Seconds(60);

}  // namespace

void GuestCorrection::SetLease(absl::Duration lease, absl::Duration boottime) {
  op_.lease_end = boottime + lease;
  op_.resume_by = op_.lease_end - std::min(absl::Seconds(10), lease / 4);
  op_.urgent_by = op_.lease_end - std::min(absl::Seconds(2), lease / 8);
}

bool GuestCorrection::InScope(const SeenUnit& unit) const {
  if (unit.role != ServiceRole::kTimeDaemon) return op_.all_rest;
  // It goes on if the clock is not to be moved.
  return op_.announced != absl::ZeroDuration();
}

std::vector<std::string> GuestCorrection::OurNames() const {
  std::vector<std::string> names;
  for (const SeenUnit& unit : op_.ours) names.push_back(unit.unit);
  return names;
}

void GuestCorrection::Drop(Refusal why, const std::string& detail) {
  op_.ended = true;
  op_.outcome = OperationOutcome::kGivenUp;
  op_.given_up = why;
  op_.detail = detail.substr(0, kMostDetailCharacters);
  Enter(Stage::kIdle, absl::ZeroDuration());
}

void GuestCorrection::EnterDown(absl::Duration boottime) {
  switch (stage_) {
    case Stage::kSurvey:
      return_ = UnitReturn();
      before_move_.reset();
      accepted_rate_.reset();
      left_at_.reset();
      stop_rank_ = 3;
      hurried_ = false;
      Await(ReadClock{}, Awaited::kClock);
      Await(SurveyUnits{}, Awaited::kSurvey);
      break;
    case Stage::kIntent: {
      NoteBegin(boottime);
      std::vector<RecordBody> bodies;
      for (const SeenUnit& unit : op_.ours) {
        bodies.push_back(UnitRecord{unit.unit, unit.profile, unit.role,
                                    unit.acts_before_start});
      }
      bodies.push_back(IntentRecord{op_.lease_end, op_.announced, op_.all_rest,
                                    static_cast<uint8_t>(op_.ours.size())});
      Write(std::move(bodies), boottime);
      break;
    }
    case Stage::kArm:
      Await(ArmDeadMan{true});
      break;
    case Stage::kHold:
      Await(BeginHold{op_.resume_by});
      break;
    case Stage::kHooks:
      op_.hooks_ran = true;
      Await(RunHooks{true, op_.announced, op_.lease_end - boottime,
                     op_.resume_by});
      break;
    case Stage::kStopping:
      StopNextGroup(boottime);
      break;
    case Stage::kProving:
      Await(SurveyUnits{OurNames()}, Awaited::kSurvey);
      break;
    default:
      break;  // kResting waits
  }
}

bool GuestCorrection::AdvanceDown(absl::Duration boottime) {
  if (!StageDone()) return false;
  const Stage before = stage_;
  switch (stage_) {
    case Stage::kSurvey:
      AfterSurvey(boottime);
      break;
    case Stage::kIntent:
      if (all_ok_) {
        Enter(Stage::kArm, boottime);
      } else {
        // It may be on the disk in spite of that.
        TurnBack(Refusal::kJournal, failed_, boottime);
      }
      break;
    case Stage::kArm:
      if (!all_ok_) {
        TurnBack(Refusal::kUnconfigured,
                 absl::StrCat("noonmark-resume.timer: ", failed_), boottime);
      } else {
        Enter(op_.all_rest ? Stage::kHold : Stage::kStopping, boottime);
      }
      break;
    case Stage::kHold:
      if (!all_ok_) {
        TurnBack(Refusal::kUnconfigured,
                 absl::StrCat("noonmark-hold.service: ", failed_), boottime);
      } else {
        Enter(config_.has_hooks ? Stage::kHooks : Stage::kStopping, boottime);
      }
      break;
    case Stage::kHooks:
      if (all_ok_) {
        Enter(Stage::kStopping, boottime);
      } else {
        TurnBack(Refusal::kHook, failed_, boottime);
      }
      break;
    case Stage::kStopping:
      if (!all_ok_) {
        TurnBack(Refusal::kWouldNotStop, failed_, boottime);
      } else if (stop_rank_ >= 0) {
        StopNextGroup(boottime);
        return true;
      } else {
        Enter(Stage::kProving, boottime);
      }
      break;
    case Stage::kProving:
      if (wait_until_ == absl::InfiniteDuration()) {
        AfterProof(boottime);
      } else if (boottime >= wait_until_) {
        wait_until_ = absl::InfiniteDuration();
        all_ok_ = true;
        Await(SurveyUnits{OurNames()}, Awaited::kSurvey);
      }
      break;
    default:
      break;
  }
  return stage_ != before;
}

void GuestCorrection::AfterSurvey(absl::Duration boottime) {
  if (!survey_->ok) return Drop(Refusal::kNotAtRest, failed_);
  if (!clock_->ok) return Drop(Refusal::kClock, failed_);
  if (op_.correct.has_value()) accepted_rate_ = RealMinusRaw(clock_->before);
  listed_ = survey_->units;
  listed_at_ = boottime;
  if (listed_.size() > kMostServices) {
    return Drop(Refusal::kUnconfigured, "more than 16 services are listed");
  }
  if (op_.all_rest && listed_.empty()) {
    return Drop(Refusal::kUnconfigured, "no service is listed");
  }
  if (!StaysInRange(clock_->before, op_.announced)) {
    return Drop(Refusal::kRange, "");
  }
  for (const SeenUnit& unit : listed_) {
    if (!InScope(unit) || unit.AtRest()) continue;
    const bool known_to_stop =
        unit.known && (unit.Runs() || unit.state == ServiceState::kStopping);
    if (!known_to_stop) {
      return Drop(
          Refusal::kWouldNotStop,
          absl::StrCat(unit.unit, unit.known ? " neither runs nor rests"
                                             : ": systemd tells nothing of "
                                               "it, or of its processes"));
    }
    if (unit.role == ServiceRole::kTimeDaemon &&
        !config_.may_stop_time_daemon) {
      return Drop(Refusal::kTimeDaemon,
                  absl::StrCat(unit.unit, " may not be stopped"));
    }
  }
  NameOurs();
  if (op_.all_rest) {
    Enter(Stage::kIntent, boottime);
    return;
  }
  if (op_.ours.empty()) {
    // Nothing is stopped, so there is nothing to bring back.
    Enter(Stage::kLook, boottime);
    return;
  }
  absl::Duration lease = kDaemonLease;
  if (op_.correct->method == CorrectionMethod::kSlew) {
    const absl::Duration slew = SlewTime(op_.correct->amount);
    lease += slew + slew / 8;
  }
  if (lease > config_.limits.lease_cap) {
    return Drop(Refusal::kTimeDaemon,
                absl::StrCat(op_.ours[0].unit, " would have to rest too long"));
  }
  SetLease(lease, boottime);
  Enter(Stage::kIntent, boottime);
}

void GuestCorrection::NoteBegin(absl::Duration boottime) {
  const absl::Duration window = config_.limits.rate_window_long;
  begun_.erase(std::remove_if(begun_.begin(), begun_.end(),
                              [&](absl::Duration begun) {
                                return boottime - begun >= window;
                              }),
               begun_.end());
  begun_.push_back(boottime);
}

void GuestCorrection::NameOurs() {
  for (const SeenUnit& unit : listed_) {
    if (InScope(unit) && unit.Runs()) op_.ours.push_back(unit);
  }
}

void GuestCorrection::StopNextGroup(absl::Duration boottime) {
  for (; StageDone() && stop_rank_ >= 0; --stop_rank_) {
    for (const SeenUnit& unit : op_.ours) {
      if (ReturnRank(unit.role) != stop_rank_) continue;
      if (!op_.rest_since.has_value()) op_.rest_since = boottime;
      Await(StopUnit{unit.unit, unit.stop_limit, op_.resume_by}, Awaited::kStop,
            unit.unit);
    }
  }
}

void GuestCorrection::AfterProof(absl::Duration boottime) {
  std::string restless = failed_;
  if (survey_->ok) {
    listed_ = survey_->units;
    listed_at_ = boottime;
    restless.clear();
    for (const SeenUnit& unit : listed_) {
      if (InScope(unit) && !unit.AtRest()) {
        restless = absl::StrCat(unit.unit, " is not at rest");
      }
    }
    const std::vector<std::string> names = OurNames();
    for (const std::string& name : names) {
      if (std::none_of(
              listed_.begin(), listed_.end(),
              [&](const SeenUnit& unit) { return unit.unit == name; })) {
        restless = absl::StrCat(name, " is not seen");
      }
    }
    if (restless.empty()) {
      Enter(op_.all_rest ? Stage::kResting : Stage::kLook, boottime);
      return;
    }
  }
  if (++looks_ >= kMostProofs) {
    TurnBack(Refusal::kWouldNotStop, restless, boottime);
    return;
  }
  wait_until_ = boottime + kBetweenProofs;
}

}  // namespace noonmark
