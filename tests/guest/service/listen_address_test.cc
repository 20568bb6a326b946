#include "guest/service/listen_address.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

TEST(ReadListenAddressTest, TakesUnixSocketsAndOneIp) {
  for (const char* text :
       {"unix:/run/noonmark-agent/agent.sock", "127.0.0.1:7400", "127.0.0.1:0",
        "10.0.0.1:7400", "192.168.1.2:65535", "[::1]:7400", "[fd00::1]:7400"}) {
    SCOPED_TRACE(text);
    const auto address = ReadListenAddress(text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(ReadListenAddressTest, RefusesAllNetworksAtOnceAndSaysWhatToDo) {
  for (const std::string text : {"0.0.0.0:7400", "[::]:7400", "[0:0::0]:7400",
                                 "[::ffff:0.0.0.0]:7400"}) {
    EXPECT_THAT(ReadListenAddress(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "that is every network of this machine; give the IP"));
  }
  for (const std::string text :
       {"localhost:7400", "guest-1:7400", "0x7f000001:7400"}) {
    EXPECT_THAT(ReadListenAddress(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "cannot listen on " + text +
                             ": what a name means is up to a resolver"));
  }
}

TEST(ReadLocalAddressTest, TakesUnixSocketsAndLoopback) {
  for (const char* text :
       {"unix:/run/noonmark-agent/agent.sock", "127.0.0.1:7400", "127.0.0.1:0",
        "127.255.255.255:65535", "[::1]:7400"}) {
    SCOPED_TRACE(text);
    const auto address = ReadLocalAddress(text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(ReadLocalAddressTest, RefusesWhatOthersCouldReachAndSaysWhatToDo) {
  for (const std::string text :
       {"0.0.0.0:7400", "[::]:7400", "10.0.0.1:7400", "192.168.1.2:7400",
        "128.0.0.1:7400", "126.255.255.255:1", "[fe80::1]:7400", "[::2]:7400",
        "localhost:7400", "guest-1:7400", "0x7f000001:7400"}) {
    EXPECT_THAT(
        ReadLocalAddress(text),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 "cannot listen on " + text +
                     ": it has no identity, so nothing but this machine may "
                     "reach it; listen on unix:PATH"));
  }
}

TEST(ReadListenAddressTest, RefusesWhatIsNoAddress) {
  for (const std::string text :
       {"", "agent.sock", "*:7400", ":7400", "unix:", "unix:agent.sock",
        "127.1:7400", "127.0.0.1:65536", "::1:7400"}) {
    EXPECT_THAT(ReadListenAddress(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "address \"" + text + "\": "));
  }
}

TEST(ReadListenAddressTest, KnowsHowLongAPathMayBe) {
  EXPECT_THAT(ReadListenAddress("unix:/" + std::string(106, 'a')), IsOk());
  EXPECT_THAT(ReadListenAddress("unix:/" + std::string(107, 'a')),
              StatusIs(absl::StatusCode::kInvalidArgument, "at most 107"));
}

}  // namespace
}  // namespace noonmark
