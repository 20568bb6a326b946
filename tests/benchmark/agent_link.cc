#include "tests/benchmark/agent_link.h"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/rpc/completion_loop.h"
#include "common/runtime/system_clock.h"
#include "host/guests/grpc_guest_link.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/support/child_process.h"

namespace noonmark::benchmarks {
namespace {

class AgentLink : public Transport, private GuestLink::Observer {
 public:
  AgentLink(CompletionLoop& loop, const AgentLinkOptions& options)
      : loop_(loop),
        options_(options),
        agent_({options.program, "--listen", options.listen}) {
    const std::string line = agent_.ReadLineWith("listening on ");
    const std::string address = line.substr(line.rfind(' ') + 1);
    loop_.Post(
        [this, address] { link_ = dialer_.Dial(address, /*uuid=*/"", this); });
    Wait();
  }
  ~AgentLink() override {
    loop_.Post([this] {
      link_.reset();
      Done();
    });
    Wait();
  }

  std::string name() const override { return options_.name; }
  pid_t server() const override { return agent_.pid(); }

  void Enter() override {
    if (options_.beside.empty()) return;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.beside,
                             grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    beside_ = builder.BuildAndStart();
  }
  void Leave() override { beside_.reset(); }

  std::vector<Burst> Run(int bursts, int length, absl::Duration gap) override {
    loop_.Post([=, this] {
      result_.clear();
      bursts_ = static_cast<size_t>(bursts);
      length_ = static_cast<size_t>(length);
      gap_ = gap;
      Begin();
    });
    Wait();
    return std::move(result_);
  }

 private:
  void Begin() {
    result_.emplace_back().reserve(length_);
    if (gap_ == absl::ZeroDuration()) return link_->Ask();
    loop_.OnTimer([this] { link_->Ask(); });
    loop_.SetTimer(clock_.Now() + gap_);
  }
  void OnExchange(Exchange exchange) override {
    Burst& burst = result_.back();
    burst.push_back(
        {exchange.guest.sent.raw_before - exchange.host_received.raw_after,
         exchange.guest.received.raw_after - exchange.host_sent.raw_before});
    if (burst.size() < length_) return link_->Ask();
    if (result_.size() < bursts_) return Begin();
    Done();
  }
  void OnOpen() override { Done(); }
  void OnEvent(uint64_t /*discontinuities*/) override {}
  void OnDescription(GuestFacts /*facts*/) override {}
  void OnClosed(const absl::Status& status) override {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::exit(1);
  }

  void Done() {
    std::lock_guard lock(mutex_);
    done_ = true;
    condition_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return std::exchange(done_, false); });
  }

  CompletionLoop& loop_;
  const AgentLinkOptions options_;
  testing::ChildProcess agent_;
  SystemClock clock_;
  GrpcGuestDialer dialer_{loop_, clock_};
  std::unique_ptr<GuestLink> link_;

  v1::FleetService::CallbackService service_;
  std::unique_ptr<grpc::Server> beside_;

  size_t bursts_ = 0;
  size_t length_ = 0;
  absl::Duration gap_;
  std::vector<Burst> result_;

  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<Transport> StartAgentLink(LoopThread& thread,
                                          const AgentLinkOptions& options) {
  return std::make_unique<AgentLink>(thread.loop(), options);
}

}  // namespace noonmark::benchmarks
