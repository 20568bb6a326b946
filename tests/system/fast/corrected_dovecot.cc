#include "tests/system/fast/corrected_dovecot.h"

#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {
namespace {

std::string Program(const std::string& name) {
  return absl::StrCat(NOONMARK_PROGRAMS, "/", name);
}

}  // namespace

void CorrectedDovecot::SetUp() {
  if (!FastDovecot::IsPrepared()) {
    GTEST_SKIP() << "no Dovecot is unpacked; tests/check --only mail-bed does";
  }
  bed_ = std::make_unique<CorrectorBed>(CorrectorBed::Programs{
      Program("noonmark-corrector-test"), Program("noonmark-resume")});
  // Dovecot is nobody and has to read the offset.
  chmod(bed_->folder().path().c_str(), 0711);
  bed_->SetOffset("+0");  // as libfaketime reads it
  dovecot_ = std::make_unique<FastDovecot>(bed_->folder().Path("offset"));
  FakeSystemd& systemd = bed_->systemd();
  systemd.Change(kDovecot, [this](FakeSystemd::Unit& unit) {
    unit.command = dovecot_->Unit();
  });
  // What ours does.
  systemd.Change("noonmark-action@dovecot-unannounced.service",
                 [this](FakeSystemd::Unit& unit) {
                   unit.command = dovecot_->ReloadCommand();
                 });
  Restart();
  dovecot_->AwaitLogin();
  // There is no time daemon that could settle.
  bed_->Configure(R"([correct]
enabled = true
services = ["dovecot", "postfix"]
pause = "0s"
corrections_a_day = 1000
)");
  bed_->StartCorrector();
  load_ = std::make_unique<MailLoad>(dovecot_->Addresses(), kPatience);
}

void CorrectedDovecot::TearDown() {
  if (bed_ == nullptr) return;
  load_.reset();
  bed_->systemd().Order(UnitVerb::kStop, kDovecot);
  bed_->systemd().WaitForState(kDovecot, "inactive");
}

void CorrectedDovecot::Restart() {
  FakeSystemd& systemd = bed_->systemd();
  systemd.Order(UnitVerb::kStop, kDovecot);
  systemd.WaitForState(kDovecot, "inactive");
  systemd.Order(UnitVerb::kStart, kDovecot);
  systemd.WaitForState(kDovecot, "active");
}

}  // namespace noonmark::testing
