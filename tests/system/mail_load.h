#ifndef NOONMARK_TESTS_SYSTEM_MAIL_LOAD_H_
#define NOONMARK_TESTS_SYSTEM_MAIL_LOAD_H_

#include <chrono>
#include <condition_variable>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "tests/system/mail_connection.h"

namespace noonmark::testing {

// Where a mail server listens, as MailConnection::Open() takes it.
struct MailAddresses {
  std::string imap;
  std::string lmtp;
  std::string smtp = "";  // empty: there is none
};

// What came of a load.
struct MailReport {
  int logins = 0;
  int failed_logins = 0;
  // Of those: nobody listened, or the connection ended without a greeting.
  int refused_logins = 0;
  // Sessions that the server ended.
  int lost_sessions = 0;
  // By their ids. A message is in both where a sender that got no answer sent
  // it again.
  std::set<std::string> acknowledged;
  std::set<std::string> unanswered;
};

// How the messages in the store are told from those that were acknowledged.
struct MailTally {
  int lost = 0;          // acknowledged, and not in the store
  int stored_twice = 0;  // though its sender had an answer each time
  int repeated = 0;      // its sender had none, and sent it again
};
// `stored`: how often each id is in the store.
MailTally Tally(const MailReport& report,
                const std::map<std::string, int>& stored);
// An MTA that took a message is itself the sender to the mail store, and has to
// send it again where that gave it no answer. From Postfix's log, its messages
// alone: how often each id was answered with a yes, 0 included.
std::map<std::string, int> CountAnswered(const std::string& postfix_log);
// Adds to `report` as unanswered what is in the store more often than that.
void NoteUnanswered(const std::map<std::string, int>& answered,
                    const std::map<std::string, int>& stored,
                    MailReport& report);
// From text that has a line "X-Bed-Id: ID" for each message.
std::map<std::string, int> CountIds(const std::string& text);

// Users at a mail server, until the object goes: one session that sends NOOP
// each second, one in IDLE that is told of each message that comes, which both
// log in anew when they are lost; a login every half second; a message a second
// by LMTP and one by SMTP, each sent until it is acknowledged, as any sender
// has to.
//
// All times are of a clock that nobody sets.
class MailLoad {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // Returns when all of them have got through once; what does not in
  // `patience` fails the test. `name`: what the ids of its messages begin with,
  // where there are several loads. `logins_at_once`: with one, the next login
  // waits for the last, as one client's does.
  MailLoad(MailAddresses addresses, absl::Duration patience,
           std::string name = "", int logins_at_once = 4);
  ~MailLoad();
  MailLoad(const MailLoad&) = delete;
  MailLoad& operator=(const MailLoad&) = delete;

  // Waits until each of them has got through anew: sessions, a login and
  // messages that were begun after this call. False, and a failure of the test:
  // not in `patience`.
  bool AwaitAll(absl::Duration patience);
  // The same for a login alone.
  bool AwaitLogin(absl::Duration patience);
  // Returns as the session that sends NOOP has just got its answer, so that its
  // process has been idle for no time at all.
  bool AwaitNoop(absl::Duration patience);

  // The longest time without a login that got through, of those that overlap
  // the time since `begun`. Without a fault it is what lies between two logins.
  absl::Duration LongestWithoutLogin(Moment begun) const;

  // Ends all of it; what was sent and has no answer yet is waited for.
  MailReport End();

 private:
  void KeepSession(std::stop_token stop, const std::string& name, bool idle);
  void KeepLoggingIn(std::stop_token stop);
  void KeepSending(std::stop_token stop, const std::string& name,
                   const std::string& address, const std::string& greeting);
  void GotThrough(const std::string& name, Moment begun);
  // Waits until all of these have got through with what they began after now.
  bool Await(const std::set<std::string>& names, absl::Duration patience);

  const MailAddresses addresses_;
  const std::string name_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  MailReport report_ ABSL_GUARDED_BY(mutex_);
  // When that was begun with which each got through last.
  std::map<std::string, Moment> through_ ABSL_GUARDED_BY(mutex_);
  std::vector<Moment> logins_ ABSL_GUARDED_BY(mutex_);  // as each succeeded
  Moment next_login_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_MAIL_LOAD_H_
