// noonmark correct, quiesce, resume, hold and release against fake daemons.

#include "host/cli/order_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/host/cli/fake_daemon.h"
#include "tests/host/cli/messages.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FakeDaemon;
using ::noonmark::testing::FromText;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

v1::Operation At(const std::string& phase, const std::string& words) {
  v1::Operation operation;
  operation.set_id("the-id");
  operation.set_corrects(true);
  operation.set_quiesces(true);
  operation.set_phase(phase);
  operation.set_words(words);
  operation.set_result("open");
  operation.set_reason("none");
  return operation;
}

v1::Operation Over(const std::string& result) {
  v1::Operation operation = At("closed", "it is over");
  operation.set_over(true);
  operation.set_result(result);
  return operation;
}

class OrderCommandTest : public ::testing::Test {
 protected:
  ExitCode Noonmark(std::vector<const char*> words) {
    out_.str("");
    err_.str("");
    words.insert(words.begin(), "noonmark");
    const Console console = {.out = out_,
                             .err = err_,
                             .shows_progress = shows_progress_,
                             .width = [] { return size_t{80}; }};
    const Places places = {
        .fleet_file = directory_.Path("fleet.toml"),
        .local_address = "unix:" + directory_.Path("nobody"),
        .local_operator = "unix:" + directory_.Path("local")};
    return Main(static_cast<int>(words.size()), words.data(), console, places);
  }

  FakeDaemon& AddDaemon(const std::string& name,
                        const std::vector<std::string>& guests) {
    auto daemon = std::make_unique<FakeDaemon>();
    daemon->plan = [=](const std::string& selector,
                       v1::PlanGuestResponse* response) {
      for (const std::string& guest : guests) {
        if (selector != guest) continue;
        *response = FromText<v1::PlanGuestResponse>(R"(
plan { way: PLAN_WAY_QUIESCED_STEP otherwise: PLAN_WAY_QUIESCED_STEP
       amount { seconds: -6 } reasons: "It is ahead." })");
        response->mutable_guest()->set_name(guest);
        response->mutable_guest()->set_uuid("uuid-of-" + guest);
        response->mutable_host()->set_name(name);
        return grpc::Status::OK;
      }
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such guest");
    };
    daemon->order = [this, name](const std::string& order) {
      orders_.push_back(absl::StrCat(name, ": ", order));
      return answer_;
    };
    daemon->operations = operations_;
    daemon->ended = ended_;
    daemon->Listen(directory_.Path(name));
    return *(daemons_[name] = std::move(daemon));
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  const TemporaryDirectory directory_;
  std::map<std::string, std::unique_ptr<FakeDaemon>> daemons_;
  std::vector<std::string> orders_;
  std::vector<v1::Operation> operations_ = {
      At("quiesce-sent", "mail is being brought to rest"),
      At("correct-sent", "the clock is being stepped"), Over("corrected")};
  grpc::Status ended_ = grpc::Status::OK;
  grpc::Status answer_ = grpc::Status::OK;
  bool shows_progress_ = false;

 private:
  std::ostringstream out_, err_;
};

TEST_F(OrderCommandTest, CorrectsAGuestAndSaysWhatWasDone) {
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("local: correct uuid-of-mail-1"));
  EXPECT_THAT(out(), StartsWith("mail-1 on local: corrected: "));
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(OrderCommandTest, ShowsOnATerminalHowItGoesOn) {
  shows_progress_ = true;
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kDone);
  EXPECT_EQ(err(),
            "   0.0 s  mail is being brought to rest\n"
            "   0.0 s  the clock is being stepped\n"
            "   0.0 s  it is over\n");
}

TEST_F(OrderCommandTest, OnlyShowsThePlanInADryRun) {
  AddDaemon("local", {"mail-1", "mail-2"});
  EXPECT_EQ(Noonmark({"correct", "mail-1", "mail-2", "--dry-run"}), kDone);
  EXPECT_THAT(out(), AllOf(StartsWith("mail-1 on local: its clock is set back"),
                           HasSubstr("mail-2 on local: its clock is set")));
  EXPECT_THAT(orders_, IsEmpty());
}

