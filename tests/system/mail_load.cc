#include "tests/system/mail_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace noonmark::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kBetweenLogins = std::chrono::milliseconds(500);
constexpr auto kBetweenOthers = std::chrono::seconds(1);
// Longer than Dovecot hangs by itself, so that its own end of it is seen.
constexpr absl::Duration kPatience = absl::Minutes(5);

constexpr char kNoop[] = "noop";
constexpr char kIdle[] = "idle";
constexpr char kLogin[] = "login";
constexpr char kUser[] = "alice";
constexpr char kRecipient[] = "alice@guest.test";

// False: it is over.
bool SleepUntil(SteadyClock::time_point end, const std::stop_token& stop) {
  while (SteadyClock::now() < end) {
    if (stop.stop_requested()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return !stop.stop_requested();
}

}  // namespace

MailTally Tally(const MailReport& report,
                const std::map<std::string, int>& stored) {
  MailTally tally;
  for (const std::string& id : report.acknowledged) {
    if (!stored.contains(id)) ++tally.lost;
  }
  for (const auto& [id, copies] : stored) {
    if (copies < 2) continue;
    if (report.unanswered.contains(id)) {
      ++tally.repeated;
    } else {
      ++tally.stored_twice;
    }
  }
  return tally;
}

std::map<std::string, int> CountAnswered(const std::string& postfix_log) {
  std::map<std::string, std::string> ids;  // by Postfix's own
  std::map<std::string, int> answered;
  for (const absl::string_view line : absl::StrSplit(postfix_log, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    absl::string_view said = parts.second;
    const std::string queued(parts.first);
    if (absl::ConsumePrefix(&said, "message-id=<")) {
      const size_t end = said.find("@bed.example.org>");
      if (end == said.npos) continue;
      ids[queued] = std::string(said.substr(0, end));
      answered.try_emplace(ids[queued], 0);
    } else if (absl::StrContains(said, ", status=sent (")) {
      const auto id = ids.find(queued);
      if (id != ids.end()) ++answered[id->second];
    }
  }
  return answered;
}

void NoteUnanswered(const std::map<std::string, int>& answered,
                    const std::map<std::string, int>& stored,
                    MailReport& report) {
  for (const auto& [id, times] : answered) {
    const auto copies = stored.find(id);
    if (copies != stored.end() && copies->second > times) {
      report.unanswered.insert(id);
    }
  }
}

std::map<std::string, int> CountIds(const std::string& text) {
  std::map<std::string, int> copies;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "X-Bed-Id: ")) continue;
    ++copies[std::string(absl::StripSuffix(line, "\r"))];
  }
  return copies;
}

MailLoad::MailLoad(MailAddresses addresses, absl::Duration patience,
                   std::string name, int logins_at_once)
    : addresses_(std::move(addresses)),
      name_(std::move(name)),
      next_login_(SteadyClock::now()) {
  threads_.emplace_back(
      [this](std::stop_token stop) { KeepSession(stop, kNoop, false); });
  threads_.emplace_back(
      [this](std::stop_token stop) { KeepSession(stop, kIdle, true); });
  for (int i = 0; i < logins_at_once; ++i) {
    threads_.emplace_back(
        [this](std::stop_token stop) { KeepLoggingIn(stop); });
  }
  threads_.emplace_back([this](std::stop_token stop) {
    KeepSending(stop, "lmtp", addresses_.lmtp, "LHLO");
  });
  if (!addresses_.smtp.empty()) {
    threads_.emplace_back([this](std::stop_token stop) {
      KeepSending(stop, "smtp", addresses_.smtp, "EHLO");
    });
  }
  AwaitAll(patience);
}

MailLoad::~MailLoad() { End(); }

MailReport MailLoad::End() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  const MutexLock lock(mutex_);
  return report_;
}

bool MailLoad::AwaitAll(absl::Duration patience) {
  std::set<std::string> all = {kNoop, kIdle, kLogin, "lmtp"};
  if (!addresses_.smtp.empty()) all.insert("smtp");
  return Await(all, patience);
}

bool MailLoad::AwaitLogin(absl::Duration patience) {
  return Await({kLogin}, patience);
}

bool MailLoad::AwaitNoop(absl::Duration patience) {
  return Await({kNoop}, patience);
}

