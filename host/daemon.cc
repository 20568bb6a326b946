#include "host/daemon.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/completion_loop.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/listener_watch.h"
#include "common/rpc/tls_credentials.h"
#include "common/runtime/descriptor_limit.h"
#include "common/runtime/journal_file.h"
#include "common/runtime/kernel_discipline.h"
#include "common/runtime/log.h"
#include "common/runtime/service_manager.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/timer_slack.h"
#include "host/correct/corrections.h"
#include "host/correct/host_identity.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/monitor.h"
#include "host/posted_operator.h"
#include "host/probe/probe_dialer.h"
#include "host/probe/worker_process.h"
#include "host/reference/chrony_watcher.h"
#include "host/service/fleet_server.h"
#include "host/trace/trace_file.h"

namespace noonmark {
namespace {

// From the hypervisor's thread to the monitor's.
class ToMonitor final : public Hypervisor::Observer {
 public:
  ToMonitor(CompletionLoop& loop, Monitor& monitor, const std::string& uri)
      : loop_(loop), monitor_(monitor), uri_(uri) {}

  void OnDomains(std::vector<Domain> domains) override {
    loop_.Post([this, domains = std::move(domains)]() mutable {
      monitor_.OnDomains(std::move(domains));
    });
  }
  void OnLifecycle(const Lifecycle& event) override {
    loop_.Post([this, event] { monitor_.OnLifecycle(event); });
  }
  void OnConnection(const absl::Status& status) override {
    const std::string why(status.message());
    if (status.ok()) {
      told_.clear();
      LogInfo(absl::StrCat("connected to libvirt at ", uri_));
    } else if (told_.size() < kMostReasons && told_.insert(why).second) {
      LogWarning(absl::StrCat("no connection to libvirt at ", uri_, ": ", why,
                              "; trying again"));
    }
    loop_.Post([this, status] { monitor_.OnConnection(status); });
  }

 private:
  CompletionLoop& loop_;
  Monitor& monitor_;
  const std::string uri_;
  // Since it was lost: libvirt's words for one cause differ from try to try.
  static constexpr size_t kMostReasons = 8;
  std::set<std::string> told_;
};

JournalPaths JournalOf(const DaemonConfig& config) {
  const std::string socket =
      config.operate.substr(config.operate.find(':') + 1);
  return {
      absl::StrCat(config.correction.state, "/operations"),
      absl::StrCat(socket.substr(0, socket.rfind('/')), "/operations.copy")};
}

CorrectionOptions OptionsOf(const DaemonConfig& config,
                            const absl::Status& journal) {
  CorrectionOptions options;
  options.policies = config.correction.policies;
  options.rails = config.correction.rails;
  options.declared = config.monitor.host.trust == HostTrust::kDeclared;
  options.state = config.correction.state;
  if (!journal.ok()) {
    options.fault = absl::StrCat("the journal of operations cannot be kept: ",
                                 std::string(journal.message()));
  }
  return options;
}

// Whether this host has an identity, with which agents on a network are
// dialled; one that is none is told before anybody is.
absl::StatusOr<bool> HasIdentity(const DaemonConfig& config) {
  const absl::StatusOr<std::shared_ptr<TlsCredentials>> credentials =
      TlsCredentials::Load(config.pki, Use::kClient, config.reload);
  if (absl::IsNotFound(credentials.status())) return false;
  if (!credentials.ok()) return credentials.status();
  if ((*credentials)->identity().role != Role::kHost) {
    return absl::FailedPreconditionError(absl::StrCat(
        config.pki, "/client.pem: is ", ShortName((*credentials)->identity()),
        "'s, and noonmarkd is a host: noonmark pki issue host NAME"));
  }
  return true;
}

WorkerOptions WorkerOf(const DaemonConfig& config, bool identity,
                       const char* name) {
  WorkerOptions options;
  options.name = name;
  options.command = {config.probe};
  if (identity) {
    options.command.insert(
        options.command.end(),
        {"--pki", config.pki, "--reload-ms",
         absl::StrCat(absl::ToInt64Milliseconds(config.reload))});
  }
  return options;
}

// The workers that speak with the guests, and where guests are dialled.
class Probes final : public WorkerProcess::Observer {
 public:
  Probes(const DaemonConfig& config, bool identity, CompletionLoop& loop,
         Clock& clock)
      : common_(WorkerOf(config, identity, "the probe worker"), On(loop),
                clock),
        suspects_(ForSuspects(WorkerOf(config, identity,
                                       "the probe worker for suspects")),
                  On(loop), clock),
        dialer_({}, clock, On(loop).post, common_, suspects_) {}

