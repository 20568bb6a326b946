#include "guest/watch/log_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_clock.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const char kThrottled[] =
    "master: Warning: Time moved backwards by 199.200000 seconds, waiting for "
    "180.000 seconds until new services are launched again.";

LogEntry OfJournal(const std::string& unit, uint32_t uid,
                   const std::string& message) {
  LogEntry entry;
  entry.attested = true;
  entry.source.unit = unit;
  entry.source.uid = uid;
  entry.message = message;
  return entry;
}

LogEntry OfFile(const std::string& tag, const std::string& message) {
  LogEntry entry;
  entry.tag = tag;
  entry.message = message;
  return entry;
}

class FakeTail final : public LogTail {
 public:
  explicit FakeTail(std::vector<LogEntry>* entries, int descriptor = -1)
      : entries_(entries), descriptor_(descriptor) {}
  int descriptor() const override { return descriptor_; }
  void Read(const std::function<void(const LogEntry&)>& each) override {
    for (const LogEntry& entry : std::exchange(*entries_, {})) each(entry);
  }

 private:
  std::vector<LogEntry>* const entries_;
  const int descriptor_;
};

ServiceProfile Profile(const std::string& name, const std::string& unit) {
  ServiceProfile profile;
  profile.name = name;
  profile.units = {unit};
  profile.acts_when_unannounced = true;
  return profile;
}

std::vector<ServiceProfile> Profiles() {
  ServiceProfile dovecot = Profile("dovecot", "dovecot.service");
  dovecot.ready_by = ServiceProfile::ReadyBy::kLogin;
  ServiceProfile quiet = Profile("cyrus", "cyrus-imapd.service");
  quiet.acts_when_unannounced = false;
  return {dovecot, Profile("postfix", "postfix@*.service"),
          Profile("exim", "exim4.service"), quiet};
}

class LogWatchTest : public ::testing::Test {
 protected:
  void Begin(bool has_account = true) {
    std::vector<std::unique_ptr<LogTail>> tails;
    tails.push_back(std::make_unique<FakeTail>(&entries_));
    LogWatchSeams seams = {
        .sets = [this] { return sets_; },
        .glitches = [this] { return glitches_; },
        .set_descriptor = set_descriptor_,
        .reload =
            [this](const std::string& profile,
                   const std::function<void(absl::Status)>& answer) {
              reloads_.push_back(profile);
              answer_ = answer;
              if (answers_at_once_) answer(reload_answer_);
            },
        .log_in = nullptr,
        .told = [this](const ToldJump& told) { report_.Add(told); },
        .tell = [this](const std::string& line) { told_.push_back(line); }};
    if (has_account) {
      seams.log_in = [this](absl::Duration limit) {
        ++logins_;
        clock_.Advance(login_.ok() ? absl::Milliseconds(100) : limit);
        return login_;
      };
    }
    watch_.emplace(&clock_, Profiles(), std::move(tails), std::move(seams));
  }
  void Say(const std::string& message,
           const std::string& unit = "dovecot.service", uint32_t uid = 0) {
    entries_.push_back(OfJournal(unit, uid, message));
  }
  void Set(absl::Duration by) {
    clock_.Step(by);
    ++sets_;
  }

  FakeClock clock_;
  std::vector<LogEntry> entries_;
  uint64_t sets_ = 0;
  uint64_t glitches_ = 0;
  int set_descriptor_ = -1;
  absl::Status login_;
  absl::Status reload_answer_;
  bool answers_at_once_ = true;
  std::function<void(absl::Status)> answer_;
  int logins_ = 0;
  std::vector<std::string> reloads_;
  JumpReport report_;
  std::vector<std::string> told_;
  std::optional<LogWatch> watch_;
};

TEST_F(LogWatchTest, EndsDovecotsRefusalAndTellsHowLongItTook) {
  Begin();
  Set(absl::Seconds(-200));
  Say(kThrottled);
  watch_->Look();
  EXPECT_THAT(reloads_, UnorderedElementsAre("dovecot", "postfix", "exim"));
  EXPECT_THAT(
      told_,
      AllOf(::testing::Contains("dovecot: it suffers for 3m, and the clock was "
                                "set by -3m20s; asks for its reload"),
            ::testing::Contains("dovecot: its reload has begun"),
            ::testing::Contains(
                "dovecot: a login works again, 0.1 s after the reload began")));
  EXPECT_EQ(logins_, 1);
}

TEST_F(LogWatchTest, TriesToLogInUntilItWorks) {
  Begin();
  login_ = absl::DeadlineExceededError("no answer to LOGIN");
  Set(absl::Seconds(-30));
  Say(kThrottled);
  watch_->Look();
  EXPECT_LT(watch_->NextLookIn(), absl::Seconds(1));
  watch_->Look();
  login_ = absl::OkStatus();
  watch_->Look();
  EXPECT_EQ(watch_->NextLookIn(), absl::Seconds(1));
  EXPECT_THAT(reloads_, ElementsAre("dovecot"));
  EXPECT_EQ(told_.back(),
            "dovecot: a login works again, 4.1 s after the reload began");
}

