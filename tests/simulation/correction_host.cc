#include "tests/simulation/correction_host.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/simulation/correction_words.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);
// What a measurement is at most wrong by, and says so.
constexpr absl::Duration kBound = absl::Milliseconds(20);

}  // namespace

CorrectionHost::CorrectionHost(Agenda& agenda, Random random, KillPlan& kills,
                               CorrectionChecker& checker,
                               CorrectionGuest& guest, const Options& options)
    : agenda_(agenda),
      random_(random),
      kills_(kills),
      checker_(checker),
      guest_(guest),
      options_(options),
      name_(absl::StrCat("dom0 ", static_cast<int>(options.number))),
      disk_(random_.Fork()) {}

void CorrectionHost::After(absl::Duration time, std::function<void()> deed) {
  agenda_.After(time, [this, life = lives_, deed = std::move(deed)] {
    if (life == lives_ && here_) deed();
  });
}

// --- lives and deaths ---

void CorrectionHost::Kill() {
  checker_.Say(name_, "* killed");
  ++lives_;
  machine_.reset();
  over_.clear();
  acts_.clear();
  busy_ = false;
  agenda_.After(absl::Seconds(1), [this, life = lives_] {
    if (life == lives_ && here_) Start();
  });
}

void CorrectionHost::Leave() {
  checker_.Say(name_, "* leaves");
  here_ = false;
  ++lives_;
  machine_.reset();
  over_.clear();
  acts_.clear();
  busy_ = false;
}

void CorrectionHost::Return() {
  if (here_) return;
  here_ = true;
  Start();
}

void CorrectionHost::Start() {
  checker_.Say(name_, "starts");
  disk_.Open();
  const std::vector<JournalRecord> records = disk_.Read().records;
  const std::vector<OperationId> open = OpenOperations(records);
  // What no journal has open was never taken, or is over.
  for (const IdBytes& slot : std::set<IdBytes>(slots_)) {
    const OperationId operation = {slot};
    if (std::find(open.begin(), open.end(), operation) == open.end()) {
      checker_.OnSlot(operation, false, guest_.Units().All());
      slots_.erase(slot);
    }
  }
  Resume(open);
}

void CorrectionHost::Resume(const std::vector<OperationId>& open) {
  const auto next = std::find_if(
      open.begin(), open.end(),
      [&](const OperationId& id) { return over_.count(id.bytes) == 0; });
  if (next == open.end()) return;
  machine_ = HostCorrection::FromJournal(disk_.Read().records, *next,
                                         CorrectionLimits(), BootId{{0xd0}});
  machine_->TakeHost(proven_, false, Now());
  Feed(machine_->Begin(Now()));
  if (!guest_.Answers()) Tell(DomainLife::kPaused);
}

bool CorrectionHost::Dies() {
  const uint64_t life = lives_;
  if (kills_.Passes()) Kill();
  return life != lives_;
}

void CorrectionHost::StepClock(absl::Duration by) {
  checker_.Say(name_, "* its clock is set");
  clock_error_ += by;
  proven_ = false;
  if (machine_.has_value()) Feed(machine_->TakeHost(false, true, Now()));
}

void CorrectionHost::Prove(bool proven) {
  if (proven) clock_error_ = absl::ZeroDuration();
  proven_ = proven;
  if (machine_.has_value()) Feed(machine_->TakeHost(proven, false, Now()));
}

void CorrectionHost::Tell(DomainLife life) {
  if (machine_.has_value()) Feed(machine_->Take(life, Now()));
}

void CorrectionHost::Cancel() {
  if (machine_.has_value()) Feed(machine_->Cancel(Now()));
}

void CorrectionHost::Heal() {
  plans_ = options_.most_plans;  // and no new beginning
  disk_.Heal();
  net_ = Network();
  Return();
  Prove(true);
}

bool CorrectionHost::AtPeace() const {
  return !machine_.has_value() && slots_.empty();
}

// --- its work ---

void CorrectionHost::PlanAt(absl::Duration moment) {
  agenda_.At(moment, [this] { Plan(); });
}

void CorrectionHost::Plan() {
  if (!here_ || machine_.has_value() || held_ ||
      plans_ >= options_.most_plans) {
    return;
  }
  HostPlan plan;
  plan.operation.bytes[0] = options_.number;
  plan.operation.bytes[1] = static_cast<uint8_t>(++plans_);
  plan.epoch = options_.epoch;
  plan.guest_name = "mail-1";
  plan.method = options_.method;
  plan.quiesces = options_.quiesces;
  plan.corrects = options_.corrects;
  plan.hold_max = options_.hold_max;
  plan.offset =
      Interval::Exactly(guest_.Offset() - clock_error_).WidenedBy(kBound);
  machine_ = HostCorrection(plan, CorrectionLimits(), BootId{{0xd0}});
  machine_->TakeHost(proven_, false, Now());
  Feed(machine_->Begin(Now()));
  if (plans_ < options_.most_plans) {
    PlanAt(agenda_.Time() + options_.between_plans);
  }
}

void CorrectionHost::Feed(HostCorrection::Acts acts) {
  const bool right = proven_ && clock_error_ == absl::ZeroDuration();
  for (HostAct& act : acts) acts_.emplace_back(std::move(act), right);
  Pump();
}

void CorrectionHost::Pump() {
  if (busy_ || acts_.empty()) {
    AfterAct();
    return;
  }
  busy_ = true;
  After(absl::Microseconds(random_.From(10, 500)), [this] {
    const auto [act, right] = std::move(acts_.front());
    acts_.pop_front();
    const uint64_t life = lives_;
    Perform(act, right);
    if (life != lives_) return;
    busy_ = false;
    Pump();
  });
}

