// The other flavour of the guest: its mail comes by Exim and lies with Cyrus.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

constexpr absl::Duration kAmount = absl::Seconds(-60);

class LongEximAndCyrusTest : public CorrectedGuest {
 protected:
  Flavour Has() const override {
    return {.name = "exim-cyrus",
            .profiles = R"("exim", "cyrus")",
            .units = "cyrus-imapd.service exim4.service"};
  }

  // How often each message is in the store, as soon as Exim has passed on all
  // that it has taken.
  std::map<std::string, int> StoredMail() const {
    std::string queued;
    const auto end = MailLoad::Moment::clock::now() + kPatience;
    do {
      queued = std::string(
          absl::StripAsciiWhitespace(guest_->Run("exim4 -qf; exim4 -bpc")));
    } while (queued != "0" && MailLoad::Moment::clock::now() < end);
    EXPECT_EQ(queued, "0");
    return CountIds(guest_->Run(
        "grep -rh --text '^X-Bed-Id: ' /var/spool/cyrus/mail || true"));
  }
};

// Users at its mail, until each has got through several times.
MailReport UseMail(const MailAddresses& addresses, const std::string& name,
                   absl::Duration patience) {
  // One login at a time: more would fill the processor of an emulated guest.
  MailLoad load(addresses, patience, name, 1);
  for (int i = 0; i < 3; ++i) load.AwaitAll(patience);
  return load.End();
}

TEST_F(LongEximAndCyrusTest, LoseNothingInACorrection) {
  const absl::Duration patience = absl::FromChrono(kPatience);
  MakeWrong(-kAmount);
  const MailReport before = UseMail(guest_->Mail(), "before-", patience);
  WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
  const v1::Operation done = Correct(std::chrono::minutes(3));
  ExpectRight();
  EXPECT_TRUE(done.quiesces());
  EXPECT_NEAR(absl::ToDoubleSeconds(FromProto(done.moved())),
              absl::ToDoubleSeconds(kAmount), 0.05);
  EXPECT_GT(FromProto(done.mail_at_rest()), absl::ZeroDuration());
  const MailReport after = UseMail(guest_->Mail(), "after-", patience);

  const std::map<std::string, int> stored = StoredMail();
  MailReport all = before;
  all.acknowledged.insert(after.acknowledged.begin(), after.acknowledged.end());
  all.unanswered.insert(after.unanswered.begin(), after.unanswered.end());
  const MailTally tally = Tally(all, stored);
  std::cout << absl::StreamFormat(
                   "guest with Exim and Cyrus: corrected by %s in %.1f s, "
                   "offset [%+.6f s, %+.6f s] afterwards, services at rest for "
                   "%.1f s; of %d messages acknowledged before and %d after it "
                   "%d lost, %d stored twice without cause; %d logins before "
                   "and %d after it, of which %d failed\n",
                   absl::FormatDuration(kAmount),
                   absl::ToDoubleSeconds(FromProto(done.lasted())),
                   absl::ToDoubleSeconds(FromProto(done.after().lo())),
                   absl::ToDoubleSeconds(FromProto(done.after().hi())),
                   absl::ToDoubleSeconds(FromProto(done.mail_at_rest())),
                   before.acknowledged.size(), after.acknowledged.size(),
                   tally.lost, tally.stored_twice, before.logins, after.logins,
                   before.failed_logins + after.failed_logins)
            << std::flush;
  EXPECT_EQ(tally.lost, 0);
  EXPECT_EQ(tally.stored_twice, 0);
  EXPECT_FALSE(before.acknowledged.empty());
  EXPECT_FALSE(after.acknowledged.empty());
}

}  // namespace
}  // namespace noonmark::testing
