#include "host/daemon.h"

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/completion_loop.h"
#include "common/rpc/grpc_log.h"
#include "common/runtime/kernel_discipline.h"
#include "common/runtime/log.h"
#include "common/runtime/service_manager.h"
#include "common/runtime/system_clock.h"
#include "host/guests/grpc_guest_link.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/monitor.h"
#include "host/reference/chrony_watcher.h"
#include "host/service/fleet_server.h"
#include "host/trace/trace_file.h"

namespace noonmark {
namespace {

// A descriptor for each guest: as many as we may have.
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

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

}  // namespace

absl::Status RunDaemon(const DaemonConfig& config, StopSignals& signals) {
  RouteGrpcLog();
  RaiseDescriptorLimit();
  SystemClock clock;
  SnapshotBoard board;
  const absl::StatusOr<Address> listen = Address::Parse(config.listen);
  if (!listen.ok()) return listen.status();
  // First of all: a second daemon is refused before it asks anybody.
  absl::StatusOr<std::unique_ptr<FleetServer>> server =
      FleetServer::Listen(listen->path, board, clock, NOONMARK_VERSION);
  if (!server.ok()) return server.status();

  CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
  GrpcGuestDialer dialer(loop, clock);
  Monitor monitor(config.monitor, clock, ReadKernelDiscipline, dialer, board);
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
  NotifyReady(absl::StrCat("watching ", config.libvirt.uri));
  loop.Run();
  NotifyStopping();
  signals.StopWatching();
  // The hypervisor's thread posts to the loop: it goes first.
  hypervisor.reset();
  return absl::OkStatus();
}

}  // namespace noonmark
