// What strangers write into a guest's logs, and what that moves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_connection.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::IsEmpty;

// As Dovecot's master says it. The figure is no other's.
constexpr char kDovecotLine[] =
    "Warning: Time moved backwards by 4242.424242 seconds, waiting for "
    "180.000000 seconds until new services are launched again.";
constexpr char kForged[] = "4242.424242";
constexpr char kPostfixLine[] =
    "warning: backward time jump detected -- slewing clock";
// Nobody suffers from it, and it is evidence that the clock was set.
constexpr char kHarmless[] = "step 0.03";

class LongForgedLineTest : public CorrectedGuest {
 protected:
  // What logs let a client say, as in many a configuration.
  void LetClientsTalk() const {
    guest_->Run(
        "printf 'auth_username_chars =\\nauth_username_format = %%n\\n"
        "auth_verbose = yes\\n' >>/etc/dovecot/local.conf && "
        "postconf -e 'smtpd_helo_restrictions = reject_invalid_helo_hostname' "
        "'smtpd_delay_reject = yes'");
    RestartMail();
    // What it has read is of the restored guest's first moments.
    guest_->Run("systemctl restart noonmark-agent.service");
  }

  // As names of users: one that gets in, whose name every line of his session
  // begins with, and one that does not.
  void ForgeByLogin() const {
    for (const std::string& front :
         {std::string("master: "), std::string("x>: "),
          std::string("a)<1><x>: "), std::string("a\\\\nmaster: ")}) {
      for (const std::string password : {"noon", "midnight"}) {
        auto session = MailConnection::Open(guest_->Mail().imap,
                                            absl::FromChrono(kPatience), {});
        ASSERT_TRUE(session.ok()) << session.status();
        (*session)
            ->Imap(
                absl::StrCat("LOGIN \"", front, kDovecotLine, "\" ", password),
                absl::FromChrono(kPatience))
            .IgnoreError();
        (*session)->Imap("LOGOUT", absl::FromChrono(kPatience)).IgnoreError();
      }
    }
  }
  void ForgeByHelo() const {
    for (const std::string& name :
         {std::string(kPostfixLine), absl::StrCat("master: ", kDovecotLine)}) {
      auto session = MailConnection::Open(guest_->Mail().smtp,
                                          absl::FromChrono(kPatience), {});
      ASSERT_TRUE(session.ok()) << session.status();
      for (const std::string& command :
           {absl::StrCat("HELO ", name), absl::StrCat("MAIL FROM:<", name, ">"),
            std::string("MAIL FROM:<bed@example.org>"),
            std::string("RCPT TO:<anybody@guest.test>"), std::string("QUIT")}) {
        (*session)->Smtp(command, absl::FromChrono(kPatience)).IgnoreError();
      }
    }
  }
  // By who has a shell: with any tag and facility, as a user and as root, and
  // by journald's own protocol, with fields that are not his to give.
  void ForgeByLogger() const {
    std::string script;
    for (const char* const who : {"runuser -u nobody --", "env --"}) {
      const auto add = [&](const std::string& options,
                           const std::string& message) {
        absl::StrAppend(&script, who, " logger ", options, " '", message,
                        "' && ");
      };
      const std::string dovecot = absl::StrCat("master: ", kDovecotLine);
      add("-p mail.warning -t dovecot --id=1", dovecot);
      add("-p mail.warning", absl::StrCat("dovecot[1]: ", dovecot));
      add("-p mail.warning -t postfix/qmgr --id=1", kPostfixLine);
      add("-p daemon.notice -t ntpd", "CLOCK: time stepped by -4242.424242");
      add("-p daemon.notice -t chronyd",
          "System clock was stepped by -4242.424242 seconds");
      add("-p kern.warning -t kernel",
          "clocksource: timekeeping watchdog on CPU0: Marking clocksource "
          "4242.424242 as unstable");
      absl::StrAppend(&script, "printf '%s\\n' _SYSTEMD_UNIT=dovecot.service ",
                      "_UID=0 _TRANSPORT=kernel SYSLOG_FACILITY=2 ",
                      "SYSLOG_IDENTIFIER=dovecot 'MESSAGE=", dovecot, "' | ",
                      who, " logger --journald && ");
    }
    guest_->Run(absl::StrCat(script, "journalctl --sync"));
  }
  // All of them, each beside a set of the clock, before and after: whoever
  // believed a line would have evidence of his own.
  void ForgeAllBesideSets() {
    ForgeByLogin();
    clock_->Order(kHarmless);
    ForgeByHelo();
    clock_->Order(kHarmless);
    ForgeByLogger();
    clock_->Order(kHarmless);
    ForgeByLogin();
    clock_->Order(kHarmless);
  }
  // How often the log of any program has the text that only a forger writes.
  int Forged() const {
    return std::stoi(guest_->Run(absl::StrCat(
        "journalctl --quiet --output=cat | grep --count --fixed-strings -e ",
        kForged, " -e '", kPostfixLine, "' || true")));
  }
  // What the watchman asked for, refused or not.
  int Asked() const {
    return guest_->CountLogged("noonmark-agent.service",
                               "; asks for its reload");
  }
  // What was done about it: of all profiles, or of "dovecot".
  int Actions(const std::string& profile = "") const {
    return guest_->CountLogged(
        "init.scope", absl::StrCat("Starting noonmark-action@", profile));
  }
  v1::Guest AwaitPolls(int polls) const {
    const v1::Guest first =
        host_->WaitUntil(kGuest, [](const v1::Guest&) { return true; });
    return host_->WaitUntil(
        kGuest,
        [&](const v1::Guest& guest) {
          return guest.exchanges() >= first.exchanges() + polls * 8;
        },
        kPatience);
  }
};

