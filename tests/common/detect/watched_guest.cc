#include "tests/common/detect/watched_guest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);
constexpr absl::Duration kSpacing = absl::Milliseconds(125);
constexpr absl::Duration kConfirmAfter = absl::Milliseconds(100);
constexpr int kBurst = 8;

}  // namespace

WatchedGuest::WatchedGuest(const Options& options)
    : host(options.host), guest(options.guest) {
  pair.stream = 1;
  guest.OnNewStream(1);
}

void WatchedGuest::Poll() {
  const absl::Duration next = pair.now + kInterval;
  Burst();
  pair.now = std::max(pair.now, next);
}

void WatchedGuest::Burst() {
  bool confirm = true;
  for (int bursts = 0; confirm && bursts < 3; ++bursts) {
    if (bursts > 0) pair.now += kConfirmAfter;
    bool spaced = false;
    int left = kBurst;
    int turns = 0;
    truths_.clear();
    while (left-- > 0) {
      const bool suspicious = Ask();
      if (suspicious != spaced) {
        spaced = suspicious;
        if (++turns <= 2) left = kBurst;
      }
      if (spaced && left > 0) pair.now += kSpacing;
    }
    LookAtHost(pair.host.Read(pair.now));
    host.OnDiscipline(discipline, Now());
    confirm = guest.OnBurstEnd(host.View(Now()), Now());
    guest.JudgeRate(RateBlame::kGuest, Now());
    verdicts_.push_back(guest.verdict());
  }
}

bool WatchedGuest::Ask() {
  for (size_t i = 0; i < events_.size();) {
    if (events_[i].at != exchanges) {
      ++i;
      continue;
    }
    const std::function<void()> what = std::move(events_[i].what);
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(i));
    what();
  }
  ++exchanges;
  Exchange exchange = pair.Ask(way);
  if (tamper) tamper(exchange);
  truths_.push_back(pair.realtime_offset_sent);
  LookAtHost(exchange.host_sent);
  LookAtHost(exchange.host_received);
  return guest.OnExchange(exchange);
}

void WatchedGuest::LookAtHost(const ClockReading& reading) {
  const HostTracker::Result result = host.OnReading(reading);
  if (result.slept) guest.OnHostSlept();
  if (result.stepped.has_value()) {
    guest.OnHostStepped(*result.stepped, result.leap_second,
                        MonotonicTime::FromReading(reading.monotonic));
    host.OnDiscipline(discipline, Now());
  }
}

void WatchedGuest::BeforeExchange(int n, std::function<void()> what) {
  events_.push_back({exchanges + n, std::move(what)});
}

void WatchedGuest::WithinExchange(int reading, std::function<void()> what) {
  pair.meanwhile = [left = reading, what = std::move(what)]() mutable {
    if (--left == 0) what();
  };
}

std::vector<std::string> WatchedGuest::Codes() const {
  std::vector<std::string> codes;
  for (const Finding& finding : guest.findings()) {
    const auto name = CodeName(finding.code);
    codes.push_back(finding.active ? std::string(name)
                                   : absl::StrCat("(", std::string(name), ")"));
  }
  return codes;
}

Finding WatchedGuest::Get(FindingCode code) const {
  for (const Finding& finding : guest.findings()) {
    if (finding.code == code) return finding;
  }
  ADD_FAILURE() << "no finding " << CodeName(code);
  Finding none;
  none.size = Interval();
  none.rate = RateInterval();
  return none;
}

bool WatchedGuest::Was(Verdict verdict) const {
  return std::find(verdicts_.begin(), verdicts_.end(), verdict) !=
         verdicts_.end();
}

bool WatchedGuest::OffsetHolds() const {
  return guest.offset().has_value() &&
         std::any_of(truths_.begin(), truths_.end(), [&](ExactTime truth) {
           return Holds(*guest.offset(), truth);
         });
}

}  // namespace noonmark::testing
