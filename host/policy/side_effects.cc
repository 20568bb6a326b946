#include "host/policy/side_effects.h"

#include <cstdint>

namespace noonmark {
namespace {

// A move to this side by at least `from` and less than `below` seconds.
struct Rule {
  enum class Side : uint8_t { kBack, kForward, kEither } side;
  int64_t from;
  int64_t below;
  SideEffect effect;
};

constexpr int64_t kHour = 3600;
constexpr int64_t kAnySize = int64_t{1} << 40;
using Side = Rule::Side;

constexpr Rule kRules[] = {
    {Side::kBack,
     1,
     kAnySize,
     {"databases",
      "rows are dated in the future and times repeat; a Galera "
      "cluster on this guest may need a look"}},
    {Side::kEither,
     30,
     kAnySize,
     {"one-time passwords (TOTP)",
      "codes of the old time are no longer taken, and people may be locked "
      "out of this guest until now"}},
    {Side::kEither,
     300,
     kAnySize,
     {"Kerberos",
      "tickets of the old time are refused beyond 5 min of skew; "
      "clients have to ask for new ones"}},
    {Side::kBack,
     1,
     kAnySize,
     {"DKIM signatures",
      "mail that was signed lately carries a time (t=, x=) "
      "in the future; strict receivers refuse it"}},
    {Side::kBack,
     1,
     kAnySize,
     {"OAuth and JWT", "tokens that were issued lately are not valid yet"}},
    {Side::kBack,
     60,
     kAnySize,
     {"OCSP and TLS ticket caches",
      "entries of the old time live longer by "
      "the size of the step"}},
    {Side::kBack,
     1,
     3 * kHour,
     {"cron", "jobs of the repeated time are not run a second time"}},
    {Side::kBack,
     3 * kHour,
     kAnySize,
     {"cron", "jobs of the repeated time run again"}},
    {Side::kForward,
     60,
     3 * kHour,
     {"cron", "jobs of the time that is skipped run at once"}},
    {Side::kForward,
     3 * kHour,
     kAnySize,
     {"cron", "jobs of the time that is skipped are not run"}},
    {Side::kBack,
     60,
     kAnySize,
     {"systemd timers",
      "with Persistent= they come late by the size of the step"}},
    {Side::kForward,
     60,
     kAnySize,
     {"systemd timers", "all that fall into the skipped time run at once"}},
    {Side::kBack,
     1,
     kAnySize,
     {"fail2ban", "bans last longer by the size of the step"}},
    {Side::kBack,
     60,
     kAnySize,
     {"greylisting, Redis and other times to live",
      "entries live longer by the size of the step"}},
    {Side::kForward,
     60,
     kAnySize,
     {"greylisting, Redis and other times to live",
      "entries end earlier by the size of the step"}},
    {Side::kBack,
     60,
     kAnySize,
     {"backups by modification time",
      "files of the repeated time may be passed over"}},
    {Side::kBack,
     60,
     kAnySize,
     {"logrotate", "its state is dated in the future; it rotates late"}},
    {Side::kBack,
     60,
     kAnySize,
     {"Pigeonhole (Sieve)",
      "vacation and duplicate entries end later by the size of the step"}},
    {Side::kBack,
     60,
     kAnySize,
     {"Dovecot's auth cache",
      "entries dated in the future outlive password "
      "changes until Dovecot is started again"}},
    {Side::kForward,
     120,
     kAnySize,
     {"dotlocks",
      "locks that are in use look stale after 120 s and may be "
      "broken"}},
    {Side::kForward,
     1800,
     kAnySize,
     {"IMAP sessions",
      "those that are not in IDLE end as inactive after 30 min"}},
    {Side::kForward,
     100,
     kAnySize,
     {"Dovecot director",
      "a ring of directors minds a step forward too: one at a time"}},
    {Side::kForward,
     3 * kHour,
     kAnySize,
     {"the mail queue", "all retries are due at once"}},
};

bool Fits(const Rule& rule, absl::Duration amount) {
  const bool back = amount < absl::ZeroDuration();
  if (rule.side != Side::kEither && back != (rule.side == Side::kBack)) {
    return false;
  }
  const absl::Duration size = absl::AbsDuration(amount);
  return absl::Seconds(rule.from) <= size && size < absl::Seconds(rule.below);
}

}  // namespace

std::vector<SideEffect> SideEffectsOf(absl::Duration amount) {
  std::vector<SideEffect> effects;
  for (const Rule& rule : kRules) {
    if (Fits(rule, amount)) effects.push_back(rule.effect);
  }
  return effects;
}

std::vector<SideEffect> EffectsOfBeingAhead(absl::Duration ahead) {
  if (ahead <= absl::Hours(1)) return {};
  return {
      {"doveadm expunge savedbefore, cyr_expire",
       "delete mail too early while the clock is ahead"},
      {"logrotate, journal retention",
       "delete logs too early while the clock is ahead"},
  };
}

}  // namespace noonmark
