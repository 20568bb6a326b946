#include "tests/system/watched_guest.h"

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

constexpr uint64_t kExchangesOfAPoll = 8;

}  // namespace

void WatchedGuest::SetUp() {
  if (!EmulatedGuest::IsPrepared()) {
    GTEST_SKIP() << "no guest is prepared; tests/check --only guest-bed does";
  }
  guest_ = std::make_unique<EmulatedGuest>();
  clock_ = std::make_unique<GuestClock>(guest_->ClockSocket());
  guest_->StartAgent();
  host_.AddGuest("mail-1", absl::StrCat("unix:", guest_->AgentSocket()));
}

void WatchedGuest::Watch() {
  host_.Start();
  WaitUntil(IsOk);
}

v1::Guest WatchedGuest::AwaitPolls(uint64_t polls) const {
  uint64_t enough = 0;
  return WaitUntil([&](const v1::Guest& guest) {
    if (enough == 0) enough = guest.exchanges() + polls * kExchangesOfAPoll;
    return guest.exchanges() >= enough;
  });
}

std::vector<std::string> ClockFindings(const v1::Guest& guest) {
  std::vector<std::string> codes;
  for (const v1::Finding& finding : guest.findings()) {
    if (finding.code() != "agent-unreachable") codes.push_back(finding.code());
  }
  return codes;
}

bool Holds(const v1::OffsetInterval& interval, absl::Duration truth) {
  return FromProto(interval.lo()) <= truth && truth <= FromProto(interval.hi());
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace noonmark::testing