TEST_F(LongForgedLineTest, MovesNothing) {
  const absl::Duration patience = absl::FromChrono(kPatience);
  LetClientsTalk();
  SetWrong(absl::ZeroDuration());
  host_->WaitUntil(kGuest, IsOk, kPatience);

  ForgeByLogin();
  EXPECT_GE(guest_->CountLogged("dovecot.service", kForged), 8);
  ForgeByHelo();
  EXPECT_GE(guest_->CountLogged("postfix@-.service", kPostfixLine), 1);
  EXPECT_GE(guest_->CountLogged("postfix@-.service", kForged), 1);
  const int by_clients = Forged();
  ForgeByLogger();
  const int forged = Forged();
  EXPECT_GE(forged, by_clients + 12);
  const v1::Guest alone = AwaitPolls(5);
  EXPECT_THAT(ClockFindings(alone), IsEmpty()) << alone.DebugString();
  EXPECT_EQ(alone.log_watch().lines(), 0u) << alone.DebugString();

  ForgeAllBesideSets();
  const v1::Guest beside = AwaitPolls(5);
  for (const std::string& code : ClockFindings(beside)) {
    EXPECT_EQ(code, "clock-set") << beside.DebugString();
  }
  EXPECT_EQ(beside.log_watch().lines(), 0u) << beside.DebugString();
  EXPECT_EQ(Asked(), 0);
  EXPECT_EQ(Actions(), 0);
  const int forged_in_all = Forged();

  // The same lines, and true. The journal is read in its order: whatever came
  // of the others would have come before.
  clock_->SetRight();
  RestartMail();
  MailLoad load(guest_->Mail(), patience);
  load.AwaitAll(patience);
  load.AwaitNoop(patience);
  EXPECT_EQ(Asked(), 0);
  clock_->Order("step -200");
  const auto end = MailLoad::Moment::clock::now() + std::chrono::minutes(1);
  while (Actions() < 2 && MailLoad::Moment::clock::now() < end) {
  }
  EXPECT_EQ(Actions("dovecot-unannounced"), 1);
  EXPECT_EQ(Actions("postfix-unannounced"), 1);
  EXPECT_EQ(Actions(), 2);
  std::cout << absl::StreamFormat(
                   "guest: %d lines with what a stranger forged, %d of them "
                   "beside sets of the clock: 0 actions; after a step of -200 "
                   "s that nobody announced: %d\n",
                   forged_in_all, forged_in_all - forged, Actions())
            << std::flush;
  load.AwaitLogin(patience);
}

}  // namespace
}  // namespace noonmark::testing
