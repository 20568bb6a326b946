#include "guest/watch/log_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {
namespace {

// REALTIME - BOOTTIME moves by no slew and no sleep; this much is what two
// readings of it may differ by on a machine that is busy.
constexpr absl::Duration kSet = absl::Milliseconds(10);
// What is to be found out soon wakes the watch by itself: a line, or a set. The
// rest may wait: what the hunter caught says nothing without a line, and files
// are hints for dom0.
constexpr absl::Duration kAtRest = absl::Seconds(5);
// Until there is evidence of a line, or none comes; and at rest where the
// kernel does not say that it sets the clock.
constexpr absl::Duration kOnGuard = absl::Seconds(1);
constexpr absl::Duration kWhileCuring = absl::Milliseconds(250);

absl::Duration RealMinusBoot(Clock* clock) {
  const ClockReading reading = clock->Read();
  return reading.realtime - reading.boottime;
}

std::string Seconds(absl::Duration d) {
  return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(d));
}

}  // namespace

std::vector<Watchman::Service> WatchedServices(
    const std::vector<ServiceProfile>& profiles) {
  std::vector<Watchman::Service> services;
  for (const ServiceProfile& profile : profiles) {
    if (!profile.acts_when_unannounced) continue;
    Watchman::Service& service = services.emplace_back();
    service.profile = profile.name;
    // By its units: an operator's own profile may have any name.
    for (const std::string& unit : profile.units) {
      const std::optional<JumpTeller> teller =
          TellerOf({.from_kernel = false, .unit = unit, .uid = 0});
      if (teller.has_value()) service.teller = teller;
    }
    // Of all that is known here Dovecot alone always says so.
    service.in_silence = service.teller != JumpTeller::kDovecot;
  }
  return services;
}

LogWatch::LogWatch(Clock* clock, const std::vector<ServiceProfile>& profiles,
                   std::vector<std::unique_ptr<LogTail>> tails,
                   LogWatchSeams seams)
    : clock_(clock),
      watchman_(WatchedServices(profiles)),
      tails_(std::move(tails)),
      seams_(std::move(seams)),
      real_minus_boot_(RealMinusBoot(clock)),
      sets_(seams_.sets()),
      glitches_(seams_.glitches()) {
  for (const ServiceProfile& profile : profiles) {
    if (profile.ready_by == ServiceProfile::ReadyBy::kLogin) {
      login_profiles_.insert(profile.name);
    }
  }
}

void LogWatch::Look() {
  const MonotonicTime now = clock_->Now();
  // Before the lines, which may be about it.
  LookAtClock(now);
  for (const auto& tail : tails_) {
    tail->Read([this, now](const LogEntry& entry) { OnEntry(entry, now); });
  }
  TakeAnswers(now);
  TryToLogIn();
}

absl::Duration LogWatch::NextLookIn() const {
  if (!cures_.empty() || reloads_asked_ > 0) return kWhileCuring;
  return seams_.set_descriptor < 0 || watchman_.WantsProbe(clock_->Now())
             ? kOnGuard
             : kAtRest;
}

std::vector<int> LogWatch::Descriptors() const {
  std::vector<int> descriptors;
  for (const auto& tail : tails_) descriptors.push_back(tail->descriptor());
  descriptors.push_back(seams_.set_descriptor);
  descriptors.erase(std::remove(descriptors.begin(), descriptors.end(), -1),
                    descriptors.end());
  return descriptors;
}

void LogWatch::LookAtClock(MonotonicTime now) {
  const absl::Duration real_minus_boot = RealMinusBoot(clock_);
  const uint64_t sets = seams_.sets();
  const absl::Duration moved =
      real_minus_boot - std::exchange(real_minus_boot_, real_minus_boot);
  // A set there and back again moves nothing in the end.
  const bool was_set = sets != std::exchange(sets_, sets);
  if (was_set || absl::AbsDuration(moved) > kSet) {
    Follow(watchman_.OnEvidence(
        {.kind = OwnEvidence::Kind::kClockSet, .by = moved}, now));
  }
  const uint64_t glitches = seams_.glitches();
  if (glitches != std::exchange(glitches_, glitches)) {
    Follow(watchman_.OnEvidence({.kind = OwnEvidence::Kind::kGlitch, .by = {}},
                                now));
  }
}

