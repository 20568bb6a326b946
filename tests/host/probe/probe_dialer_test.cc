#include "host/probe/probe_dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_clock.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeWorker final : public ProbeWorker {
 public:
  bool Send(const ProbeOrder& order) override {
    if (!up) return false;
    struct Visitor {
      std::string operator()(const DialOrder& one) const {
        return absl::StrCat("dial ", one.link, " ", one.address);
      }
      std::string operator()(const AskOrder& one) const {
        return absl::StrCat("ask ", one.link);
      }
      std::string operator()(const DescribeOrder& one) const {
        return absl::StrCat("describe ", one.link);
      }
      std::string operator()(const GuestOrder& one) const {
        return absl::StrCat("order ", one.link);
      }
      std::string operator()(const CloseOrder& one) const {
        return absl::StrCat("close ", one.link);
      }
      std::string operator()(const PingOrder&) const { return "ping"; }
    };
    sent.push_back(std::visit(Visitor(), order));
    return true;
  }
  std::vector<std::string> Take() { return std::exchange(sent, {}); }

  bool up = true;
  std::vector<std::string> sent;
};

class Heard final : public GuestLink::Observer {
 public:
  void OnOpen() override { said.push_back("open"); }
  void OnExchange(Exchange) override { said.push_back("exchange"); }
  void OnEvent(uint64_t n) override {
    said.push_back(absl::StrCat("event ", n));
  }
  void OnDescription(GuestFacts) override { said.push_back("description"); }
  void OnStatus(OperationStatus) override { said.push_back("status"); }
  void OnOrderFailed(const absl::Status&) override { said.push_back("failed"); }
  void OnClosed(const absl::Status& why) override {
    said.push_back("closed");
    closed = why;
  }
  std::vector<std::string> Take() { return std::exchange(said, {}); }

  std::vector<std::string> said;
  absl::Status closed;
};

class ProbeDialerTest : public ::testing::Test {
 protected:
  std::unique_ptr<GuestLink> Dial(const std::string& uuid = "a") {
    auto link = dialer_.Dial("unix:/" + uuid, uuid, &heard_);
    last_ = ++dialled_;
    return link;
  }
  // Dials, and it is open.
  std::unique_ptr<GuestLink> Open(ProbeWorker& worker,
                                  const std::string& uuid = "a") {
    auto link = Dial(uuid);
    dialer_.OnNews(worker, OpenNews{last_});
    heard_.Take();
    common_.Take();
    suspects_.Take();
    return link;
  }
  void Answer(ProbeWorker& worker) {
    dialer_.OnNews(worker, ExchangeNews{last_, {}});
  }
  void RunPosted() {
    for (const auto& work : std::exchange(posted_, {})) work();
  }

  FakeClock clock_;
  FakeWorker common_;
  FakeWorker suspects_;
  Heard heard_;
  std::vector<std::function<void()>> posted_;
  ProbeDialer dialer_{{},
                      clock_,
                      [this](std::function<void()> work) {
                        posted_.push_back(std::move(work));
                      },
                      common_,
                      suspects_};
  LinkId dialled_ = 0;
  LinkId last_ = 0;
};

TEST_F(ProbeDialerTest, BringsCallsToTheWorkerAndNewsBack) {
  auto link = Dial();
  EXPECT_THAT(heard_.Take(), IsEmpty());
  dialer_.OnNews(common_, OpenNews{1});
  link->Ask();
  link->Describe();
  link->GiveOrder(StatusOrder());
  EXPECT_THAT(common_.Take(),
              ElementsAre("dial 1 unix:/a", "ask 1", "describe 1", "order 1"));
  dialer_.OnNews(common_, ExchangeNews{1, {}});
  dialer_.OnNews(common_, EventNews{1, 5});
  dialer_.OnNews(common_, DescriptionNews{1, {}});
  dialer_.OnNews(common_, StatusNews{1, {}});
  dialer_.OnNews(common_, OrderFailedNews{1, absl::InternalError("")});
  EXPECT_THAT(heard_.Take(), ElementsAre("open", "exchange", "event 5",
                                         "description", "status", "failed"));
  dialer_.OnNews(common_, ClosedNews{1, absl::UnavailableError("broke")});
  EXPECT_THAT(heard_.Take(), ElementsAre("closed"));
  EXPECT_EQ(heard_.closed, absl::UnavailableError("broke"));
  // It is over.
  dialer_.OnNews(common_, EventNews{1, 6});
  link->Ask();
  link->Close();
  EXPECT_THAT(heard_.Take(), IsEmpty());
  EXPECT_THAT(common_.Take(), IsEmpty());
  EXPECT_THAT(suspects_.Take(), IsEmpty());
}

