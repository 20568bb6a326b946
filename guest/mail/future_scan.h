#ifndef NOONMARK_GUEST_MAIL_FUTURE_SCAN_H_
#define NOONMARK_GUEST_MAIL_FUTURE_SCAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {

// After a clock went back, files that were written before are dated in the
// future. To mail some of that means something.
enum class FutureKind : uint8_t {
  kDotlock,          // of a mailbox: a dead one holds for that much longer
  kDovecotIndex,     // an index, or the list of UIDs
  kSieve,            // a script, or its compiled form
  kPostfixQueue,     // incoming or active: left alone until its date
  kPostfixDeferred,  // beyond the longest pause between two attempts
  kEximHints,        // when a host is tried again
};
inline constexpr size_t kFutureKinds = 6;

// "dotlock", "dovecot-index", ...
std::string_view FutureKindName(FutureKind kind);
// What it means and what to do, in a sentence.
std::string_view FutureKindMeaning(FutureKind kind);

struct FutureDated {
  FutureKind kind = FutureKind::kDotlock;
  std::string path;
  // Its modification is dated so far ahead of now; > 0.
  absl::Duration ahead;
};

struct FutureScanOptions {
  // Where mailboxes are, whatever server keeps them. What is not there holds
  // nothing.
  std::vector<std::string> mail = {"/home", "/var/mail", "/var/vmail",
                                   "/srv/mail", "/var/lib/dovecot"};
  std::vector<std::string> postfix = {"/var/spool/postfix"};
  std::vector<std::string> exim = {"/var/spool/exim4"};
  // A deferred message is dated at its next attempt: ahead by up to this
  // (maximal_backoff_time).
  absl::Duration postfix_longest_pause = absl::Seconds(4000);
  // Clocks of a file system and of a machine differ by a little.
  absl::Duration tolerance = absl::Seconds(2);
  // Ends, incomplete, after so many files; keeps so many, the furthest.
  uint64_t most_files = 5'000'000;
  size_t most_found = 1000;
};

struct FutureScan {
  std::vector<FutureDated> found;                  // the furthest ahead first
  std::array<uint64_t, kFutureKinds> counts = {};  // also of those not kept
  uint64_t files = 0;                              // looked at
  // Folders that could not be read: "PATH: why".
  std::vector<std::string> unread;
  // Every file was looked at.
  bool complete = true;
};

// Looks and touches nothing. Follows no symbolic link, enters no other file
// system than that of each root. `now` is CLOCK_REALTIME.
FutureScan ScanFuture(const FutureScanOptions& options, absl::Time now);

// For a person: a line each, what it means, what was not looked at.
std::string FutureScanText(const FutureScan& scan);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_MAIL_FUTURE_SCAN_H_
