// What it costs a host to watch 10, 100 and 1,000 guests: CPU, memory, width of
// the bound. The monitor is the daemon's own, over gRPC to one agent process
// that serves all the streams; the agent's cost is its own process's.
//
//   monitor_cost [--seconds N] [--guests N,N,...]

#include <grpcpp/grpcpp.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/rpc/address.h"
#include "common/rpc/completion_loop.h"
#include "common/runtime/kernel_discipline.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "guest/service/agent_server.h"
#include "host/guests/grpc_guest_link.h"
#include "host/monitor/monitor.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::TemporaryDirectory;

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ResidentKb() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

std::vector<Domain> Domains(int count, const std::string& address) {
  std::vector<Domain> domains;
  for (int i = 0; i < count; ++i) {
    Domain domain;
    domain.uuid = absl::StrFormat("6e6f6f6e-6d61-4b00-8000-%012d", i);
    domain.name = absl::StrCat("guest-", i);
    domain.id = i + 1;
    domain.address = address;
    domains.push_back(std::move(domain));
  }
  return domains;
}

MonitorOptions Options() {
  MonitorOptions options;
  options.host_name = "benchmark";
  options.host.trust = HostTrust::kDeclared;
  options.session.interval = absl::Seconds(1);
  return options;
}

// A dialer whose links do nothing: what is left is the monitor's own state.
class NowhereDialer final : public GuestDialer {
  class Link final : public GuestLink {
    void Ask() override {}
    void Describe() override {}
    void GiveOrder(const Order& /*order*/) override {}
    void Close() override {}
  };
  std::unique_ptr<GuestLink> Dial(const std::string& /*address*/,
                                  const std::string& /*uuid*/,
                                  GuestLink::Observer* /*observer*/) override {
    return std::make_unique<Link>();
  }
};

// Bytes on the heap for a guest, its published row included.
double OwnStateBytes(int guests) {
  SystemClock clock;
  SnapshotBoard board;
  NowhereDialer dialer;
  Monitor monitor(Options(), clock, ReadKernelDiscipline, dialer, board);
  monitor.OnDomains({});
  monitor.Tick();
  const size_t before = mallinfo2().uordblks;
  std::vector<Domain> domains = Domains(guests, "unix:/nowhere");
  // So that something is thought of each from the first moment on.
  for (Domain& domain : domains) domain.state = DomainState::kPaused;
  monitor.OnDomains(std::move(domains));
  while (board.Latest() == nullptr ||
         board.Latest()->guests.size() < static_cast<size_t>(guests)) {
    monitor.Tick();
  }
  const size_t after = mallinfo2().uordblks;
  return static_cast<double>(after - before) / guests;
}

int RunAgent(const std::string& path, int streams) {
  SystemClock clock;
  AgentOptions options;
  options.listen.path = path;
  options.most_streams = static_cast<size_t>(streams);
  auto server = AgentServer::Listen(options, &clock);
  if (!server.ok()) {
    LogError(std::string(server.status().message()));
    return 1;
  }
  std::puts("listening");
  std::fflush(stdout);
  (*server)->Run();
  return 0;
}

struct Totals {
  uint64_t exchanges = 0;
  int measured = 0;
  absl::Duration median_half_width;
};

Totals Sum(const SnapshotBoard& board) {
  Totals totals;
  std::vector<absl::Duration> widths;
  const auto snapshot = board.Latest();
  if (snapshot == nullptr) return totals;
  for (const auto& row : snapshot->guests) {
    totals.exchanges += row->exchanges;
    if (row->offset.has_value()) widths.push_back(row->offset->HalfWidth());
  }
  totals.measured = static_cast<int>(widths.size());
  if (!widths.empty()) {
    std::sort(widths.begin(), widths.end());
    totals.median_half_width = widths[widths.size() / 2];
  }
  return totals;
}

