#include "host/cli/dom0.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/cli/fake_daemon.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::DeafSocket;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ParseAddressTest, TakesBothWaysToWriteASocket) {
  EXPECT_EQ(*ParseAddress("unix:/run/a.sock"), "unix:/run/a.sock");
  EXPECT_EQ(*ParseAddress("unix:///run/a.sock"), "unix:/run/a.sock");
  EXPECT_EQ(*ParseAddress("unix:a.sock"), "unix:a.sock");
}

TEST(ParseAddressTest, TakesAPlaceOnANetwork) {
  EXPECT_EQ(*ParseAddress("dom0-a:7321"), "dom0-a:7321");
  EXPECT_EQ(*ParseAddress("[fd00::1]:7321"), "[fd00::1]:7321");
  EXPECT_EQ(GrpcTarget("192.0.2.1:7321"), "ipv4:192.0.2.1:7321");
}

TEST(ParseAddressTest, SaysWhyItRefusesOthers) {
  EXPECT_THAT(ParseAddress("dom0-a:0"),
              StatusIs(kInvalid, "\"dom0-a:0\" is not of the form unix:PATH"));
  EXPECT_THAT(ParseAddress("dom0-a"), StatusIs(kInvalid, "or HOST:PORT"));
  EXPECT_THAT(ParseAddress(""), StatusIs(kInvalid));
}

TEST(ParseAddressTest, RefusesWhatNoSocketCanBeCalled) {
  EXPECT_THAT(ParseAddress("unix:"), StatusIs(kInvalid, "lacks"));
  EXPECT_THAT(ParseAddress("unix://host/a"), StatusIs(kInvalid, "unix:///"));
  EXPECT_THAT(ParseAddress("unix:/" + std::string(106, 'a')), IsOk());
  EXPECT_THAT(ParseAddress("unix:/" + std::string(107, 'a')),
              StatusIs(kInvalid, "at most 107 bytes"));
}

TEST(ProbeSocketTest, TellsWhoListensFromWhoDoesNot) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("s");
  EXPECT_THAT(ProbeSocket("unix:" + path, "start it"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "nobody listens on unix:" + path + ": start it"));
  {
    const DeafSocket socket(path);
    EXPECT_THAT(ProbeSocket("unix:" + path, ""), IsOk());
  }
  EXPECT_THAT(ProbeSocket("unix:" + path, "start it"),  // a socket left behind
              StatusIs(absl::StatusCode::kUnavailable, "nobody listens"));
}

TEST(ProbeSocketTest, NamesAFileThatIsNoSocket) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("file", "");
  EXPECT_THAT(ProbeSocket("unix:" + path, "start it"),
              StatusIs(absl::StatusCode::kUnavailable,
                       path + " is no socket: start it"));
  EXPECT_THAT(ProbeSocket("unix:" + path + "/s", "start it"),
              StatusIs(absl::StatusCode::kUnavailable, "nobody listens"));
}

class FleetFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<Targets> Load(const std::string& text) {
    return LoadFleetFile(path_ = directory_.Write("fleet.toml", text));
  }
  const TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(FleetFileTest, KeepsTheOrder) {
  const absl::StatusOr<Targets> targets = Load(R"(
[[host]]
name = "dom0-b"
address = "unix:/run/b.sock"
[[host]]
name = "dom0-a"
address = "unix:///run/a.sock"
)");
  ASSERT_THAT(targets, IsOk());
  EXPECT_TRUE(targets->fleet);
  ASSERT_EQ(targets->dom0s.size(), 2u);
  EXPECT_EQ(targets->dom0s[0].name, "dom0-b");
  EXPECT_EQ(targets->dom0s[1].name, "dom0-a");
  EXPECT_EQ(targets->dom0s[1].address, "unix:/run/a.sock");
}

TEST_F(FleetFileTest, NamesFileLineAndColumnOfAFault) {
  EXPECT_THAT(Load("[[host]]\nname = \"a\"\naddress = \"dom0-a\"\n"),
              StatusIs(kInvalid, path_ + ":3:"));
  EXPECT_THAT(Load("[[host]]\nname = \"a\"\naddress = \"unix:a.sock\"\n"),
              StatusIs(kInvalid, "must be an absolute path"));
  EXPECT_THAT(Load("[[host]]\nname = \"a\"\naddres = \"unix:/a\"\n"),
              StatusIs(kInvalid, path_ + ":3:"));
  EXPECT_THAT(Load("[[host]]\nname = \n"), StatusIs(kInvalid, path_ + ":2:"));
}

TEST_F(FleetFileTest, RefusesANameThatIsTaken) {
  EXPECT_THAT(Load("[[host]]\nname = \"a\"\naddress = \"unix:/a\"\n"
                   "[[host]]\nname = \"a\"\naddress = \"unix:/b\"\n"),
              StatusIs(kInvalid, path_ + ":5:"));
}

TEST_F(FleetFileTest, RefusesAFleetOfNobody) {
  EXPECT_THAT(Load("# nothing\n"), StatusIs(kInvalid, "names no host"));
}

TEST_F(FleetFileTest, IsNotFoundWhereThereIsNone) {
  EXPECT_THAT(LoadFleetFile(directory_.Path("none.toml")),
              StatusIs(absl::StatusCode::kNotFound, "none.toml"));
}

}  // namespace
}  // namespace noonmark::cli
