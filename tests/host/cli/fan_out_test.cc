#include "host/cli/fan_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/host/cli/fake_daemon.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::DeafSocket;
using ::noonmark::testing::FakeDaemon;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::ReportWith;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

// For those that answer: a loaded machine is no fault.
constexpr absl::Duration kLong = absl::Minutes(1);
// For those that never do.
constexpr absl::Duration kShort = absl::Milliseconds(50);

class FanOutTest : public ::testing::Test {
 protected:
  FanOutTest() { QuietGrpc(); }

  std::string Path(const std::string& name) { return directory_.Path(name); }
  Targets To(const std::vector<std::string>& names) {
    Targets targets;
    targets.fleet = true;
    targets.advice = "start it";
    for (const std::string& name : names) {
      targets.dom0s.push_back({name, "unix:" + Path(name)});
    }
    return targets;
  }
  // Listens under the name of a host and reports a guest on it.
  std::unique_ptr<FakeDaemon> Answering(const std::string& name) {
    auto daemon = std::make_unique<FakeDaemon>();
    daemon->report = [name](v1::HostReport* report) {
      *report = ReportWith(name, "guest-of-" + name, v1::VERDICT_OK);
      return grpc::Status::OK;
    };
    daemon->Listen(Path(name));
    return daemon;
  }

  const TemporaryDirectory directory_;
};

TEST_F(FanOutTest, GivesEveryAnswerInTheOrderOfTheFleet) {
  const auto b = Answering("b");
  const auto a = Answering("a");
  const auto answers = AskForReports(To({"b", "a"}), kLong);
  ASSERT_EQ(answers.size(), 2u);
  ASSERT_THAT(answers[0], IsOk());
  ASSERT_THAT(answers[1], IsOk());
  EXPECT_EQ(answers[0]->report().host().name(), "b");
  EXPECT_EQ(answers[1]->report().host().name(), "a");
}

TEST_F(FanOutTest, AsksAllAtOnce) {
  // Nobody is answered before all have been asked.
  std::mutex mutex;
  std::vector<std::function<void()>> held;
  const auto hold = [&](std::function<void()> answer) {
    const std::lock_guard<std::mutex> lock(mutex);
    held.push_back(std::move(answer));
    if (held.size() < 3) return;
    for (const auto& held_answer : held) held_answer();
  };
  std::vector<std::unique_ptr<FakeDaemon>> daemons;
  for (const std::string name : {"a", "b", "c"}) {
    daemons.push_back(std::make_unique<FakeDaemon>());
    daemons.back()->report = [](v1::HostReport*) { return grpc::Status::OK; };
    daemons.back()->hold = hold;
    daemons.back()->Listen(Path(name));
  }
  for (const auto& answer : AskForReports(To({"a", "b", "c"}), kLong)) {
    EXPECT_THAT(answer, IsOk());
  }
}

TEST_F(FanOutTest, DoesNotWaitForThoseThatNeverAnswer) {
  FakeDaemon silent;
  silent.silent = true;
  silent.Listen(Path("silent"));
  const DeafSocket deaf(Path("deaf"));
  for (const auto& answer : AskForReports(To({"silent", "deaf"}), kShort)) {
    EXPECT_THAT(answer, StatusIs(absl::StatusCode::kDeadlineExceeded,
                                 "no answer in 50 ms (deadline)"));
  }
}

TEST_F(FanOutTest, KeepsTheAnswersOfTheOthers) {
  const auto a = Answering("a");
  const DeafSocket deaf(Path("deaf"));
  // Long enough for the one that answers, on any machine.
  const auto answers =
      AskForReports(To({"deaf", "a", "nobody"}), absl::Seconds(3));
  EXPECT_THAT(answers[0], StatusIs(absl::StatusCode::kDeadlineExceeded,
                                   "no answer in 3 s (deadline)"));
  EXPECT_THAT(answers[1], IsOk());
  EXPECT_THAT(answers[2], StatusIs(absl::StatusCode::kUnavailable,
                                   "nobody listens on unix:" + Path("nobody") +
                                       ": start it"));
}

