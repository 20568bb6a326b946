// The same steps with nobody who announces them, while the agent's watchman
// reads what this Dovecot logs.

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/runtime/system_clock.h"
#include "common/sync/mutex.h"
#include "guest/watch/log_watch.h"
#include "tests/system/fast/corrected_dovecot.h"
#include "tests/system/mail_connection.h"

namespace noonmark::testing {
namespace {

// The guest's clocks: this machine's, REALTIME with the bed's offset.
class OffsetClock final : public Clock {
 public:
  explicit OffsetClock(const CorrectorBed* bed) : bed_(bed) {}
  ClockReading Read() override {
    ClockReading reading = clock_.Read();
    reading.realtime += bed_->Offset();
    return reading;
  }

 private:
  const CorrectorBed* const bed_;
  SystemClock clock_;
};

// Dovecot's log file as journald would have it, from now on: a line is a
// message of dovecot.service.
class DovecotsJournal final : public LogTail {
 public:
  explicit DovecotsJournal(const std::string& path)
      : file_(path, std::ios::ate),
        grows_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(inotify_add_watch(grows_, path.c_str(), IN_MODIFY), 0);
    position_ = file_.tellg();
  }
  ~DovecotsJournal() override { close(grows_); }

  int descriptor() const override { return grows_; }
  void Read(const std::function<void(const LogEntry&)>& each) override {
    for (char events[4096]; read(grows_, events, sizeof(events)) > 0;) {
    }
    file_.clear();
    file_.seekg(position_);
    for (std::string line; std::getline(file_, line) && !file_.eof();) {
      position_ = file_.tellg();
      if (line.size() < kMoment) continue;
      LogEntry entry;
      entry.attested = true;
      entry.source.unit = "dovecot.service";
      entry.source.uid = 0;
      entry.message = line.substr(kMoment);
      each(entry);
      if (line.find(kMark) != line.npos) marked_.set_value();
    }
  }

  // When it has read a line that has this in it; of one line.
  static constexpr char kMark[] = "user=<master: Warning: Time moved";
  std::future<void> Marked() { return marked_.get_future(); }

 private:
  // "2026-01-31 12:00:00.123456 "
  static constexpr size_t kMoment = 27;

  std::ifstream file_;
  const int grows_;
  std::streampos position_;
  std::promise<void> marked_;
};

class WatchedStepTest : public CorrectedDovecot {
 protected:
  void SetUp() override {
    CorrectedDovecot::SetUp();
    if (IsSkipped()) return;
    clock_.emplace(bed_.get());
    ServiceProfile profile;
    profile.name = "dovecot";
    profile.units = {kDovecot};
    profile.ready_by = ServiceProfile::ReadyBy::kLogin;
    profile.acts_when_unannounced = true;
    auto journal = std::make_unique<DovecotsJournal>(dovecot_->LogPath());
    marked_ = journal->Marked();
    std::vector<std::unique_ptr<LogTail>> tails;
    tails.push_back(std::move(journal));
    // The kernel says nothing and the hunter sees nothing: what is known of the
    // clock it finds out by itself.
    LogWatchSeams seams;
    seams.sets = [] { return uint64_t{0}; };
    seams.glitches = [] { return uint64_t{0}; };
    seams.reload = [this](const std::string& name,
                          const std::function<void(absl::Status)>& answer) {
      answer(bed_->Reload(name));
    };
    seams.log_in = [this](absl::Duration limit) {
      return LogIn(dovecot_->Addresses().imap, "alice", limit).status();
    };
    seams.told = [](const ToldJump&) {};
    seams.tell = [this](const std::string& line) {
      MutexLock lock(mutex_);
      absl::StrAppend(&said_, line, "\n");
    };
    watch_.emplace(&*clock_, std::vector<ServiceProfile>{profile},
                   std::move(tails), std::move(seams));
    thread_.emplace(&*watch_);
  }
  void TearDown() override {
    thread_.reset();
    CorrectedDovecot::TearDown();
  }

