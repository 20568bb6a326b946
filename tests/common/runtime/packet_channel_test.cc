#include "common/runtime/packet_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;

// A loop that a test turns by hand.
class HandLoop {
 public:
  PacketChannel::Loop loop() {
    return {[this](std::function<void()> work) {
              const std::lock_guard lock(mutex_);
              work_.push_back(std::move(work));
              came_.notify_all();
            },
            [this](const std::string& packet) { packets.push_back(packet); },
            [this](const absl::Status& why) {
              EXPECT_FALSE(ended.has_value());
              ended = why;
            }};
  }
  // Until there is work, or it takes minutes.
  void AwaitWork() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(came_.wait_for(lock, std::chrono::minutes(2),
                               [this] { return !work_.empty(); }));
  }
  // The oldest of it.
  void Work() {
    std::function<void()> work;
    {
      const std::lock_guard lock(mutex_);
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
  void TurnUntil(const std::function<bool()>& done) {
    while (!done()) {
      ASSERT_NO_FATAL_FAILURE(AwaitWork());
      const size_t before = packets.size();
      Work();
      most_at_once = std::max(most_at_once, packets.size() - before);
    }
  }

  std::vector<std::string> packets;
  std::optional<absl::Status> ended;
  size_t most_at_once = 0;

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> work_;
};

class PacketChannelTest : public ::testing::Test {
 protected:
  PacketChannelTest() : ends_(*PacketSocket::Pair()) {}

  std::pair<PacketSocket, PacketSocket> ends_;
  HandLoop here_;
  HandLoop there_;
};

TEST_F(PacketChannelTest, BringsPacketsBothWaysInTheirOrder) {
  PacketChannel a(std::move(ends_.first), here_.loop());
  PacketChannel b(std::move(ends_.second), there_.loop());
  const std::string large(PacketChannel::kMostPacketBytes, 'x');
  a.Send("one");
  a.Send(large);
  a.Send("three");
  b.Send("four");
  there_.TurnUntil([this] { return there_.packets.size() == 3; });
  here_.TurnUntil([this] { return here_.packets.size() == 1; });
  EXPECT_THAT(there_.packets, ElementsAre("one", large, "three"));
  EXPECT_THAT(here_.packets, ElementsAre("four"));
  EXPECT_FALSE(here_.ended.has_value());
}

TEST_F(PacketChannelTest, KeepsWhatTheOtherSideDoesNotTakeYet) {
  PacketChannel a(std::move(ends_.first), here_.loop());
  std::vector<std::string> sent;
  for (int i = 0; i < 10'000; ++i) {
    sent.push_back(absl::StrCat(i, std::string(100, 'x')));
    a.Send(sent.back());
  }
  PacketChannel b(std::move(ends_.second), there_.loop());
  there_.TurnUntil([&] { return there_.packets.size() == sent.size(); });
  EXPECT_EQ(there_.packets, sent);
}

TEST_F(PacketChannelTest, EndsWhenTheOtherSideTakesNothing) {
  PacketChannel a(std::move(ends_.first), here_.loop());
  const std::string large(PacketChannel::kMostPacketBytes, 'x');
  for (int i = 0; i < 100; ++i) a.Send(large);
  here_.TurnUntil([this] { return here_.ended.has_value(); });
  EXPECT_TRUE(absl::IsResourceExhausted(*here_.ended));
}

TEST_F(PacketChannelTest, TellsTheEndAfterTheLastPacket) {
  PacketChannel a(std::move(ends_.first), here_.loop());
  {
    const PacketSocket other = std::move(ends_.second);
    ASSERT_EQ(send(other.file(), "last", 4, 0), 4);
  }
  here_.TurnUntil([this] { return here_.ended.has_value(); });
  EXPECT_THAT(here_.packets, ElementsAre("last"));
  EXPECT_TRUE(absl::IsUnavailable(*here_.ended));
  a.Send("to nobody");
}

// A loop that is busy keeps no more than some hundred packets; the rest stays
// with who sent it.
TEST_F(PacketChannelTest, ReadsNoMoreThanTheLoopTakes) {
  constexpr size_t kPackets = 5'000;
  PacketChannel a(std::move(ends_.first), here_.loop());
  std::thread sender([this] {
    const std::string packet(1'000, 'x');
    for (size_t i = 0; i < kPackets; ++i) {
      EXPECT_GT(
          send(ends_.second.file(), packet.data(), packet.size(), MSG_NOSIGNAL),
          0);
    }
  });
  here_.TurnUntil([&] { return here_.packets.size() == kPackets; });
  sender.join();
  EXPECT_LE(here_.most_at_once, 256);
}

TEST_F(PacketChannelTest, CallsNobodyWhenItIsGone) {
  std::optional<PacketChannel> a(std::in_place, std::move(ends_.first),
                                 here_.loop());
  ASSERT_EQ(send(ends_.second.file(), "one", 3, 0), 3);
  // Posted, and not done.
  here_.AwaitWork();
  a.reset();
  here_.Work();
  EXPECT_TRUE(here_.packets.empty());
  EXPECT_FALSE(here_.ended.has_value());
}

}  // namespace
}  // namespace noonmark
