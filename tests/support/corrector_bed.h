#ifndef NOONMARK_TESTS_SUPPORT_CORRECTOR_BED_H_
#define NOONMARK_TESTS_SUPPORT_CORRECTOR_BED_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"
#include "common/runtime/system_clock.h"
#include "guest/corrector/client.h"
#include "guest/corrector/places.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_systemd.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A guest whose privileged side is real and whose clock is a file: the real
// noonmark-corrector-test and noonmark-resume under a fake systemd, with
// Dovecot (and its socket), Postfix and chrony as units that do nothing.
//
// A test plays the agent. It may change the units, and give some a program.
class CorrectorBed {
 public:
  struct Programs {
    std::string corrector;  // noonmark-corrector-test
    std::string resume;     // noonmark-resume
  };

  explicit CorrectorBed(const Programs& programs);
  ~CorrectorBed();
  CorrectorBed(const CorrectorBed&) = delete;
  CorrectorBed& operator=(const CorrectorBed&) = delete;

  FakeSystemd& systemd() { return systemd_; }
  const TemporaryDirectory& folder() const { return folder_; }
  const CorrectorPlaces& places() const { return places_; }

  // Of agent.toml, for the next corrector.
  void Configure(const std::string& toml);

  // Starts one and waits until it takes orders or has ended. `more`: options of
  // noonmark-corrector-test.
  void StartCorrector(const std::vector<std::string>& more = {});
  // Waits for its end: its exit code, or minus its signal.
  int AwaitCorrectorsEnd();
  void SignalCorrector(int signal) const { corrector_->Signal(signal); }
  void KillCorrector();
  // Nothing that it writes to a file gets there from now on, as on a full disk.
  void FillCorrectorsDisk() const;
  bool HasCorrector() const { return corrector_ != nullptr; }
  // What the last one wrote that was not read yet.
  const std::string& correctors_words() const { return words_; }
  // What systemd does when its main process has ended.
  Outcome RunExecStopPost();

  absl::StatusOr<OperationStatus> Ask(const Order& order);
  absl::Status Reload(const std::string& profile);

  // Orders of the bed's one operation, in this boot, good for 5 s.
  QuiesceOrder Quiesce(absl::Duration amount, absl::Duration lease) const;
  CorrectOrder Correct(CorrectionMethod method, absl::Duration amount) const;
  ResumeOrder Resume() const;
  // For more than one.
  void NextOperation() { ++operation_.bytes[0]; }

  // Asks until the status is as wanted, a minute at most; then fails.
  OperationStatus Await(
      const std::function<bool(const OperationStatus&)>& wanted);
  OperationStatus AwaitPhase(OperationPhase phase);
  OperationStatus AwaitEnd() { return AwaitPhase(OperationPhase::kEnded); }

  // Of the clock.
  absl::Duration Offset() const;
  void SetOffset(const std::string& seconds) const;

  bool MailRuns();
  bool MailRests();
  void AwaitMail();

 private:
  OrderHeader Header() const;

  TemporaryDirectory folder_;
  FakeSystemd systemd_;
  const Programs programs_;
  CorrectorPlaces places_;
  mutable SystemClock clock_;
  OperationId operation_;
  BootId boot_;
  std::unique_ptr<ChildProcess> corrector_;
  std::string words_;
  std::unique_ptr<CorrectorClient> client_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_CORRECTOR_BED_H_