TEST_F(OrderCommandTest, CorrectsSeveralOnlyWhenTheirNumberIsSaid) {
  AddDaemon("local", {"mail-1", "mail-2"});
  EXPECT_EQ(Noonmark({"correct", "mail-1", "mail-2"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("2 guests are named: say that you mean it with "
                               "--expect 2"));
  EXPECT_EQ(Noonmark({"correct", "mail-1", "--expect", "2"}), kUsage);
  EXPECT_EQ(Noonmark({"correct"}), kUsage);
  EXPECT_EQ(Noonmark({"correct", ""}), kUsage);
  EXPECT_THAT(orders_, IsEmpty());
  EXPECT_EQ(Noonmark({"correct", "mail-1", "mail-2", "--expect", "2"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("local: correct uuid-of-mail-1",
                                   "local: correct uuid-of-mail-2"));
}

TEST_F(OrderCommandTest, DoesNothingToTheFirstWhereTheSecondIsUnknown) {
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1", "mail-9", "--expect=2"}), kFailed);
  EXPECT_THAT(orders_, IsEmpty());
}

TEST_F(OrderCommandTest, TellsEachRailThatRefuses) {
  AddDaemon("local", {"mail-1"});
  answer_ = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                         "mode: It observes. Set it.\nheld: It is. Release.");
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kFailed);
  EXPECT_EQ(err(),
            "noonmark: mail-1 on local: refused\n"
            "noonmark: mode: It observes. Set it.\n"
            "noonmark: held: It is. Release.\n");
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(OrderCommandTest, FailsWhereTheClockIsNotRightAfterwards) {
  v1::Operation held = Over("unclear");
  held.set_held(true);
  held.set_reason("off-target");
  held.set_fate("moved");
  operations_ = {held};
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kFailed);
  EXPECT_THAT(out(), HasSubstr("HELD (off-target)"));
  daemons_.clear();
  operations_ = {Over("not-corrected")};
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kFailed);
}

TEST_F(OrderCommandTest, SaysWhatBecomesOfMailWhenTheDaemonDies) {
  operations_.pop_back();
  ended_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"correct", "mail-1"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("mail comes back by itself"));
}

TEST_F(OrderCommandTest, BringsMailToRestAndLeavesItThere) {
  operations_ = {At("quiesce-sent", "mail is being brought to rest"),
                 At("quiesced", "mail rests"), Over("not-corrected")};
  for (v1::Operation& operation : operations_) operation.set_corrects(false);
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"quiesce", "mail-1", "--lease", "90s"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("local: quiesce uuid-of-mail-1 90 s"));
  EXPECT_THAT(out(), AllOf(StartsWith("mail-1 on local: mail rests.\n"),
                           HasSubstr("noonmark resume mail-1")));
  EXPECT_EQ(Noonmark({"quiesce", "mail-1", "--lease", "11m"}), kUsage);
}

TEST_F(OrderCommandTest, FailsWhereMailDidNotComeToRest) {
  operations_ = {Over("not-corrected")};
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"quiesce", "mail-1"}), kFailed);
}

TEST_F(OrderCommandTest, TakesACorrectionThatWasGivenUpForResumed) {
  operations_ = {Over("not-corrected")};
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"resume", "mail-1"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("local: resume uuid-of-mail-1"));
}

TEST_F(OrderCommandTest, HoldsAndReleases) {
  AddDaemon("local", {"mail-1"});
  EXPECT_EQ(Noonmark({"hold", "mail-1"}), kUsage);
  EXPECT_EQ(Noonmark({"hold", "mail-1", "--why", "odd"}), kDone);
  EXPECT_EQ(out(), "mail-1 on local is held; noonmark release ends it.\n");
  EXPECT_EQ(Noonmark({"release", "mail-1"}), kDone);
  EXPECT_EQ(Noonmark({"hold", "--why", "racks"}), kUsage);
  EXPECT_EQ(Noonmark({"hold", "--all", "mail-1", "--why", "racks"}), kUsage);
  EXPECT_EQ(Noonmark({"hold", "--all", "--why", "racks"}), kDone);
  EXPECT_EQ(Noonmark({"release", "--all"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("local: hold uuid-of-mail-1: odd",
                                   "local: release uuid-of-mail-1",
                                   "local: hold: racks", "local: release"));
}

TEST_F(OrderCommandTest, GoesToTheOperatorsSocketsOfAFleet) {
  AddDaemon("a", {"mail-1"});
  AddDaemon("b", {"mail-2"});
  std::string fleet;
  for (const char* name : {"a", "b"}) {
    absl::StrAppend(&fleet, "[[host]]\nname = \"", name,
                    "\"\naddress = \"unix:/nowhere\"\noperate = \"unix:",
                    directory_.Path(name), "\"\n");
  }
  directory_.Write("fleet.toml", fleet);
  EXPECT_EQ(Noonmark({"correct", "mail-2"}), kDone);
  EXPECT_THAT(orders_, ElementsAre("b: correct uuid-of-mail-2"));
  EXPECT_EQ(Noonmark({"hold", "--all", "--why", "racks"}), kDone);
  daemons_.erase("a");
  EXPECT_EQ(Noonmark({"release", "--all"}), kSilent);
  EXPECT_THAT(out(), HasSubstr("b: corrections are on"));

  directory_.Write("fleet.toml",
                   "[[host]]\nname = \"a\"\naddress = \"unix:/nowhere\"\n");
  EXPECT_EQ(Noonmark({"correct", "mail-2"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("a takes no orders: give it operate ="));
}

}  // namespace
}  // namespace noonmark::cli
