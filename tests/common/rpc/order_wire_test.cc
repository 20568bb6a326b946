#include "common/rpc/order_wire.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

OperationId SomeId() {
  OperationId id;
  id.bytes = {1, 2, 3, 0, 255, 128, 10, 13, 9, 8, 7, 6, 5, 4, 3, 2};
  return id;
}

BootId SomeBoot() { return {{9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1}}; }

OrderHeader SomeHeader() {
  return {.operation = SomeId(), .epoch = 7, .boot = SomeBoot()};
}

OperationStatus SomeStatus() {
  OperationStatus status;
  status.refusal = Refusal::kExpired;
  status.detail = "the order was 6 s old";
  status.operation = SomeId();
  status.epoch = 7;
  status.phase = OperationPhase::kSettling;
  status.fate = CorrectionFate::kMoved;
  status.outcome = OperationOutcome::kDisputed;
  status.given_up = Refusal::kTimeDaemon;
  status.boot = SomeBoot();
  status.boottime = absl::Seconds(1000);
  status.lease_end = absl::Seconds(1120);
  status.moved = absl::Nanoseconds(-4398046511104);
  status.moved_by_others = absl::Milliseconds(3);
  status.at_rest_for = absl::Seconds(12);
  status.services = {{.unit = "postfix@-.service",
                      .profile = "postfix",
                      .role = ServiceRole::kMailTransfer,
                      .state = ServiceState::kStopping,
                      .has_socket = false,
                      .stopped_by_us = true},
                     {.unit = "dovecot.service",
                      .profile = "dovecot",
                      .role = ServiceRole::kMailStore,
                      .state = ServiceState::kInactive,
                      .has_socket = true,
                      .stopped_by_us = true}};
  return status;
}

v1::OperationStatus GoodStatus() {
  v1::OperationStatus wire;
  EncodeOperationStatus(SomeStatus(), &wire);
  return wire;
}

void ExpectSame(const OperationStatus& a, const OperationStatus& b) {
  EXPECT_EQ(a.refusal, b.refusal);
  EXPECT_EQ(a.detail, b.detail);
  EXPECT_EQ(a.operation, b.operation);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.phase, b.phase);
  EXPECT_EQ(a.fate, b.fate);
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.given_up, b.given_up);
  EXPECT_EQ(a.boot, b.boot);
  EXPECT_EQ(a.boottime, b.boottime);
  EXPECT_EQ(a.lease_end, b.lease_end);
  EXPECT_EQ(a.moved, b.moved);
  EXPECT_EQ(a.moved_by_others, b.moved_by_others);
  EXPECT_EQ(a.at_rest_for, b.at_rest_for);
  ASSERT_EQ(a.services.size(), b.services.size());
  for (size_t i = 0; i < a.services.size(); ++i) {
    EXPECT_EQ(a.services[i].unit, b.services[i].unit);
    EXPECT_EQ(a.services[i].profile, b.services[i].profile);
    EXPECT_EQ(a.services[i].role, b.services[i].role);
    EXPECT_EQ(a.services[i].state, b.services[i].state);
    EXPECT_EQ(a.services[i].has_socket, b.services[i].has_socket);
    EXPECT_EQ(a.services[i].stopped_by_us, b.services[i].stopped_by_us);
  }
}

// "at-rest" as the wire calls it: "OPERATION_PHASE_AT_REST".
std::string WireName(const std::string& prefix, std::string_view name) {
  return absl::StrCat(prefix, "_",
                      absl::AsciiStrToUpper(absl::StrReplaceAll(
                          std::string(name), {{"-", "_"}})));
}

