// What comparing clocks costs and how good it is, beside the least that a
// socket can do, in one run. The machine's noise is shared by all: compare the
// rows of one run, not the runs.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/time/time.h"
#include "tests/benchmark/agent_link.h"
#include "tests/benchmark/bare_echo.h"
#include "tests/benchmark/link_fleet.h"
#include "tests/benchmark/process_cost.h"
#include "tests/benchmark/statistics.h"
#include "tests/benchmark/transport.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::benchmarks {
namespace {

struct Plan {
  int rounds = 7;
  int bursts = 100;
  int ping_pongs = 4000;
};

constexpr int kBurst = 8;
constexpr absl::Duration kGap = absl::Milliseconds(10);

// Microseconds; one entry a round, but errors and bounds one a burst.
struct Figures {
  std::vector<double> ping_pong, ping_pong_server;
  std::vector<double> lone, lone_server;
  std::vector<double> burst, burst_server;
  std::vector<double> error, bound;
  size_t misses = 0;
};

// Runs bursts; adds the cost of each of `per` units to both lists.
std::vector<Burst> Measure(Transport& transport, int bursts, int length,
                           absl::Duration gap, int per,
                           std::vector<double>* client,
                           std::vector<double>* server) {
  const absl::Duration own = OwnCpu();
  const absl::Duration other = CpuOf(transport.server());
  std::vector<Burst> result = transport.Run(bursts, length, gap);
  client->push_back(absl::ToDoubleMicroseconds(OwnCpu() - own) / per);
  server->push_back(
      absl::ToDoubleMicroseconds(CpuOf(transport.server()) - other) / per);
  return result;
}

void MeasureRound(Transport& transport, const Plan& plan, Figures* figures) {
  transport.Enter();
  Measure(transport, 1, plan.ping_pongs, absl::ZeroDuration(), plan.ping_pongs,
          &figures->ping_pong, &figures->ping_pong_server);
  Measure(transport, plan.bursts, 1, kGap, plan.bursts, &figures->lone,
          &figures->lone_server);
  for (const Burst& burst :
       Measure(transport, plan.bursts, kBurst, kGap, plan.bursts,
               &figures->burst, &figures->burst_server)) {
    const Interval best = *std::min_element(
        burst.begin(), burst.end(), [](const Interval& a, const Interval& b) {
          return a.Width() < b.Width();
        });
    figures->error.push_back(
        absl::ToDoubleMicroseconds(absl::AbsDuration(best.Middle())));
    figures->bound.push_back(absl::ToDoubleMicroseconds(best.HalfWidth()));
    for (const Interval& interval : burst) {
      figures->misses += interval.ContainsZero() ? 0 : 1;
    }
  }
  transport.Leave();
}

void PrintTable(const std::vector<std::unique_ptr<Transport>>& transports,
                const std::vector<Figures>& figures) {
  std::printf(
      "CPU in us, client / server; a burst is %d exchanges after %s of "
      "idleness;\nerror and bound of the best of a burst in us, the true "
      "offset is 0.\n\"server\": beside one of gRPC's callback API in the "
      "same process, whose pollers\ntake the link's events and hand them "
      "over.\n\n",
      kBurst, absl::FormatDuration(kGap).c_str());
  std::printf("%-22s %15s %15s %15s %9s %9s %9s %6s\n", "", "ping-pong",
              "lone exchange", "burst", "error p50", "error p99", "bound p50",
              "misses");
  for (size_t i = 0; i < transports.size(); ++i) {
    const Figures& f = figures[i];
    std::printf(
        "%-22s %7.1f/%7.1f %7.1f/%7.1f %7.1f/%7.1f "
        "%9.2f %9.2f %9.2f %6zu\n",
        transports[i]->name().c_str(), Median(f.ping_pong),
        Median(f.ping_pong_server), Median(f.lone), Median(f.lone_server),
        Median(f.burst), Median(f.burst_server), Median(f.error),
        Percentile(f.error, 99), Median(f.bound), f.misses);
  }
}

// Of medians, client alone, and the same a round: median (least, most).
void PrintRatios(const std::vector<std::unique_ptr<Transport>>& transports,
                 const std::vector<Figures>& figures) {
  std::printf("\n%-22s %24s %24s\n", "client CPU, ratio to", "ping-pong",
              "burst");
  const auto ratios = [](const std::vector<double>& of,
                         const std::vector<double>& to) {
    std::vector<double> each;
    for (size_t i = 0; i < of.size(); ++i) each.push_back(of[i] / to[i]);
    char text[64];
    std::snprintf(text, sizeof text, "%.2f (%.2f to %.2f)", Median(each),
                  Percentile(each, 0), Percentile(each, 100));
    return std::string(text);
  };
  for (size_t ours = 3; ours < transports.size(); ++ours) {
    for (size_t bare = 0; bare < 3; ++bare) {
      std::printf(
          "%-12s : %-14s %18s %24s\n",
          transports[ours]->name().substr(9).c_str(),
          transports[bare]->name().c_str(),
          ratios(figures[ours].ping_pong, figures[bare].ping_pong).c_str(),
          ratios(figures[ours].burst, figures[bare].burst).c_str());
    }
  }
}

void MeasureExchanges(const Plan& plan) {
  const testing::TemporaryDirectory directory;
  std::optional<LoopThread> thread;  // after the forks, until the links' end
  std::vector<std::unique_ptr<Transport>> transports;
  for (const EchoKind kind :
       {EchoKind::kTcp, EchoKind::kUdp, EchoKind::kUnixStream}) {
    transports.push_back(StartBareEcho(kind));
  }
  thread.emplace();
  for (const AgentLinkOptions& options : {
           AgentLinkOptions{.name = "noonmark unix",
          .program = NOONMARK_AGENT,
          .listen = "unix:" + directory.Path("a.sock")},
           AgentLinkOptions{.name = "noonmark unix, server",
           .program = NOONMARK_AGENT,
           .listen = "unix:" + directory.Path("b.sock"),
           .beside = "unix:" + directory.Path("c.sock")},
       }) {
    transports.push_back(StartAgentLink(*thread, options));
  }
  std::vector<Figures> figures(transports.size());
  for (int round = 0; round < plan.rounds; ++round) {
    for (size_t i = 0; i < transports.size(); ++i) {
      MeasureRound(*transports[i], plan, &figures[i]);
    }
  }
  PrintTable(transports, figures);
  PrintRatios(transports, figures);
}

// The transport alone; what noonmarkd keeps of a guest comes on top.
void MeasureFleets(const std::vector<int>& sizes) {
  std::printf("\nLinks of one process to one agent, a burst each in 5 s:\n");
  std::printf("%8s %11s %14s %14s %14s %12s\n", "links", "connect us",
              "KiB each, open", "KiB each, used", "agent KiB each",
              "us a burst");
  const testing::TemporaryDirectory directory;
  const std::string address = "unix:" + directory.Path("agent.sock");
  for (const int size : sizes) {
    testing::ChildProcess agent({"/proc/self/exe", "serve", address});
    agent.ReadLineWith("listening");
    testing::ChildProcess links({"/proc/self/exe", "links",
                                 std::to_string(size), address,
                                 std::to_string(agent.pid())});
    std::printf("%s\n", links.ReadLine().c_str());
    std::fflush(stdout);
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the cost and the accuracy of exchanges");
  Plan plan;
  std::vector<int> fleets = {10, 100, 1000};
  app.add_option("--rounds", plan.rounds, "Rounds, interleaved")
      ->capture_default_str();
  app.add_option("--bursts", plan.bursts, "Bursts a round")
      ->capture_default_str();
  app.add_option("--ping-pongs", plan.ping_pongs, "Exchanges a round")
      ->capture_default_str();
  app.add_option("--fleets", fleets, "Numbers of links")->capture_default_str();

  // The other processes of a measurement.
  std::string address;
  int count = 0;
  int server = 0;
  CLI::App* serve = app.add_subcommand("serve")->group("");
  serve->add_option("address", address)->required();
  CLI::App* links = app.add_subcommand("links")->group("");
  links->add_option("count", count)->required();
  links->add_option("address", address)->required();
  links->add_option("server", server)->required();
  CLI11_PARSE(app, argc, argv);

  if (*serve) ServeLinkFleet(address);
  if (*links) {
    MeasureLinkFleet(count, address, server);
    return 0;
  }
  MeasureExchanges(plan);
  MeasureFleets(fleets);
  return 0;
}

}  // namespace
}  // namespace noonmark::benchmarks

// What is thrown ends it. NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  return noonmark::benchmarks::Main(argc, argv);
}
