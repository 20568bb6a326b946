#include "tests/support/corrector_bed.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>
#include <utility>

#include "guest/adjust/offset_file_clock.h"
#include "guest/corrector/corrector.h"
#include "tests/support/fake_clock.h"

namespace noonmark::testing {
namespace {

constexpr std::chrono::minutes kPatience(1);
constexpr std::chrono::milliseconds kLookAgain(10);
const std::vector<std::string> kMail = {"dovecot.service", "postfix@-.service"};

constexpr char kConfiguration[] = R"([correct]
enabled = true
services = ["dovecot", "postfix", "chrony"]
pause = "0s"
corrections_a_day = 1000
)";

}  // namespace

CorrectorBed::CorrectorBed(const Programs& programs) : programs_(programs) {
  setenv("DBUS_SYSTEM_BUS_ADDRESS", systemd_.address().c_str(), 1);
  places_.state = folder_.Path("state");
  places_.runtime = folder_.Path("run");
  places_.resume_state = folder_.Path("resume-state");
  places_.resume_runtime = folder_.Path("resume-run");
  for (const std::string& path :
       {places_.state, places_.runtime, places_.resume_state,
        places_.resume_runtime, folder_.Path("hooks")}) {
    std::filesystem::create_directories(path);
  }
  Configure(kConfiguration);
  folder_.Write("profiles/dovecot.toml",
                "[service]\nrole = \"mail-store\"\n"
                "units = [\"dovecot.service\"]\n"
                "sockets = [\"dovecot.socket\"]\nports = [143]\n"
                "[after]\nactions = [\"unannounced\"]\n");
  folder_.Write("profiles/postfix.toml",
                "[service]\nrole = \"mail-transfer\"\n"
                "units = [\"postfix@*.service\"]\nports = [25]\n"
                "[after]\nactions = [\"step\"]\n");
  folder_.Write("profiles/chrony.toml",
                "[service]\nrole = \"time-daemon\"\n"
                "units = [\"chrony.service\"]\n"
                "[ready]\nby = \"active\"\nsettle = \"1s\"\n"
                "[after]\nactions = [\"before-start\"]\n");
  operation_.bytes = {1};
  boot_ = ThisBoot();

  using Result = FakeSystemd::Result;
  systemd_.Add("noonmark-hold.service", {.start = Result::kNever});
  systemd_.Add(
      "noonmark-resume.service",
      {.command = {programs.resume, "--state", places_.state, "--runtime",
                   places_.runtime, "--own-state", places_.resume_state,
                   "--own-runtime", places_.resume_runtime, "--profiles",
                   folder_.Path("profiles")},
       .is_oneshot = true});
  // As the shipped one, but faster.
  systemd_.Add("noonmark-resume.timer", {.triggers = "noonmark-resume.service",
                                         .every = absl::Milliseconds(200)});
  for (const char* action :
       {"chrony-before-start", "postfix-step", "dovecot-unannounced"}) {
    systemd_.Add(std::string("noonmark-action@") + action + ".service",
                 {.is_oneshot = true});
  }
  systemd_.Add("chrony.service", {.state = "active"});
  systemd_.Add(
      "dovecot.socket",
      {.state = "active", .triggers = "dovecot.service", .ports = {143}});
  systemd_.Add("dovecot.service",
               {.state = "active", .waits_for_hold = true, .ports = {143}});
  systemd_.Add("postfix@-.service",
               {.state = "active", .waits_for_hold = true, .ports = {25}});
  client_ = std::make_unique<CorrectorClient>(&clock_, places_.Socket(),
                                              absl::Seconds(10));
}

