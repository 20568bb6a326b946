#include "host/probe/probe_servant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Keeps what it is asked, and has observers hear what a test says.
class FakeDialer final : public GuestDialer {
 public:
  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  const std::string& uuid,
                                  GuestLink::Observer* observer) override {
    asked.push_back(absl::StrCat("dial ", address, " ", uuid));
    observers[uuid] = observer;
    return std::make_unique<Link>(*this, uuid);
  }
  std::vector<std::string> Take() { return std::exchange(asked, {}); }

  std::vector<std::string> asked;
  std::map<std::string, GuestLink::Observer*> observers;

 private:
  class Link final : public GuestLink {
   public:
    Link(FakeDialer& dialer, std::string uuid)
        : dialer_(dialer), uuid_(std::move(uuid)) {}
    ~Link() override { Did("gone"); }
    void Ask() override { Did("ask"); }
    void Describe() override { Did("describe"); }
    void GiveOrder(const Order&) override { Did("order"); }
    void Close() override { Did("close"); }

   private:
    void Did(const std::string& what) {
      dialer_.asked.push_back(absl::StrCat(what, " ", uuid_));
    }
    FakeDialer& dialer_;
    const std::string uuid_;
  };
};

class ProbeServantTest : public ::testing::Test {
 protected:
  std::vector<size_t> Told() { return std::exchange(told_, {}); }
  void Open(LinkId link, const std::string& uuid) {
    servant_.Obey(DialOrder{link, "unix:/x", uuid});
    dialer_.observers[uuid]->OnOpen();
    dialer_.Take();
    Told();
  }

  FakeDialer dialer_;
  std::vector<size_t> told_;  // which kinds of news
  ProbeServant servant_{dialer_, [this](const ProbeNews& news) {
                          told_.push_back(news.index());
                        }};
};

TEST_F(ProbeServantTest, DoesWhatItIsToldAndTellsAllOfIt) {
  servant_.Obey(DialOrder{1, "unix:/x", "a"});
  GuestLink::Observer* a = dialer_.observers["a"];
  a->OnOpen();
  servant_.Obey(AskOrder{1});
  servant_.Obey(DescribeOrder{1});
  servant_.Obey(GuestOrder{1, StatusOrder()});
  servant_.Obey(PingOrder{5});
  EXPECT_THAT(dialer_.Take(),
              ElementsAre("dial unix:/x a", "ask a", "describe a", "order a"));
  a->OnExchange({});
  a->OnEvent(3);
  a->OnDescription({});
  a->OnStatus({});
  EXPECT_THAT(Told(), ElementsAre(0, 7, 1, 2, 3, 4));
  servant_.Obey(AskOrder{1});
  servant_.Obey(GuestOrder{1, StatusOrder()});
  a->OnOrderFailed(absl::InternalError("x"));
  a->OnClosed(absl::UnavailableError("x"));
  EXPECT_THAT(Told(), ElementsAre(5, 6));
  dialer_.Take();
  // It is over; its number is nobody's.
  servant_.Obey(AskOrder{1});
  servant_.Obey(CloseOrder{1});
  EXPECT_THAT(dialer_.Take(), ElementsAre("close a", "gone a"));
}

// gRPC would end the process for some of these.
TEST_F(ProbeServantTest, DoesNothingThatALinkMayNotBeAsked) {
  servant_.Obey(DialOrder{1, "unix:/x", "a"});
  dialer_.Take();
  servant_.Obey(AskOrder{1});
  servant_.Obey(DescribeOrder{1});
  servant_.Obey(GuestOrder{1, StatusOrder()});
  servant_.Obey(DialOrder{1, "unix:/y", "b"});
  servant_.Obey(AskOrder{2});
  EXPECT_THAT(dialer_.Take(), IsEmpty());
  dialer_.observers["a"]->OnOpen();
  servant_.Obey(AskOrder{1});
  servant_.Obey(AskOrder{1});
  servant_.Obey(GuestOrder{1, StatusOrder()});
  servant_.Obey(GuestOrder{1, StatusOrder()});
  EXPECT_THAT(dialer_.Take(), ElementsAre("ask a", "order a"));
}

TEST_F(ProbeServantTest, ClosesOneOrAll) {
  Open(1, "a");
  Open(2, "b");
  Open(3, "c");
  servant_.Obey(CloseOrder{2});
  EXPECT_THAT(dialer_.Take(), ElementsAre("close b", "gone b"));
  servant_.Stop();
  EXPECT_THAT(dialer_.Take(),
              UnorderedElementsAre("close a", "gone a", "close c", "gone c"));
  EXPECT_THAT(Told(), IsEmpty());
}

}  // namespace
}  // namespace noonmark