void CorrectionHost::AfterAct() {
  if (!machine_.has_value() || !machine_->Over() || !acts_.empty() || busy_) {
    return;
  }
  last_ = machine_->Progress();
  checker_.Say(name_, "over: " + last_->words);
  held_ = held_ || last_->held;
  // A clock that stands still was right as it was measured.
  const absl::Duration wrong_by = guest_.Answers()
                                      ? machine_->Plan().target + 2 * kBound
                                      : absl::InfiniteDuration();
  checker_.OnOver(machine_->Plan().operation,
                  last_->result == HostResult::kCorrected,
                  last_->result == HostResult::kNotCorrected, last_->held,
                  guest_.Offset(), wrong_by);
  over_.insert(machine_->Plan().operation.bytes);
  machine_.reset();
  // Of several that its last life left.
  Resume(OpenOperations(disk_.Read().records));
}

void CorrectionHost::Perform(const HostAct& act, bool right) {
  const OperationId operation = machine_->Plan().operation;
  if (checker_.Tells()) checker_.Say(name_, Words(act));
  if (const auto* write = std::get_if<WriteHostRecords>(&act)) {
    Write(*write);
  } else if (std::holds_alternative<TakeSlot>(act)) {
    if (Dies()) return;
    slots_.insert(operation.bytes);
    checker_.OnSlot(operation, true, guest_.Units().All());
    if (Dies()) return;
    After(kMs, [this] {
      if (machine_.has_value()) {
        Feed(machine_->Take(SlotAnswer{true, ""}, Now()));
      }
    });
  } else if (std::holds_alternative<FreeSlot>(act)) {
    if (Dies()) return;
    slots_.erase(operation.bytes);
    checker_.OnSlot(operation, false, guest_.Units().All());
    Dies();
  } else if (const auto* send = std::get_if<SendOrder>(&act)) {
    if (Dies()) return;
    Send(send->order, right);
    Dies();
  } else if (std::holds_alternative<noonmark::Measure>(act)) {
    Measure();
  } else if (const auto* tick = std::get_if<TickAt>(&act)) {
    ++ticks_;
    After(std::max(absl::ZeroDuration(), tick->moment - Now()) + kMs,
          [this, number = ticks_] {
            if (number == ticks_ && machine_.has_value()) {
              Feed(machine_->Tick(Now()));
            }
          });
  }
}

void CorrectionHost::Write(const WriteHostRecords& write) {
  if (Dies()) return;
  if (kills_.PassesWrite(write.records.size() * kRecordBytes)) {
    disk_.AppendTorn(write.records, torn_bytes_);
    return Kill();
  }
  if (kills_.Passes()) {
    disk_.AppendUnsynchronised(write.records);
    return Kill();
  }
  const bool durable = disk_.Append(write.records);
  if (Dies()) return;
  After(kMs, [this, durable] {
    if (machine_.has_value()) {
      Feed(machine_->Take(RecordsAnswer{durable}, Now()));
    }
  });
}

std::optional<absl::Duration> CorrectionHost::Transit(bool to_guest) {
  if (to_guest ? net_.cut_to_guest : net_.cut_to_host) return std::nullopt;
  if (random_.Chance(net_.loss)) return std::nullopt;
  absl::Duration time = absl::Microseconds(random_.From(100, 5000));
  if (random_.Chance(net_.reorders)) {
    time += random_.Between(absl::ZeroDuration(), net_.late);
  }
  return time;
}

void CorrectionHost::Send(const Order& order, bool right) {
  checker_.OnSend(order, right, disk_.Durable());
  const int copies = random_.Chance(net_.duplicates) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const std::optional<absl::Duration> time = Transit(true);
    if (!time.has_value()) continue;
    // On its way, whatever becomes of us.
    agenda_.After(*time, [this, order] {
      if (!guest_.Answers()) return;
      guest_.Take(order,
                  [this](const OperationStatus& status) { Answer(status); });
    });
  }
}

void CorrectionHost::Answer(const OperationStatus& status) {
  const int copies = random_.Chance(net_.duplicates) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const std::optional<absl::Duration> time = Transit(false);
    if (!time.has_value()) continue;
    agenda_.After(*time, [this, status] {
      if (checker_.Tells()) checker_.Say(name_, "told " + Words(status));
      if (here_ && machine_.has_value()) {
        Feed(machine_->Take(OrderAnswer{status}, Now()));
      }
    });
  }
}

void CorrectionHost::Measure() {
  const MonotonicTime asked = Now();
  const std::optional<absl::Duration> there = Transit(true);
  const std::optional<absl::Duration> back = Transit(false);
  if (!there.has_value() || !back.has_value()) return;
  After(*there, [this, asked, back = *back] {
    if (!guest_.Answers()) return;
    HostMeasurement measured;
    const absl::Duration error = random_.Between(-kBound, kBound);
    measured.offset = Interval::Exactly(guest_.Offset() - clock_error_ + error)
                          .WidenedBy(kBound);
    measured.asked = asked;
    measured.guest_boottime = guest_.Boottime();
    measured.guest_real_minus_boot = guest_.RealMinusBoot();
    measured.guest_boot = guest_.Boot();
    After(back, [this, measured] {
      if (machine_.has_value()) Feed(machine_->Take(measured, Now()));
    });
  });
}

}  // namespace noonmark::simulation
