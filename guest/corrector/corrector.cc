#include "guest/corrector/corrector.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/correct/guest_correction.h"
#include "common/runtime/journal_file.h"
#include "common/runtime/log.h"
#include "common/runtime/service_manager.h"
#include "guest/corrector/act_runner.h"
#include "guest/corrector/config.h"
#include "guest/corrector/reloads.h"
#include "guest/corrector/server.h"
#include "guest/describe/small_file.h"
#include "guest/units/event_loop.h"
#include "guest/units/systemd_units.h"

namespace noonmark {
namespace {

struct Configuration {
  CorrectConfig correct;
  std::vector<ServiceProfile> profiles;
};

absl::StatusOr<Configuration> Configure(const CorrectorOptions& options) {
  absl::StatusOr<CorrectConfig> correct = LoadCorrectConfig(options.config);
  if (!correct.ok()) return correct.status();
  absl::StatusOr<std::vector<ServiceProfile>> profiles =
      ListedProfiles(*correct, options.profiles);
  if (!profiles.ok()) return profiles.status();
  return Configuration{*std::move(correct), *std::move(profiles)};
}

std::set<uid_t> WhoMayAsk(const std::string& agent_user) {
  std::set<uid_t> users = {0, geteuid()};
  if (const passwd* agent = getpwnam(agent_user.c_str()); agent != nullptr) {
    users.insert(agent->pw_uid);
  }
  return users;
}

// Signals are taken by the loop; a client that went away is no reason to end.
void BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

GuestCorrectionConfig MachineConfig(const CorrectConfig& config,
                                    bool has_hooks) {
  GuestCorrectionConfig machine;
  machine.limits = config.limits;
  machine.may_correct = config.enabled;
  machine.has_hooks = has_hooks;
  machine.may_stop_time_daemon = config.stop_time_daemon;
  return machine;
}

void LogIfFailed(const absl::Status& status) {
  if (!status.ok()) LogWarning(std::string(status.message()));
}

// The state machine between the socket and what it acts on.
class Corrector {
 public:
  Corrector(const CorrectorOptions& options, Configuration configuration,
            bool has_hooks, Clock* clock, ClockAdjuster* adjuster)
      : options_(options),
        clock_(clock),
        adjuster_(adjuster),
        profiles_(std::move(configuration.profiles)),
        units_(&loop_),
        reloads_(&loop_, &units_, &profiles_,
                 [this] { return machine_.Idle(); }),
        machine_(MachineConfig(configuration.correct, has_hooks),
                 options.boot) {}

  absl::Status Run() {
    loop_.StopAtSignals();
    // First: whoever has the socket is the one corrector.
    auto server = CorrectorServer::Listen(
        &loop_, options_.places.Socket(), WhoMayAsk(options_.agent_user),
        {.order =
             [this](const Order& order, uint64_t token) {
               Begin(machine_.Take(order, token, Boottime()));
             },
         .reload =
             [this](const std::string& profile) { return Reload(profile); }});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);

    JournalFile journal(options_.places.Journal());
    LogIfFailed(journal.reading().disk);
    LogIfFailed(journal.reading().copy);
    const JournalReading marks = ReadJournalFiles(options_.places.Marks());
    LogIfFailed(marks.disk);
    StartRunner(&journal);
    Begin(machine_.Recover(journal.reading().contents.records,
                           marks.contents.records, Boottime()));

    const std::string state = absl::StrCat(
        "ready for orders at ", options_.places.Socket(), ", ",
        profiles_.size(), profiles_.size() == 1 ? " profile" : " profiles");
    LogInfo(state);
    NotifyReady(state);
    loop_.PingWatchdog();
    loop_.Run();
    NotifyStopping();
    if (!machine_.Idle()) LogWarning("stopped while services rest");
    return absl::OkStatus();
  }

 private:
  void StartRunner(JournalFile* journal) {
    ActRunner::Parts parts;
    parts.loop = &loop_;
    parts.units = &units_;
    parts.clock = clock_;
    parts.adjuster = adjuster_;
    parts.journal = journal;
    parts.profiles = profiles_;
    parts.places = options_.places;
    parts.proofs = options_.proofs;
    parts.hooks = options_.hooks;
    parts.probe_account = options_.probe_account;
    ActRunner::Sinks sinks;
    sinks.done = [this](uint64_t act, const ActResult& result) {
      if (!result.ok && !result.detail.empty()) LogWarning(result.detail);
      Begin(machine_.Done(act, result, Boottime()));
    };
    sinks.wake = [this] { Begin(machine_.Wake(Boottime())); };
    sinks.answer = [this](uint64_t token, const OperationStatus& status) {
      server_->Answer(token, status);
    };
    sinks.crossing = options_.crossing;
    runner_.emplace(std::move(parts), std::move(sinks));
  }

  void Begin(const GuestCorrection::Acts& acts) { runner_->Begin(acts); }

  absl::Status Reload(const std::string& profile) {
    if (!machine_.Idle()) {
      return absl::FailedPreconditionError("a correction is open");
    }
    return reloads_.Begin(profile);
  }

  absl::Duration Boottime() { return clock_->Read().boottime; }

  const CorrectorOptions& options_;
  Clock* const clock_;
  ClockAdjuster* const adjuster_;
  const std::vector<ServiceProfile> profiles_;
  EventLoop loop_;
  SystemdUnits units_;
  Reloads reloads_;
  GuestCorrection machine_;
  std::unique_ptr<CorrectorServer> server_;
  std::optional<ActRunner> runner_;
};

}  // namespace

BootId ThisBoot() {
  return ParseBootId(
             ReadSmallFile("/proc/sys/kernel/random/boot_id").value_or(""))
      .value_or(BootId());
}

absl::Status CheckCorrectorConfig(const CorrectorOptions& options) {
  return Configure(options).status();
}

absl::Status RunCorrector(const CorrectorOptions& options, Clock* clock,
                          ClockAdjuster* adjuster) {
  absl::StatusOr<Configuration> configuration = Configure(options);
  if (!configuration.ok()) return configuration.status();
  const absl::StatusOr<std::vector<std::string>> hooks =
      HookNames(options.hooks);
  if (!hooks.ok()) return hooks.status();
  BlockSignals();
  return Corrector(options, *std::move(configuration), !hooks->empty(), clock,
                   adjuster)
      .Run();
}

}  // namespace noonmark