TEST_F(LogWatchTest, LooksSeldomWhereItWillBeToldAndOftenWhileItMayHelp) {
  set_descriptor_ = 5;
  Begin();
  watch_->Look();
  EXPECT_EQ(watch_->NextLookIn(), absl::Seconds(5));
  // Evidence may come within the next seconds.
  Say(kThrottled);
  watch_->Look();
  EXPECT_EQ(watch_->NextLookIn(), absl::Seconds(1));
  EXPECT_THAT(reloads_, IsEmpty());
  clock_.Advance(absl::Seconds(9));
  ++glitches_;
  watch_->Look();
  EXPECT_THAT(reloads_, ElementsAre("dovecot"));
  watch_->Look();
  EXPECT_EQ(watch_->NextLookIn(), absl::Seconds(5));
}

TEST_F(LogWatchTest, LooksOftenUntilAReloadIsAnswered) {
  set_descriptor_ = 5;
  answers_at_once_ = false;
  Begin();
  Set(absl::Seconds(-30));
  Say(kThrottled);
  watch_->Look();
  EXPECT_LT(watch_->NextLookIn(), absl::Seconds(1));
  answer_(absl::OkStatus());
  watch_->Look();
  EXPECT_EQ(watch_->NextLookIn(), absl::Seconds(5));
}

TEST_F(LogWatchTest, GivesUpALoginThatNeverWorksAndSaysSo) {
  Begin();
  login_ = absl::UnavailableError("refused");
  Set(absl::Seconds(-30));
  Say(kThrottled);
  watch_->Look();
  clock_.Advance(LogWatch::kPatience);
  watch_->Look();
  EXPECT_THAT(told_.back(), HasSubstr("no login has worked"));
  const int logins = logins_;
  watch_->Look();
  EXPECT_EQ(logins_, logins);
}

TEST_F(LogWatchTest, CuresASpikeThatNothingButALoginShows) {
  Begin();
  login_ = absl::DeadlineExceededError("no answer to LOGIN");
  Say(kThrottled);
  watch_->Look();
  EXPECT_THAT(reloads_, ElementsAre("dovecot"));
  EXPECT_THAT(told_[0], HasSubstr("a login does not get through"));
}

