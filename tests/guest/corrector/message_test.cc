#include "guest/corrector/message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

OrderHeader SomeHeader() {
  OrderHeader header;
  header.operation.bytes = {1, 2,  3,  4,  5,  6,  7,  8,
                            9, 10, 11, 12, 13, 14, 15, 255};
  header.epoch = 0xFEDCBA9876543210;
  header.boot.bytes = {16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  return header;
}

std::vector<CorrectorRequest> OneOfEachKind() {
  return {
      {1, Order(QuiesceOrder{.header = SomeHeader(),
                             .lease = absl::Seconds(120),
                             .amount = absl::Nanoseconds(-4398046511104),
                             .valid_until = absl::Seconds(1005)})},
      {2, Order(CorrectOrder{.header = SomeHeader(),
                             .method = CorrectionMethod::kSlew,
                             .amount = absl::Milliseconds(50),
                             .valid_until = absl::Nanoseconds(INT64_MAX),
                             .real_minus_boot = absl::Nanoseconds(-3),
                             .hold_max = absl::Seconds(180)})},
      {3, Order(ResumeOrder{.header = SomeHeader()})},
      {UINT64_MAX, Order(StatusOrder{})},
      {5, ReloadRequest{.profile = "dovecot"}},
  };
}

OperationStatus FullStatus() {
  OperationStatus status;
  status.refusal = Refusal::kRange;
  status.detail = "REALTIME would reach 8277292036 s";
  status.operation = SomeHeader().operation;
  status.epoch = 7;
  status.phase = OperationPhase::kHolding;
  status.fate = CorrectionFate::kUnknown;
  status.outcome = OperationOutcome::kResumeFailed;
  status.given_up = Refusal::kHook;
  status.boot = SomeHeader().boot;
  status.boottime = absl::Seconds(1000);
  status.lease_end = absl::Seconds(1120);
  status.moved = absl::Nanoseconds(-4398046511104);
  status.moved_by_others = absl::Nanoseconds(-1);
  status.at_rest_for = absl::Milliseconds(2500);
  for (size_t i = 0; i < kMostServices; ++i) {
    status.services.push_back({.unit = std::string(kMostUnitCharacters, 'u'),
                               .profile = std::string(i, 'p'),
                               .role = ServiceRole::kOther,
                               .state = ServiceState::kFailed,
                               .has_socket = i % 2 == 0,
                               .stopped_by_us = i % 3 == 0});
  }
  return status;
}

TEST(CorrectorMessageTest, BringsEveryQuestionAcrossAsItWas) {
  for (const CorrectorRequest& request : OneOfEachKind()) {
    SCOPED_TRACE(request.number);
    const std::string packet = EncodeRequest(request);
    EXPECT_EQ(packet.size(), kRequestBytes);
    const auto decoded = DecodeRequest(packet);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->number, request.number);
    ASSERT_EQ(decoded->what.index(), request.what.index());
    EXPECT_EQ(EncodeRequest(*decoded), packet);
  }
  const auto quiesce = DecodeRequest(EncodeRequest(OneOfEachKind()[0]));
  const auto& order = std::get<QuiesceOrder>(std::get<Order>(quiesce->what));
  EXPECT_EQ(order.header.operation, SomeHeader().operation);
  EXPECT_EQ(order.header.epoch, SomeHeader().epoch);
  EXPECT_EQ(order.header.boot, SomeHeader().boot);
  EXPECT_EQ(order.valid_until, absl::Seconds(1005));
  EXPECT_EQ(order.lease, absl::Seconds(120));
  EXPECT_EQ(order.amount, absl::Nanoseconds(-4398046511104));
  const auto correct = DecodeRequest(EncodeRequest(OneOfEachKind()[1]));
  const auto& move = std::get<CorrectOrder>(std::get<Order>(correct->what));
  EXPECT_EQ(move.method, CorrectionMethod::kSlew);
  EXPECT_EQ(move.amount, absl::Milliseconds(50));
  EXPECT_EQ(move.valid_until, absl::Nanoseconds(INT64_MAX));
  EXPECT_EQ(move.real_minus_boot, absl::Nanoseconds(-3));
  EXPECT_EQ(move.hold_max, absl::Seconds(180));
}

