#ifndef NOONMARK_TESTS_SYSTEM_FAST_FAST_DOVECOT_H_
#define NOONMARK_TESTS_SYSTEM_FAST_FAST_DOVECOT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {

// A real Dovecot on this machine, unpacked and not installed, whose clock is
// this machine's and an offset: it reads that from a file at each reading of
// its clock, so that a new offset is a step. All that it has is in a folder
// that goes with the object, as its processes do.
//
// What it fails at fails the test.
class FastDovecot {
 public:
  // Whether tests/system/fast/unpack has run, and may be used here.
  static bool IsPrepared();

  // `offset_file` of somebody else's, who adjusts the clock; else one of its
  // own, for SetOffset().
  explicit FastDovecot(std::string offset_file = "");
  ~FastDovecot();

  // What a service manager runs, of which a SIGTERM is the end and a SIGHUP a
  // reload.
  std::vector<std::string> Unit() const;
  // Returns when a login gets through, as AwaitLogin().
  void Start();
  void AwaitLogin() const;
  // Returns when none of its processes is left.
  void Stop();
  // `doveadm reload`, at whose end it has been told.
  std::vector<std::string> ReloadCommand() const;
  void Reload() const;
  // Its master process is no more, at once.
  void KillMaster() const;

  // Its clock is so far from this machine's from now on; > 0: ahead.
  void SetOffset(absl::Duration offset) const;
  // The same from an offset of 0, until the master has logged that it noticed
  // and starts no services for a while (kThrottled); when that step was. A
  // master that is starting a process just then can miss a step: it reads its
  // time anew before it compares. Such a step is taken back and done again.
  MailLoad::Moment StepUntilNoticed(absl::Duration offset) const;
  static constexpr char kThrottled[] = "until new services are launched again";
  MailAddresses Addresses() const;
  // How often it logged that: "Fatal: Time just moved backwards".
  int CountLogged(const std::string& text) const;
  void AwaitLogged(const std::string& text) const;
  std::string Log() const;
  std::string LogPath() const { return folder_.Path("log"); }
  // How often each message of a MailLoad is in the store.
  std::map<std::string, int> Stored() const;

 private:
  // A program of the unpacked ones, on its clock.
  std::vector<std::string> Inside(std::vector<std::string> program) const;

  TemporaryDirectory folder_;
  const std::string offset_file_;
  std::unique_ptr<ChildProcess> master_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_FAST_FAST_DOVECOT_H_
