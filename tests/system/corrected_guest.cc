#include "tests/system/corrected_guest.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark::testing {
namespace {

// A guest that may be corrected as often as a test likes.
std::string AgentConfig(const std::string& profiles) {
  return absl::StrCat("[correct]\nenabled = true\nservices = [", profiles,
                      R"(, "chrony", "timesyncd", "ntpsec"]
pause = "0s"
corrections_a_day = 1000
)");
}

}  // namespace

CorrectedGuest::Flavour CorrectedGuest::Has() const {
  return {.name = "",
          .profiles = R"("dovecot", "postfix")",
          .units = "dovecot.service postfix@-.service"};
}

void CorrectedGuest::SetUp() {
  const std::string image = EmulatedGuest::ImageOf(Has().name);
  if (image.empty()) {
    GTEST_SKIP() << "no such guest is prepared; tests/check --only mail-guest "
                    "does, with --long all of them";
  }
  guest_ = std::make_unique<EmulatedGuest>(image);
  clock_ = std::make_unique<GuestClock>(guest_->ClockSocket());
  guest_->InstallPackage(AgentConfig(Has().profiles));
}

void CorrectedGuest::SetWrong(absl::Duration by, const std::string& correct,
                              const std::string& judge,
                              const std::string& trust) {
  const int64_t micros = absl::ToInt64Microseconds(by);
  clock_->SetRight();
  clock_->Order(absl::StrFormat("step %s%d.%06d", micros < 0 ? "-" : "",
                                std::abs(micros) / 1'000'000,
                                std::abs(micros) % 1'000'000));
  host_ = std::make_unique<RealHost>();
  host_->AddGuest(kGuest, absl::StrCat("unix:", guest_->AgentSocket()));
  host_->Configure(
      "host", absl::StrCat("name = \"", host_->name(), "\"\ntrust = \"", trust,
                           "\"\nchronyc = \"\"\n"));
  host_->Configure("correct", absl::StrCat("state = \"", host_->folder().path(),
                                           "\"\nmode = \"advise\"\n", correct));
  host_->Configure("judge", judge);
  host_->Start();
}

void CorrectedGuest::MakeWrong(absl::Duration by, const std::string& correct,
                               const std::string& judge,
                               const std::string& trust) {
  SetWrong(by, correct, judge, trust);
  RestartMail();
}

void CorrectedGuest::RestartMail() const {
  guest_->Run("systemctl restart " + Has().units);
}

void CorrectedGuest::WaitUntilPlanned(v1::PlanWay way) const {
  host_->WaitUntilPlanned(kGuest, way, kPatience);
}

v1::Operation CorrectedGuest::Correct(std::chrono::seconds longer) const {
  const Outcome corrected =
      host_->Order({"correct", kGuest}, kPatience + longer);
  EXPECT_EQ(corrected.exit_code, 0)
      << corrected.out << corrected.err
      << guest_->Run("journalctl --quiet --no-pager --lines=100");
  EXPECT_THAT(corrected.out, ::testing::HasSubstr("corrected: its clock was "));
  const v1::Guest row = host_->WaitUntil(
      kGuest, [](const v1::Guest& guest) { return guest.operation().over(); });
  EXPECT_EQ(row.operation().result(), "corrected");
  return row.operation();
}

void CorrectedGuest::ExpectRight() const {
  host_->WaitUntil(kGuest, IsOk, kPatience);
}

}  // namespace noonmark::testing
