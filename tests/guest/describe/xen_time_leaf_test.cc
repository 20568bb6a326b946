#include "guest/describe/xen_time_leaf.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace noonmark {
namespace {

// A processor that knows the leaves it is given.
class XenTimeLeafTest : public ::testing::Test {
 protected:
  XenTimeLeafTest() { leaves_[{1, 0}].ecx = 0x80000000; }

  // "XenVMMXenVMM", and Xen's time leaf behind it.
  void ShowXen(uint32_t base, uint32_t last) {
    leaves_[{base, 0}] = {last, 0x566e6558, 0x65584d4d, 0x4d4d566e};
    leaves_[{base + 3, 0}] = {5, 1, 2'294'639, 7};
    // Its scale, which is another sub-leaf's matter.
    leaves_[{base + 3, 1}] = {11, 12, 13, 14};
  }
  std::optional<GuestFacts::Xen::Tsc> Read() {
    return ReadXenTimeLeaf([this](uint32_t leaf, uint32_t subleaf) {
      ++asked_;
      return leaves_[{leaf, subleaf}];
    });
  }

  std::map<std::pair<uint32_t, uint32_t>, CpuidRegisters> leaves_;
  int asked_ = 0;
};

TEST_F(XenTimeLeafTest, ReadsModeRateAndIncarnation) {
  ShowXen(0x40000000, 0x40000004);
  const auto tsc = Read();
  ASSERT_TRUE(tsc.has_value());
  EXPECT_EQ(tsc->mode, 1u);
  EXPECT_EQ(tsc->khz, 2'294'639u);
  EXPECT_EQ(tsc->incarnation, 7u);
}

// Where Xen pretends to be another hypervisor first.
TEST_F(XenTimeLeafTest, FindsXenBehindAnotherInterface) {
  for (const uint32_t base : {0x40000100u, 0x40010000u}) {
    leaves_.clear();
    leaves_[{1, 0}].ecx = 0x80000000;
    leaves_[{0x40000000, 0}] = {0x40000006, 0x7263694d, 0x666f736f, 0x76482074};
    ShowXen(base, base + 4);
    ASSERT_TRUE(Read().has_value()) << base;
    EXPECT_EQ(Read()->incarnation, 7u);
  }
}

TEST_F(XenTimeLeafTest, LooksNoFurtherThanXenMayBe) {
  ShowXen(0x40010100, 0x40010104);
  EXPECT_FALSE(Read().has_value());
  EXPECT_LE(asked_, 300);
}

TEST_F(XenTimeLeafTest, TakesAXenWithoutTheLeafAtItsWord) {
  ShowXen(0x40000000, 0x40000002);
  EXPECT_FALSE(Read().has_value());
}

// The leaves of real processors without a hypervisor repeat others.
TEST_F(XenTimeLeafTest, AsksForNothingWhereThereIsNoHypervisor) {
  ShowXen(0x40000000, 0x40000004);
  leaves_[{1, 0}].ecx = 0x7fffffff;
  EXPECT_FALSE(Read().has_value());
  EXPECT_EQ(asked_, 1);
}

TEST_F(XenTimeLeafTest, TakesNoOtherHypervisorForXen) {
  leaves_[{0x40000000, 0}] = {0x40000004, 0x4b4d564b, 0x564b4d56, 0x4d};
  EXPECT_FALSE(Read().has_value());
}

TEST(HardwareCpuidTest, CanBeAskedOnThisMachine) {
  const CpuidRegisters first = HardwareCpuid(0, 0);
#if defined(__x86_64__)
  EXPECT_GE(first.eax, 1u);  // the last of the basic leaves
#else
  EXPECT_EQ(first.eax, 0u);
#endif
  // Whatever this machine runs under.
  ReadXenTimeLeaf(HardwareCpuid);
}

}  // namespace
}  // namespace noonmark
