#ifndef NOONMARK_COMMON_ESTIMATE_TIME_JUMP_LINE_H_
#define NOONMARK_COMMON_ESTIMATE_TIME_JUMP_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace noonmark {

// What services and kernel write into their logs when the time jumps. A line is
// a claim: strangers write into logs too (a user name, a HELO, `logger`). So
// whole messages are matched, of whoever they are known to be from.

enum class JumpTeller : uint8_t {
  kDovecot,
  kPostfix,
  kNtpd,
  kChronyd,
  kTimesyncd,
  kKernel,
};

enum class JumpWay : uint8_t { kNotSaid, kBack, kForward };

struct JumpLine {
  JumpTeller teller = JumpTeller::kKernel;
  JumpWay way = JumpWay::kNotSaid;
  // How far, >= 0; absent: the line has no figure.
  //
  // Of Dovecot it is what one process noticed: the step less the time for which
  // it had been idle. So the step is at least that.
  std::optional<absl::Duration> figure;
  bool figure_is_the_least = false;
  // For so long the service will do no, or not all of, its work because of it;
  // zero: it goes on.
  absl::Duration suffers_for;
};

// "dovecot", "postfix", "ntpd", "chronyd", "timesyncd", "kernel".
std::string_view TellerName(JumpTeller teller);

// Where an entry of the journal is from, as journald attests it, not as its
// writer says.
struct JournalSource {
  bool from_kernel = false;     // _TRANSPORT=kernel
  std::string unit;             // _SYSTEMD_UNIT
  std::optional<uint32_t> uid;  // _UID
};

// Whose own words such an entry can be: of the service's own unit, and of a
// user that the service writes its log as. Absent: nobody's that matters here.
std::optional<JumpTeller> TellerOf(const JournalSource& source);

// A line of a file that syslogd writes, in its traditional form or with a time
// of RFC 3339: its parts refer to it. Anybody may have written what it says of
// its writer.
struct SyslogLine {
  std::string_view tag;  // "postfix/qmgr", without "[123]"
  std::string_view message;
};
std::optional<SyslogLine> ReadSyslogLine(std::string_view line);

// Whose words a tag claims.
std::optional<JumpTeller> TellerOfTag(std::string_view tag);

// Absent: it is not, as a whole, a message of a time jump by this teller.
std::optional<JumpLine> ReadJumpMessage(JumpTeller teller,
                                        std::string_view message);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_TIME_JUMP_LINE_H_
