#include "common/estimate/time_jump_line.h"

#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace noonmark {
namespace {

// What the qmgr of Postfix does not look at before the clock is where it was:
// nobody can say how long, and nothing else ends it.
constexpr absl::Duration kUntilItIsOver = absl::InfiniteDuration();
// Of system users (Debian Policy 9.2.2): below 1000.
constexpr uint32_t kSystemUsersEnd = 1000;

// Takes a message apart from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  bool AtEnd() const { return rest_.empty(); }
  bool Take(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool TakeOneOf(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
      if (Take(text)) return true;
    }
    return false;
  }
  // At least one character, as long as `fits`.
  template <typename Fits>
  std::string_view TakeWhile(Fits fits) {
    size_t size = 0;
    while (size < rest_.size() && fits(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // From `open` to `close`, with nothing in between that could be the end of
  // the part, or of the whole, written by a stranger.
  bool TakeBracketed(char open, char close) {
    if (rest_.empty() || rest_[0] != open) return false;
    const size_t end = rest_.find(close);
    if (end == std::string_view::npos) return false;
    for (const char c : rest_.substr(1, end - 1)) {
      if (absl::ascii_isspace(static_cast<unsigned char>(c)) || c == '(' ||
          c == '<' || c == '>') {
        return false;
      }
    }
    rest_.remove_prefix(end + 1);
    return true;
  }
  // "4397.045576": at most 10 digits, and 9 behind the point.
  std::optional<absl::Duration> TakeSeconds() {
    const std::string_view whole = TakeWhile(IsDigit);
    if (whole.empty() || whole.size() > 10) return std::nullopt;
    absl::Duration seconds = absl::Seconds(ToNumber(whole));
    if (!Take(".")) return seconds;
    const std::string_view part = TakeWhile(IsDigit);
    if (part.empty() || part.size() > 9) return std::nullopt;
    int64_t nanoseconds = ToNumber(part);
    for (size_t i = part.size(); i < 9; ++i) nanoseconds *= 10;
    return seconds + absl::Nanoseconds(nanoseconds);
  }
  bool TakeUrl() {
    if (!TakeOneOf({"http://", "https://"})) return false;
    return !TakeWhile([](char c) {
              return absl::ascii_isgraph(static_cast<unsigned char>(c));
            }).empty();
  }

  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

 private:
  static int64_t ToNumber(std::string_view digits) {
    int64_t number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    return number;
  }

  std::string_view rest_;
};

bool IsNameCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         Scanner::IsDigit(c) || c == '-';
}

// "imap(alice)<22804><PuF1K8xgAO1/AAAB>: Fatal: Time just moved backwards by
// 4397.046182 seconds. This might cause ... http://...". The text is that of
// 2.0 to 2.4.
std::optional<JumpLine> ReadDovecot(std::string_view message) {
  Scanner scan(message);
  if (scan.TakeWhile(IsNameCharacter).empty()) return std::nullopt;
  scan.TakeBracketed('(', ')');
  while (scan.TakeBracketed('<', '>')) {
  }
  if (!scan.TakeOneOf({": Warning: Time ", ": Error: Time ", ": Fatal: Time "}))
    return std::nullopt;
  scan.Take("just ");
  if (!scan.TakeOneOf({"moved ", "jumped "})) return std::nullopt;
  JumpLine line;
  if (scan.Take("backwards ")) {
    line.way = JumpWay::kBack;
  } else if (scan.TakeOneOf({"forwards ", "forward "})) {
    line.way = JumpWay::kForward;
  } else {
    return std::nullopt;
  }
  scan.Take("by ");
  line.figure = scan.TakeSeconds();
  line.figure_is_the_least = true;
  if (!line.figure.has_value() || !scan.Take(" seconds")) return std::nullopt;
  if (scan.Take(", waiting for ")) {
    const std::optional<absl::Duration> wait = scan.TakeSeconds();
    if (!wait.has_value() ||
        !scan.Take(" seconds until new services are launched again.")) {
      return std::nullopt;
    }
    line.suffers_for = *wait;
  } else if (scan.TakeOneOf(
                 {". This might cause a lot of problems, so I'll "
                  "just kill myself now. ",
                  ". I'll sleep now until we're back in present. "})) {
    if (!scan.TakeUrl()) return std::nullopt;
  } else {
    scan.TakeOneOf({" - adjusting timeouts.", "."});
  }
  if (!scan.AtEnd()) return std::nullopt;
  return line;
}

std::optional<JumpLine> ReadPostfix(std::string_view message) {
  JumpLine line;
  if (message == "warning: backward time jump detected -- slewing clock") {
    line.way = JumpWay::kBack;
    line.suffers_for = kUntilItIsOver;
    return line;
  }
  if (message == "warning: backward time jump recovered -- back to normality") {
    return line;
  }
  return std::nullopt;
}

// A figure with its sign.
bool TakeStep(Scanner* scan, JumpLine* line) {
  line->way = JumpWay::kForward;
  if (scan->Take("-")) {
    line->way = JumpWay::kBack;
  } else {
    scan->Take("+");
  }
  line->figure = scan->TakeSeconds();
  return line->figure.has_value();
}

// "time reset -6.000312 s" and "clock_step -6.000312 s" of ntpd, "CLOCK: time
// stepped by -6.000312" of NTPsec's.
std::optional<JumpLine> ReadNtpd(std::string_view message) {
  Scanner scan(message);
  JumpLine line;
  scan.Take("CLOCK: ");
  // "0.0.0.0 061c 0c clock_step ..."
  if (scan.Take("0.0.0.0 ")) {
    const auto is_code = [](char c) {
      return absl::ascii_isxdigit(static_cast<unsigned char>(c));
    };
    if (scan.TakeWhile(is_code).empty() || !scan.Take(" ") ||
        scan.TakeWhile(is_code).empty() || !scan.Take(" clock_step ")) {
      return std::nullopt;
    }
  } else if (!scan.TakeOneOf({"time reset ", "time stepped by "})) {
    return std::nullopt;
  }
  if (!TakeStep(&scan, &line)) return std::nullopt;
  scan.TakeOneOf({" s", " sec"});
  if (!scan.AtEnd()) return std::nullopt;
  return line;
}

std::optional<JumpLine> ReadChronyd(std::string_view message) {
  JumpLine line;
  if (message == "Backward time jump detected!") {
    line.way = JumpWay::kBack;
    return line;
  }
  if (message == "Forward time jump detected!") {
    line.way = JumpWay::kForward;
    return line;
  }
  // "wrong by" is what it is about to do: > 0 forward, as the other.
  Scanner scan(message);
  if (!scan.TakeOneOf(
          {"System clock was stepped by ", "System clock wrong by "}) ||
      !TakeStep(&scan, &line) || !scan.Take(" seconds")) {
    return std::nullopt;
  }
  scan.Take(", adjustment started");
  if (!scan.AtEnd()) return std::nullopt;
  return line;
}

std::optional<JumpLine> ReadTimesyncd(std::string_view message) {
  Scanner scan(message);
  if (!scan.Take("System clock time unset or jumped backwards, restor") ||
      !scan.TakeOneOf({"ed", "ing"}) ||
      !scan.Take(" from recorded timestamp: ")) {
    return std::nullopt;
  }
  JumpLine line;
  line.way = JumpWay::kForward;  // what it did about it
  return line;
}

// They say that a clocksource is not to be trusted, or was changed.
std::optional<JumpLine> ReadKernel(std::string_view message) {
  const absl::string_view text(message.data(), message.size());
  if (absl::StartsWith(text, "clocksource: timekeeping watchdog on CPU") ||
      absl::StartsWith(text, "clocksource: Switched to clocksource ") ||
      absl::StartsWith(text, "tsc: Marking TSC unstable due to ") ||
      (absl::StartsWith(text, "Clocksource ") &&
       absl::StrContains(text, " unstable (delta = "))) {
    return JumpLine();
  }
  return std::nullopt;
}

bool IsInstanceOf(std::string_view unit, std::string_view name) {
  Scanner scan(unit);
  return scan.Take(name) && scan.Take("@") && unit.size() > 8 &&
         unit.substr(unit.size() - 8) == ".service";
}

}  // namespace

std::string_view TellerName(JumpTeller teller) {
  switch (teller) {
    case JumpTeller::kDovecot:
      return "dovecot";
    case JumpTeller::kPostfix:
      return "postfix";
    case JumpTeller::kNtpd:
      return "ntpd";
    case JumpTeller::kChronyd:
      return "chronyd";
    case JumpTeller::kTimesyncd:
      return "timesyncd";
    case JumpTeller::kKernel:
      return "kernel";
  }
  return "";
}

std::optional<JumpTeller> TellerOf(const JournalSource& source) {
  if (source.from_kernel) return JumpTeller::kKernel;
  if (!source.uid.has_value() || *source.uid >= kSystemUsersEnd) {
    return std::nullopt;
  }
  const std::string_view unit = source.unit;
  // Its log process alone writes to syslog; mail processes, which run as users
  // of any number, do not.
  if (unit == "dovecot.service") {
    return *source.uid == 0 ? std::optional(JumpTeller::kDovecot)
                            : std::nullopt;
  }
  if (unit == "postfix.service" || IsInstanceOf(unit, "postfix")) {
    return JumpTeller::kPostfix;
  }
  if (unit == "ntp.service" || unit == "ntpd.service" ||
      unit == "ntpsec.service") {
    return JumpTeller::kNtpd;
  }
  if (unit == "chrony.service" || unit == "chronyd.service") {
    return JumpTeller::kChronyd;
  }
  if (unit == "systemd-timesyncd.service") return JumpTeller::kTimesyncd;
  return std::nullopt;
}

std::optional<SyslogLine> ReadSyslogLine(std::string_view line) {
  // "2026-11-21T19:27:29.414+00:00 host tag[1]: text" or
  // "Nov 21 19:27:29 host tag[1]: text".
  const auto skip_word = [&line] {
    const size_t end = line.find(' ');
    if (end == std::string_view::npos || end == 0) return false;
    line.remove_prefix(end + 1);
    return true;
  };
  if (line.empty()) return std::nullopt;
  if (Scanner::IsDigit(line[0])) {
    if (!skip_word()) return std::nullopt;
  } else {
    if (line.size() < 16 || line[3] != ' ' || line[6] != ' ' ||
        line[15] != ' ') {
      return std::nullopt;
    }
    line.remove_prefix(16);
  }
  if (!skip_word()) return std::nullopt;  // the host
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view tag = line.substr(0, colon);
  if (const size_t bracket = tag.find('['); bracket != std::string_view::npos) {
    tag = tag.substr(0, bracket);
  }
  if (tag.empty() || tag.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  return SyslogLine{.tag = tag, .message = line.substr(colon + 2)};
}

std::optional<JumpTeller> TellerOfTag(std::string_view tag) {
  if (tag == "dovecot") return JumpTeller::kDovecot;
  if (tag.substr(0, 8) == "postfix/" ||
      (tag.substr(0, 8) == "postfix-" &&
       tag.find('/') != std::string_view::npos)) {
    return JumpTeller::kPostfix;
  }
  if (tag == "ntpd") return JumpTeller::kNtpd;
  if (tag == "chronyd") return JumpTeller::kChronyd;
  if (tag == "systemd-timesyncd") return JumpTeller::kTimesyncd;
  if (tag == "kernel") return JumpTeller::kKernel;
  return std::nullopt;
}

std::optional<JumpLine> ReadJumpMessage(JumpTeller teller,
                                        std::string_view message) {
  std::optional<JumpLine> line;
  switch (teller) {
    case JumpTeller::kDovecot:
      line = ReadDovecot(message);
      break;
    case JumpTeller::kPostfix:
      line = ReadPostfix(message);
      break;
    case JumpTeller::kNtpd:
      line = ReadNtpd(message);
      break;
    case JumpTeller::kChronyd:
      line = ReadChronyd(message);
      break;
    case JumpTeller::kTimesyncd:
      line = ReadTimesyncd(message);
      break;
    case JumpTeller::kKernel:
      line = ReadKernel(message);
      break;
  }
  if (line.has_value()) line->teller = teller;
  return line;
}

}  // namespace noonmark
