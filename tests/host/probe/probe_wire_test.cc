#include "host/probe/probe_wire.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "noonmark/v1/probe.pb.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

ClockReading Clocks(int64_t seconds) {
  const absl::Duration at = absl::Seconds(seconds);
  return {at, absl::Hours(400'000) + at, at + absl::Nanoseconds(1),
          at + absl::Nanoseconds(2), at + absl::Nanoseconds(3)};
}

Exchange SomeExchange() {
  Exchange exchange;
  exchange.host_sent = Clocks(1000);
  exchange.host_received = Clocks(1001);
  exchange.guest.sequence = 7;
  exchange.guest.received = Clocks(40);
  exchange.guest.sent = Clocks(41);
  exchange.guest.boot_id = "00000000-0000-4000-8000-000000000001";
  exchange.guest.clocksource = "xen";
  exchange.guest.discontinuities = 3;
  exchange.guest.discipline = KernelDiscipline();
  exchange.guest.steal = absl::Seconds(9);
  return exchange;
}

std::vector<ProbeOrder> Orders() {
  const OrderHeader header = {.operation = {{1}}, .epoch = 2, .boot = {{3}}};
  QuiesceOrder quiesce;
  quiesce.header = header;
  quiesce.lease = absl::Seconds(120);
  quiesce.valid_until = absl::Seconds(50);
  CorrectOrder correct;
  correct.header = header;
  correct.amount = absl::Seconds(-6);
  correct.valid_until = absl::Seconds(50);
  ResumeOrder resume;
  resume.header = header;
  return {DialOrder{1, "127.0.0.1:7400", "uuid"},
          AskOrder{2},
          DescribeOrder{3},
          GuestOrder{4, quiesce},
          GuestOrder{5, correct},
          GuestOrder{6, resume},
          GuestOrder{7, StatusOrder()},
          CloseOrder{8},
          PingOrder{9}};
}

std::vector<ProbeNews> AllNews() {
  GuestFacts facts;
  facts.kernel_release = "6.1.0";
  OperationStatus status;
  status.detail = "at rest";
  return {OpenNews{1},
          ExchangeNews{2, SomeExchange()},
          EventNews{3, 77},
          DescriptionNews{4, facts},
          StatusNews{5, status},
          OrderFailedNews{6, absl::DeadlineExceededError("late")},
          ClosedNews{7, absl::UnavailableError("nobody listens")},
          PongNews{8}};
}

TEST(ProbeWireTest, BringsEveryOrderAcross) {
  for (const ProbeOrder& order : Orders()) {
    const std::string packet = EncodeProbeOrder(order);
    const absl::StatusOr<ProbeOrder> back = DecodeProbeOrder(packet);
    ASSERT_THAT(back, IsOk()) << order.index();
    EXPECT_EQ(back->index(), order.index());
    EXPECT_EQ(EncodeProbeOrder(*back), packet) << order.index();
  }
  const auto dial = DecodeProbeOrder(EncodeProbeOrder(Orders()[0]));
  EXPECT_EQ(std::get<DialOrder>(*dial).address, "127.0.0.1:7400");
  EXPECT_EQ(std::get<DialOrder>(*dial).uuid, "uuid");
  const auto correct = DecodeProbeOrder(EncodeProbeOrder(Orders()[4]));
  EXPECT_EQ(std::get<CorrectOrder>(std::get<GuestOrder>(*correct).order).amount,
            absl::Seconds(-6));
}

TEST(ProbeWireTest, BringsAllNewsAcross) {
  for (const ProbeNews& news : AllNews()) {
    const std::string packet = EncodeProbeNews(news);
    const absl::StatusOr<ProbeNews> back = DecodeProbeNews(packet);
    ASSERT_THAT(back, IsOk()) << news.index();
    EXPECT_EQ(back->index(), news.index());
    EXPECT_EQ(EncodeProbeNews(*back), packet) << news.index();
  }
  const auto back = DecodeProbeNews(EncodeProbeNews(AllNews()[1]));
  const Exchange& exchange = std::get<ExchangeNews>(*back).exchange;
  EXPECT_EQ(exchange.host_sent.raw_after, Clocks(1000).raw_after);
  EXPECT_EQ(exchange.host_received.realtime, Clocks(1001).realtime);
  EXPECT_EQ(exchange.guest.received.boottime, Clocks(40).boottime);
  EXPECT_EQ(exchange.guest.sent.raw_before, Clocks(41).raw_before);
  EXPECT_EQ(exchange.guest.steal, absl::Seconds(9));
}

// T1 and T4 of a host whose counter runs back are evidence, and no fault of
// the packet.
TEST(ProbeWireTest, TakesAnyReadingOfTheHostsOwnClocks) {
  Exchange exchange = SomeExchange();
  exchange.host_sent.raw_after = absl::Seconds(-5);
  EXPECT_THAT(DecodeProbeNews(EncodeProbeNews(ExchangeNews{1, exchange})),
              IsOk());
}

TEST(ProbeWireTest, ChecksWhatAGuestSaidOnceMore) {
  v1::ProbeNews wire;
  ASSERT_TRUE(wire.ParseFromString(EncodeProbeNews(AllNews()[1])));
  wire.mutable_exchange()->mutable_reading()->set_boot_id(
      std::string(1000, 'x'));
  EXPECT_THAT(DecodeProbeNews(wire.SerializeAsString()), StatusIs(kInvalid));
  ASSERT_TRUE(wire.ParseFromString(EncodeProbeNews(AllNews()[3])));
  wire.mutable_description()->set_kernel_release("\x1b[31m");
  EXPECT_THAT(DecodeProbeNews(wire.SerializeAsString()), StatusIs(kInvalid));
}

TEST(ProbeWireTest, RefusesWhatIsNoPacket) {
  v1::ProbeNews no_link, link_of_pong, no_failure, long_failure, ok;
  no_link.mutable_open();
  link_of_pong.set_link(1);
  link_of_pong.mutable_pong();
  no_failure.set_link(1);
  no_failure.mutable_closed()->set_code(99);
  long_failure.set_link(1);
  long_failure.mutable_closed()->set_code(14);
  long_failure.mutable_closed()->set_message(std::string(1001, 'x'));
  ok.set_link(1);
  ok.mutable_closed()->set_code(0);
  for (const v1::ProbeNews& wire :
       {v1::ProbeNews(), no_link, link_of_pong, no_failure, long_failure, ok}) {
    EXPECT_THAT(DecodeProbeNews(wire.SerializeAsString()), StatusIs(kInvalid))
        << wire.ShortDebugString();
  }
  for (const std::string& packet : {std::string("\xff\xff"), std::string()}) {
    EXPECT_THAT(DecodeProbeNews(packet), StatusIs(kInvalid));
    EXPECT_THAT(DecodeProbeOrder(packet), StatusIs(kInvalid));
  }
  v1::ProbeOrder bad;
  bad.set_link(1);
  bad.mutable_quiesce();
  EXPECT_THAT(DecodeProbeOrder(bad.SerializeAsString()), StatusIs(kInvalid));
}

TEST(ProbeWireTest, CutsAReasonThatIsTooLong) {
  const auto back = DecodeProbeNews(EncodeProbeNews(
      ClosedNews{1, absl::UnavailableError(std::string(5'000, 'y'))}));
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(std::get<ClosedNews>(*back).why.message().size(), 1'000);
  // Within a character; and of a stranger's making.
  for (const std::string& text :
       {absl::StrCat("x", std::string(499, 'y'), std::string(999, '\xc3')),
        std::string("\x1b[31m")}) {
    EXPECT_THAT(DecodeProbeNews(EncodeProbeNews(
                    ClosedNews{1, absl::UnavailableError(text)})),
                IsOk());
  }
  v1::ProbeNews wire;
  wire.set_link(1);
  wire.mutable_closed()->set_code(14);
  wire.mutable_closed()->set_message("\x1b[31m");
  EXPECT_THAT(DecodeProbeNews(wire.SerializeAsString()), StatusIs(kInvalid));
}

}  // namespace
}  // namespace noonmark