TEST_F(ProbeDialerTest, ClosesWithTheLinkAndHearsNoMore) {
  { auto link = Open(common_); }
  EXPECT_THAT(common_.Take(), ElementsAre("close 1"));
  dialer_.OnNews(common_, EventNews{1, 6});
  dialer_.OnNews(common_, ClosedNews{1, absl::UnavailableError("")});
  EXPECT_THAT(heard_.Take(), IsEmpty());
}

TEST_F(ProbeDialerTest, TakesNoWordThatNobodyAskedFor) {
  auto link = Dial();
  // Not open yet; not its worker; no such link.
  Answer(common_);
  dialer_.OnNews(common_, StatusNews{1, {}});
  dialer_.OnNews(suspects_, OpenNews{1});
  dialer_.OnNews(common_, OpenNews{99});
  EXPECT_THAT(heard_.Take(), IsEmpty());
  dialer_.OnNews(common_, OpenNews{1});
  dialer_.OnNews(common_, OpenNews{1});
  EXPECT_THAT(heard_.Take(), ElementsAre("open"));
  // Two answers to one question.
  link->Ask();
  Answer(common_);
  Answer(common_);
  EXPECT_THAT(heard_.Take(), ElementsAre("exchange"));
}

TEST_F(ProbeDialerTest, TellsLaterThatThereIsNoWorker) {
  common_.up = false;
  auto link = Dial();
  EXPECT_THAT(heard_.Take(), IsEmpty());
  RunPosted();
  EXPECT_THAT(heard_.Take(), ElementsAre("closed"));
  EXPECT_TRUE(absl::IsUnavailable(heard_.closed));
  EXPECT_FALSE(dialer_.IsSuspect("a"));
}

TEST_F(ProbeDialerTest, SuspectsWhoSendsNonsense) {
  auto link = Open(common_);
  clock_.Advance(absl::Hours(1));
  dialer_.OnNews(common_, ClosedNews{1, absl::InvalidArgumentError("x")});
  EXPECT_TRUE(dialer_.IsSuspect("a"));
  auto again = Dial();
  auto other = Dial("b");
  EXPECT_THAT(suspects_.Take(), ElementsAre("dial 2 unix:/a"));
  EXPECT_THAT(common_.Take(), ElementsAre("dial 3 unix:/b"));
}

TEST_F(ProbeDialerTest, SuspectsWhoIsGivenUpForItsSilence) {
  auto link = Open(common_);
  clock_.Advance(absl::Hours(1));
  link->Ask();
  clock_.Advance(absl::Milliseconds(499));
  link->Close();
  EXPECT_FALSE(dialer_.IsSuspect("a"));
  link = Open(common_);
  link->Ask();
  clock_.Advance(absl::Milliseconds(500));
  link->Close();
  EXPECT_TRUE(dialer_.IsSuspect("a"));
}

TEST_F(ProbeDialerTest, SuspectsWhoIsGoneSoonButNotWhoWasThereForLong) {
  auto link = Open(common_);
  clock_.Advance(absl::Seconds(60));
  dialer_.OnNews(common_, ClosedNews{1, absl::UnavailableError("broke")});
  EXPECT_FALSE(dialer_.IsSuspect("a"));
  link = Open(common_);
  clock_.Advance(absl::Seconds(59));
  dialer_.OnNews(common_, ClosedNews{2, absl::UnavailableError("broke")});
  EXPECT_TRUE(dialer_.IsSuspect("a"));
}

// That nobody is there costs nothing, and is no cause for suspicion; nor is an
// address that is none.
TEST_F(ProbeDialerTest, SuspectsNobodyWhoNeverConnected) {
  for (const absl::Status& why :
       {absl::UnavailableError("refused"), absl::InvalidArgumentError("x")}) {
    auto link = Dial();
    dialer_.OnNews(common_, ClosedNews{last_, why});
    EXPECT_FALSE(dialer_.IsSuspect("a"));
  }
  auto link = Dial();
  clock_.Advance(absl::Seconds(5));
  link->Close();
  EXPECT_FALSE(dialer_.IsSuspect("a"));
}

