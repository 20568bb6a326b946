#include "host/cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/host/cli/fake_daemon.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::DeafSocket;
using ::noonmark::testing::FakeDaemon;
using ::noonmark::testing::ReportWith;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A fleet of fake daemons and everything the program prints.
class RunTest : public ::testing::Test {
 protected:
  ExitCode Noonmark(std::vector<const char*> words) {
    out_.str("");
    err_.str("");
    words.insert(words.begin(), "noonmark");
    const Console console = {.out = out_,
                             .err = err_,
                             .is_terminal = is_terminal_,
                             .no_color = no_color_,
                             .width = [] { return size_t{60}; }};
    const Places places = {.fleet_file = directory_.Path("default.toml"),
                           .local_address = "unix:" + directory_.Path("local")};
    return Main(static_cast<int>(words.size()), words.data(), console, places);
  }

  // A daemon with one guest, which it knows by name and by number 7.
  void AddDaemon(const std::string& name, const std::string& guest,
                 v1::Verdict verdict) {
    auto daemon = std::make_unique<FakeDaemon>();
    daemon->report = [=](v1::HostReport* report) {
      *report = ReportWith(name, guest, verdict);
      return grpc::Status::OK;
    };
    daemon->guest = [=](const std::string& selector,
                        v1::GetGuestResponse* response) {
      if (selector == "twice") {
        return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                            "\"twice\" fits a and b");
      }
      if (selector != guest && selector != "7") {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such guest");
      }
      *response->mutable_guest() = ReportWith(name, guest, verdict).guests(0);
      response->mutable_host()->set_name(name);
      return grpc::Status::OK;
    };
    daemon->plan = [=](const std::string& selector,
                       v1::PlanGuestResponse* response) {
      if (selector != guest) {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such guest");
      }
      *response->mutable_guest() = ReportWith(name, guest, verdict).guests(0);
      response->mutable_host()->set_name(name);
      response->mutable_plan()->set_otherwise(v1::PLAN_WAY_LEAVE);
      response->mutable_plan()->add_reasons("It is right.");
      return grpc::Status::OK;
    };
    daemon->health = [](v1::GetHealthResponse* response) {
      response->set_version("9.9");
      return grpc::Status::OK;
    };
    daemon->Listen(directory_.Path(name));
    daemons_[name] = std::move(daemon);
  }
  // Returns the path of a fleet file with these hosts.
  std::string Fleet(const std::vector<std::string>& names,
                    const std::string& file = "fleet.toml") {
    std::string text;
    for (const std::string& name : names) {
      absl::StrAppend(&text, "[[host]]\nname = \"", name,
                      "\"\naddress = \"unix:", directory_.Path(name), "\"\n");
    }
    return directory_.Write(file, text);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  const TemporaryDirectory directory_;
  std::map<std::string, std::unique_ptr<FakeDaemon>> daemons_;
  bool is_terminal_ = false;
  bool no_color_ = false;

 private:
  std::ostringstream out_, err_;
};

TEST_F(RunTest, AsksTheLocalDaemonWhereThereIsNoFleetFile) {
  AddDaemon("local", "mail-1", v1::VERDICT_OK);
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_THAT(out(), EndsWith("local  mail-1  ok            -      -       -  "
                              "-\n1 guest on 1 host: 1 ok\n"));
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(RunTest, AsksTheFleetWhereThereIsAFleetFile) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-2", v1::VERDICT_OK);
  Fleet({"a", "b"}, "default.toml");
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_THAT(out(), EndsWith("2 guests on 2 hosts: 2 ok\n"));
}

