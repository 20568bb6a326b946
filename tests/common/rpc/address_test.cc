#include "common/rpc/address.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

TEST(AddressTest, ReadsUnixSockets) {
  const auto address = Address::Parse("unix:/run/noonmark/a b.sock");
  ASSERT_THAT(address, IsOk());
  EXPECT_TRUE(address->IsUnix());
  EXPECT_FALSE(address->IsLoopback());
  EXPECT_EQ(address->path, "/run/noonmark/a b.sock");
  EXPECT_EQ(address->ToString(), "unix:/run/noonmark/a b.sock");
  EXPECT_EQ(address->ChannelTarget(), "unix:/run/noonmark/a%20b.sock");
}

TEST(AddressTest, ReadsHostsAndPorts) {
  struct Case {
    std::string text;
    std::string host;
    uint16_t port;
    std::string target;
  };
  for (const Case& c : {
           Case{"10.0.0.7:5353", "10.0.0.7", 5353, "ipv4:10.0.0.7:5353"},
           Case{"[2001:db8::7]:65535", "2001:db8::7", 65535,
                "ipv6:%5B2001:db8::7%5D:65535"},
           Case{"mail-1.example.org:0", "mail-1.example.org", 0,
                "dns:///mail-1.example.org:0"},
       }) {
    SCOPED_TRACE(c.text);
    const auto address = Address::Parse(c.text);
    ASSERT_THAT(address, IsOk());
    EXPECT_FALSE(address->IsUnix());
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->ToString(), c.text);
    EXPECT_EQ(address->ChannelTarget(), c.target);
  }
}

TEST(AddressTest, KnowsWhatNeverLeavesTheMachine) {
  for (const char* text : {"127.0.0.1:1", "127.255.255.255:1", "[::1]:1",
                           "[0:0:0:0:0:0:0:1]:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(Address::Parse(text).value().IsLoopback()) << text;
  }
  for (const char* text :
       {"128.0.0.1:1", "126.255.255.255:1", "0.0.0.0:1", "[::]:1", "[::2]:1",
        "[::ffff:128.0.0.1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_FALSE(Address::Parse(text).value().IsLoopback()) << text;
  }
}

TEST(AddressTest, TakesTheLongestPathOfASocketAndNoLonger) {
  const std::string longest =
      absl::StrCat("unix:/", std::string(kLongestSocketPath - 1, 'a'));
  EXPECT_THAT(Address::Parse(longest), IsOk());
  EXPECT_THAT(Address::Parse(longest + "a"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "at most 107 bytes, not 108"));
}

TEST(AddressTest, CutsAnAddressRatherThanWhatIsWrongWithIt) {
  const std::string whole = absl::StrCat("unix:", std::string(75, 'a'));
  EXPECT_THAT(Address::Parse(whole),
              StatusIs(absl::StatusCode::kInvalidArgument, whole + "\": "));
  const absl::Status status =
      Address::Parse(whole + std::string(9'000, 'b')).status();
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, whole + "...\": "));
  EXPECT_LT(status.message().size(), 160u);
}

TEST(AddressTest, SaysWhatIsWrong) {
  struct Case {
    std::string text;
    std::string why;
  };
  for (const Case& c : {
           Case{"", "must be unix:PATH"},
           Case{"mail-1", "must be unix:PATH"},
           Case{"unix:", "must begin with /"},
           Case{"unix:agent.sock", "must begin with /"},
           Case{std::string("unix:/a\0b", 9), "control character"},
           Case{"unix:/a\nb", "control character"},
           Case{"10.0.0.1:", "the port must be"},
           Case{"10.0.0.1:65536", "the port must be"},
           Case{"10.0.0.1:99999999999", "the port must be"},
           Case{"10.0.0.1:-1", "the port must be"},
           Case{"10.0.0.1:+1", "the port must be"},
           Case{"10.0.0.1: 1", "the port must be"},
           Case{"10.0.0.1:http", "the port must be"},
           Case{"::1:80", "must stand in [ ]"},
           Case{"[::1:80", "must stand in [ ]"},
           Case{"[::g]:80", "no IPv6 address"},
           Case{"[fe80::1%eth0]:80", "no IPv6 address"},
           Case{"[127.0.0.1]:80", "no IPv6 address"},
           Case{":80", "no host name"},
           Case{"127.1:80", "no host name"},
           Case{"256.0.0.1:80", "no host name"},
           Case{"a..b:80", "no host name"},
           Case{"-a:80", "no host name"},
           Case{"a/b:80", "no host name"},
           Case{"dns:///a:80", "must stand in [ ]"},
       }) {
    EXPECT_THAT(Address::Parse(c.text),
                StatusIs(absl::StatusCode::kInvalidArgument, c.why))
        << c.text;
  }
}

TEST(AddressTest, NamesTheTextWithoutItsControlCharacters) {
  EXPECT_THAT(
      Address::Parse("a\x1b[2J"),
      StatusIs(absl::StatusCode::kInvalidArgument, "address \"a\\x1b[2J\": "));
}

}  // namespace
}  // namespace noonmark
