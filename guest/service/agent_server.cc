#include "guest/service/agent_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/completion_loop.h"
#include "common/runtime/unix_socket.h"
#include "guest/describe/guest_description.h"
#include "guest/describe/kernel_state.h"
#include "guest/service/agent_service.h"

namespace noonmark {
namespace {

// What a host may cost an agent. Timers among these are gRPC's and stall when
// the clock is set back: useful, but nothing rests on them.
void SetLimits(size_t most_streams, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(4096);
  builder->SetMaxSendMessageSize(65536);
  grpc::ResourceQuota quota("agent");
  quota.Resize(16 << 20).SetMaxThreads(16);
  builder->SetResourceQuota(quota);
  const auto set = [builder](const char* name, int value) {
    builder->AddChannelArgument(name, value);
  };
  // A connection's streams: room to refuse one more and to describe.
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(most_streams) + 4);
  set(GRPC_ARG_MAX_METADATA_SIZE, 4096);
  set(GRPC_ARG_HTTP2_HPACK_TABLE_SIZE_DECODER, 0);
  set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 60'000);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 60'000);
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  // Two agents on one port would share the calls.
  set(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A ping beside each answer that follows a pause.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Memory.
  set(GRPC_ARG_ENABLE_CHANNELZ, 0);
  set(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
}

// gRPC tells no cause: ask the kernel again.
std::string WhyNotBound(const Address& address) {
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  const bool is_v6 =
      inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1;
  inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(address.port);
  const int probe = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  if (probe < 0) return strerror(errno);
  const int result =
      is_v6 ? bind(probe, reinterpret_cast<sockaddr*>(&v6), sizeof v6)
            : bind(probe, reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  std::string why = result == 0 ? "it is free now" : strerror(errno);
  close(probe);
  return why;
}

absl::Status CannotListen(const Address& address) {
  return absl::FailedPreconditionError(absl::StrCat(
      address.ToString(), ": cannot listen",
      !address.IsUnix() ? absl::StrCat(": ", WhyNotBound(address)) : "",
      "; choose another address"));
}

}  // namespace

class AgentServer::Impl {
 public:
  Impl(const AgentOptions& options, Clock* clock)
      : address_(options.listen),
        kernel_(options.root, clock->Now()),
        service_({.clock = clock,
                  .kernel = &kernel_,
                  .describe =
                      [options] {
                        GuestFacts facts = DescribeGuest(options.root);
                        facts.agent_version = NOONMARK_VERSION;
                        if (!options.machine_uuid.empty()) {
                          facts.machine_uuid = options.machine_uuid;
                        }
                        return facts;
                      },
                  .hunt = options.hunt,
                  .logs = options.logs,
                  // Over TLS nobody comes without a certificate.
                  .local = options.credentials != nullptr ? Caller::kNobody
                           : options.listen.IsUnix()      ? Caller::kAgentSocket
                                                          : Caller::kLoopback,
                  .still_trusted = options.still_trusted},
                 options.most_streams, options.corrector) {}

  ~Impl() {
    // Run() may never have been called.
    if (server_ != nullptr) ShutDown();
  }

  absl::Status Listen(size_t most_streams,
                      std::shared_ptr<grpc::ServerCredentials> credentials) {
    if (address_.IsUnix()) {
      absl::StatusOr<UnixSocketClaim> claim =
          UnixSocketClaim::Take(address_.path);
      if (!claim.ok()) return claim.status();
      claim_ = *std::move(claim);
    }
    grpc::ServerBuilder builder;
    SetLimits(most_streams, &builder);
    int port = 0;
    if (credentials == nullptr) {
      credentials = grpc::InsecureServerCredentials();
    }
    builder.AddListeningPort(address_.ToString(), credentials, &port);
    builder.RegisterService(service_.service());
    std::unique_ptr<grpc::ServerCompletionQueue> queue =
        builder.AddCompletionQueue();
    grpc::ServerCompletionQueue* const calls = queue.get();
    loop_.emplace(std::move(queue));
    // From bind on, nobody else may connect.
    const mode_t before = umask(0177);
    server_ = builder.BuildAndStart();
    umask(before);
    if (server_ == nullptr) return CannotListen(address_);
    if (claim_.has_value()) {
      if (absl::Status status = claim_->Restrict(0600); !status.ok())
        return status;
    } else {
      address_.port = static_cast<uint16_t>(port);
    }
    service_.Start(calls, [this](std::function<void()> work) {
      loop_->Post(std::move(work));
    });
    loop_->OnClockSet([this] { service_.ClockWasSet(); });
    loop_->OnStop([this] { ShutDown(); });
    return absl::OkStatus();
  }

  const Address& address() const { return address_; }
  CompletionLoop& loop() { return *loop_; }
  AgentService& service() { return service_; }

 private:
  void ShutDown() {
    service_.Stop();
    server_->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  }

  Address address_;
  KernelState kernel_;
  // Each is used by those after it; the loop's end completes what is
  // outstanding at the server.
  std::optional<UnixSocketClaim> claim_;
  AgentService service_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<CompletionLoop> loop_;
};

absl::StatusOr<std::unique_ptr<AgentServer>> AgentServer::Listen(
    const AgentOptions& options, Clock* clock) {
  auto impl = std::make_unique<Impl>(options, clock);
  if (absl::Status status =
          impl->Listen(options.most_streams, options.credentials);
      !status.ok()) {
    return status;
  }
  return std::unique_ptr<AgentServer>(new AgentServer(std::move(impl)));
}

AgentServer::AgentServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentServer::~AgentServer() = default;

const Address& AgentServer::address() const { return impl_->address(); }
void AgentServer::Run() { impl_->loop().Run(); }
void AgentServer::Stop() { impl_->loop().Stop(); }
void AgentServer::ClockWasSet() {
  impl_->loop().Post([this] { impl_->service().ClockWasSet(); });
}
void AgentServer::LineWasRead() {
  impl_->loop().Post([this] { impl_->service().LineWasRead(); });
}
void AgentServer::GlitchWasFound() {
  impl_->loop().Post([this] { impl_->service().GlitchWasFound(); });
}

}  // namespace noonmark
