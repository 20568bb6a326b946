// Whatever is wrong with how a program is called or configured: one line on
// stderr that names the thing, the cause and what to do, and the exit code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/quiet_socket.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

class FleetStoryOneLineTest : public ::testing::Test {
 protected:
  static void Expect(std::vector<std::string> words, int exit_code,
                     const std::vector<std::string>& parts) {
    SCOPED_TRACE(::testing::PrintToString(words));
    const std::string program = words[0];
    words[0] = Program(program);
    const Outcome outcome = RunProgram(words);
    EXPECT_EQ(outcome.exit_code, exit_code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith(program + ": "));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1)
        << outcome.err;
    for (const std::string& part : parts) {
      EXPECT_THAT(outcome.err, HasSubstr(part));
    }
  }
  std::string File(const std::string& name, const std::string& text) {
    return folder_.Write(name, text);
  }

  TemporaryDirectory folder_;
};

TEST_F(FleetStoryOneLineTest, OnWrongUsage) {
  for (const char* program : {"noonmarkd", "noonmark-agent"}) {
    const std::string help = absl::StrCat("(", program, " --help tells the");
    Expect({program, "--bogus"}, kUsage, {"--bogus", help});
    Expect({program, "--config"}, kUsage, {"--config", "missing", help});
    Expect({program, "config"}, kUsage, {"subcommand", help});
    Expect({program, "surplus"}, kUsage, {"surplus", help});
  }
  Expect({"noonmark-agent", "--listen"}, kUsage, {"--listen", "missing"});
  Expect({"noonmark-agent-demo"}, kUsage, {"--listen is required"});
  Expect({"noonmark"}, kUsage, {"a command is missing", "--help"});
  Expect({"noonmark", "explain"}, kUsage, {"name one guest", "--help"});
  Expect({"noonmark", "report", "--connect"}, kUsage, {"--connect"});
}

// Operators show a dom0 on a network who they are.
TEST_F(FleetStoryOneLineTest, OnAHostOfANetworkWithoutAnIdentity) {
  const std::string home = folder_.path();
  ASSERT_EQ(setenv("HOME", home.c_str(), 1), 0);
  Expect({"noonmark", "report", "-c", "10.0.0.1:7400"}, kFailed,
         {home, "client.pem: there is none", "noonmark pki issue --help"});
}

TEST_F(FleetStoryOneLineTest, OnAFileThatCannotBeRead) {
  const std::string missing = folder_.Path("none.toml");
  const std::string secret = File("secret.toml", "");
  ASSERT_EQ(chmod(secret.c_str(), 0), 0);
  for (const char* program : {"noonmarkd", "noonmark-agent"}) {
    for (const std::vector<std::string>& how :
         std::vector<std::vector<std::string>>{{"--config"},
                                               {"config", "check"}}) {
      std::vector<std::string> words = {program};
      words.insert(words.end(), how.begin(), how.end());
      words.push_back(missing);
      Expect(words, kFailed, {missing, "No such file or directory", "; name"});
      words.back() = secret;
      Expect(words, kFailed, {secret, "Permission denied", "; name"});
      words.back() = folder_.path();
      Expect(words, kFailed, {folder_.path(), "Is a directory", "; name"});
    }
  }
  Expect({"noonmark", "report", "--fleet", missing}, kFailed,
         {missing, "No such file or directory", "; name"});
  Expect({"noonmark", "config", "check", missing}, kFailed,
         {missing, "No such file or directory", "; name"});
}

TEST_F(FleetStoryOneLineTest, OnAnUnknownKeyWithItsPlace) {
  const std::string daemon =
      File("noonmarkd.toml", "[daemon]\n# a comment\n listne = \"unix:/x\"\n");
  Expect({"noonmarkd", "--config", daemon}, kFailed,
         {daemon + ":3:2: unknown key \"daemon.listne\"; known here: listen"});
  Expect({"noonmarkd", "config", "check", daemon}, kFailed,
         {daemon + ":3:2: "});
  const std::string agent = File("agent.toml", "[agent]\nport = 7400\n");
  Expect({"noonmark-agent", "--config", agent}, kFailed,
         {agent + ":2:1: unknown key \"agent.port\"; known here: listen"});
  const std::string fleet = File(
      "fleet.toml", "[[host]]\nname = \"a\"\naddress = \"unix:/a\"\nport=1\n");
  Expect({"noonmark", "report", "--fleet", fleet}, kFailed,
         {fleet + ":4:1: unknown key \"host.port\"; known here: name, addre"});
}

