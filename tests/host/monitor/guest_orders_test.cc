#include "host/monitor/guest_orders.h"

#include <gtest/gtest.h>

#include <vector>

namespace noonmark {
namespace {

// Keeps what it is given.
class KeepingLink final : public GuestLink {
 public:
  void Ask() override {}
  void Describe() override {}
  void GiveOrder(const Order& order) override { orders.push_back(order); }
  void Close() override {}

  std::vector<Order> orders;
};

Order Resume(uint64_t epoch) {
  ResumeOrder order;
  order.header.epoch = epoch;
  return order;
}

uint64_t EpochOf(const Order& order) {
  return std::get<ResumeOrder>(order).header.epoch;
}

TEST(GuestOrdersTest, AskForTheStatusOfANewLink) {
  GuestOrders orders;
  KeepingLink link;
  EXPECT_FALSE(orders.Give(Resume(1)));
  orders.OnOpen(link);
  ASSERT_EQ(link.orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<StatusOrder>(link.orders[0]));
  EXPECT_FALSE(orders.OnStatus(OperationStatus()));
  EXPECT_NE(orders.told(), nullptr);
  EXPECT_EQ(orders.problem(), "");
}

TEST(GuestOrdersTest, WaitForTheAnswerToTheLast) {
  GuestOrders orders;
  KeepingLink link;
  orders.OnOpen(link);
  EXPECT_TRUE(orders.Give(Resume(1)));
  EXPECT_TRUE(orders.Give(Resume(2)));
  orders.AskStatus();
  EXPECT_EQ(link.orders.size(), 1u);
  EXPECT_FALSE(orders.OnStatus(OperationStatus()));
  ASSERT_EQ(link.orders.size(), 2u);
  EXPECT_EQ(EpochOf(link.orders[1]), 2u);
  EXPECT_TRUE(orders.OnStatus(OperationStatus()));
  EXPECT_EQ(link.orders.size(), 2u);
}

TEST(GuestOrdersTest, GoOnAfterAFailure) {
  GuestOrders orders;
  KeepingLink link;
  orders.OnOpen(link);
  orders.OnStatus(OperationStatus());
  EXPECT_TRUE(orders.Give(Resume(1)));
  EXPECT_TRUE(orders.Give(Resume(2)));
  orders.OnFailed(absl::DeadlineExceededError("no answer"));
  EXPECT_NE(orders.told(), nullptr);
  ASSERT_EQ(link.orders.size(), 3u);
  EXPECT_EQ(EpochOf(link.orders[2]), 2u);
  orders.OnFailed(absl::FailedPreconditionError("no corrector"));
  EXPECT_EQ(orders.told(), nullptr);
  EXPECT_EQ(orders.problem(), "no corrector");
}

TEST(GuestOrdersTest, ForgetWhatWaitsWhenTheLinkIsOver) {
  GuestOrders orders;
  KeepingLink link;
  orders.OnOpen(link);
  orders.Give(Resume(1));
  orders.OnClosed();
  KeepingLink next;
  orders.OnOpen(next);
  orders.OnStatus(OperationStatus());
  EXPECT_EQ(next.orders.size(), 1u);
}

}  // namespace
}  // namespace noonmark
