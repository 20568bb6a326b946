// The real noonmark-resume under a fake systemd, with journals as a corrector
// leaves them.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/journal_file.h"
#include "common/runtime/system_clock.h"
#include "guest/corrector/places.h"
#include "guest/corrector/turn_lock.h"
#include "guest/describe/small_file.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_systemd.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::FakeSystemd;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::Outcome;
using ::noonmark::testing::TemporaryDirectory;
using Result = FakeSystemd::Result;

class ResumeProgramTest : public ::testing::Test {
 protected:
  ResumeProgramTest() {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", systemd_.address().c_str(), 1);
    places_.state = directory_.Path("state");
    places_.runtime = directory_.Path("run");
    places_.resume_state = directory_.Path("resume-state");
    places_.resume_runtime = directory_.Path("resume-run");
    for (const std::string& folder :
         {places_.state, places_.runtime, places_.resume_state,
          places_.resume_runtime}) {
      std::filesystem::create_directories(folder);
    }
    directory_.Write("profiles/dovecot.toml",
                     "[service]\nrole = \"mail-store\"\n"
                     "units = [\"dovecot.service\"]\n");
    directory_.Write("profiles/postfix.toml",
                     "[service]\nrole = \"mail-transfer\"\n"
                     "units = [\"postfix@*.service\"]\n");
    directory_.Write("profiles/chrony.toml",
                     "[service]\nrole = \"time-daemon\"\n"
                     "units = [\"chrony.service\"]\n"
                     "[after]\nactions = [\"before-start\"]\n");
    systemd_.Add("noonmark-hold.service", {.start = Result::kNever});
    systemd_.Order(UnitVerb::kStart, "noonmark-hold.service");
    systemd_.WaitForState("noonmark-hold.service", "activating");
    systemd_.Add("noonmark-resume.timer", {.state = "active"});
    systemd_.Add("noonmark-action@chrony-before-start.service",
                 {.is_oneshot = true});
    systemd_.Add("chrony.service", {});
    systemd_.Add("dovecot.service", {.waits_for_hold = true});
    systemd_.Add("postfix@-.service", {.waits_for_hold = true});
  }
  ~ResumeProgramTest() override { unsetenv("DBUS_SYSTEM_BUS_ADDRESS"); }

  JournalRecord Record(RecordBody body) const {
    JournalRecord record;
    record.operation.bytes = {1};
    record.epoch = 1;
    record.boot = boot_;
    record.boottime = clock_.Read().boottime;
    record.body = std::move(body);
    return record;
  }
  // Mail was brought to rest, for so long from now on.
  void WriteIntent(absl::Duration lease,
                   const std::string& mail_store = "dovecot.service") {
    JournalFile journal(places_.Journal());
    UnitRecord postfix, dovecot, chrony;
    postfix.unit = "postfix@-.service";
    postfix.profile = "postfix";
    postfix.role = ServiceRole::kMailTransfer;
    dovecot.unit = mail_store;
    dovecot.profile = "dovecot";
    dovecot.role = ServiceRole::kMailStore;
    chrony.unit = "chrony.service";
    chrony.profile = "chrony";
    chrony.role = ServiceRole::kTimeDaemon;
    chrony.acts_before_start = true;
    IntentRecord intent;
    intent.lease_end = clock_.Read().boottime + lease;
    intent.amount = absl::Seconds(-60);
    intent.units = 3;
    EXPECT_THAT(journal
                    .Append({Record(postfix), Record(dovecot), Record(chrony),
                             Record(intent)})
                    .disk,
                IsOk());
  }
  void Write(RecordBody body) {
    EXPECT_THAT(
        JournalFile(places_.Journal()).Append({Record(std::move(body))}).disk,
        IsOk());
  }

