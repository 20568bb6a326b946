#ifndef NOONMARK_TESTS_HOST_CORRECT_OBEYING_GUEST_H_
#define NOONMARK_TESTS_HOST_CORRECT_OBEYING_GUEST_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/correct/order.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark::testing {

inline constexpr char kGuestBoot[] = "6e6f6f6e-6d61-4b00-8000-00000000b007";

// What a guest of a virtual fleet does when it is ordered: all at once, as a
// guest would on which everything goes well, unless it is told to do otherwise.
class ObeyingGuest {
 public:
  explicit ObeyingGuest(VirtualGuest& guest) : guest_(guest) {
    guest_.boot_id = kGuestBoot;
    guest_.obey = [this](const Order& order) { return Obey(order); };
    status_.boot = *ParseBootId(kGuestBoot);
    Add("dovecot.service", ServiceRole::kMailStore);
  }

  // Mail stays down, or the order is refused, or nothing is answered.
  bool resume_fails = false;
  Refusal refuses_to_rest = Refusal::kNone;
  bool silent = false;

  bool MailRuns() const {
    return status_.services[0].state == ServiceState::kActive;
  }
  int moves() const { return moves_; }
  // The orders that changed something, in words: "quiesce", "correct".
  const std::vector<std::string>& obeyed() const { return obeyed_; }
  OperationStatus& status() { return status_; }

 private:
  void Add(const std::string& unit, ServiceRole role) {
    ServiceStatus service;
    service.unit = unit;
    service.role = role;
    service.state = ServiceState::kActive;
    status_.services.push_back(service);
  }

  absl::StatusOr<OperationStatus> Obey(const Order& order) {
    if (silent) return absl::DeadlineExceededError("no answer");
    status_.refusal = Refusal::kNone;
    if (const auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
      Quiesce(*quiesce);
    } else if (const auto* correct = std::get_if<CorrectOrder>(&order)) {
      Correct(*correct);
    } else if (const auto* resume = std::get_if<ResumeOrder>(&order)) {
      Resume(*resume);
    }
    status_.boottime = guest_.clock.Read().boottime;
    return status_;
  }

  // False: an operation of its own, from now on.
  bool Begin(const OrderHeader& header) {
    if (header.epoch < status_.epoch) {
      status_.refusal = Refusal::kEpoch;
      return false;
    }
    status_.epoch = header.epoch;
    if (status_.operation == header.operation) return true;
    status_.operation = header.operation;
    status_.phase = OperationPhase::kNone;
    status_.fate = CorrectionFate::kNotMoved;
    status_.outcome = OperationOutcome::kOpen;
    status_.moved = absl::ZeroDuration();
    return true;
  }

  void Quiesce(const QuiesceOrder& order) {
    if (!Begin(order.header) || status_.phase != OperationPhase::kNone) return;
    if (refuses_to_rest != Refusal::kNone) {
      status_.given_up = refuses_to_rest;
      status_.phase = OperationPhase::kEnded;
      status_.outcome = OperationOutcome::kGivenUp;
      return;
    }
    obeyed_.push_back("quiesce");
    status_.services[0].state = ServiceState::kInactive;
    status_.services[0].stopped_by_us = true;
    status_.phase = OperationPhase::kAtRest;
    status_.lease_end = guest_.clock.Read().boottime + order.lease;
    stopped_ = guest_.clock.Read().boottime;
  }

  void Correct(const CorrectOrder& order) {
    if (!Begin(order.header) || status_.fate == CorrectionFate::kMoved) return;
    obeyed_.push_back("correct");
    ++moves_;
    guest_.SetClock(order.amount);
    status_.moved = order.amount;
    status_.fate = CorrectionFate::kMoved;
    status_.phase = OperationPhase::kCorrected;
    // Nothing rests, and nothing is to be resumed.
    if (MailRuns()) {
      status_.phase = OperationPhase::kEnded;
      status_.outcome = OperationOutcome::kDone;
    }
  }

  void Resume(const ResumeOrder& order) {
    if (!Begin(order.header)) return;
    if (status_.phase == OperationPhase::kEnded) return;
    obeyed_.push_back("resume");
    status_.phase = OperationPhase::kEnded;
    status_.lease_end = absl::ZeroDuration();
    if (stopped_ != absl::ZeroDuration()) {
      status_.at_rest_for = guest_.clock.Read().boottime - stopped_;
    }
    if (resume_fails) {
      status_.outcome = OperationOutcome::kResumeFailed;
      return;
    }
    status_.services[0].state = ServiceState::kActive;
    status_.services[0].stopped_by_us = false;
    status_.outcome = status_.fate == CorrectionFate::kMoved
                          ? OperationOutcome::kDone
                          : OperationOutcome::kGivenUp;
  }

  VirtualGuest& guest_;
  OperationStatus status_;
  absl::Duration stopped_;
  int moves_ = 0;
  std::vector<std::string> obeyed_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_CORRECT_OBEYING_GUEST_H_
