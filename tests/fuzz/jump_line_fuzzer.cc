// Any line of a log, of whichever service: what is taken for the message of a
// jump has a figure that can be reckoned with.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "common/estimate/time_jump_line.h"
#include "tests/fuzz/require.h"

namespace noonmark {
namespace {

constexpr JumpTeller kTellers[] = {
    JumpTeller::kDovecot, JumpTeller::kPostfix,   JumpTeller::kNtpd,
    JumpTeller::kChronyd, JumpTeller::kTimesyncd, JumpTeller::kKernel,
};

void CheckMessage(JumpTeller teller, std::string_view message) {
  const auto jump = ReadJumpMessage(teller, message);
  if (!jump.has_value()) return;
  fuzz::Require(jump->teller == teller, "it is the teller's");
  fuzz::Require(
      !jump->figure.has_value() || (*jump->figure >= absl::ZeroDuration() &&
                                    *jump->figure < absl::InfiniteDuration()),
      "a figure is a length");
  fuzz::Require(jump->suffers_for >= absl::ZeroDuration(),
                "nobody suffers for less than no time");
}

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  for (const JumpTeller teller : kTellers) CheckMessage(teller, line);
  const auto syslog = ReadSyslogLine(line);
  if (!syslog.has_value()) return 0;
  const auto within = [&](std::string_view part) {
    return part.empty() || (part.data() >= line.data() &&
                            part.data() + part.size() <= line.data() + size);
  };
  fuzz::Require(within(syslog->tag) && within(syslog->message),
                "the parts are parts of the line");
  if (const auto teller = TellerOfTag(syslog->tag)) {
    CheckMessage(*teller, syslog->message);
  }
  return 0;
}
