#include "guest/demo/spiked_triples.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/fake_clock.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;

class ClockTriples : public WallTripleSource {
 public:
  explicit ClockTriples(FakeClock* clock) : clock_(clock) {}
  void Read(absl::Span<WallTriple> triples) override {
    const absl::Duration now = clock_->Read().realtime;
    for (WallTriple& triple : triples) triple = {now, now, now};
  }
  absl::Duration Tick() const override { return absl::Milliseconds(4); }

 private:
  FakeClock* const clock_;
};

TEST(SpikedTriplesTest, PutsOneReadingOffFromItsTimeOn) {
  FakeClock clock;
  ClockTriples real(&clock);
  SpikedTriples spiked(
      &real, &clock,
      {ParseFault("spike=+4398046511104ns@8s").value(),
       ParseFault("spike=-6s@9s").value(), ParseFault("set=1h@0").value()});
  std::vector<WallTriple> triples(3);
  const auto errors = [&] {
    spiked.Read(absl::MakeSpan(triples));
    const absl::Duration now = clock.Read().realtime;
    for (const WallTriple& triple : triples) {
      EXPECT_EQ(triple.coarse_before, now);
      EXPECT_EQ(triple.coarse_after, now);
    }
    EXPECT_EQ(triples[1].realtime, now);
    EXPECT_EQ(triples[2].realtime, now);
    return triples[0].realtime - now;
  };
  clock.Advance(absl::Seconds(8) - absl::Nanoseconds(1));
  EXPECT_EQ(errors(), absl::ZeroDuration());
  clock.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(errors(), absl::Nanoseconds(int64_t{1} << 42));
  EXPECT_EQ(errors(), absl::ZeroDuration());
  clock.Advance(absl::Seconds(100));
  EXPECT_EQ(errors(), -absl::Seconds(6));
  EXPECT_EQ(errors(), absl::ZeroDuration());
}

}  // namespace
}  // namespace noonmark
