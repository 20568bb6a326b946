#include "common/correct/order_check.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kNs = absl::Nanoseconds(1);
const BootId kBoot = {{7}};

class OrderCheckTest : public ::testing::Test {
 protected:
  OrderCheckTest() {
    scales.boot = kBoot;
    scales.boottime = absl::Hours(100);
    quiesce.header.boot = kBoot;
    quiesce.lease = 120 * kSecond;
    quiesce.amount = -60 * kSecond;
    quiesce.valid_until = scales.boottime;
    correct.header.boot = kBoot;
    correct.amount = -60 * kSecond;
    correct.valid_until = scales.boottime;
  }
  Refusal Quiesce() const { return CheckQuiesce(quiesce, scales); }
  Refusal AtRest(absl::Duration announced) const {
    return CheckAtRest(correct, announced, scales);
  }
  Refusal Running(absl::Duration amount,
                  CorrectionMethod method = CorrectionMethod::kStep) {
    correct.amount = amount;
    correct.method = method;
    return CheckWhileRunning(correct, scales);
  }

  OrderScales scales;
  QuiesceOrder quiesce;
  CorrectOrder correct;
};

TEST_F(OrderCheckTest, KeepsTheEndOfAnOrder) {
  EXPECT_EQ(Quiesce(), Refusal::kNone);
  quiesce.valid_until = scales.boottime - kNs;
  EXPECT_EQ(Quiesce(), Refusal::kExpired);
  quiesce.valid_until = scales.boottime + 5 * kSecond;
  EXPECT_EQ(Quiesce(), Refusal::kNone);
  quiesce.valid_until += kNs;
  EXPECT_EQ(Quiesce(), Refusal::kExpired);
  quiesce.valid_until = scales.boottime;
  quiesce.header.boot = BootId();
  EXPECT_EQ(Quiesce(), Refusal::kExpired);
}

TEST_F(OrderCheckTest, KeepsTheCapOfALease) {
  quiesce.lease = absl::ZeroDuration();
  EXPECT_EQ(Quiesce(), Refusal::kLease);
  quiesce.lease = -kSecond;
  EXPECT_EQ(Quiesce(), Refusal::kLease);
  quiesce.lease = 600 * kSecond;
  EXPECT_EQ(Quiesce(), Refusal::kNone);
  quiesce.lease += kNs;
  EXPECT_EQ(Quiesce(), Refusal::kLease);
}

TEST_F(OrderCheckTest, KeepsTheCapOfAnAmountOfEitherSign) {
  for (int sign : {-1, 1}) {
    quiesce.amount = sign * absl::Hours(24);
    EXPECT_EQ(Quiesce(), Refusal::kNone);
    quiesce.amount += sign * kNs;
    EXPECT_EQ(Quiesce(), Refusal::kAmount);
    quiesce.amount = sign * absl::InfiniteDuration();
    EXPECT_EQ(Quiesce(), Refusal::kAmount);
  }
}

TEST_F(OrderCheckTest, KeepsTheRates) {
  scales.begun = {scales.boottime - absl::Minutes(10) + kNs};
  EXPECT_EQ(Quiesce(), Refusal::kRate);
  scales.begun = {scales.boottime - absl::Minutes(10)};
  EXPECT_EQ(Quiesce(), Refusal::kNone);
  scales.begun.push_back(scales.boottime - absl::Hours(2));
  EXPECT_EQ(Quiesce(), Refusal::kNone);
  scales.begun.push_back(scales.boottime - absl::Hours(24) + kNs);
  EXPECT_EQ(Quiesce(), Refusal::kRate);
  scales.begun.back() -= kNs;
  EXPECT_EQ(Quiesce(), Refusal::kNone);
}

TEST_F(OrderCheckTest, MovesAtRestWhatWasAnnounced) {
  EXPECT_EQ(AtRest(-60 * kSecond), Refusal::kNone);
  EXPECT_EQ(AtRest(-58 * kSecond), Refusal::kNone);
  EXPECT_EQ(AtRest(-58 * kSecond + kNs), Refusal::kAmount);
  EXPECT_EQ(AtRest(60 * kSecond), Refusal::kAmount);
  EXPECT_EQ(AtRest(absl::ZeroDuration()), Refusal::kAmount);
  // Less is no danger.
  correct.amount = -kSecond;
  EXPECT_EQ(AtRest(-60 * kSecond), Refusal::kNone);
  correct.amount = absl::ZeroDuration();
  EXPECT_EQ(AtRest(-60 * kSecond), Refusal::kAmount);
  correct.amount = -absl::Hours(24) - kNs;
  EXPECT_EQ(AtRest(-absl::Hours(24)), Refusal::kAmount);
  correct.amount = -kSecond;
  correct.method = CorrectionMethod::kSlew;
  EXPECT_EQ(AtRest(-60 * kSecond), Refusal::kAmount);
}

TEST_F(OrderCheckTest, MovesAClockUnderMailByLittle) {
  EXPECT_EQ(Running(kNs), Refusal::kNone);
  EXPECT_EQ(Running(100 * kSecond), Refusal::kNone);
  EXPECT_EQ(Running(100 * kSecond + kNs), Refusal::kNotAtRest);
  EXPECT_EQ(Running(-kNs), Refusal::kNotAtRest);
  EXPECT_EQ(Running(-absl::InfiniteDuration()), Refusal::kNotAtRest);
  EXPECT_EQ(Running(absl::ZeroDuration()), Refusal::kAmount);
  for (int sign : {-1, 1}) {
    const absl::Duration cap = sign * absl::Milliseconds(450);
    EXPECT_EQ(Running(cap, CorrectionMethod::kSlew), Refusal::kNone);
    EXPECT_EQ(Running(cap + sign * kNs, CorrectionMethod::kSlew),
              Refusal::kAmount);
  }
  scales.begun = {scales.boottime};
  EXPECT_EQ(Running(kSecond), Refusal::kRate);
}

TEST_F(OrderCheckTest, KnowsHowLongTheKernelSlews) {
  EXPECT_EQ(SlewTime(-absl::Milliseconds(450)), absl::Minutes(15));
}

}  // namespace
}  // namespace noonmark
