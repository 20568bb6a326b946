#include "tests/benchmark/link_fleet.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <grpcpp/completion_queue.h>

#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/completion_loop.h"
#include "common/runtime/system_clock.h"
#include "guest/service/agent_server.h"
#include "host/guests/grpc_guest_link.h"
#include "tests/benchmark/process_cost.h"

namespace noonmark::benchmarks {
namespace {

constexpr int kBurst = 8;
constexpr size_t kAtOnce = 16;
constexpr absl::Duration kPoll = absl::Seconds(5);

void AllowManyDescriptors() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class LinkFleet {
 public:
  LinkFleet(size_t count, std::string address, pid_t server)
      : address_(std::move(address)),
        server_(server),
        links_(count),
        guests_(count + 1) {
    loop_.OnTimer([this] { Poll(); });
    loop_.OnStop([this] { guests_.clear(); });
    loop_.Post([this] { DialNext(); });
  }

  void Run() {
    loop_.Run();
    const auto each = [this](double of_all) {
      return of_all / static_cast<double>(links_);
    };
    std::printf("%8zu %11.0f %14.1f %14.1f %14.1f %12.0f\n", links_,
                each(absl::ToDoubleMicroseconds(connect_cpu_)),
                each(static_cast<double>(open_kib_ - base_kib_)),
                each(static_cast<double>(end_kib_ - base_kib_)),
                each(static_cast<double>(server_kib_ - base_server_kib_)),
                each(absl::ToDoubleMicroseconds(poll_cpu_)));
  }

 private:
  struct Guest : public GuestLink::Observer {
    void OnOpen() override { fleet->OnOpened(); }
    void OnExchange(Exchange /*exchange*/) override {
      if (--left > 0) return link->Ask();
      if (++fleet->answered_ == fleet->links_) fleet->Finish();
    }
    void OnEvent(uint64_t /*discontinuities*/) override {}
    void OnDescription(GuestFacts /*facts*/) override {}
    void OnClosed(const absl::Status& status) override {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      std::exit(1);
    }

    LinkFleet* fleet = nullptr;
    std::unique_ptr<GuestLink> link;
    int left = kBurst;
  };

  void DialNext() {
    if (dialled_ == guests_.size()) return;
    Guest& guest = guests_[dialled_++];
    guest.fleet = this;
    guest.link = dialer_.Dial(address_, /*uuid=*/"", &guest);
  }
  void OnOpened() {
    if (++opened_ == 1) {
      // What the first costs is the process's, not the link's.
      base_kib_ = ResidentKibOf(getpid());
      base_server_kib_ = ResidentKibOf(server_);
      cpu_ = OwnCpu();
      for (size_t i = 0; i < kAtOnce; ++i) DialNext();
      return;
    }
    if (opened_ < guests_.size()) return DialNext();
    connect_cpu_ = OwnCpu() - cpu_;
    open_kib_ = ResidentKibOf(getpid());
    cpu_ = OwnCpu();
    next_ = clock_.Now();
    Poll();
  }
  void Poll() {
    guests_[++polled_].link->Ask();
    if (polled_ == links_) return;
    next_ += kPoll / static_cast<int64_t>(links_);
    loop_.SetTimer(next_);
  }
  void Finish() {
    poll_cpu_ = OwnCpu() - cpu_;
    end_kib_ = ResidentKibOf(getpid());
    server_kib_ = ResidentKibOf(server_);
    loop_.Stop();
  }

  const std::string address_;
  const pid_t server_;
  const size_t links_;
  SystemClock clock_;
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  GrpcGuestDialer dialer_{loop_, clock_};
  std::vector<Guest> guests_;  // one more, which is not measured
  size_t dialled_ = 0;
  size_t opened_ = 0;
  size_t polled_ = 0;
  size_t answered_ = 0;
  MonotonicTime next_;

  absl::Duration cpu_, connect_cpu_, poll_cpu_;
  int64_t base_kib_ = 0, open_kib_ = 0, end_kib_ = 0;
  int64_t base_server_kib_ = 0, server_kib_ = 0;
};

}  // namespace

void MeasureLinkFleet(int count, const std::string& address, int server) {
  AllowManyDescriptors();
  LinkFleet(static_cast<size_t>(count), address, server).Run();
}

void ServeLinkFleet(const std::string& address) {
  AllowManyDescriptors();
  SystemClock clock;
  AgentOptions options;
  options.listen = Address::Parse(address).value();
  options.most_streams = 100'000;
  const auto server = AgentServer::Listen(options, &clock);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    std::exit(1);
  }
  std::printf("listening\n");
  std::fflush(stdout);
  (*server)->Run();
  std::exit(0);
}

}  // namespace noonmark::benchmarks