TEST_F(RunTest, SaysWhatToDoWhenNobodyListens) {
  EXPECT_EQ(Noonmark({"report"}), kFailed);
  EXPECT_EQ(err(), absl::StrCat("noonmark: nobody listens on unix:",
                                directory_.Path("local"),
                                ": start noonmarkd, or name its socket with "
                                "--connect\n"));
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(RunTest, FailsOnTheVerdictsThatItWasGiven) {
  AddDaemon("local", "mail-1", v1::VERDICT_WRONG);
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_EQ(Noonmark({"report", "--fail-on=unknown"}), kDone);
  EXPECT_EQ(Noonmark({"report", "--fail-on=unknown,wrong"}), kFaults);
  EXPECT_THAT(out(), HasSubstr("wrong"));
}

TEST_F(RunTest, PutsASilentDom0AboveAFault) {
  AddDaemon("a", "mail-1", v1::VERDICT_WRONG);
  const std::string fleet = Fleet({"a", "gone"});
  EXPECT_EQ(Noonmark({"report", "--fail-on=wrong", "--fleet", fleet.c_str()}),
            kSilent);
  EXPECT_THAT(out(), HasSubstr("gone  -       nobody listens on unix:"));
  EXPECT_THAT(out(), HasSubstr("start noonmarkd there, or correct the fleet "
                               "file\n"));
  EXPECT_THAT(out(), EndsWith("1 guest on 1 of 2 hosts: 1 wrong\n"));
}

TEST_F(RunTest, ShowsAFleetOfWhichNobodyAnswers) {
  const DeafSocket deaf(directory_.Path("a"));
  const std::string fleet = Fleet({"a"});
  EXPECT_EQ(Noonmark({"report", "--timeout=50ms", "--fleet", fleet.c_str()}),
            kSilent);
  EXPECT_THAT(out(), EndsWith("a     -      no answer in 50 ms (deadline)\n"
                              "0 guests on 0 of 1 host\n"));
}

TEST_F(RunTest, WritesJsonAndCsv) {
  AddDaemon("local", "mail-1", v1::VERDICT_OK);
  EXPECT_EQ(Noonmark({"report", "-o", "json"}), kDone);
  EXPECT_THAT(out(), StartsWith("{\n \"hosts\": ["));
  EXPECT_EQ(Noonmark({"report", "-o", "csv"}), kDone);
  EXPECT_THAT(out(), HasSubstr("\nlocal,proven,mail-1,"));
  EXPECT_EQ(Noonmark({"guests", "-o", "csv"}), kDone);
  EXPECT_THAT(out(), StartsWith("host,guest,uuid,libvirt_id,"));
  EXPECT_EQ(Noonmark({"guests"}), kDone);
  EXPECT_THAT(out(), StartsWith("HOST   GUEST   ID  STATE"));
}

TEST_F(RunTest, AsksOnlyTheHostsThatAreNamed) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  const std::string fleet = Fleet({"a", "gone"});
  EXPECT_EQ(Noonmark({"report", "--host=a", "--fleet", fleet.c_str()}), kDone);
  EXPECT_EQ(Noonmark({"report", "--host=c", "--fleet", fleet.c_str()}), kUsage);
  EXPECT_EQ(err(), absl::StrCat("noonmark: there is no host \"c\" in ", fleet,
                                ", which names a and gone\n"));
  EXPECT_EQ(Noonmark({"report", "--host=a"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("there is no fleet file"));
}

TEST_F(RunTest, TellsTheLineOfAFaultInTheFleetFile) {
  const std::string fleet = directory_.Write(
      "bad.toml", "[[host]]\nname = \"a\"\naddress = \"dom0-a\"\n");
  EXPECT_EQ(Noonmark({"report", "--fleet", fleet.c_str()}), kFailed);
  EXPECT_THAT(err(), AllOf(StartsWith("noonmark: " + fleet + ":3:"),
                           HasSubstr("not of the form unix:PATH")));
  EXPECT_EQ(Noonmark({"report", "--fleet", "/nowhere.toml"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("/nowhere.toml"));
}

TEST_F(RunTest, ChecksAFleetFile) {
  const std::string good = Fleet({"a", "b"});
  EXPECT_EQ(Noonmark({"config", "check", good.c_str()}), kDone);
  EXPECT_EQ(out(), good + ": good, 2 hosts\n");
  const std::string bad = directory_.Write("bad.toml", "hosts = 1\n");
  EXPECT_EQ(Noonmark({"config", "check", bad.c_str()}), kFailed);
  EXPECT_THAT(err(), StartsWith("noonmark: " + bad + ":1:"));
  EXPECT_EQ(Noonmark({"config", "check"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("default.toml"));
}

TEST_F(RunTest, RefusesAnAddressThatIsNoSocket) {
  EXPECT_EQ(Noonmark({"report", "-c", "dom0-a"}), kUsage);
  EXPECT_THAT(err(), StartsWith("noonmark: --connect: \"dom0-a\" is not"));
}

TEST_F(RunTest, ExplainsAGuestWhereverItIs) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-2", v1::VERDICT_WRONG);
  Fleet({"a", "b"}, "default.toml");
  EXPECT_EQ(Noonmark({"explain", "mail-2"}), kDone);
  EXPECT_THAT(out(), StartsWith("mail-2 on b is wrong"));
}

TEST_F(RunTest, AsksWhichOfTwoGuestsIsMeant) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-1", v1::VERDICT_OK);
  Fleet({"a", "b"}, "default.toml");
  EXPECT_EQ(Noonmark({"explain", "mail-1"}), kUsage);
  EXPECT_EQ(err(),
            "noonmark: \"mail-1\" is on a and b: add --host NAME, or give the "
            "UUID\n");
  EXPECT_EQ(Noonmark({"explain", "mail-1", "--host=b"}), kDone);
  EXPECT_THAT(out(), StartsWith("mail-1 on b"));
  EXPECT_EQ(Noonmark({"explain", "twice"}), kUsage);
  EXPECT_EQ(err(), "noonmark: a: \"twice\" fits a and b\n");
}

TEST_F(RunTest, NamesTheHostsThatDoNotKnowAGuest) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-2", v1::VERDICT_OK);
  Fleet({"a", "b"}, "default.toml");
  EXPECT_EQ(Noonmark({"explain", "mail-9"}), kFailed);
  EXPECT_THAT(err(), StartsWith("noonmark: there is no guest \"mail-9\" on a "
                                "and b, and no finding of this code;"));
}

TEST_F(RunTest, SaysWhichDom0sCouldNotBeAskedForAGuest) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  Fleet({"a", "gone"}, "default.toml");
  EXPECT_EQ(Noonmark({"explain", "mail-9"}), kSilent);
  EXPECT_THAT(err(), AllOf(HasSubstr("noonmark: gone: nobody listens"),
                           HasSubstr("no guest \"mail-9\" on a,")));
  EXPECT_EQ(Noonmark({"explain", "mail-1"}), kSilent);
  EXPECT_THAT(out(), StartsWith("mail-1 on a is ok"));
  EXPECT_THAT(err(), HasSubstr("noonmark: gone: nobody listens"));
}

TEST_F(RunTest, ExplainsACodeWithoutAskingAnybody) {
  EXPECT_EQ(Noonmark({"explain", "--code", "clock-set"}), kDone);
  EXPECT_THAT(out(), StartsWith("clock-set: The guest's clock was set.\n"));
  EXPECT_THAT(err(), IsEmpty());
  EXPECT_EQ(Noonmark({"explain", "--code", "nonsense"}), kFailed);
  EXPECT_THAT(err(), AllOf(StartsWith("noonmark: there is no finding "
                                      "\"nonsense\"; there are clock-set, "),
                           EndsWith("and unjudged-guests\n")));
}

TEST_F(RunTest, TakesTheArgumentForACodeWhereNoGuestHasThatName) {
  AddDaemon("local", "clock-set", v1::VERDICT_OK);
  EXPECT_EQ(Noonmark({"explain", "clock-set"}), kDone);
  EXPECT_THAT(out(), StartsWith("clock-set on local is ok"));
  EXPECT_EQ(Noonmark({"explain", "counter-jump"}), kDone);
  EXPECT_THAT(out(), StartsWith("counter-jump: The guest's counter jumped.\n"));
  daemons_.clear();
  EXPECT_EQ(Noonmark({"explain", "counter-jump"}), kFailed);
  EXPECT_THAT(out(), StartsWith("counter-jump: The guest's counter jumped.\n"));
  EXPECT_THAT(err(), HasSubstr("nobody listens"));
}

TEST_F(RunTest, PlansForTheGuestWhereverItIs) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-2", v1::VERDICT_OK);
  Fleet({"a", "b"}, "default.toml");
  EXPECT_EQ(Noonmark({"plan", "mail-2"}), kDone);
  EXPECT_THAT(out(), StartsWith("mail-2 on b: nothing is to be done."));
  EXPECT_EQ(Noonmark({"plan", "mail-2", "-o", "json"}), kDone);
  EXPECT_THAT(out(), HasSubstr("\"otherwise\": \"PLAN_WAY_LEAVE\""));
  EXPECT_EQ(Noonmark({"plan", "mail-9"}), kFailed);
  EXPECT_EQ(
      err(),
      "noonmark: there is no guest \"mail-9\" on a and b; noonmark guests "
      "lists the guests\n");
  EXPECT_EQ(Noonmark({"plan"}), kUsage);
  EXPECT_EQ(Noonmark({"plan", "mail-2", "-o", "csv"}), kUsage);
}

TEST_F(RunTest, PlansForNoGuestThatSeveralHostsKnow) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  AddDaemon("b", "mail-1", v1::VERDICT_OK);
  Fleet({"a", "b", "gone"}, "default.toml");
  EXPECT_EQ(Noonmark({"plan", "mail-1"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("\"mail-1\" is on a and b: add --host NAME"));
  EXPECT_EQ(Noonmark({"plan", "mail-9"}), kSilent);
}

TEST_F(RunTest, ShowsAllVersions) {
  AddDaemon("a", "mail-1", v1::VERDICT_OK);
  Fleet({"a", "gone"}, "default.toml");
  EXPECT_EQ(Noonmark({"version"}), kSilent);
  EXPECT_THAT(out(), AllOf(HasSubstr("noonmark "), HasSubstr("\na "),
                           HasSubstr("9.9"), HasSubstr("nobody listens")));
  EXPECT_EQ(Noonmark({"version", "--host=a"}), kDone);
  const std::string nobody = "unix:" + directory_.Path("nobody");
  EXPECT_EQ(Noonmark({"version", "-c", nobody.c_str()}), kFailed);
  EXPECT_THAT(out(), HasSubstr("-"));
}

TEST_F(RunTest, ColoursAndShortensOnATerminalOnly) {
  AddDaemon("local", "a-guest-with-a-name-of-some-length", v1::VERDICT_WRONG);
  const std::string red = "\x1b[1;31mwrong";
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  EXPECT_EQ(Noonmark({"report", "--color=always"}), kDone);
  EXPECT_THAT(out(), HasSubstr(red));
  is_terminal_ = true;
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_THAT(out(), HasSubstr(red));
  EXPECT_EQ(Noonmark({"report", "--color=never"}), kDone);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  no_color_ = true;
  EXPECT_EQ(Noonmark({"report"}), kDone);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
}

TEST_F(RunTest, SaysThatItCannotWrite) {
  AddDaemon("local", "mail-1", v1::VERDICT_OK);
  std::ofstream full("/dev/full");
  std::ostringstream err;
  const Console console = {.out = full, .err = err, .width = nullptr};
  const Places places = {.fleet_file = directory_.Path("default.toml"),
                         .local_address = "unix:" + directory_.Path("local")};
  const char* words[] = {"noonmark", "report"};
  EXPECT_EQ(Main(2, words, console, places), kFailed);
  EXPECT_EQ(err.str(), "noonmark: cannot write to standard output\n");
}

TEST_F(RunTest, NeverPrintsWhatATerminalWouldObey) {
  AddDaemon("local", "mail-1", v1::VERDICT_OK);
  EXPECT_EQ(Noonmark({"explain", "\x1b[2J"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("no guest \"\\x1b[2J\""));
  EXPECT_EQ(Noonmark({"\x1b[2J"}), kUsage);
  EXPECT_THAT(err(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace noonmark::cli