CorrectorBed::~CorrectorBed() {
  corrector_.reset();
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

void CorrectorBed::Configure(const std::string& toml) {
  folder_.Write("agent.toml", toml);
}

void CorrectorBed::StartCorrector(const std::vector<std::string>& more) {
  std::vector<std::string> command = {programs_.corrector,
                                      "--offset-file",
                                      folder_.Path("offset"),
                                      "--config",
                                      folder_.Path("agent.toml"),
                                      "--profiles",
                                      folder_.Path("profiles"),
                                      "--state",
                                      places_.state,
                                      "--runtime",
                                      places_.runtime,
                                      "--resume-state",
                                      places_.resume_state,
                                      "--resume-runtime",
                                      places_.resume_runtime,
                                      "--cgroups",
                                      systemd_.proofs().cgroups,
                                      "--tcp",
                                      systemd_.proofs().tcp,
                                      "--tcp6",
                                      systemd_.proofs().tcp6,
                                      "--hooks",
                                      folder_.Path("hooks"),
                                      "--probe-account",
                                      folder_.Path("probe.toml")};
  command.insert(command.end(), more.begin(), more.end());
  words_.clear();
  // For FillCorrectorsDisk(): a write fails, and kills nobody.
  signal(SIGXFSZ, SIG_IGN);
  corrector_ = std::make_unique<ChildProcess>(std::move(command));
  for (std::string line = corrector_->ReadLine(); !line.empty();
       line = corrector_->ReadLine()) {
    words_ += line + "\n";
    if (line.find("ready for orders") != line.npos) return;
  }
}

int CorrectorBed::AwaitCorrectorsEnd() {
  const int code = corrector_->Wait();
  words_ += corrector_->output();
  corrector_.reset();
  return code;
}

void CorrectorBed::KillCorrector() {
  corrector_->Signal(SIGKILL);
  AwaitCorrectorsEnd();
}

Outcome CorrectorBed::RunExecStopPost() {
  return RunProgram({programs_.resume, "--corrector-ended", "--state",
                     places_.state, "--runtime", places_.runtime, "--own-state",
                     places_.resume_state, "--own-runtime",
                     places_.resume_runtime, "--profiles",
                     folder_.Path("profiles")});
}

void CorrectorBed::FillCorrectorsDisk() const {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  EXPECT_EQ(prlimit(corrector_->pid(), RLIMIT_FSIZE, &none, nullptr), 0);
}

absl::StatusOr<OperationStatus> CorrectorBed::Ask(const Order& order) {
  const auto answer =
      std::make_shared<std::promise<absl::StatusOr<OperationStatus>>>();
  client_->Ask(order, [answer](absl::StatusOr<OperationStatus> status) {
    answer->set_value(std::move(status));
  });
  return answer->get_future().get();
}

absl::Status CorrectorBed::Reload(const std::string& profile) {
  const auto answer = std::make_shared<std::promise<absl::Status>>();
  client_->Reload(profile, [answer](absl::Status status) {
    answer->set_value(std::move(status));
  });
  return answer->get_future().get();
}

OrderHeader CorrectorBed::Header() const {
  OrderHeader header;
  header.operation = operation_;
  header.epoch = 1;
  header.boot = boot_;
  return header;
}

QuiesceOrder CorrectorBed::Quiesce(absl::Duration amount,
                                   absl::Duration lease) const {
  QuiesceOrder order;
  order.header = Header();
  order.lease = lease;
  order.amount = amount;
  order.valid_until = clock_.Read().boottime + absl::Seconds(5);
  return order;
}

CorrectOrder CorrectorBed::Correct(CorrectionMethod method,
                                   absl::Duration amount) const {
  const ClockReading now = clock_.Read();
  CorrectOrder order;
  order.header = Header();
  order.method = method;
  order.amount = amount;
  order.valid_until = now.boottime + absl::Seconds(5);
  order.real_minus_boot = now.realtime + Offset() - now.boottime;
  return order;
}

ResumeOrder CorrectorBed::Resume() const {
  ResumeOrder order;
  order.header = Header();
  return order;
}

OperationStatus CorrectorBed::Await(
    const std::function<bool(const OperationStatus&)>& wanted) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  absl::StatusOr<OperationStatus> status;
  do {
    status = Ask(StatusOrder{});
    if (status.ok() && wanted(*status)) return *status;
    std::this_thread::sleep_for(kLookAgain);
  } while (std::chrono::steady_clock::now() < until);
  ADD_FAILURE() << status.status() << " phase "
                << PhaseName(status.value_or(OperationStatus()).phase) << "\n"
                << (corrector_ ? corrector_->ReadWritten() : words_);
  return status.value_or(OperationStatus());
}

OperationStatus CorrectorBed::AwaitPhase(OperationPhase phase) {
  return Await([phase](const OperationStatus& s) { return s.phase == phase; });
}

absl::Duration CorrectorBed::Offset() const {
  FakeClock zero;
  return OffsetFileClock(&zero, folder_.Path("offset")).Read().realtime -
         zero.Read().realtime;
}

void CorrectorBed::SetOffset(const std::string& seconds) const {
  folder_.Write("offset.test", seconds + "\n");
  std::filesystem::rename(folder_.Path("offset.test"), folder_.Path("offset"));
}

bool CorrectorBed::MailRuns() {
  return systemd_.StateOf(kMail[0]) == "active" &&
         systemd_.StateOf(kMail[1]) == "active";
}

bool CorrectorBed::MailRests() {
  return systemd_.StateOf(kMail[0]) == "inactive" &&
         systemd_.StateOf(kMail[1]) == "inactive";
}

void CorrectorBed::AwaitMail() {
  for (const std::string& unit : kMail) systemd_.WaitForState(unit, "active");
}

}  // namespace noonmark::testing
