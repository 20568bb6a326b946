#include "guest/units/event_loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace noonmark {
namespace {

TEST(EventLoopTest, CallsInTheOrderOfTheMoments) {
  EventLoop loop;
  std::vector<int> calls;
  const auto second = loop.After(absl::Milliseconds(20), [&] {
    calls.push_back(2);
    loop.Stop();
  });
  const auto first =
      loop.After(absl::Milliseconds(1), [&] { calls.push_back(1); });
  loop.Soon([&] { calls.push_back(0); });
  loop.Run();
  EXPECT_EQ(calls, (std::vector<int>{0, 1, 2}));
}

TEST(EventLoopTest, ForgetsWhatItNeverCameTo) {
  const auto held = std::make_shared<int>(1);
  {
    EventLoop loop;
    loop.Soon([held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoopTest, CallsNobodyWhoStoppedWaiting) {
  EventLoop loop;
  auto never = loop.After(absl::ZeroDuration(), [] { FAIL(); });
  never.Stop();
  const auto end = loop.After(absl::Milliseconds(1), [&] { loop.Stop(); });
  loop.Run();
}

TEST(EventLoopTest, ACallMayEndItsOwnSource) {
  EventLoop loop;
  EventLoop::Source source;
  const std::vector<int> kept(1000, 7);
  source = loop.After(absl::ZeroDuration(), [&, kept] {
    source.Stop();
    EXPECT_EQ(kept.back(), 7);
    loop.Stop();
  });
  loop.Run();
  EXPECT_FALSE(source);
}

TEST(EventLoopTest, CallsWheneverADescriptorCanBeRead) {
  EventLoop loop;
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int times = 0;
  const auto source = loop.WhenReadable(event, [&] {
    eventfd_t ignored;
    eventfd_read(event, &ignored);
    if (++times == 2) return loop.Stop();
    eventfd_write(event, 1);
  });
  eventfd_write(event, 1);
  loop.Run();
  EXPECT_EQ(times, 2);
  close(event);
}

}  // namespace
}  // namespace noonmark
