// Strangers at an agent's port, more than it has descriptors for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/integration/real_host.h"
#include "tests/integration/trusted_fleet.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::AskAgent;
using ::noonmark::testing::IsSanitized;
using ::noonmark::testing::NetworkAgent;
using ::noonmark::testing::TrustedFleet;
using ::testing::HasSubstr;
using SteadyClock = std::chrono::steady_clock;

constexpr char kGuest[] = "0f0e0d0c-0000-4000-8000-000000000001";

// A connection that says nothing.
class Stranger {
 public:
  explicit Stranger(const std::string& address)
      : file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int port = 0;
    EXPECT_TRUE(
        absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    name.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(
        connect(file_, reinterpret_cast<const sockaddr*>(&name), sizeof name),
        0);
  }
  ~Stranger() { close(file_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

 private:
  const int file_;
};

class ListenerFloodTest : public ::testing::Test {
 protected:
  ListenerFloodTest() {
    fleet_.Pki({"issue", "host", "dom0-a"});
    fleet_.Pki({"issue", "guest", kGuest});
  }
  void SetUp() override {
    // It looks at an object's memory by way of a pipe, and takes a healthy one
    // for broken when there is no descriptor for that.
    if (IsSanitized()) GTEST_SKIP() << "UBSan needs descriptors of its own";
  }
  // Few descriptors, as prlimit(1) gives them.
  std::unique_ptr<NetworkAgent> Start() const {
    return std::make_unique<NetworkAgent>(
        fleet_.Folder(std::string("guest/") + kGuest), "",
        std::vector<std::string>{"/usr/bin/prlimit", "--nofile=64:64"});
  }

  // It answers, or ends and answers when it is started again, as a service
  // manager does; within 15 s.
  void ExpectAnswersSoon(std::unique_ptr<NetworkAgent>& agent,
                         const std::string& what) const {
    const auto dom0 = fleet_.As("host/dom0-a");
    const auto over = SteadyClock::now();
    const bool lived =
        AskAgent(agent->address(), dom0, std::chrono::seconds(1)).ok();
    if (!lived) {
      const int end = agent->process().Wait();
      EXPECT_EQ(end, 1);
      EXPECT_THAT(agent->process().output(),
                  HasSubstr("the own listener at 127.0.0.1:"));
      agent = Start();
      EXPECT_TRUE(AskAgent(agent->address(), dom0).ok());
    }
    const absl::Duration took = absl::FromChrono(SteadyClock::now() - over);
    std::cout << absl::StreamFormat("agent: %s; an answer %.1f s later%s\n",
                                    what, absl::ToDoubleSeconds(took),
                                    lived ? "" : ", started again");
    EXPECT_LE(took, absl::Seconds(15));
  }

  TrustedFleet fleet_;
};

TEST_F(ListenerFloodTest, AnAgentThatRanOutOfDescriptorsAnswersSoonAfter) {
  const auto dom0 = fleet_.As("host/dom0-a");
  std::unique_ptr<NetworkAgent> agent = Start();
  ASSERT_TRUE(AskAgent(agent->address(), dom0).ok());

  // All that the kernel's queue and the agent take.
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (int i = 0; i < 100; ++i) {
    strangers.push_back(std::make_unique<Stranger>(agent->address()));
  }
  EXPECT_FALSE(AskAgent(agent->address(), dom0, std::chrono::seconds(1)).ok());
  strangers.clear();
  ExpectAnswersSoon(agent, "out of descriptors");
}

TEST_F(ListenerFloodTest, AfterAStormOfHandshakesAnAgentAnswersSoon) {
  std::unique_ptr<NetworkAgent> agent = Start();
  for (int i = 0; i < 2000; ++i) Stranger(agent->address());
  ExpectAnswersSoon(agent, "2,000 handshakes that never were");
}

}  // namespace
}  // namespace noonmark
