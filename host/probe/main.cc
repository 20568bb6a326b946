// noonmarkd-probe: speaks with the guests for noonmarkd, which starts it, ends
// it and starts it again.

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/completion_loop.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/tls_credentials.h"
#include "common/runtime/descriptor_limit.h"
#include "common/runtime/log.h"
#include "common/runtime/packet_channel.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/timer_slack.h"
#include "host/guests/grpc_guest_link.h"
#include "host/probe/probe_servant.h"
#include "host/probe/probe_wire.h"

namespace noonmark {
namespace {

// Where noonmarkd put its end of the socket.
constexpr int kSocket = 3;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Command {
  std::string pki;  // empty: the host has no identity
  int64_t reload_ms = 60'000;
};

// Guests' bytes are read here: whoever gets hold of this process through them
// shall find little to do, and it goes before noonmarkd does.
void GiveUpRights() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // The first to go when memory is short. Where that may not be said, the limit
  // that noonmarkd watches holds alone.
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  const absl::Cleanup close_file = [file] { close(file); };
  constexpr char kFirst[] = "1000";
  static_cast<void>(!write(file, kFirst, sizeof kFirst - 1));
}

bool IsStartedByNoonmarkd() {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET;
}

// Threads of gRPC wake once a second for each group of timers that were set
// together. Here these are of seconds, and nothing rests on them: groups that
// are closer than this wake both once.
constexpr absl::Duration kSlackOfGrpc = absl::Milliseconds(100);

absl::Status Serve(const Command& command) {
  std::optional<TimerSlack> slack(kSlackOfGrpc);  // what follows starts it
  RouteGrpcLog();
  RaiseDescriptorLimit();
  SystemClock clock;
  std::shared_ptr<TlsCredentials> credentials;
  if (!command.pki.empty()) {
    absl::StatusOr<std::shared_ptr<TlsCredentials>> loaded =
        TlsCredentials::Load(command.pki, Use::kClient,
                             absl::Milliseconds(command.reload_ms));
    if (!loaded.ok()) return loaded.status();
    credentials = *std::move(loaded);
  }
  GiveUpRights();

  CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
  GrpcGuestDialer dialer(loop, clock, GrpcGuestDialer::kOrderLimit,
                         std::move(credentials));
  slack.reset();
  std::unique_ptr<PacketChannel> channel;
  ProbeServant servant(dialer, [&channel](const ProbeNews& news) {
    channel->Send(EncodeProbeNews(news));
  });
  absl::Status ended;
  channel = std::make_unique<PacketChannel>(
      PacketSocket(kSocket),
      PacketChannel::Loop{
          [&loop](std::function<void()> work) { loop.Post(std::move(work)); },
          [&](const std::string& packet) {
            absl::StatusOr<ProbeOrder> order = DecodeProbeOrder(packet);
            if (order.ok()) return servant.Obey(*order);
            ended = order.status();
            loop.Stop();
          },
          // noonmarkd is gone, or wants another.
          [&loop](const absl::Status& /*why*/) { loop.Stop(); }});
  loop.OnStop([&servant] { servant.Stop(); });
  loop.LeaveBehindAfter(absl::Seconds(1));
  loop.Run();
  return ended;
}

int Main(int argc, char** argv) {
  CLI::App app("Speaks with the guests for noonmarkd, which starts it.",
               "noonmarkd-probe");
  app.set_version_flag("--version",
                       absl::StrCat("noonmarkd-probe ", NOONMARK_VERSION));
  Command command;
  app.add_option("--pki", command.pki, "this host's key, certificate and trust")
      ->type_name("FOLDER");
  app.add_option("--reload-ms", command.reload_ms,
                 "how often these are read again")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1'000}, int64_t{3'600'000}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmarkd-probe: " << error.what() << "\n";
    return kUsage;
  }
  if (!IsStartedByNoonmarkd()) {
    std::cerr << "noonmarkd-probe: is started by noonmarkd alone, which speaks "
                 "with it over descriptor 3; start noonmarkd\n";
    return kUsage;
  }
  const absl::Status status = Serve(command);
  if (status.ok()) return 0;
  LogLines(LogLevel::kError, std::string(status.message()));
  return kFailed;
}

}  // namespace
}  // namespace noonmark

int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
