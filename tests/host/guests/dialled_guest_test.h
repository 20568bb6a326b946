#ifndef NOONMARK_TESTS_HOST_GUESTS_DIALLED_GUEST_TEST_H_
#define NOONMARK_TESTS_HOST_GUESTS_DIALLED_GUEST_TEST_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/order_wire.h"
#include "common/runtime/system_clock.h"
#include "host/guests/grpc_guest_link.h"
#include "tests/host/guests/scripted_agent.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A link to one agent on this machine, and all that it says. What is to be done
// then, a test puts into on_...; without, it asks once, and the first answer
// ends the loop.
class DialledGuestTest : public ::testing::Test, protected GuestLink::Observer {
 protected:
  DialledGuestTest() {
    loop_.OnStop([this] { link_.reset(); });
    loop_.OnTimer([this] {
      ADD_FAILURE() << "nothing happened for a minute";
      loop_.Stop();
    });
    loop_.SetTimer(SystemClock().Now() + absl::Minutes(1));
  }

  void Dial(const std::string& address) {
    dialing_ = true;
    link_ = dialer_.Dial(address, "", this);
    ASSERT_NE(link_, nullptr);
    dialing_ = false;
  }
  void Dial() { Dial(absl::StrCat("unix:", path())); }
  std::string path() const {
    return absl::StrCat(directory_.path(), "/a.sock");
  }

  void OnOpen() override { Heard("open", on_open_); }
  void OnExchange(Exchange exchange) override {
    exchanges_.push_back(std::move(exchange));
    Heard("exchange", on_exchange_);
  }
  void OnEvent(uint64_t discontinuities) override {
    Heard(absl::StrCat("event ", discontinuities), on_event_);
  }
  void OnDescription(GuestFacts facts) override {
    Heard(absl::StrCat("description of ", facts.kernel_release),
          on_description_);
  }
  void OnStatus(OperationStatus status) override {
    Heard(absl::StrCat("status: ", status.detail), on_status_);
  }
  void OnOrderFailed(const absl::Status& why) override {
    failed_ = why;
    Heard("order failed", on_order_failed_);
  }
  void OnClosed(const absl::Status& status) override {
    closed_ = status;
    Heard("closed", on_closed_);
  }

  void Heard(const std::string& what, const std::function<void()>& then) {
    EXPECT_FALSE(dialing_) << what << " from within Dial()";
    heard_.push_back(what);
    then();
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  GrpcGuestDialer dialer_{loop_, clock_};
  std::unique_ptr<GuestLink> link_;
  bool dialing_ = false;

  std::vector<std::string> heard_;
  std::vector<Exchange> exchanges_;
  absl::Status closed_;
  absl::Status failed_;
  std::function<void()> on_open_ = [this] { link_->Ask(); };
  std::function<void()> on_exchange_ = [this] { loop_.Stop(); };
  std::function<void()> on_event_ = [] {};
  std::function<void()> on_description_ = [this] { loop_.Stop(); };
  std::function<void()> on_status_ = [this] { loop_.Stop(); };
  std::function<void()> on_order_failed_ = [this] { loop_.Stop(); };
  std::function<void()> on_closed_ = [this] { loop_.Stop(); };
};

// An agent's answer without a flaw.
inline Lines Obedient(uint64_t sequence) {
  return {.messages = {Reading(sequence)}, .end = {}};
}

inline OrderHeader SomeHeader() {
  return {.operation = {{1}}, .epoch = 1, .boot = {{2}}};
}

// And to an order.
inline std::optional<grpc::Status> Obeys(const std::string& order,
                                         v1::OperationStatus* told) {
  OperationStatus status;
  status.detail = absl::StrCat("heard ", order);
  EncodeOperationStatus(status, told);
  return grpc::Status::OK;
}

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_GUESTS_DIALLED_GUEST_TEST_H_