TEST_F(LogWatchTest, CuresASpikeThatTheHunterCaught) {
  Begin(/*has_account=*/false);
  ++glitches_;
  Say(kThrottled);
  watch_->Look();
  EXPECT_THAT(reloads_, ElementsAre("dovecot"));
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(LogWatchTest, TakesASetThereAndBackForEvidence) {
  Begin(/*has_account=*/false);
  Set(absl::Seconds(4398));
  Set(absl::Seconds(-4398));
  Say(kThrottled);
  watch_->Look();
  EXPECT_THAT(reloads_, ElementsAre("dovecot"));
}

// What strangers can have written: by `logger`, as a user name, as a HELO, into
// a file, while a login works as ever.
TEST_F(LogWatchTest, ForgedLinesCauseNoAction) {
  Begin();
  const std::string line = kThrottled;
  const auto forge = [&] {
    Say(line, "session-3.scope", 1000);
    Say(line, "user@1000.service", 1000);
    Say(line, "cron.service", 0);
    Say(line, "dovecot.service", 1000);
    Say("imap-login: Info: Disconnected: Auth failed: user=<" + line +
        ">, method=PLAIN, rip=192.0.2.1");
    Say("imap(" + line + ")<1><a>: Info: Logged out");
    Say("NOQUEUE: reject: RCPT from unknown[192.0.2.1]: helo=<" + line + ">",
        "postfix@-.service", 107);
    Say("connect from warning: backward time jump detected -- slewing clock",
        "postfix@-.service", 107);
    entries_.push_back(OfFile("dovecot", line));
  };
  forge();
  watch_->Look();
  EXPECT_EQ(logins_, 0);
  // Not even when somebody sets the clock just then.
  Set(absl::Seconds(-30));
  forge();
  watch_->Look();
  EXPECT_THAT(reloads_, IsEmpty());
  // And the real line, forged by whoever has taken Dovecot over, does nothing
  // as long as the clock is as it was and a login works.
  clock_.Advance(absl::Minutes(1));
  watch_->Look();
  Say(line);
  watch_->Look();
  EXPECT_EQ(logins_, 1);
  EXPECT_THAT(reloads_, IsEmpty());
}

TEST_F(LogWatchTest, AClosedPortIsNoEvidenceOfTime) {
  Begin();
  login_ = absl::UnavailableError("connection refused");
  Say(kThrottled);
  watch_->Look();
  EXPECT_THAT(reloads_, IsEmpty());
}

TEST_F(LogWatchTest, ASlewIsNoEvidence) {
  Begin(/*has_account=*/false);
  clock_.SetSlew(500'000);
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(absl::Seconds(1));
    Say(kThrottled);
    watch_->Look();
  }
  EXPECT_THAT(reloads_, IsEmpty());
}

TEST_F(LogWatchTest, TellsWhatLogsSayAndWhetherAnybodyAttestsIt) {
  Begin(/*has_account=*/false);
  Say(kThrottled);
  Say(kThrottled, "session-3.scope", 1000);
  entries_.push_back(
      OfFile("chronyd", "System clock was stepped by 0.500000 seconds"));
  entries_.push_back(OfFile("sshd", kThrottled));
  watch_->Look();
  EXPECT_EQ(report_.lines, 2u);
  const ToldJump& dovecot = report_.recent.at(0);
  EXPECT_EQ(dovecot.teller, JumpTeller::kDovecot);
  EXPECT_EQ(dovecot.way, JumpWay::kBack);
  EXPECT_EQ(dovecot.figure, absl::Milliseconds(199'200));
  EXPECT_TRUE(dovecot.figure_is_the_least);
  EXPECT_TRUE(dovecot.attested);
  EXPECT_EQ(dovecot.boottime, clock_.Read().boottime);
  const ToldJump& chronyd = report_.recent.at(1);
  EXPECT_EQ(chronyd.teller, JumpTeller::kChronyd);
  EXPECT_EQ(chronyd.way, JumpWay::kForward);
  EXPECT_FALSE(chronyd.attested);
}

TEST_F(LogWatchTest, SaysWhyAServiceWasNotReloaded) {
  Begin();
  reload_answer_ = absl::FailedPreconditionError("a correction is open");
  Set(absl::Seconds(-30));
  Say(kThrottled);
  watch_->Look();
  EXPECT_EQ(told_.back(), "dovecot: was not reloaded: a correction is open");
  EXPECT_EQ(logins_, 0);
}

TEST_F(LogWatchTest, WatchesWhoseProfileHasAnAction) {
  std::vector<std::string> watched;
  for (const Watchman::Service& service : WatchedServices(Profiles())) {
    watched.push_back(
        absl::StrCat(service.profile, service.in_silence ? " silent" : "",
                     service.teller.has_value() ? " by its lines" : ""));
  }
  EXPECT_THAT(watched,
              ElementsAre("dovecot by its lines", "postfix silent by its lines",
                          "exim silent"));
}

TEST(LogWatchThreadTest, LooksWhenTheKernelSaysThatTheClockWasSet) {
  const int set = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  FakeClock clock;
  std::promise<void> asked;
  LogWatch watch(&clock, Profiles(), {},
                 {.sets =
                      [&] {
                        eventfd_t count = 0;
                        eventfd_read(set, &count);
                        return count;
                      },
                  .glitches = [] { return uint64_t{0}; },
                  .set_descriptor = set,
                  .reload =
                      [&](const std::string& profile,
                          const std::function<void(absl::Status)>&) {
                        if (profile == "postfix") asked.set_value();
                      },
                  .log_in = nullptr,
                  .told = [](const ToldJump&) {},
                  .tell = [](const std::string&) {}});
  clock.Step(absl::Seconds(-200));
  {
    const LogWatchThread thread(&watch);
    eventfd_write(set, 1);
    asked.get_future().wait();
  }
  close(set);
}

TEST(LogWatchThreadTest, LooksWhenALogGrows) {
  std::vector<LogEntry> entries;
  const int grown = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  FakeClock clock;
  std::promise<void> asked;
  std::vector<std::unique_ptr<LogTail>> tails;
  tails.push_back(std::make_unique<FakeTail>(&entries, grown));
  LogWatch watch(
      &clock, Profiles(), std::move(tails),
      {.sets = [] { return uint64_t{0}; },
       .glitches = [] { return uint64_t{0}; },
       .set_descriptor = -1,
       .reload =
           [&](const std::string&, const std::function<void(absl::Status)>&) {
             asked.set_value();
             eventfd_t count;
             eventfd_read(grown, &count);
           },
       .log_in = nullptr,
       .told = [](const ToldJump&) {},
       .tell = [](const std::string&) {}});
  clock.Step(absl::Seconds(-30));
  entries.push_back(OfJournal("dovecot.service", 0, kThrottled));
  {
    const LogWatchThread thread(&watch);
    eventfd_write(grown, 1);
    asked.get_future().wait();
  }
  close(grown);
}

}  // namespace
}  // namespace noonmark