TEST(CorrectorMessageTest, BringsAFullStatusAcrossAsItWas) {
  const OperationStatus status = FullStatus();
  const std::string packet = EncodeAnswer({9, status});
  EXPECT_EQ(packet.size(), kAnswerBytes);
  const auto answer = DecodeAnswer(packet);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->number, 9u);
  const auto& came = std::get<OperationStatus>(answer->what);
  EXPECT_EQ(came.refusal, Refusal::kRange);
  EXPECT_EQ(came.detail, status.detail);
  EXPECT_EQ(came.operation, status.operation);
  EXPECT_EQ(came.epoch, 7u);
  EXPECT_EQ(came.phase, OperationPhase::kHolding);
  EXPECT_EQ(came.fate, CorrectionFate::kUnknown);
  EXPECT_EQ(came.outcome, OperationOutcome::kResumeFailed);
  EXPECT_EQ(came.given_up, Refusal::kHook);
  EXPECT_EQ(came.boot, status.boot);
  EXPECT_EQ(came.boottime, status.boottime);
  EXPECT_EQ(came.lease_end, status.lease_end);
  EXPECT_EQ(came.moved, status.moved);
  EXPECT_EQ(came.moved_by_others, status.moved_by_others);
  EXPECT_EQ(came.at_rest_for, status.at_rest_for);
  ASSERT_EQ(came.services.size(), kMostServices);
  EXPECT_EQ(came.services[3].unit, status.services[3].unit);
  EXPECT_EQ(came.services[3].profile, "ppp");
  EXPECT_EQ(came.services[3].role, ServiceRole::kOther);
  EXPECT_EQ(came.services[3].state, ServiceState::kFailed);
  EXPECT_FALSE(came.services[3].has_socket);
  EXPECT_TRUE(came.services[3].stopped_by_us);
}

TEST(CorrectorMessageTest, BringsAReloadsAnswerAcrossWithItsReason) {
  const auto begun = DecodeAnswer(EncodeAnswer({1, absl::OkStatus()}));
  ASSERT_THAT(begun, IsOk());
  EXPECT_THAT(std::get<absl::Status>(begun->what), IsOk());
  const auto refused = DecodeAnswer(
      EncodeAnswer({1, absl::FailedPreconditionError("no such profile")}));
  ASSERT_THAT(refused, IsOk());
  EXPECT_THAT(
      std::get<absl::Status>(refused->what),
      StatusIs(absl::StatusCode::kFailedPrecondition, "no such profile"));
}

TEST(CorrectorMessageTest, CutsAndCleansWhatWouldNotFit) {
  OperationStatus status = FullStatus();
  status.detail = "d\xC3\xA9j\xC3\xA0\n" + std::string(300, 'x');
  status.services.resize(kMostServices + 3);
  const auto answer = DecodeAnswer(EncodeAnswer({1, status}));
  ASSERT_THAT(answer, IsOk());
  const auto& came = std::get<OperationStatus>(answer->what);
  EXPECT_EQ(came.detail, "d??j???" + std::string(193, 'x'));
  EXPECT_EQ(came.services.size(), kMostServices);
}

// The packet, with one byte that is another.
std::string With(std::string packet, size_t at, char byte) {
  packet[at] = byte;
  return packet;
}

TEST(CorrectorMessageTest, RefusesEveryOtherSize) {
  for (const CorrectorRequest& request : OneOfEachKind()) {
    const std::string packet = EncodeRequest(request);
    for (size_t size = 0; size < packet.size(); ++size) {
      EXPECT_THAT(DecodeRequest(packet.substr(0, size)),
                  StatusIs(absl::StatusCode::kInvalidArgument));
    }
    EXPECT_THAT(DecodeRequest(packet + '\0'),
                StatusIs(absl::StatusCode::kInvalidArgument, "size"));
  }
  const std::string answer = EncodeAnswer({1, FullStatus()});
  for (size_t size = 0; size < answer.size(); ++size) {
    EXPECT_THAT(DecodeAnswer(answer.substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

// Whatever a byte is changed to, the packet is refused or means exactly what
// it says: nothing is passed over.
TEST(CorrectorMessageTest, PassesNoByteOver) {
  for (const CorrectorRequest& request : OneOfEachKind()) {
    const std::string packet = EncodeRequest(request);
    for (size_t at = 0; at < packet.size(); ++at) {
      for (const int byte : {0, 1, 2, 5, 9, 32, 126, 127, 128, 255}) {
        const std::string changed = With(packet, at, static_cast<char>(byte));
        const auto decoded = DecodeRequest(changed);
        if (decoded.ok()) {
          EXPECT_EQ(EncodeRequest(*decoded), changed) << at << " " << byte;
        }
      }
    }
  }
  const std::string packet = EncodeAnswer({1, FullStatus()});
  for (size_t at = 0; at < packet.size(); ++at) {
    for (const int byte : {0, 1, 2, 9, 127, 255}) {
      const std::string changed = With(packet, at, static_cast<char>(byte));
      const auto decoded = DecodeAnswer(changed);
      if (decoded.ok()) {
        EXPECT_EQ(EncodeAnswer(*decoded), changed) << at << " " << byte;
      }
    }
  }
}

TEST(CorrectorMessageTest, RefusesAFieldThatItsKindDoesNotHave) {
  // A status order with an epoch, a resume order with an amount.
  const std::string status = EncodeRequest({1, Order(StatusOrder{})});
  EXPECT_THAT(DecodeRequest(With(status, 34, 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "does not have"));
  const std::string resume =
      EncodeRequest({1, Order(ResumeOrder{.header = SomeHeader()})});
  EXPECT_THAT(DecodeRequest(With(resume, 58, 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "does not have"));
}

}  // namespace
}  // namespace noonmark
