#include "tests/simulation/fake_units.h"

#include <algorithm>
#include <utility>

namespace noonmark::simulation {
namespace {

// noonmark-hold.service ends by itself.
constexpr absl::Duration kHoldLasts = absl::Seconds(660);

// One more that fails, if there is one.
bool TakeFailure(int& failing) {
  if (failing == 0) return false;
  if (failing > 0) --failing;
  return true;
}

}  // namespace

FakeUnits::FakeUnits(After after, std::function<absl::Duration()> boottime)
    : after_(std::move(after)), boottime_(std::move(boottime)) {}

void FakeUnits::Add(const std::string& name, ServiceRole role, bool runs) {
  FakeUnit unit;
  unit.seen.unit = name;
  unit.seen.profile = name.substr(0, name.find('.'));
  unit.seen.role = role;
  unit.seen.stop_limit = absl::Seconds(20);
  unit.seen.ready_limit = absl::Seconds(10);
  unit.seen.settle = absl::Seconds(5);
  unit.seen.acts_before_start = role == ServiceRole::kTimeDaemon;
  unit.seen.acts_after_step = role == ServiceRole::kMailTransfer;
  unit.seen.known = true;
  unit.seen.state = runs ? ServiceState::kActive : ServiceState::kInactive;
  unit.seen.has_processes = runs;
  unit.enabled = runs;
  unit.wanted = runs;
  units_.push_back(std::move(unit));
  jobs_.emplace_back();
}

FakeUnit* FakeUnits::Find(const std::string& name) {
  const auto found =
      std::find_if(units_.begin(), units_.end(),
                   [&](const FakeUnit& u) { return u.seen.unit == name; });
  return found == units_.end() ? nullptr : &*found;
}

FakeUnits::Job& FakeUnits::JobOf(const FakeUnit& unit) {
  return jobs_[static_cast<size_t>(&unit - units_.data())];
}

void FakeUnits::Stop(const std::string& name, absl::Duration limit,
                     Result result) {
  FakeUnit* unit = Find(name);
  if (unit == nullptr) return result(false);
  if (TakeFailure(unit->refused_stops)) {
    unit->stopped_by_person = false;
    return result(false);
  }
  Job& job = JobOf(*unit);
  if (job.result) std::exchange(job.result, nullptr)(false);  // canceled
  if (unit->seen.state == ServiceState::kInactive ||
      unit->seen.state == ServiceState::kFailed) {
    job = Job();
    return result(true);
  }
  job = Job{next_job_++, false, false, std::move(result)};
  unit->seen.state = ServiceState::kStopping;
  Limit(name, limit, job.number);
  if (unit->hangs) return;
  after_(unit->stop_takes, [this, name, number = job.number] {
    FakeUnit& stopped = *Find(name);
    Job& its = JobOf(stopped);
    if (its.number != number && !its.starts) return;
    if (stopped.seen.state != ServiceState::kStopping) return;
    if (TakeFailure(stopped.canceled_stops)) {
      stopped.seen.state = ServiceState::kActive;
      stopped.down_by_us = stopped.owed = stopped.stopped_by_person = false;
      return its.number == number ? Over(stopped, false) : Run(stopped);
    }
    const bool failed = TakeFailure(stopped.failing_stops);
    stopped.seen.has_processes = std::exchange(stopped.leaves_process, false);
    stopped.seen.state =
        failed ? ServiceState::kFailed : ServiceState::kInactive;
    if (its.number == number) {
      Over(stopped, !failed);
    } else {
      Run(stopped);  // the start that replaced it
    }
  });
}

void FakeUnits::Start(const std::string& name, absl::Duration limit,
                      Result result) {
  FakeUnit* unit = Find(name);
  if (unit == nullptr) return result(false);
  unit->down_by_us = false;
  if (TakeFailure(unit->refused_starts)) {
    ++unit->starts_failed;
    return result(false);
  }
  Job& job = JobOf(*unit);
  if (unit->seen.state == ServiceState::kActive && !job.result) {
    return result(true);
  }
  if (job.starts && job.number != 0) {
    // Merged with the job that there is.
    Result both = [a = std::move(job.result), b = std::move(result)](bool ok) {
      if (a) a(ok);
      b(ok);
    };
    job.result = std::move(both);
    Limit(name, limit, job.number);
    return;
  }
  if (job.result) std::exchange(job.result, nullptr)(false);  // canceled
  job = Job{next_job_++, true, true, std::move(result)};
  Limit(name, limit, job.number);
  if (unit->seen.state == ServiceState::kStopping && !unit->hangs) return;
  if (unit->hangs) {
    // It is killed in the end.
    unit->hangs = false;
    unit->seen.state = ServiceState::kInactive;
    unit->seen.has_processes = false;
  }
  Run(*unit);
}

void FakeUnits::Run(FakeUnit& unit) {
  Job& job = JobOf(unit);
  if (!job.starts || !job.queued) return;
  if (held_ && unit.seen.role != ServiceRole::kTimeDaemon) return;
  job.queued = false;
  unit.seen.state = ServiceState::kStarting;
  after_(unit.start_takes, [this, name = unit.seen.unit, number = job.number] {
    FakeUnit& started = *Find(name);
    if (JobOf(started).number != number) return;
    // Of a start that is owed to us; no boot is canceled.
    if (started.owed && TakeFailure(started.canceled_starts)) {
      ++started.starts_failed;
      started.seen.state = ServiceState::kInactive;
      return Over(started, false);
    }
    if (TakeFailure(started.failing_starts)) {
      ++started.starts_failed;
      started.seen.state = ServiceState::kFailed;
      return Over(started, false);
    }
    started.seen.state = ServiceState::kActive;
    started.seen.has_processes = true;
    started.starts_failed = 0;
    started.owed = false;
    started.up_since = boottime_();
    if (on_started_) on_started_(started);
    Over(started, true);
  });
}

void FakeUnits::Over(FakeUnit& unit, bool ok) {
  Job& job = JobOf(unit);
  Result result = std::move(job.result);
  job = Job();
  if (result) result(ok);
}

void FakeUnits::Limit(const std::string& name, absl::Duration limit,
                      uint64_t number) {
  after_(limit, [this, name, number] {
    Job& job = JobOf(*Find(name));
    // The job goes on; who asked for it waits no longer.
    if (job.number == number && job.result) {
      std::exchange(job.result, nullptr)(false);
    }
  });
}

bool FakeUnits::IsReady(const std::string& name) {
  const FakeUnit* unit = Find(name);
  return unit != nullptr && unit->seen.state == ServiceState::kActive &&
         boottime_() >= unit->up_since + unit->ready_takes;
}

void FakeUnits::BeginHold() {
  held_ = true;
  after_(kHoldLasts, [this, hold = ++holds_] {
    if (held_ && hold == holds_) EndHold();
  });
}

void FakeUnits::EndHold() {
  held_ = false;
  for (FakeUnit& unit : units_) {
    if (unit.seen.state != ServiceState::kStopping) Run(unit);
  }
}

void FakeUnits::Boot() {
  held_ = false;
  for (size_t i = 0; i < units_.size(); ++i) {
    FakeUnit& unit = units_[i];
    jobs_[i] = Job();
    unit.seen.state = ServiceState::kInactive;
    unit.seen.has_processes = false;
    unit.down_by_us = false;
    unit.owed = false;
    unit.hangs = false;
    unit.stopped_by_person = false;
    // What a person had started is gone with the boot; it is no fault if an
    // open operation brings it back.
    unit.may_return = unit.may_return || unit.wanted;
    unit.wanted = unit.enabled;
    if (unit.enabled) {
      after_(absl::Seconds(2), [this, name = unit.seen.unit] {
        Start(name, absl::Seconds(90), [](bool) {});
      });
    }
  }
}

}  // namespace noonmark::simulation
