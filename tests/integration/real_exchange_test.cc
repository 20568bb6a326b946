// Real exchanges with a real agent on this machine: both sides read the same
// clocks, so the true offset is 0.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/estimate/raw_offset.h"
#include "common/rpc/completion_loop.h"
#include "common/runtime/system_clock.h"
#include "host/guests/grpc_guest_link.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::TemporaryDirectory;

// Asks as fast as it is answered, `count` times.
class Asker : public GuestLink::Observer {
 public:
  Asker(const std::string& address, size_t count) : count_(count) {
    exchanges_.reserve(count);
    loop_.OnStop([this] { link_.reset(); });
    link_ = GrpcGuestDialer(loop_, clock_).Dial(address, /*uuid=*/"", this);
    loop_.Run();
  }

  const std::vector<Exchange>& exchanges() const { return exchanges_; }

 private:
  void OnOpen() override { link_->Ask(); }
  void OnExchange(Exchange exchange) override {
    exchanges_.push_back(std::move(exchange));
    exchanges_.size() == count_ ? loop_.Stop() : link_->Ask();
  }
  void OnEvent(uint64_t /*discontinuities*/) override {}
  void OnDescription(GuestFacts /*facts*/) override {}
  void OnClosed(const absl::Status& status) override {
    ADD_FAILURE() << status;
    loop_.Stop();
  }

  const size_t count_;
  SystemClock clock_;
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  std::unique_ptr<GuestLink> link_;
  std::vector<Exchange> exchanges_;
};

TEST(RealExchangeTest, TruthIsInsideEveryOfAHundredThousandIntervals) {
  constexpr size_t kCount = 100'000;
  TemporaryDirectory directory;
  const std::string address = "unix:" + directory.Path("agent.sock");
  ChildProcess agent({NOONMARK_AGENT, "--listen", address});
  ASSERT_NE(agent.ReadLineWith("listening"), "");

  const Asker asker(address, kCount);
  ASSERT_EQ(asker.exchanges().size(), kCount);

  size_t misses = 0;
  std::vector<absl::Duration> widths;
  for (const Exchange& exchange : asker.exchanges()) {
    // As written down, and as the estimator has it. One counter: no rate.
    const Interval plain = {
        exchange.guest.sent.raw_before - exchange.host_received.raw_after,
        exchange.guest.received.raw_after - exchange.host_sent.raw_before};
    const auto estimated = BoundRawOffset(exchange, 0);
    ASSERT_TRUE(estimated.ok()) << estimated.status();
    const bool hit = plain.ContainsZero() && estimated->bound.has_value() &&
                     estimated->bound->ContainsZero() &&
                     estimated->at_received.ContainsZero() &&
                     estimated->at_sent.ContainsZero();
    misses += hit ? 0 : 1;
    widths.push_back(plain.Width());
  }
  std::sort(widths.begin(), widths.end());
  std::cout << kCount << " real exchanges, " << misses
            << " without the truth inside; width min " << widths.front()
            << ", median " << widths[kCount / 2] << ", 99 % "
            << widths[kCount * 99 / 100] << ", max " << widths.back() << "\n";
  EXPECT_EQ(misses, 0u);
}

}  // namespace
}  // namespace noonmark