  std::string Said() {
    MutexLock lock(mutex_);
    return said_;
  }

  // Mail works again, and how long nobody got in.
  void ExpectSoonWell(const std::string& what, MailLoad::Moment begun) {
    load_->AwaitAll(kPatience);
    const absl::Duration without = load_->LongestWithoutLogin(begun);
    const MailReport report = load_->End();
    const MailTally tally = Tally(report, dovecot_->Stored());
    std::cout << absl::StreamFormat(
        "fast bed: %s, watched: %.1f s without a login; of %d messages "
        "acknowledged %d lost, %d stored twice without cause\n",
        what, absl::ToDoubleSeconds(without), report.acknowledged.size(),
        tally.lost, tally.stored_twice);
    EXPECT_LE(without, absl::Seconds(5)) << Said() << dovecot_->Log();
    EXPECT_EQ(tally.lost, 0);
    EXPECT_EQ(tally.stored_twice, 0);
  }

  std::optional<OffsetClock> clock_;
  std::future<void> marked_;
  Mutex mutex_;
  std::string said_ ABSL_GUARDED_BY(mutex_);
  std::optional<LogWatch> watch_;
  std::optional<LogWatchThread> thread_;
};

TEST_F(WatchedStepTest, LetsUsersInSoonAfter200SecondsBack) {
  const auto begun = dovecot_->StepUntilNoticed(absl::Seconds(-200));
  ExpectSoonWell("-200 s", begun);
  EXPECT_EQ(bed_->systemd().CountInLog(
                "start noonmark-action@dovecot-unannounced.service"),
            1)
      << Said();
}

TEST_F(WatchedStepTest, LetsUsersInSoonAfterAWrapBack) {
  const auto begun = dovecot_->StepUntilNoticed(-kWrap);
  ExpectSoonWell("-4398.046511 s", begun);
}

// Over before anybody can look: Dovecot's own word and a login that hangs are
// all that is left of it.
TEST_F(WatchedStepTest, LetsUsersInSoonAfterASpike) {
  const auto begun = MailLoad::Moment::clock::now();
  dovecot_->SetOffset(kWrap);
  dovecot_->AwaitLogged("Time jumped forwards");
  dovecot_->SetOffset(absl::ZeroDuration());
  ExpectSoonWell("+4398.046511 s for a moment", begun);
}

TEST_F(WatchedStepTest, LetsUsersInSoonAfterASpikeBack) {
  const auto begun = MailLoad::Moment::clock::now();
  dovecot_->SetOffset(-kWrap);
  dovecot_->AwaitLogged("moved backwards");
  dovecot_->SetOffset(absl::ZeroDuration());
  ExpectSoonWell("-4398.046511 s for a moment", begun);
}

TEST_F(WatchedStepTest, StartsADovecotThatDied) {
  dovecot_->StepUntilNoticed(-kWrap);
  dovecot_->KillMaster();
  const auto begun = MailLoad::Moment::clock::now();
  ExpectSoonWell("-4398.046511 s, which Dovecot died of", begun);
}

// As a user's name, while the clock was really set, by little.
TEST_F(WatchedStepTest, DoesNothingForALineThatAClientForged) {
  auto session =
      MailConnection::Open(dovecot_->Addresses().imap, kPatience, {});
  ASSERT_TRUE(session.ok()) << session.status();
  dovecot_->SetOffset(absl::Seconds(1));
  const std::string forged =
      "master: Warning: Time moved backwards by 200.000000 seconds, waiting "
      "for 180.000 seconds until new services are launched again.";
  EXPECT_FALSE(
      (*session)
          ->Imap(absl::StrCat("LOGIN \"", forged, "\" wrong"), kPatience)
          .ok());
  // What Dovecot logs of a client that leaves without a login has its name.
  session->reset();
  marked_.wait();
  load_->AwaitAll(kPatience);
  EXPECT_EQ(bed_->systemd().CountInLog(
                "start noonmark-action@dovecot-unannounced.service"),
            0)
      << Said();
}

}  // namespace
}  // namespace noonmark::testing