  // Errors: the worker's program is not there.
  absl::Status Start() {
    for (WorkerProcess* worker : {&common_, &suspects_}) {
      if (absl::Status started = worker->Start(this); !started.ok()) {
        return absl::Status(
            started.code(),
            absl::StrCat("no worker to speak with guests: ",
                         std::string(started.message()),
                         "; say where it is with probe.program"));
      }
    }
    return absl::OkStatus();
  }
  GuestDialer& dialer() { return dialer_; }

 private:
  static WorkerProcess::Loop On(CompletionLoop& loop) {
    return {[&loop](std::function<void()> work) { loop.Post(std::move(work)); },
            [&loop](absl::Duration delay, std::function<void()> work) {
              loop.CallAfter(delay, std::move(work));
            }};
  }
  static WorkerOptions ForSuspects(WorkerOptions options) {
    options.limits.wasted = absl::Milliseconds(2'500);
    return options;
  }

  void OnNews(const ProbeWorker& worker, const ProbeNews& news) override {
    dialer_.OnNews(worker, news);
  }
  void OnGone(const ProbeWorker& worker, const absl::Status& why,
              bool overtaxed) override {
    dialer_.OnGone(worker, why, overtaxed);
  }

  WorkerProcess common_;
  WorkerProcess suspects_;
  ProbeDialer dialer_;
};

// The fleet API on a network; null: it is not to be on one.
absl::StatusOr<std::unique_ptr<FleetServer>> ListenOnNetwork(
    const DaemonConfig& config, const FleetServer::Parts& parts) {
  if (config.network.empty()) return std::unique_ptr<FleetServer>();
  const absl::StatusOr<Address> address = Address::Parse(config.network);
  if (!address.ok()) return address.status();
  const absl::StatusOr<std::shared_ptr<TlsCredentials>> credentials =
      TlsCredentials::Load(config.pki, Use::kServer, config.reload);
  if (!credentials.ok()) return credentials.status();
  if ((*credentials)->identity().role != Role::kHost) {
    return absl::FailedPreconditionError(absl::StrCat(
        config.pki, "/server.pem: is ", ShortName((*credentials)->identity()),
        "'s, and noonmarkd is a host: noonmark pki issue host NAME"));
  }
  const PeerCheck operators_only = [](const Identity& peer) {
    if (peer.role == Role::kOperator) return absl::OkStatus();
    return absl::PermissionDeniedError(absl::StrCat(
        ShortName(peer), " is no operator; nobody else asks a dom0"));
  };
  const CallerByIdentity callers = [names =
                                        config.orderers](const Identity& peer) {
    const bool may_order =
        peer.role == Role::kOperator &&
        std::find(names.begin(), names.end(), peer.id) != names.end();
    return may_order ? Caller::kOrderer : CallerByRole(peer);
  };
  return FleetServer::ListenOn(
      *address, (*credentials)->ForServer(operators_only, callers), callers,
      parts);
}

// The copy in memory is for when the disk fails; the disk's word counts.
bool Written(const JournalFile::Written& written) {
  for (const absl::Status& status : {written.disk, written.copy}) {
    if (!status.ok()) LogWarning(std::string(status.message()));
  }
  return written.disk.ok();
}

}  // namespace

absl::Status RunDaemon(const DaemonConfig& config, StopSignals& signals) {
  // As in noonmarkd-probe: gRPC's threads, which are started with it.
  std::optional<TimerSlack> slack(absl::Milliseconds(100));
  RouteGrpcLog();
  RaiseDescriptorLimit();
  SystemClock clock;
  SnapshotBoard board;
  const absl::StatusOr<Address> listen = Address::Parse(config.listen);
  if (!listen.ok()) return listen.status();
  const absl::StatusOr<Address> operate = Address::Parse(config.operate);
  if (!operate.ok()) return operate.status();
  // First of all: a second daemon is refused before it asks anybody.
  absl::StatusOr<std::unique_ptr<FleetServer>> server = FleetServer::Listen(
      listen->path, /*group=*/"", {board, clock, NOONMARK_VERSION});
  slack.reset();
  if (!server.ok()) return server.status();
  const absl::StatusOr<BootId> boot =
      ReadHostBoot(std::getenv("CREDENTIALS_DIRECTORY"));
  if (!boot.ok()) return boot.status();

  const absl::StatusOr<bool> identity = HasIdentity(config);
  if (!identity.ok()) return identity.status();

  CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
  Probes probes(config, *identity, loop, clock);
  if (absl::Status started = probes.Start(); !started.ok()) return started;
  JournalFile journal(JournalOf(config));
  Corrections corrections(OptionsOf(config, journal.reading().disk),
                          {&clock, *boot,
                           [&journal](std::vector<JournalRecord> records) {
                             return Written(journal.Append(std::move(records)));
                           },
                           NewOperationId},
                          journal.reading().contents.records);
  Monitor monitor(config.monitor, clock, ReadKernelDiscipline, probes.dialer(),
                  board);
  monitor.SetCorrector(&corrections);
  PostedOperator orders(
      [&loop](std::function<void()> work) { loop.Post(std::move(work)); },
      corrections);
  absl::StatusOr<std::unique_ptr<FleetServer>> operators =
      FleetServer::Listen(operate->path, config.operators,
                          {board, clock, NOONMARK_VERSION, &orders});
  if (!operators.ok()) return operators.status();
  absl::StatusOr<std::unique_ptr<FleetServer>> network =
      ListenOnNetwork(config, {board, clock, NOONMARK_VERSION, &orders});
  if (!network.ok()) return network.status();
  std::unique_ptr<TraceWriter> trace;
  if (!config.trace_file.empty()) {
    absl::StatusOr<std::unique_ptr<TraceWriter>> created = TraceWriter::Create(
        config.trace_file, config.trace_bytes, config.monitor.host_name,
        NOONMARK_VERSION, {config.monitor.host, config.monitor.assessor});
    if (!created.ok()) return created.status();
    trace = *std::move(created);
    monitor.OnInput([&](const CoreInput& input) { trace->Record(input); });
  }
  loop.OnTimer([&] { loop.SetTimer(monitor.Tick()); });
  monitor.OnEarlier([&](MonotonicTime when) { loop.SetTimer(when); });
  loop.OnStop([&] { monitor.Stop(); });
  loop.LeaveBehindAfter(absl::Seconds(1));
  ChronyWatcher chrony(config.chrony, clock, [&](ChronyReport report) {
    loop.Post([&monitor, report = std::move(report)]() mutable {
      monitor.OnChrony(std::move(report));
    });
  });
  loop.OnClockSet([&] {
    monitor.OnHostClockSet();
    chrony.AskNow();
  });

  ToMonitor to_monitor(loop, monitor, config.libvirt.uri);
  std::unique_ptr<Hypervisor> hypervisor =
      MakeLibvirtHypervisor(config.libvirt);
  hypervisor->Start(&to_monitor);
  signals.OnStop([&loop] { loop.Stop(); });

  loop.SetTimer(monitor.Tick());
  LogInfo(absl::StrCat("noonmarkd ", NOONMARK_VERSION, " watches ",
                       config.libvirt.uri, ", answers at ", config.listen));
  if (*network != nullptr) {
    LogInfo(absl::StrCat("answers operators on port ", (*network)->port()));
  }
  NotifyReady(absl::StrCat("watching ", config.libvirt.uri));
  absl::Status ended;
  std::vector<Address> listeners = {*listen, *operate};
  if (*network != nullptr) {
    listeners.push_back(*Address::Parse(config.network));
    listeners.back().port = static_cast<uint16_t>((*network)->port());
  }
  std::optional<ListenerWatch> watch(std::in_place, std::move(listeners),
                                     [&ended, &loop](const absl::Status& dead) {
                                       ended = dead;
                                       loop.Stop();
                                     });
  loop.Run();
  watch.reset();
  NotifyStopping();
  signals.StopWatching();
  // The hypervisor's thread and the API's post to the loop: they go first.
  hypervisor.reset();
  network->reset();
  operators->reset();
  return ended;
}

}  // namespace noonmark
