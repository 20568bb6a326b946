#include "common/detect/wide_bound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::WatchedGuest;

class WideBoundTest : public ::testing::Test {
 protected:
  WideBoundTest() {
    w_.tamper = [this](Exchange& e) { e.guest.steal = stolen_; };
    w_.Polls(3);
  }
  std::string Reason() const { return std::string(w_.guest.reason()); }

  std::optional<absl::Duration> stolen_ = absl::Seconds(7);
  WatchedGuest w_;
};

TEST_F(WideBoundTest, SaysThatTheWayBecameSlow) {
  w_.way.back = absl::Seconds(3);
  w_.Polls(2);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kUncertain);
  EXPECT_THAT(Reason(), HasSubstr("the way there and back takes 3 s"));
  EXPECT_THAT(w_.Codes(), IsEmpty()) << "no fault of the clock";
}

TEST_F(WideBoundTest, SaysWhatWasStolen) {
  w_.way.back = absl::Seconds(3);
  w_.Polls(1);
  *stolen_ += absl::Seconds(20);
  w_.Polls(1);
  EXPECT_THAT(Reason(), HasSubstr("20 s of processor time stolen"));
  w_.Polls(1);
  EXPECT_THAT(Reason(), Not(HasSubstr("stolen"))) << "in the last burst only";
}

TEST_F(WideBoundTest, SaysNothingWhereTheVerdictIsClear) {
  *stolen_ += absl::Seconds(20);
  w_.way.back = absl::Milliseconds(100);
  w_.Polls(2);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
  EXPECT_THAT(Reason(), IsEmpty());
}

TEST_F(WideBoundTest, BearsAGuestThatCannotReadWhatWasStolen) {
  stolen_.reset();
  w_.way.back = absl::Seconds(3);
  w_.Polls(3);
  EXPECT_THAT(Reason(), Not(HasSubstr("stolen")));
  stolen_ = absl::Seconds(100);
  w_.Polls(1);
  EXPECT_THAT(Reason(), Not(HasSubstr("stolen"))) << "not since the last";
}

TEST_F(WideBoundTest, TakesASlowWayForTheUsualOneInTheEnd) {
  w_.way.back = absl::Seconds(1.2);
  w_.Polls(800);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kUncertain);
  EXPECT_THAT(Reason(), Not(HasSubstr("the way there")));
}

}  // namespace
}  // namespace noonmark