  std::vector<std::string> Command(
      const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {NOONMARK_RESUME,
                                        "--state",
                                        places_.state,
                                        "--runtime",
                                        places_.runtime,
                                        "--own-state",
                                        places_.resume_state,
                                        "--own-runtime",
                                        places_.resume_runtime,
                                        "--profiles",
                                        directory_.Path("profiles")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  Outcome Resume(const std::vector<std::string>& more = {}) {
    return testing::RunProgram(Command(more));
  }
  // What it ordered, in its order.
  std::vector<std::string> Orders() {
    std::vector<std::string> orders;
    for (const std::string& line : systemd_.Log()) {
      if (line.starts_with("start ") || line.starts_with("stop ") ||
          line.starts_with("kill ")) {
        orders.push_back(line);
      }
    }
    orders.erase(orders.begin());  // the hold's, of the set-up
    return orders;
  }
  int Marks() {
    return static_cast<int>(
        ReadJournalFiles(places_.Marks()).contents.records.size());
  }

  TemporaryDirectory directory_;
  FakeSystemd systemd_;
  mutable SystemClock clock_;
  BootId boot_ =
      *ParseBootId(*ReadSmallFile("/proc/sys/kernel/random/boot_id"));
  CorrectorPlaces places_;
};

const std::vector<std::string> kBroughtBack = {
    "stop noonmark-hold.service", "start chrony.service",
    "start dovecot.service", "start postfix@-.service"};

TEST_F(ResumeProgramTest, LeavesAllAloneWhileTheLeaseLasts) {
  WriteIntent(absl::Minutes(2));
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_TRUE(Orders().empty());
}

TEST_F(ResumeProgramTest, StopsItsTimerWhereNothingRests) {
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(Orders(), (std::vector<std::string>{"stop noonmark-resume.timer"}));
  WriteIntent(absl::ZeroDuration());
  Write(EndedRecord());
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(Orders(), (std::vector<std::string>{"stop noonmark-resume.timer",
                                                "stop noonmark-resume.timer"}));
}

TEST_F(ResumeProgramTest, BringsAllBackWhenTheLeaseHasEnded) {
  WriteIntent(absl::ZeroDuration());
  const Outcome outcome = Resume();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Orders(), kBroughtBack);
  for (const char* unit :
       {"dovecot.service", "postfix@-.service", "chrony.service"}) {
    EXPECT_EQ(systemd_.StateOf(unit), "active");
  }
  EXPECT_EQ(Marks(), 1);
}

TEST_F(ResumeProgramTest, StartsNothingTwice) {
  WriteIntent(absl::ZeroDuration());
  EXPECT_EQ(Resume().exit_code, 0);
  // A person stops a service afterwards: it stays stopped.
  systemd_.Order(UnitVerb::kStop, "dovecot.service");
  systemd_.WaitForState("dovecot.service", "inactive");
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(systemd_.StateOf("dovecot.service"), "inactive");
  EXPECT_EQ(Orders().back(), "stop noonmark-resume.timer");
}

TEST_F(ResumeProgramTest, RunsWhatIsDueBeforeAStartOnceTheClockMayHaveMoved) {
  WriteIntent(absl::ZeroDuration());
  Write(MoveIntentRecord());
  EXPECT_EQ(Resume().exit_code, 0);
  std::vector<std::string> orders = kBroughtBack;
  orders.insert(orders.begin() + 1,
                "start noonmark-action@chrony-before-start.service");
  EXPECT_EQ(Orders(), orders);
}

TEST_F(ResumeProgramTest, WaitsForNoLeaseOnceTheCorrectorHasEnded) {
  WriteIntent(absl::Minutes(2));
  EXPECT_EQ(Resume({"--corrector-ended"}).exit_code, 0);
  EXPECT_EQ(Orders(), kBroughtBack);
}

TEST_F(ResumeProgramTest, WaitsForNoLeaseAfterAReboot) {
  boot_.bytes = {9};
  WriteIntent(absl::Minutes(2));
  // As /run is after a boot, when the corrector has not started yet.
  std::filesystem::remove_all(places_.runtime);
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(Orders(), kBroughtBack);
}

TEST_F(ResumeProgramTest, BelievesTheCopyWhereTheDiskFails) {
  WriteIntent(absl::ZeroDuration());
  std::filesystem::remove(places_.state + "/journal");
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(Orders(), kBroughtBack);
}

TEST_F(ResumeProgramTest, TriesAServiceAgainThatDoesNotStartAndSaysSo) {
  WriteIntent(absl::ZeroDuration());
  systemd_.Change("dovecot.service", [](FakeSystemd::Unit& unit) {
    unit.start = Result::kFailed;
  });
  const Outcome outcome = Resume();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("dovecot.service: the job ended: failed"),
            outcome.err.npos)
      << outcome.err;
  EXPECT_EQ(systemd_.StateOf("postfix@-.service"), "active");
  // Not at once.
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(Orders(), kBroughtBack);
}

TEST_F(ResumeProgramTest, StartsNothingThatNoProfileHas) {
  WriteIntent(absl::ZeroDuration(), "debug-shell.service");
  systemd_.Add("debug-shell.service", {});
  const Outcome outcome = Resume();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("debug-shell.service, which no profile has"),
            outcome.err.npos)
      << outcome.err;
  EXPECT_EQ(systemd_.StateOf("debug-shell.service"), "inactive");
  EXPECT_EQ(systemd_.StateOf("postfix@-.service"), "active");
}

TEST_F(ResumeProgramTest, StartsWhatMayBeListedWhereProfilesCannotBeRead) {
  WriteIntent(absl::ZeroDuration());
  directory_.Write("profiles/zz.toml", "nonsense");
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(systemd_.StateOf("dovecot.service"), "active");
}

TEST_F(ResumeProgramTest, KillsACorrectorThatHangsOnTheLock) {
  WriteIntent(absl::ZeroDuration());
  auto lock =
      std::make_optional(*TurnLock::Try(places_.Lock(), TurnLock::File::kOurs));
  systemd_.OnKill([&](const std::string& /*unit*/) { lock.reset(); });
  EXPECT_EQ(Resume().exit_code, 0);
  std::vector<std::string> orders = kBroughtBack;
  orders.insert(orders.begin(), "kill noonmark-corrector.service");
  EXPECT_EQ(Orders(), orders);
}

TEST_F(ResumeProgramTest, LeavesItsTimerWhileTheCorrectorIsAtIt) {
  const auto lock = TurnLock::Try(places_.Lock(), TurnLock::File::kOurs);
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_TRUE(Orders().empty());
}

TEST_F(ResumeProgramTest, LeavesItToAnotherThatIsAtIt) {
  WriteIntent(absl::ZeroDuration());
  const auto lock =
      TurnLock::Try(places_.resume_runtime + "/lock", TurnLock::File::kOurs);
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_TRUE(Orders().empty());
}

// Another user's: made by this one, the corrector could not open it.
TEST_F(ResumeProgramTest, MakesNoLockOfTheCorrectorsAndMarksThatItCanRead) {
  umask(0077);  // as in the corrector's unit
  WriteIntent(absl::ZeroDuration());
  EXPECT_EQ(Resume({"--corrector-ended"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(places_.Lock()));
  umask(0022);
  for (const std::string& marks :
       {places_.Marks().disk, places_.Marks().copy}) {
    EXPECT_NE(std::filesystem::status(marks).permissions() &
                  std::filesystem::perms::others_read,
              std::filesystem::perms::none);
  }
}

TEST_F(ResumeProgramTest, SaysWhatItIsFor) {
  const Outcome help = Resume({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("starts them if their lease has ended"),
            help.out.npos);
  EXPECT_EQ(Resume({"--nonsense"}).exit_code, 2);
}

}  // namespace
}  // namespace noonmark
