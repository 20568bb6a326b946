#ifndef NOONMARK_TESTS_COMMON_CORRECT_CORRECTED_GUEST_H_
#define NOONMARK_TESTS_COMMON_CORRECT_CORRECTED_GUEST_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/simulation/correction_guest.h"

namespace noonmark {

// A simulated guest that a test gives orders, as dom0 would.
class CorrectedGuestTest : public ::testing::Test {
 protected:
  static constexpr absl::Duration kAhead = absl::Seconds(60);

  static OperationId Operation(uint8_t number) {
    OperationId id;
    id.bytes[0] = number;
    return id;
  }

  CorrectedGuestTest() { Build(GuestCorrectionConfig(), kAhead); }
  void Build(const GuestCorrectionConfig& config, absl::Duration offset) {
    guest.reset();
    agenda = simulation::Agenda();
    kills = simulation::KillPlan();
    checker = simulation::CorrectionChecker(config.limits);
    guest.emplace(agenda, simulation::Random(1), kills, checker, config, offset,
                  simulation::Mutation::kNone);
    guest->Start();
    Run(absl::Seconds(1));
  }

  void Run(absl::Duration time) {
    const absl::Duration end = agenda.Time() + time;
    while (agenda.DoNext(end)) guest->Check();
  }
  // Until the guest says so, for at most `most`.
  bool RunUntil(OperationPhase phase, absl::Duration most = absl::Minutes(11)) {
    const absl::Duration end = agenda.Time() + most;
    while (agenda.Time() < end) {
      if (Status().phase == phase) return true;
      Run(absl::Milliseconds(20));
    }
    return false;
  }

  // Gives an order and returns the answer.
  OperationStatus Ask(const Order& order) {
    std::optional<OperationStatus> answer;
    guest->Take(order, [&](const OperationStatus& said) { answer = said; });
    const absl::Duration end = agenda.Time() + absl::Seconds(1);
    while (!answer.has_value() && agenda.Time() < end) {
      Run(absl::Milliseconds(1));
    }
    return answer.value_or(OperationStatus());
  }
  OperationStatus Status() {
    return guest->Machine() == nullptr
               ? OperationStatus()
               : guest->Machine()->Status(guest->Boottime());
  }

  OrderHeader Header(uint8_t operation = 1, uint64_t epoch = 1) {
    return {Operation(operation), epoch, guest->Boot()};
  }
  QuiesceOrder Quiesce(uint8_t operation = 1, uint64_t epoch = 1) {
    checker.OnSlot(Operation(operation), true, guest->Units().All());
    return {Header(operation, epoch), absl::Seconds(120), -guest->Offset(),
            guest->Boottime() + absl::Seconds(5)};
  }
  CorrectOrder Correct(uint8_t operation = 1, uint64_t epoch = 1) {
    CorrectOrder order;
    order.header = Header(operation, epoch);
    order.amount = -guest->Offset();
    order.valid_until = guest->Boottime() + absl::Seconds(5);
    order.real_minus_boot = guest->RealMinusBoot();
    return order;
  }
  ResumeOrder Resume(uint8_t operation = 1, uint64_t epoch = 1) {
    return {Header(operation, epoch)};
  }

  ServiceState StateOf(const std::string& unit) {
    return guest->Units().Find(unit)->seen.state;
  }
  // All that ran run, the hold is over, and nothing was ever broken.
  void ExpectPeace() {
    Run(absl::Seconds(30));
    EXPECT_TRUE(guest->AtPeace());
    EXPECT_EQ(StateOf("postfix@-.service"), ServiceState::kActive);
    EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
    EXPECT_EQ(StateOf("chrony.service"), ServiceState::kActive);
    EXPECT_EQ(StateOf("exim4.service"), ServiceState::kInactive);
    EXPECT_EQ(checker.Breaches(), std::vector<std::string>());
  }

  simulation::Agenda agenda;
  simulation::KillPlan kills;
  simulation::CorrectionChecker checker{CorrectionLimits()};
  std::optional<simulation::CorrectionGuest> guest;
};

}  // namespace noonmark

#endif  // NOONMARK_TESTS_COMMON_CORRECT_CORRECTED_GUEST_H_
