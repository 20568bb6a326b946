// The same steps as corrections, by the real noonmark-corrector: services that
// a made-up systemd runs, a real Dovecot among them, and a clock that is a
// file.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/correct/order.h"
#include "tests/support/status_matchers.h"
#include "tests/system/fast/corrected_dovecot.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

constexpr absl::Duration kLease = absl::Minutes(2);

bool IsAbout(absl::Duration moved, absl::Duration amount) {
  return absl::AbsDuration(moved - amount) < absl::Milliseconds(1);
}

class CorrectedStepTest : public CorrectedDovecot {
 protected:
  void CorrectAtRest(absl::Duration amount) {
    EXPECT_THAT(bed_->Ask(bed_->Quiesce(amount, kLease)), IsOk());
    bed_->AwaitPhase(OperationPhase::kAtRest);
    EXPECT_THAT(bed_->Ask(bed_->Correct(CorrectionMethod::kStep, amount)),
                IsOk());
    bed_->AwaitPhase(OperationPhase::kCorrected);
    EXPECT_THAT(bed_->Ask(bed_->Resume()), IsOk());
    const OperationStatus ended = bed_->AwaitEnd();
    EXPECT_EQ(ended.outcome, OperationOutcome::kDone) << ended.detail;
    EXPECT_TRUE(IsAbout(ended.moved, amount)) << ended.moved;
  }

  // A restart by hand, a correction, and so on. Returns the medians of the time
  // without a login, of corrections first.
  std::pair<absl::Duration, absl::Duration> Alternate(int pairs) {
    std::vector<absl::Duration> bare;
    std::vector<absl::Duration> corrected;
    absl::Duration offset;
    for (int pair = 0; pair < pairs; ++pair) {
      auto begun = MailLoad::Moment::clock::now();
      Restart();
      load_->AwaitAll(kPatience);
      bare.push_back(load_->LongestWithoutLogin(begun));

      const absl::Duration amount = pair % 2 == 0 ? -kWrap : kWrap;
      begun = MailLoad::Moment::clock::now();
      CorrectAtRest(amount);
      bed_->NextOperation();
      load_->AwaitAll(kPatience);
      corrected.push_back(load_->LongestWithoutLogin(begun));
      offset += amount;
      EXPECT_TRUE(IsAbout(bed_->Offset(), offset)) << bed_->Offset();
    }
    std::sort(bare.begin(), bare.end());
    std::sort(corrected.begin(), corrected.end());
    const MailReport report = load_->End();
    const MailTally tally = Tally(report, dovecot_->Stored());
    const int noticed = dovecot_->CountLogged("Time just moved") +
                        dovecot_->CountLogged("Time moved");
    std::cout << absl::StreamFormat(
        "fast bed: corrected by 4398.046511 s, %d times: %.1f s without a "
        "login "
        "(median), the longest %.1f s; restarted as often: %.1f s, the longest "
        "%.1f s; %d time lines; of %d messages acknowledged %d lost, %d stored "
        "twice without cause\n",
        pairs, absl::ToDoubleSeconds(corrected[corrected.size() / 2]),
        absl::ToDoubleSeconds(corrected.back()),
        absl::ToDoubleSeconds(bare[bare.size() / 2]),
        absl::ToDoubleSeconds(bare.back()), noticed, report.acknowledged.size(),
        tally.lost, tally.stored_twice);
    EXPECT_EQ(noticed, 0) << dovecot_->Log();
    EXPECT_EQ(tally.lost, 0);
    EXPECT_EQ(tally.stored_twice, 0);
    return {corrected[corrected.size() / 2], bare[bare.size() / 2]};
  }
};

// By a client that asks every half second: so much later may each be told.
TEST_F(CorrectedStepTest, KeepsMailDownForLittleMoreThanARestart) {
  const auto [corrected, restarted] = Alternate(5);
  EXPECT_LE(corrected, absl::Seconds(3));
  EXPECT_LE(corrected, 1.3 * restarted + absl::Milliseconds(500));
}

// All that knows of it is killed: PID 1's timer ends the rest.
TEST_F(CorrectedStepTest, IsSurvivedByMailWhenAllThatKnewOfItIsKilled) {
  constexpr absl::Duration kShort = absl::Seconds(10);
  const auto begun = MailLoad::Moment::clock::now();
  EXPECT_THAT(bed_->Ask(bed_->Quiesce(-kWrap, kShort)), IsOk());
  bed_->AwaitPhase(OperationPhase::kAtRest);
  bed_->KillCorrector();
  load_->AwaitAll(kPatience);
  const absl::Duration without = load_->LongestWithoutLogin(begun);
  std::cout << absl::StreamFormat(
      "fast bed: killed for good while mail rested: %.1f s without a login, of "
      "a lease of %.0f s\n",
      absl::ToDoubleSeconds(without), absl::ToDoubleSeconds(kShort));
  EXPECT_LE(without, kShort + absl::Seconds(5));
  EXPECT_EQ(bed_->Offset(), absl::ZeroDuration());
}

}  // namespace
}  // namespace noonmark::testing