TEST_F(FleetStoryOneLineTest, OnAValueThatMeansNothing) {
  const std::string file = folder_.Path("noonmarkd.toml");
  for (const auto& [text, part] :
       std::vector<std::pair<std::string, std::string>>{
           {"[libvirt]\nuri = \"\"\n",
            ":2:7: libvirt.uri: must not be empty; on a Xen host \"xen:///sys"},
           {"[daemon]\nlisten = \"0.0.0.0:7400\"\n",
            ":2:10: daemon.listen: must be unix:PATH"},
           {"[daemon]\nlisten = 7400\n", ":2:10: daemon.listen"},
           {"[poll]\ninterval = 5\n", ":2:12: poll.interval"},
           {"[daemon\n", ":1:8: "},
       }) {
    File("noonmarkd.toml", text);
    Expect({"noonmarkd", "--config", file}, kFailed, {file + part});
  }
}

TEST_F(FleetStoryOneLineTest, OnAnAddressThatOthersCouldReach) {
  const std::string file = File(
      "agent.toml", absl::StrCat("[pki]\nfolder = \"", folder_.path(), "\"\n"));
  for (const char* address : {"0.0.0.0:7400", "[::]:7400"}) {
    Expect({"noonmark-agent", "--config", file, "--listen", address}, kFailed,
           {address, "every network of this machine", "give the IP"});
  }
  Expect({"noonmark-agent", "--config", file, "--listen", "10.0.0.1:7400"},
         kFailed,
         {"10.0.0.1:7400", "server.pem: there is none",
          "noonmark pki issue --help"});
}

TEST_F(FleetStoryOneLineTest, OnAPlaceWhereNobodyCanListen) {
  const std::string file = File("file", "");
  const std::string nowhere = folder_.Path("no/such/a.sock");
  const std::string closed = folder_.Path("closed");
  ASSERT_EQ(mkdir(closed.c_str(), 0500), 0);
  const std::string deep = "/" + std::string(200, 'x');
  for (const auto& [path, part] :
       std::vector<std::pair<std::string, std::string>>{
           {file, "something that is no socket is there"},
           {folder_.path(), "something that is no socket is there"},
           {nowhere, "its folder is missing"},
           {closed + "/a.sock", "Permission denied"},
           {deep, "at most 107 bytes, not 201"},
       }) {
    Expect({"noonmark-agent", "--listen", "unix:" + path}, kFailed,
           {"unix:" + path.substr(0, 60), part});
    const std::string config =
        File("noonmarkd.toml", "[daemon]\nlisten = \"unix:" + path + "\"\n");
    Expect({"noonmarkd", "--config", config}, kFailed,
           {"unix:" + path.substr(0, 60), part});
  }
}

TEST_F(FleetStoryOneLineTest, OnAWorkerThatIsNotThere) {
  const std::string worker = folder_.Path("noonmarkd-probe");
  const std::string config =
      File("noonmarkd.toml",
           absl::StrCat("[daemon]\nlisten = \"unix:", folder_.Path("r.sock"),
                        "\"\noperate = \"unix:", folder_.Path("o.sock"),
                        "\"\n[probe]\nprogram = \"", worker, "\"\n"));
  Expect({"noonmarkd", "--config", config}, kFailed,
         {worker, "No such file or directory", "probe.program"});
  // It is started by noonmarkd alone, and says so to whoever tries.
  Expect({"noonmarkd-probe"}, 2, {"is started by noonmarkd alone"});
}

TEST_F(FleetStoryOneLineTest, OnASocketThatCannotBeUsed) {
  const std::string missing = folder_.Path("gone.sock");
  Expect({"noonmark", "report", "-c", "unix:" + missing}, kFailed,
         {"nobody listens on unix:" + missing, "start noonmarkd"});
  const QuietSocket quiet(folder_.Path("quiet.sock"));
  const std::string path = folder_.Path("quiet.sock");
  Expect({"noonmark", "report", "--timeout=300ms", "-c", "unix:" + path},
         kFailed, {"no answer in 300 ms"});
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  Expect({"noonmark", "report", "-c", "unix:" + path}, kFailed,
         {"no right to use unix:" + path, "become a member"});
  Expect({"noonmark", "report", "-c", "unix:" + folder_.path()}, kFailed,
         {folder_.path() + " is no socket", "start noonmarkd"});
}

TEST_F(FleetStoryOneLineTest, OnAGuestThatNobodyKnows) {
  RealHost host;
  host.AddGuest("mail-1", "");
  host.Start();
  host.WaitUntil("mail-1", [](const v1::Guest& guest) {
    return guest.verdict() == v1::VERDICT_UNKNOWN;
  });
  Expect({"noonmark", "explain", "mail-2", "-c", host.address()}, kFailed,
         {"there is no guest \"mail-2\"", "noonmark guests lists"});
}

}  // namespace
}  // namespace noonmark::testing