void LogWatch::OnEntry(const LogEntry& entry, MonotonicTime now) {
  const std::optional<JumpTeller> teller =
      entry.attested ? TellerOf(entry.source) : TellerOfTag(entry.tag);
  if (!teller.has_value()) return;
  const std::optional<JumpLine> line = ReadJumpMessage(*teller, entry.message);
  if (!line.has_value()) return;
  seams_.told({.teller = line->teller,
               .way = line->way,
               .figure = line->figure,
               .figure_is_the_least = line->figure_is_the_least,
               .attested = entry.attested,
               .boottime = clock_->Read().boottime});
  if (entry.attested) Follow(watchman_.OnLine(*line, now));
}

void LogWatch::Follow(const std::vector<Watchman::Reload>& reloads) {
  for (const Watchman::Reload& reload : reloads) {
    seams_.tell(absl::StrCat(reload.profile, ": ", reload.why,
                             "; asks for its reload"));
    ++reloads_asked_;
    seams_.reload(
        reload.profile,
        [answers = answers_, profile = reload.profile](absl::Status status) {
          MutexLock lock(answers->mutex);
          answers->come.push_back({profile, std::move(status)});
        });
  }
}

void LogWatch::TakeAnswers(MonotonicTime now) {
  std::vector<Answer> come;
  {
    MutexLock lock(answers_->mutex);
    come.swap(answers_->come);
  }
  for (const Answer& answer : come) {
    --reloads_asked_;
    if (!answer.status.ok()) {
      seams_.tell(absl::StrCat(answer.profile, ": was not reloaded: ",
                               std::string(answer.status.message())));
      continue;
    }
    seams_.tell(absl::StrCat(answer.profile, ": its reload has begun"));
    if (seams_.log_in != nullptr && login_profiles_.count(answer.profile) > 0) {
      cures_.push_back({answer.profile, now});
    }
  }
}

void LogWatch::TryToLogIn() {
  if (seams_.log_in == nullptr) return;
  if (watchman_.WantsProbe(clock_->Now())) {
    const absl::Status status = seams_.log_in(kLoginLimit);
    // A port that is closed, or a wrong password, say nothing of time.
    if (absl::IsDeadlineExceeded(status)) {
      Follow(watchman_.OnEvidence(
          {.kind = OwnEvidence::Kind::kLoginFails, .by = {}}, clock_->Now()));
    }
  }
  if (cures_.empty()) return;
  const bool works = seams_.log_in(kLoginLimit).ok();
  const MonotonicTime now = clock_->Now();
  for (const Cure& cure : std::exchange(cures_, {})) {
    const absl::Duration since = now - cure.since;
    if (works) {
      seams_.tell(absl::StrCat(cure.profile, ": a login works again, ",
                               Seconds(since), " after the reload began"));
    } else if (since > kPatience) {
      seams_.tell(absl::StrCat(cure.profile, ": no login has worked for ",
                               Seconds(since), " since the reload began"));
    } else {
      cures_.push_back(cure);
    }
  }
}

LogWatchThread::LogWatchThread(LogWatch* watch)
    : watch_(watch), quit_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (quit_ < 0) {
    std::perror("eventfd");
    std::abort();
  }
  thread_ = std::thread([this] { Run(); });
}

LogWatchThread::~LogWatchThread() {
  eventfd_write(quit_, 1);
  thread_.join();
  close(quit_);
}

void LogWatchThread::Run() {
  std::vector<pollfd> watched = {{quit_, POLLIN, 0}};
  for (const int descriptor : watch_->Descriptors()) {
    watched.push_back({descriptor, POLLIN, 0});
  }
  while (true) {
    // poll() waits by CLOCK_MONOTONIC.
    const int result =
        poll(watched.data(), watched.size(),
             static_cast<int>(absl::ToInt64Milliseconds(watch_->NextLookIn())));
    if (result < 0 && errno != EINTR) {
      std::perror("poll");
      std::abort();
    }
    if (watched[0].revents != 0) return;
    watch_->Look();
  }
}

}  // namespace noonmark