// In a process of its own, so that its memory is its own.
int RunMonitor(const std::string& path, int guests, int seconds) {
  SystemClock clock;
  SnapshotBoard board;
  CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
  GrpcGuestDialer dialer(loop, clock);
  Monitor monitor(Options(), clock, ReadKernelDiscipline, dialer, board);
  loop.OnTimer([&] { loop.SetTimer(monitor.Tick()); });
  monitor.OnEarlier([&](MonotonicTime when) { loop.SetTimer(when); });
  loop.OnStop([&] { monitor.Stop(); });
  const double base_kb = ResidentKb();
  loop.Post([&] { monitor.OnDomains(Domains(guests, "unix:" + path)); });

  std::thread observer([&] {
    // Until all are connected and have been polled a few times.
    while (Sum(board).exchanges < static_cast<uint64_t>(guests) * 24) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const Totals begin = Sum(board);
    const double cpu = CpuSeconds();
    const MonotonicTime at = clock.Now();
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const Totals end = Sum(board);
    const double spent = CpuSeconds() - cpu;
    const double elapsed = absl::ToDoubleSeconds(clock.Now() - at);
    const double exchanges =
        static_cast<double>(end.exchanges - begin.exchanges);
    std::printf("%6d %9.0f %10.2f %13.1f %15.1f %12.1f %12.1f %10.1f\n", guests,
                exchanges / elapsed, spent / elapsed * 100,
                spent / exchanges * 1e6, spent / elapsed / guests * 1e6,
                absl::ToDoubleMicroseconds(end.median_half_width),
                (ResidentKb() - base_kb) / guests, ResidentKb() / 1024);
    std::fflush(stdout);
    loop.Stop();
  });
  loop.SetTimer(monitor.Tick());
  loop.Run();
  observer.join();
  return 0;
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  int number = 0;
  int seconds = 10;
  if (arguments.size() == 3 && arguments[0] == "--agent" &&
      absl::SimpleAtoi(arguments[2], &number)) {
    return RunAgent(arguments[1], number);
  }
  if (arguments.size() == 4 && arguments[0] == "--monitor" &&
      absl::SimpleAtoi(arguments[2], &number) &&
      absl::SimpleAtoi(arguments[3], &seconds)) {
    return RunMonitor(arguments[1], number, seconds);
  }
  std::vector<int> fleets = {10, 100, 1000};
  for (size_t i = 0; i < arguments.size(); i += 2) {
    bool good = i + 1 < arguments.size();
    if (good && arguments[i] == "--seconds") {
      good = absl::SimpleAtoi(arguments[i + 1], &seconds) && seconds > 0;
    } else if (good && arguments[i] == "--guests") {
      fleets.clear();
      for (const auto part : absl::StrSplit(arguments[i + 1], ',')) {
        good = good && absl::SimpleAtoi(part, &number) && number > 0;
        fleets.push_back(number);
      }
    } else {
      good = false;
    }
    if (!good) {
      std::fprintf(stderr,
                   "usage: monitor_cost [--seconds N] [--guests N,N,...]\n");
      return 2;
    }
  }

  std::printf("polls of 8 exchanges, 1 s apart, for %d s\n", seconds);
  std::printf(
      "guests  exch./s  CPU %%/core  CPU us/exch.  CPU us/guest/s"
      "  median ± us  RSS KB/guest  RSS MB\n");
  std::fflush(stdout);
  int code = 0;
  for (const int guests : fleets) {
    TemporaryDirectory directory;
    const std::string path = directory.Path("agent.sock");
    ChildProcess agent({argv[0], "--agent", path, absl::StrCat(guests + 8)});
    if (agent.ReadLineWith("listening").empty()) return 1;
    ChildProcess monitor({argv[0], "--monitor", path, absl::StrCat(guests),
                          absl::StrCat(seconds)});
    for (std::string line = monitor.ReadLine(); !line.empty();
         line = monitor.ReadLine()) {
      std::printf("%s\n", line.c_str());
      std::fflush(stdout);
    }
    code |= monitor.Wait();
    agent.Signal(SIGTERM);
  }
  std::printf("own state: %.0f bytes a guest (1,000 guests, no connections)\n",
              OwnStateBytes(1000));
  return code;
}

}  // namespace
}  // namespace noonmark

int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