TEST_F(FanOutTest, NoticesADaemonThatDiesInTheMiddle) {
  DeafSocket socket(Path("a"));
  std::thread death([&socket] { socket.HangUp(); });
  const auto answers = AskForReports(To({"a"}), kLong);
  death.join();
  EXPECT_THAT(answers[0],
              StatusIs(absl::StatusCode::kUnavailable, "nobody listens"));
}

TEST_F(FanOutTest, TellsADaemonThatIsNotReadyFromNone) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                        "nothing published yet\x1b");
  };
  const std::string address = daemon.Listen(Path("a"));
  EXPECT_THAT(AskForReports(To({"a"}), kLong)[0],
              StatusIs(absl::StatusCode::kUnavailable,
                       "noonmarkd on " + address +
                           " is not ready: nothing published yet\\x1b"));
}

TEST_F(FanOutTest, PassesTheDaemonsWordsOn) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport*) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many");
  };
  daemon.Listen(Path("a"));
  EXPECT_THAT(AskForReports(To({"a"}), kLong)[0],
              StatusIs(absl::StatusCode::kResourceExhausted, "too many"));
  EXPECT_THAT(AskForHealth(To({"a"}), kLong)[0],
              StatusIs(absl::StatusCode::kUnimplemented, "of this version"));
  EXPECT_THAT(
      AskForGuest(To({"a"}), "mail-1", kLong)[0],
      StatusIs(absl::StatusCode::kNotFound, "no guest mail-1 on this host"));
}

TEST_F(FanOutTest, ReachesSocketsOfAnyName) {
  const auto daemon = Answering("a b%20c?d#e");
  EXPECT_THAT(AskForReports(To({"a b%20c?d#e"}), kLong)[0], IsOk());
}

TEST_F(FanOutTest, TalksToAServerThatChecksThatItsCallersAreLocal) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport*) { return grpc::Status::OK; };
  daemon.Listen(Path("a"), grpc::experimental::LocalServerCredentials(UDS));
  EXPECT_THAT(AskForReports(To({"a"}), kLong)[0], IsOk());
}

TEST_F(FanOutTest, TakesReportsOfManyGuests) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport* report) {
    for (int i = 0; i < 5000; ++i) {
      report->add_guests()->set_reason(std::string(1000, 'x'));
    }
    return grpc::Status::OK;
  };
  daemon.Listen(Path("a"));
  EXPECT_THAT(AskForReports(To({"a"}), kLong)[0], IsOk());
}

TEST_F(FanOutTest, AsksAHundredDom0s) {
  std::vector<std::unique_ptr<FakeDaemon>> daemons;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back(absl::StrCat("d", i));
    daemons.push_back(Answering(names.back()));
  }
  for (const auto& answer : AskForReports(To(names), kLong)) {
    EXPECT_THAT(answer, IsOk());
  }
}

TEST(MakeFleetReportTest, NamesHostsAsTheFleetFileDoes) {
  Targets targets;
  targets.dom0s = {{"from-file", "unix:/a"}, {"dead", "unix:/b"}};
  targets.fleet = true;
  v1::GetReportResponse answer;
  answer.mutable_report()->mutable_host()->set_name("own-name");
  v1::FleetReport report =
      MakeFleetReport(targets, {answer, absl::UnavailableError("gone")});
  ASSERT_EQ(report.hosts_size(), 2);
  EXPECT_EQ(report.hosts(0).name(), "from-file");
  EXPECT_EQ(report.hosts(1).name(), "dead");
  EXPECT_EQ(report.hosts(1).error(), "gone");

  targets.dom0s = {{"unix:/a", "unix:/a"}};
  targets.fleet = false;
  report = MakeFleetReport(targets, {answer});
  EXPECT_EQ(report.hosts(0).name(), "own-name");
}

}  // namespace
}  // namespace noonmark::cli