TEST_F(ProbeDialerTest, TrustsASuspectThatAnswersForLong) {
  {
    auto link = Open(common_);
    dialer_.OnNews(common_, ClosedNews{1, absl::InvalidArgumentError("x")});
  }
  auto link = Open(suspects_);
  clock_.Advance(absl::Minutes(10) - absl::Seconds(1));
  link->Ask();
  Answer(suspects_);
  EXPECT_THAT(heard_.Take(), ElementsAre("exchange"));
  clock_.Advance(absl::Seconds(1));
  link->Ask();
  Answer(suspects_);
  EXPECT_THAT(heard_.Take(), ElementsAre("closed"));
  EXPECT_THAT(std::string(heard_.closed.message()), HasSubstr("trusted again"));
  EXPECT_FALSE(dialer_.IsSuspect("a"));
  EXPECT_THAT(suspects_.Take(), ElementsAre("ask 2", "ask 2", "close 2"));
}

TEST_F(ProbeDialerTest, EndsAllOfAWorkerThatIsGoneAndSaysWhoMayBeTheCause) {
  Heard quiet, silent, connecting, other;
  auto a = dialer_.Dial("unix:/a", "quiet", &quiet);
  auto b = dialer_.Dial("unix:/b", "silent", &silent);
  auto c = dialer_.Dial("unix:/c", "connecting", &connecting);
  dialer_.OnNews(common_, OpenNews{1});
  dialer_.OnNews(common_, OpenNews{2});
  dialer_.OnNews(common_, ClosedNews{0, absl::UnavailableError("")});
  a->Ask();
  dialer_.OnNews(common_, ExchangeNews{1, {}});
  b->Ask();
  clock_.Advance(absl::Minutes(2));
  auto d = dialer_.Dial("unix:/d", "just dialled", &other);

  dialer_.OnGone(suspects_, absl::UnavailableError("x"), true);
  EXPECT_EQ(quiet.closed, absl::OkStatus());
  dialer_.OnGone(common_, absl::UnavailableError("it hung"), true);
  EXPECT_EQ(quiet.closed, absl::UnavailableError("it hung"));
  EXPECT_TRUE(absl::IsAborted(silent.closed));
  EXPECT_THAT(std::string(silent.closed.message()), HasSubstr("it hung"));
  EXPECT_TRUE(absl::IsAborted(connecting.closed));
  EXPECT_TRUE(absl::IsUnavailable(other.closed));
  EXPECT_FALSE(dialer_.IsSuspect("quiet"));
  EXPECT_TRUE(dialer_.IsSuspect("silent"));
  EXPECT_TRUE(dialer_.IsSuspect("connecting"));
  EXPECT_FALSE(dialer_.IsSuspect("just dialled"));
}

TEST_F(ProbeDialerTest, BlamesNobodyForAWorkerThatEndedByItself) {
  auto link = Open(common_);
  link->Ask();
  clock_.Advance(absl::Minutes(2));
  dialer_.OnGone(common_, absl::UnavailableError("it ended with 1"), false);
  EXPECT_TRUE(absl::IsUnavailable(heard_.closed));
  EXPECT_FALSE(dialer_.IsSuspect("a"));
}

// An observer may drop its link, and dial again, from within what it is told.
TEST_F(ProbeDialerTest, MayBeCalledFromWithinAnObserver) {
  struct Restless final : public GuestLink::Observer {
    void OnOpen() override { link.reset(); }
    void OnExchange(Exchange) override {}
    void OnEvent(uint64_t) override {}
    void OnDescription(GuestFacts) override {}
    void OnClosed(const absl::Status&) override {
      if (--left > 0) link = dialer->Dial("unix:/a", "a", this);
    }
    ProbeDialer* dialer = nullptr;
    std::unique_ptr<GuestLink> link;
    int left = 3;
  } restless;
  restless.dialer = &dialer_;
  restless.link = dialer_.Dial("unix:/a", "a", &restless);
  dialer_.OnGone(common_, absl::UnavailableError("x"), false);
  dialer_.OnGone(common_, absl::UnavailableError("x"), false);
  dialer_.OnNews(common_, OpenNews{3});
  EXPECT_EQ(restless.link, nullptr);
  EXPECT_THAT(common_.Take(), ElementsAre("dial 1 unix:/a", "dial 2 unix:/a",
                                          "dial 3 unix:/a", "close 3"));
}

}  // namespace
}  // namespace noonmark
