#ifndef NOONMARK_TESTS_SYSTEM_FAST_CORRECTED_DOVECOT_H_
#define NOONMARK_TESTS_SYSTEM_FAST_CORRECTED_DOVECOT_H_

#include <gtest/gtest.h>

#include <memory>

#include "absl/time/time.h"
#include "tests/support/corrector_bed.h"
#include "tests/system/fast/fast_dovecot.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {

// A real Dovecot and its users on the clock of a CorrectorBed, whose systemd
// runs it and whose real noonmark-corrector-test may correct it. Without a
// Dovecot the test is skipped.
class CorrectedDovecot : public ::testing::Test {
 protected:
  static constexpr char kDovecot[] = "dovecot.service";
  static constexpr absl::Duration kPatience = absl::Minutes(1);
  // 2^42 ns, to the microsecond.
  static constexpr absl::Duration kWrap = absl::Microseconds(4'398'046'511);

  void SetUp() override;
  void TearDown() override;

  // As by hand.
  void Restart();

  std::unique_ptr<CorrectorBed> bed_;
  std::unique_ptr<FastDovecot> dovecot_;
  std::unique_ptr<MailLoad> load_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_FAST_CORRECTED_DOVECOT_H_
