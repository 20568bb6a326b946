// A guest whose machine dies between the move of its clock and mail's return.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <future>
#include <iostream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/correct/host_act.h"
#include "common/correct/journal_record.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

constexpr char kDovecot[] = "dovecot.service";
constexpr char kPostfix[] = "postfix@-.service";
constexpr absl::Duration kAmount = absl::Seconds(-60);
// From one poll to the next, and a machine that is busy.
constexpr std::chrono::minutes kLongest{6};

class LongInterruptedCorrectionTest : public CorrectedGuest {
 protected:
  // REALTIME - BOOTTIME in the guest: changes when somebody sets the clock.
  absl::Duration RealMinusBoot() const {
    double seconds = 0;
    const std::string told = guest_->Run(
        "python3 -c 'import time; print(time.clock_gettime("
        "time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME))'");
    EXPECT_TRUE(absl::SimpleAtod(absl::StripAsciiWhitespace(told), &seconds))
        << told;
    return absl::Seconds(seconds);
  }
  // What the corrector has on the guest's disk.
  std::vector<JournalRecord> GuestJournal() const {
    std::string image;
    EXPECT_TRUE(absl::Base64Unescape(
        guest_->Run("base64 --wrap=0 /var/lib/noonmark-corrector/journal"),
        &image));
    return ReadJournal(image).records;
  }
  // The same when the operation's end is in it, which is some time after mail
  // is back.
  std::vector<JournalRecord> EndedGuestJournal() const;
  std::vector<JournalRecord> HostJournal() const {
    std::ifstream file(host_->folder().Path("operations"));
    std::stringstream image;
    image << file.rdbuf();
    return ReadJournal(image.str()).records;
  }
};

template <typename Record>
std::vector<Record> Of(const std::vector<JournalRecord>& journal) {
  std::vector<Record> of;
  for (const JournalRecord& record : journal) {
    if (const auto* body = std::get_if<Record>(&record.body)) {
      of.push_back(*body);
    }
  }
  return of;
}

std::vector<JournalRecord> LongInterruptedCorrectionTest::EndedGuestJournal()
    const {
  const auto end = MailLoad::Moment::clock::now() + kPatience;
  std::vector<JournalRecord> journal = GuestJournal();
  while (Of<EndedRecord>(journal).empty() &&
         MailLoad::Moment::clock::now() < end) {
    journal = GuestJournal();
  }
  return journal;
}

int OrdersToCorrect(const std::vector<JournalRecord>& journal) {
  int count = 0;
  for (const PhaseRecord& phase : Of<PhaseRecord>(journal)) {
    count += phase.phase == static_cast<uint8_t>(HostPhase::kCorrectSent);
  }
  return count;
}

// After a step back of a minute mail rests on for a minute, until no time stamp
// comes twice: long enough to be met.
TEST_F(LongInterruptedCorrectionTest, OfAPowerCutMovesTheClockOnce) {
  // A boot alone would not start them.
  guest_->Run("systemctl disable --quiet dovecot.service postfix.service");
  guest_->Run("sync");
  // For as long as an operation may last dom0 asks what became of it: longer
  // than a boot on a machine that is busy.
  MakeWrong(-kAmount, "hold_max = \"1m\"\nlease = \"5m\"\n");
  WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
  std::future<Outcome> told = std::async(std::launch::async, [&] {
    return host_->Order({"correct", kGuest}, kPatience + kLongest);
  });
  const v1::Guest moved = host_->WaitUntil(
      kGuest,
      [](const v1::Guest& guest) {
        return guest.operation().phase() == "resume-sent" ||
               guest.operation().over();
      },
      kPatience);
  EXPECT_EQ(moved.operation().fate(), "moved") << moved.DebugString();
  EXPECT_FALSE(moved.operation().over()) << moved.DebugString();
  EXPECT_EQ(guest_->ActiveState(kDovecot), "inactive");
  guest_->PowerCycle();

  const absl::Duration booted = RealMinusBoot();
  MailLoad(guest_->Mail(), absl::FromChrono(kPatience));
  const v1::Guest over = host_->WaitUntil(
      kGuest, [](const v1::Guest& guest) { return guest.operation().over(); },
      kLongest);
  const Outcome said = told.get();
  // What an operator sees of it.
  std::cout << said.out << said.err << std::flush;
  const v1::Operation& done = over.operation();
  EXPECT_EQ(done.fate(), "moved") << done.DebugString();
  EXPECT_EQ(done.id(), moved.operation().id());
  EXPECT_NEAR(absl::ToDoubleSeconds(FromProto(done.moved())),
              absl::ToDoubleSeconds(kAmount), 0.05);

  // Both sides have one order, and one move.
  EXPECT_EQ(OrdersToCorrect(HostJournal()), 1);
  const std::vector<JournalRecord> journal = EndedGuestJournal();
  EXPECT_EQ(Of<MoveIntentRecord>(journal).size(), 1u);
  const std::vector<MovedRecord> moves = Of<MovedRecord>(journal);
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].fate, CorrectionFate::kMoved);
  const std::vector<EndedRecord> ends = Of<EndedRecord>(journal);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].fate, CorrectionFate::kMoved);

  // Whoever may have set it unseen: it is where the boot left it, which takes
  // whole seconds from the hardware clock, and no minute from there.
  const absl::Duration since = RealMinusBoot() - booted;
  EXPECT_LT(absl::AbsDuration(since), absl::Milliseconds(50));
  const v1::Guest now = host_->WaitUntil(
      kGuest,
      [&](const v1::Guest& guest) {
        return guest.exchanges() > over.exchanges();
      },
      kPatience);
  EXPECT_GT(FromProto(now.offset().lo()), -absl::Seconds(2));
  EXPECT_LT(FromProto(now.offset().hi()), absl::Seconds(2));
  EXPECT_EQ(guest_->ActiveState(kDovecot), "active");
  EXPECT_EQ(guest_->ActiveState(kPostfix), "active");
  std::cout << absl::StreamFormat(
                   "guest: power cut after its clock was moved by %s, while "
                   "mail rested: moved %d time by %d order, %+.6f s since the "
                   "boot, offset [%+.6f s, %+.6f s]; mail is back; the "
                   "operation ended %s (%s)\n",
                   absl::FormatDuration(kAmount), moves.size(),
                   OrdersToCorrect(HostJournal()), absl::ToDoubleSeconds(since),
                   absl::ToDoubleSeconds(FromProto(now.offset().lo())),
                   absl::ToDoubleSeconds(FromProto(now.offset().hi())),
                   done.result(), done.reason())
            << std::flush;
}

}  // namespace
}  // namespace noonmark::testing