TEST(OrderWireTest, BringsOrdersOver) {
  v1::QuiesceRequest quiesce_wire;
  EncodeOrder(QuiesceOrder{.header = SomeHeader(),
                           .lease = absl::Seconds(120),
                           .amount = absl::Nanoseconds(-6'000'000'001),
                           .valid_until = absl::Seconds(55)},
              &quiesce_wire);
  const auto quiesce = DecodeOrder(quiesce_wire);
  ASSERT_THAT(quiesce, IsOk());
  const auto& q = std::get<QuiesceOrder>(*quiesce);
  EXPECT_EQ(q.header.operation, SomeId());
  EXPECT_EQ(q.header.epoch, 7u);
  EXPECT_EQ(q.lease, absl::Seconds(120));
  EXPECT_EQ(q.header.boot, SomeBoot());
  EXPECT_EQ(q.amount, absl::Nanoseconds(-6'000'000'001));
  EXPECT_EQ(q.valid_until, absl::Seconds(55));

  v1::CorrectRequest correct_wire;
  EncodeOrder(CorrectOrder{.header = SomeHeader(),
                           .method = CorrectionMethod::kSlew,
                           .amount = absl::Milliseconds(-50),
                           .valid_until = absl::Seconds(77),
                           .real_minus_boot = absl::Nanoseconds(-5),
                           .hold_max = absl::Seconds(30)},
              &correct_wire);
  const auto correct = DecodeOrder(correct_wire);
  ASSERT_THAT(correct, IsOk());
  const auto& c = std::get<CorrectOrder>(*correct);
  EXPECT_EQ(c.header.operation, SomeId());
  EXPECT_EQ(c.method, CorrectionMethod::kSlew);
  EXPECT_EQ(c.amount, absl::Milliseconds(-50));
  EXPECT_EQ(c.valid_until, absl::Seconds(77));
  EXPECT_EQ(c.real_minus_boot, absl::Nanoseconds(-5));
  EXPECT_EQ(c.hold_max, absl::Seconds(30));

  v1::ResumeRequest resume_wire;
  EncodeOrder(ResumeOrder{.header = SomeHeader()}, &resume_wire);
  const auto resume = DecodeOrder(resume_wire);
  ASSERT_THAT(resume, IsOk());
  EXPECT_EQ(std::get<ResumeOrder>(*resume).header.epoch, 7u);

  v1::StatusRequest status_wire;
  EncodeOrder(StatusOrder(), &status_wire);
  const auto status = DecodeOrder(status_wire);
  ASSERT_THAT(status, IsOk());
  EXPECT_TRUE(std::holds_alternative<StatusOrder>(*status));
}

TEST(OrderWireTest, BringsTheStatusOver) {
  const auto status = DecodeOperationStatus(GoodStatus());
  ASSERT_THAT(status, IsOk());
  ExpectSame(*status, SomeStatus());
}

TEST(OrderWireTest, BringsOverThatThereIsNoOperation) {
  v1::OperationStatus wire;
  EncodeOperationStatus(OperationStatus(), &wire);
  const auto status = DecodeOperationStatus(wire);
  ASSERT_THAT(status, IsOk());
  ExpectSame(*status, OperationStatus());
  EXPECT_TRUE(status->operation.IsNone());
}

// The two sides' enums are cast into each other: their names must agree.
TEST(OrderWireTest, NamesOnTheWireAreOurs) {
  for (int i = 0; i <= static_cast<int>(OperationPhase::kEnded); ++i) {
    EXPECT_EQ(
        v1::OperationPhase_Name(i + 1),
        WireName("OPERATION_PHASE", PhaseName(static_cast<OperationPhase>(i))));
  }
  EXPECT_FALSE(
      v1::OperationPhase_IsValid(static_cast<int>(OperationPhase::kEnded) + 2));
  for (int i = 0; i <= static_cast<int>(CorrectionFate::kUnknown); ++i) {
    EXPECT_EQ(
        v1::CorrectionFate_Name(i + 1),
        WireName("CORRECTION_FATE", FateName(static_cast<CorrectionFate>(i))));
  }
  EXPECT_FALSE(v1::CorrectionFate_IsValid(
      static_cast<int>(CorrectionFate::kUnknown) + 2));
  for (int i = 0; i <= static_cast<int>(OperationOutcome::kResumeFailed); ++i) {
    EXPECT_EQ(v1::OperationOutcome_Name(i + 1),
              WireName("OPERATION_OUTCOME",
                       OutcomeName(static_cast<OperationOutcome>(i))));
  }
  EXPECT_FALSE(v1::OperationOutcome_IsValid(
      static_cast<int>(OperationOutcome::kResumeFailed) + 2));
  for (int i = 0; i <= static_cast<int>(Refusal::kRange); ++i) {
    EXPECT_EQ(v1::Refusal_Name(i + 1),
              WireName("REFUSAL", RefusalName(static_cast<Refusal>(i))));
  }
  EXPECT_FALSE(v1::Refusal_IsValid(static_cast<int>(Refusal::kRange) + 2));

  const auto number = [](auto value) { return static_cast<int>(value) + 1; };
  EXPECT_EQ(v1::CORRECTION_METHOD_STEP, number(CorrectionMethod::kStep));
  EXPECT_EQ(v1::CORRECTION_METHOD_SLEW, number(CorrectionMethod::kSlew));
  EXPECT_FALSE(
      v1::CorrectionMethod_IsValid(number(CorrectionMethod::kSlew) + 1));
  EXPECT_EQ(v1::SERVICE_ROLE_MAIL_TRANSFER, number(ServiceRole::kMailTransfer));
  EXPECT_EQ(v1::SERVICE_ROLE_MAIL_STORE, number(ServiceRole::kMailStore));
  EXPECT_EQ(v1::SERVICE_ROLE_TIME_DAEMON, number(ServiceRole::kTimeDaemon));
  EXPECT_EQ(v1::SERVICE_ROLE_OTHER, number(ServiceRole::kOther));
  EXPECT_FALSE(v1::ServiceRole_IsValid(number(ServiceRole::kOther) + 1));
  EXPECT_EQ(v1::SERVICE_STATE_INACTIVE, number(ServiceState::kInactive));
  EXPECT_EQ(v1::SERVICE_STATE_ACTIVE, number(ServiceState::kActive));
  EXPECT_EQ(v1::SERVICE_STATE_STOPPING, number(ServiceState::kStopping));
  EXPECT_EQ(v1::SERVICE_STATE_STARTING, number(ServiceState::kStarting));
  EXPECT_EQ(v1::SERVICE_STATE_FAILED, number(ServiceState::kFailed));
  EXPECT_FALSE(v1::ServiceState_IsValid(number(ServiceState::kFailed) + 1));
}

TEST(OrderWireTest, RefusesOrdersThatAreNone) {
  v1::QuiesceRequest good;
  QuiesceOrder sent;
  sent.header = SomeHeader();
  sent.lease = absl::Seconds(1);
  EncodeOrder(sent, &good);
  ASSERT_THAT(DecodeOrder(good), IsOk());
  struct Case {
    std::function<void(v1::QuiesceRequest*)> spoil;
    std::string message;
  };
  for (const Case& test : std::vector<Case>{
           {[](auto* w) { w->clear_header(); }, "header: is missing"},
           {[](auto* w) { w->mutable_header()->clear_operation_id(); },
            "header.operation_id: 0 bytes, not 16"},
           {[](auto* w) {
              w->mutable_header()->set_operation_id(std::string(15, 'x'));
            },
            "header.operation_id: 15 bytes, not 16"},
           {[](auto* w) {
              w->mutable_header()->set_operation_id(std::string(17, 'x'));
            },
            "header.operation_id: 17 bytes, not 16"},
           {[](auto* w) {
              w->mutable_header()->set_operation_id(std::string(16, '\0'));
            },
            "header.operation_id: is all zero"},
           {[](auto* w) { w->mutable_header()->clear_boot_id(); },
            "header.boot_id: 0 bytes, not 16"},
           {[](auto* w) {
              w->mutable_header()->set_boot_id(std::string(16, '\0'));
            },
            "header.boot_id: is all zero"},
           {[](auto* w) { w->clear_lease_ns(); }, "lease_ns: 0 is not above 0"},
           {[](auto* w) { w->set_lease_ns(kMin); },
            "lease_ns: -9223372036854775808 is not above 0"}}) {
    v1::QuiesceRequest wire = good;
    test.spoil(&wire);
    EXPECT_THAT(DecodeOrder(wire), StatusIs(kInvalid, test.message));
  }
  v1::ResumeRequest resume;
  EXPECT_THAT(DecodeOrder(resume), StatusIs(kInvalid, "header: is missing"));
  v1::CorrectRequest correct;
  EXPECT_THAT(DecodeOrder(correct), StatusIs(kInvalid, "header: is missing"));
  correct.mutable_header()->set_operation_id(std::string(16, 'x'));
  correct.mutable_header()->set_boot_id(std::string(16, 'y'));
  EXPECT_THAT(DecodeOrder(correct), StatusIs(kInvalid, "method: is missing"));
  for (const int method : {3, -1, std::numeric_limits<int>::max()}) {
    correct.set_method(static_cast<v1::CorrectionMethod>(method));
    EXPECT_THAT(
        DecodeOrder(correct),
        StatusIs(kInvalid, absl::StrCat("method: ", method, " is not known")));
  }
}

TEST(OrderWireTest, RefusesAHoldBelowZero) {
  v1::CorrectRequest wire;
  CorrectOrder sent;
  sent.header = SomeHeader();
  EncodeOrder(sent, &wire);
  wire.set_hold_max_ns(-1);
  EXPECT_THAT(DecodeOrder(wire),
              StatusIs(kInvalid, "hold_max_ns: -1 is below 0"));
}

TEST(OrderWireTest, ResumesInAnyBoot) {
  v1::ResumeRequest wire;
  EncodeOrder(ResumeOrder{.header = SomeHeader()}, &wire);
  wire.mutable_header()->clear_boot_id();
  const auto order = DecodeOrder(wire);
  ASSERT_THAT(order, IsOk());
  EXPECT_TRUE(std::get<ResumeOrder>(*order).header.boot.IsNone());
  wire.mutable_header()->set_boot_id("x");
  EXPECT_THAT(DecodeOrder(wire), StatusIs(kInvalid, "header.boot_id: 1 bytes"));
}

TEST(OrderWireTest, TakesAnyNumberThatIsOne) {
  for (const int64_t extreme :
       {kMin, kMin + 1, int64_t{-1}, int64_t{0}, kMax}) {
    v1::CorrectRequest wire;
    CorrectOrder sent;
    sent.header = SomeHeader();
    EncodeOrder(sent, &wire);
    wire.set_amount_ns(extreme);
    wire.set_valid_until_boottime_ns(extreme);
    wire.set_real_minus_boot_ns(extreme);
    wire.mutable_header()->set_epoch(static_cast<uint64_t>(extreme));
    const auto order = DecodeOrder(wire);
    ASSERT_THAT(order, IsOk());
    const auto& correct = std::get<CorrectOrder>(*order);
    EXPECT_EQ(correct.amount, absl::Nanoseconds(extreme));
    EXPECT_EQ(correct.valid_until, absl::Nanoseconds(extreme));
    EXPECT_EQ(correct.real_minus_boot, absl::Nanoseconds(extreme));
    EXPECT_EQ(correct.header.epoch, static_cast<uint64_t>(extreme));

    v1::OperationStatus status = GoodStatus();
    status.set_boottime_ns(extreme);
    status.set_lease_end_boottime_ns(extreme);
    status.set_moved_ns(extreme);
    status.set_moved_by_others_ns(extreme);
    const auto decoded = DecodeOperationStatus(status);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->lease_end, absl::Nanoseconds(extreme));
    EXPECT_EQ(decoded->moved_by_others, absl::Nanoseconds(extreme));
  }
}

TEST(OrderWireTest, SaturatesWhatTheWireCannotHold) {
  v1::CorrectRequest wire;
  EncodeOrder(CorrectOrder{.header = SomeHeader(),
                           .amount = -absl::InfiniteDuration(),
                           .valid_until = absl::InfiniteDuration(),
                           .real_minus_boot = absl::InfiniteDuration(),
                           .hold_max = -absl::InfiniteDuration()},
              &wire);
  EXPECT_EQ(wire.hold_max_ns(), 0);
  EXPECT_EQ(wire.amount_ns(), kMin);
  EXPECT_EQ(wire.valid_until_boottime_ns(), kMax);
  EXPECT_THAT(DecodeOrder(wire), IsOk());
}

TEST(OrderWireTest, RefusesAStatusThatIsNone) {
  const std::string long_unit = std::string(65, 'u');
  struct Case {
    std::function<void(v1::OperationStatus*)> spoil;
    std::string message;
  };
  for (const Case& test : std::vector<Case>{
           {[](auto* w) { w->clear_refusal(); }, "refusal: is missing"},
           {[](auto* w) { w->set_refusal(static_cast<v1::Refusal>(17)); },
            "refusal: 17 is not known here"},
           {[](auto* w) { w->set_refusal(static_cast<v1::Refusal>(-5)); },
            "refusal: -5 is not known here"},
           {[](auto* w) { w->clear_given_up(); }, "given_up: is missing"},
           {[](auto* w) { w->clear_phase(); }, "phase: is missing"},
           {[](auto* w) { w->set_phase(static_cast<v1::OperationPhase>(10)); },
            "phase: 10 is not known here"},
           {[](auto* w) { w->clear_fate(); }, "fate: is missing"},
           {[](auto* w) { w->set_fate(static_cast<v1::CorrectionFate>(4)); },
            "fate: 4 is not known here"},
           {[](auto* w) { w->clear_outcome(); }, "outcome: is missing"},
           {[](auto* w) {
              w->set_outcome(static_cast<v1::OperationOutcome>(7));
            },
            "outcome: 7 is not known here"},
           {[](auto* w) { w->set_operation_id("short"); },
            "operation_id: 5 bytes, not 16"},
           {[](auto* w) { w->set_operation_id(std::string(16, '\0')); },
            "operation_id: is all zero"},
           {[](auto* w) { w->set_boot_id("x"); }, "boot_id: 1 bytes, not 16"},
           {[](auto* w) { w->set_at_rest_for_ns(-1); },
            "at_rest_for_ns: -1 is not from 0 to"},
           {[](auto* w) { w->set_detail(std::string(201, 'x')); },
            "detail: 201 characters, but at most 200"},
           {[](auto* w) { w->set_detail(std::string(1 << 20, 'x')); },
            "detail: 1048576 bytes, but at most 200"},
           {[](auto* w) { w->set_detail("\x1b[31mred"); },
            "detail: is not printable text"},
           {[](auto* w) { w->mutable_services(1)->clear_unit(); },
            "services[1].unit: is missing"},
           {[&](auto* w) { w->mutable_services(0)->set_unit(long_unit); },
            "services[0].unit: 65 characters, but at most 64"},
           {[](auto* w) { w->mutable_services(0)->set_unit("a\nb.service"); },
            "services[0].unit: is not printable text"},
           {[](auto* w) {
              w->mutable_services(0)->set_profile(std::string(33, 'p'));
            },
            "services[0].profile: 33 characters, but at most 32"},
           {[](auto* w) { w->mutable_services(1)->clear_role(); },
            "services[1].role: is missing"},
           {[](auto* w) {
              w->mutable_services(1)->set_state(
                  static_cast<v1::ServiceState>(6));
            },
            "services[1].state: 6 is not known here"},
           {[](auto* w) {
              while (w->services_size() < 17) {
                *w->add_services() = w->services(0);
              }
            },
            "services: 17 entries, but at most 16"}}) {
    v1::OperationStatus wire = GoodStatus();
    test.spoil(&wire);
    EXPECT_THAT(DecodeOperationStatus(wire), StatusIs(kInvalid, test.message));
  }
}

TEST(OrderWireTest, TakesAStatusAtItsLimits) {
  v1::OperationStatus wire = GoodStatus();
  wire.set_detail(std::string(200, 'x'));
  wire.mutable_services(0)->set_unit(std::string(64, 'u'));
  wire.mutable_services(0)->set_profile(std::string(32, 'p'));
  while (wire.services_size() < 16) *wire.add_services() = wire.services(0);
  EXPECT_THAT(DecodeOperationStatus(wire), IsOk());
}

TEST(OrderWireTest, NeverEncodesWhatWouldBeRefused) {
  OperationStatus status = SomeStatus();
  status.at_rest_for = absl::Seconds(-1);
  status.services.resize(40, status.services[0]);
  status.services[1].unit = "";
  status.services[2].unit = "bad\x01.service";
  status.services[3].profile = std::string(33, 'p');
  status.services[4].unit = std::string(65, 'u');
  // Each of two bytes; the cut may not fall into one.
  for (int i = 0; i < 300; ++i) status.detail += "\u00e4";
  v1::OperationStatus wire;
  EncodeOperationStatus(status, &wire);
  const auto decoded = DecodeOperationStatus(wire);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->services.size(), 16u);
  EXPECT_EQ(decoded->services[1].profile, "");
  EXPECT_EQ(decoded->at_rest_for, absl::ZeroDuration());
  EXPECT_EQ(decoded->detail, status.detail.substr(0, 21 + 2 * (200 - 21)));

  status.detail = "bell\a";
  EncodeOperationStatus(status, &wire);
  EXPECT_THAT(DecodeOperationStatus(wire), IsOk());
  EXPECT_EQ(wire.detail(), "");
}

}  // namespace
}  // namespace noonmark