bool MailLoad::Await(const std::set<std::string>& names,
                     absl::Duration patience) {
  const Moment begun = SteadyClock::now();
  const Moment end = begun + absl::ToChronoNanoseconds(patience);
  const MutexLock lock(mutex_);
  while (true) {
    std::vector<std::string> waited_for;
    for (const std::string& name : names) {
      const auto last = through_.find(name);
      if (last == through_.end() || last->second < begun) {
        waited_for.push_back(name);
      }
    }
    if (waited_for.empty()) return true;
    if (changed_.wait_until(mutex_, end) == std::cv_status::timeout) {
      ADD_FAILURE() << "mail does not get through: "
                    << absl::StrJoin(waited_for, ", ");
      return false;
    }
  }
}

absl::Duration MailLoad::LongestWithoutLogin(Moment begun) const {
  const MutexLock lock(mutex_);
  auto longest = Moment::duration::zero();
  Moment last = begun;
  for (const Moment login : logins_) {
    if (login >= begun) longest = std::max(longest, login - last);
    last = login;
  }
  return absl::FromChrono(std::max(longest, SteadyClock::now() - last));
}

void MailLoad::GotThrough(const std::string& name, Moment begun) {
  const MutexLock lock(mutex_);
  through_[name] = std::max(through_[name], begun);
  if (name == kLogin) {
    ++report_.logins;
    logins_.push_back(SteadyClock::now());
  }
  changed_.notify_all();
}

void MailLoad::KeepSession(std::stop_token stop, const std::string& name,
                           bool idle) {
  // One round of a session that is open. In IDLE it is told of new mail, which
  // the load itself brings.
  const auto round = [&](MailConnection& session) -> absl::Status {
    if (!idle) return session.Imap("NOOP", kPatience).status();
    while (true) {
      const auto line = session.ReadLine(kPatience);
      if (!line.ok()) return line.status();
      if (absl::EndsWith(*line, " EXISTS")) return absl::OkStatus();
    }
  };
  do {
    Moment begun = SteadyClock::now();
    const auto session = LogIn(addresses_.imap, kUser, kPatience, stop);
    if (!session.ok() || !(*session)->Imap("SELECT INBOX", kPatience).ok()) {
      continue;
    }
    absl::Status went_on;
    if (idle) went_on = (*session)->Send("n IDLE");
    while (went_on.ok() && !stop.stop_requested()) {
      begun = SteadyClock::now();
      went_on = round(**session);
      if (!went_on.ok()) break;
      GotThrough(name, begun);
      if (!idle) SleepUntil(begun + kBetweenOthers, stop);
    }
    if (!went_on.ok() && !absl::IsCancelled(went_on)) {
      const MutexLock lock(mutex_);
      ++report_.lost_sessions;
    }
  } while (SleepUntil(SteadyClock::now() + kBetweenOthers, stop));
}

void MailLoad::KeepLoggingIn(std::stop_token stop) {
  while (true) {
    Moment begun;
    {
      const MutexLock lock(mutex_);
      begun = std::max(next_login_, SteadyClock::now());
      next_login_ = begun + kBetweenLogins;
    }
    if (!SleepUntil(begun, stop)) return;
    const auto session = LogIn(addresses_.imap, kUser, kPatience, stop);
    if (session.ok()) {
      GotThrough(kLogin, begun);
    } else if (!absl::IsCancelled(session.status())) {
      const MutexLock lock(mutex_);
      ++report_.failed_logins;
      if (absl::IsUnavailable(session.status())) ++report_.refused_logins;
    }
  }
}

void MailLoad::KeepSending(std::stop_token stop, const std::string& name,
                           const std::string& address,
                           const std::string& greeting) {
  Moment next = SteadyClock::now();
  for (int number = 1; SleepUntil(next, stop); ++number) {
    const std::string id = absl::StrCat(name_, name, "-", number);
    Delivery delivery;
    do {
      const Moment begun = SteadyClock::now();
      next = begun + kBetweenOthers;
      // Not stopped in the middle: what became of it has to be known.
      delivery = Deliver(address, greeting, kRecipient, id, kPatience);
      if (delivery == Delivery::kAcknowledged) GotThrough(name, begun);
      const MutexLock lock(mutex_);
      if (delivery == Delivery::kAcknowledged) report_.acknowledged.insert(id);
      if (delivery == Delivery::kUnanswered) report_.unanswered.insert(id);
    } while (delivery != Delivery::kAcknowledged && SleepUntil(next, stop));
  }
}

}  // namespace noonmark::testing
