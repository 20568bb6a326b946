#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

MailReport Sent(std::set<std::string> acknowledged,
                std::set<std::string> unanswered = {}) {
  MailReport report;
  report.acknowledged = std::move(acknowledged);
  report.unanswered = std::move(unanswered);
  return report;
}

TEST(MailTallyTest, CountsTheLinesOfIdsInTheStore) {
  EXPECT_THAT(
      CountIds("X-Bed-Id: lmtp-1\nX-Bed-Id: lmtp-2\r\nnot X-Bed-Id: lmtp-3\n"
               "X-Bed-Id: lmtp-1\n"),
      UnorderedElementsAre(Pair("lmtp-1", 2), Pair("lmtp-2", 1)));
}

TEST(MailTallyTest, CallsLostWhatWasAcknowledgedAndIsNotThere) {
  const MailTally tally = Tally(Sent({"a", "b"}, {"c"}), {{"a", 1}});
  EXPECT_EQ(tally.lost, 1);
  EXPECT_EQ(tally.stored_twice, 0);
}

TEST(MailTallyTest, ForgivesASecondCopyOnlyToAServerThatGaveNoAnswer) {
  const MailTally tally = Tally(Sent({"a", "b"}, {"b"}), {{"a", 2}, {"b", 2}});
  EXPECT_EQ(tally.stored_twice, 1);
  EXPECT_EQ(tally.repeated, 1);
  EXPECT_EQ(tally.lost, 0);
}

TEST(MailTallyTest, KnowsOfPostfixWhatTheStoreAnsweredIt) {
  const std::map<std::string, int> answered = CountAnswered(
      "4F1A: message-id=<smtp-1@bed.example.org>\n"
      "4F1A: to=<alice@guest.test>, relay=guest.test[private/dovecot-lmtp], "
      "delay=0.4, dsn=2.0.0, status=sent (250 2.0.0 <alice> Saved)\n"
      "5B2C: message-id=<smtp-2@bed.example.org>\n"
      "5B2C: to=<alice@guest.test>, relay=none, status=deferred (refused)\n"
      "6C: message-id=<20261128@guest.test>\n"
      "6C: to=<alice@guest.test>, status=sent (delivered)\n"
      "7D: message-id=<smtp-3@bed.example.org>\n"
      "7D: to=<a@guest.test>, status=sent (250)\n"
      "7D: to=<a@guest.test>, status=sent (250)\n");
  EXPECT_THAT(answered,
              UnorderedElementsAre(Pair("smtp-1", 1), Pair("smtp-2", 0),
                                   Pair("smtp-3", 2)));
  // Twice in the store: once unanswered, once; answered each time.
  MailReport report = Sent({"smtp-1", "smtp-2", "smtp-3"});
  const std::map<std::string, int> stored = {
      {"smtp-1", 2}, {"smtp-2", 0}, {"smtp-3", 2}};
  NoteUnanswered(answered, stored, report);
  EXPECT_THAT(report.unanswered, UnorderedElementsAre("smtp-1"));
  EXPECT_EQ(Tally(report, stored).stored_twice, 1);
}

}  // namespace
}  // namespace noonmark::testing
