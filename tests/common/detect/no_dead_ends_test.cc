// Whatever a clock is off by, and however well that can be measured: after
// twenty bursts the right thing is said of it, and a width never hides an
// offset that is larger.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/fleet_assessor.h"
#include "common/detect/verdict.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::VirtualMachine;
using testing::VirtualPair;
using testing::Way;

const std::string kGuest = "guest";
constexpr int kBursts = 20;
constexpr absl::Duration kPoll = absl::Seconds(5);
// What the readings of the clocks take, and more.
constexpr absl::Duration kReading = absl::Microseconds(5);
// A claimed bound grows by 500 ppm until it is read anew.
constexpr absl::Duration kGrowth = absl::Milliseconds(1);

// What is known of the host's own clock.
struct Mark {
  std::string name;
  std::optional<absl::Duration> claims;  // as the kernel's maxerror
  HostTrust trust = HostTrust::kProven;
};

const std::vector<Mark>& AllMarks() {
  static const auto& marks = *new std::vector<Mark>{
      {"bound 20 ms", absl::Microseconds(20'003)},
      {"bound 0.7 s", absl::Microseconds(700'003)},
      {"bound 30 s", absl::Microseconds(30'000'003)},
      {"unproven", std::nullopt},
      {"declared", std::nullopt, HostTrust::kDeclared},
      {"declared and bound", absl::Microseconds(700'003), HostTrust::kDeclared},
  };
  return marks;
}

// One guest that stays where it is.
class Watch {
 public:
  Watch(const Mark& mark, absl::Duration offset, absl::Duration intended)
      : core_(OptionsOf(mark), AssessorOptions()) {
    VirtualMachine::Start start;
    start.realtime += offset;
    start.raw += absl::Seconds(77);
    pair_.guest = VirtualMachine(start);
    pair_.now = absl::Seconds(1);
    if (mark.claims.has_value()) {
      discipline_.emplace();
      discipline_->max_error = *mark.claims;
      discipline_->estimated_error = absl::Microseconds(10);
    }
    GuestPolicy policy;
    policy.intended_offset = intended;
    core_.Apply(PolicyInput{kGuest, policy, HostNow()});
  }

  void Burst(const std::vector<Way>& ways) {
    core_.Apply(HostReadingInput{pair_.host.Read(pair_.now)});
    core_.Apply(DisciplineInput{discipline_, HostNow()});
    for (const Way& way : ways) {
      core_.Apply(ExchangeInput{kGuest, pair_.Ask(way)});
    }
    core_.Apply(BurstEndInput{kGuest, HostNow()});
    pair_.now += kPoll;
  }

  const GuestAssessor& guest() { return core_.guest(kGuest); }

 private:
  static HostOptions OptionsOf(const Mark& mark) {
    HostOptions options;
    options.trust = mark.trust;
    return options;
  }
  MonotonicTime HostNow() {
    return MonotonicTime::FromReading(
        pair_.host.Monotonic(pair_.now).FloorNanoseconds());
  }

  FleetAssessor core_;
  VirtualPair pair_;
  std::optional<KernelDiscipline> discipline_;
};

// What may be said of a clock that is proven to be off by something between
// `least`, which is inside the proof, and `most`, which holds it; from what it
// is meant to be.
std::set<Verdict> Right(const Interval& least, const Interval& most,
                        const Mark& mark) {
  const Interval allowed =
      Interval::Exactly(absl::ZeroDuration()).WidenedBy(Thresholds().warning);
  std::set<Verdict> right;
  if (least.Within(allowed)) right.insert(Verdict::kOk);
  if (most.Meets(allowed) && !most.Within(allowed)) {
    right.insert(Verdict::kUncertain);
  }
  if (!least.Meets(allowed)) {
    const bool declared = mark.trust == HostTrust::kDeclared;
    if (declared || (mark.claims.has_value() &&
                     !least.WidenedBy(*mark.claims).Meets(allowed))) {
      right.insert(Verdict::kWrong);
    }
    if (!declared && (!mark.claims.has_value() ||
                      most.WidenedBy(*mark.claims + kGrowth).Meets(allowed))) {
      right.insert(Verdict::kDiffers);
    }
  }
  return right;
}

std::string Name(Verdict verdict) { return std::string(VerdictName(verdict)); }

TEST(NoDeadEndsTest, SaysTheRightThingOfEveryConstantOffset) {
  std::vector<absl::Duration> offsets = {absl::ZeroDuration()};
  for (const double seconds :
       {0.1, 0.25, 0.4989, 0.499999, 0.5, 0.500001, 0.5011, 0.75, 1.0, 1.2, 2.0,
        6.0, 29.0, 90.0, 3600.0, 4398.046511104, 86400.0, 1e9}) {
    offsets.push_back(absl::Nanoseconds(std::llround(seconds * 1e9)));
    offsets.push_back(-offsets.back());
  }
  constexpr absl::Duration kWidths[] = {
      absl::ZeroDuration(),     absl::Microseconds(100),
      absl::Milliseconds(2),    absl::Milliseconds(90),
      absl::Milliseconds(499),  absl::Milliseconds(999),
      absl::Milliseconds(1001), absl::Seconds(3),
      absl::Seconds(50)};
  constexpr absl::Duration kIntended[] = {absl::ZeroDuration(), absl::Hours(1),
                                          -absl::Milliseconds(700)};
  int told[6] = {};
  for (const Mark& mark : AllMarks()) {
    for (const absl::Duration off : offsets) {
      for (const absl::Duration width : kWidths) {
        for (int outwards = 0; outwards <= 2; ++outwards) {
          const absl::Duration intended = kIntended[outwards];
          Way way;
          way.out = width / 2 * outwards;
          way.back = width - way.out;
          Watch watch(mark, intended + off, intended);
          for (int i = 0; i < kBursts; ++i) watch.Burst({way, way});

          const Interval least = {off - way.back, off + way.out};
          const Interval most = least.WidenedBy(kReading);
          const Verdict verdict = watch.guest().verdict();
          ++told[static_cast<int>(verdict)];
          ASSERT_EQ(Right(least, most, mark).count(verdict), 1u)
              << Name(verdict) << " (" << watch.guest().reason() << ") at "
              << off << " within " << width << ", " << outwards
              << "/2 of it outwards, intended " << intended << ", host "
              << mark.name;
          ASSERT_TRUE(watch.guest().offset()->Contains(off + intended));
          ASSERT_TRUE(watch.guest().offset()->Within(
              most + Interval::Exactly(intended)));
        }
      }
    }
  }
  for (const Verdict verdict : {Verdict::kOk, Verdict::kWrong,
                                Verdict::kDiffers, Verdict::kUncertain}) {
    EXPECT_GT(told[static_cast<int>(verdict)], 300) << Name(verdict);
  }
  EXPECT_EQ(told[static_cast<int>(Verdict::kUnknown)], 0);
  EXPECT_EQ(told[static_cast<int>(Verdict::kSuspended)], 0);
}

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  int64_t From(int64_t lo, int64_t hi) {
    return lo +
           static_cast<int64_t>(random_() % static_cast<uint64_t>(hi - lo + 1));
  }
  // Of any order up to `most`.
  absl::Duration UpTo(absl::Duration most) {
    const int64_t ns = absl::ToInt64Nanoseconds(most);
    return absl::Nanoseconds(From(0, ns >> From(0, 24)));
  }

 private:
  std::mt19937_64 random_;
};

// Every burst another way: the last two tell.
TEST(NoDeadEndsTest, SaysTheRightThingOnAnyWay) {
  const absl::Duration limit = Thresholds().warning;
  int large = 0;
  int inside = 0;
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Chance chance(seed);
    const Mark& mark = AllMarks()[static_cast<size_t>(
        chance.From(0, static_cast<int64_t>(AllMarks().size()) - 1))];
    const int sign = chance.From(0, 1) == 0 ? -1 : 1;
    const absl::Duration off = chance.UpTo(absl::Hours(1)) * sign;
    const absl::Duration intended = chance.From(0, 2) == 0
                                        ? chance.UpTo(absl::Hours(14))
                                        : absl::ZeroDuration();
    const absl::Duration slowest = chance.UpTo(absl::Seconds(20));
    Watch watch(mark, intended + off, intended);
    absl::Duration width;
    absl::Duration width_before;
    for (int i = 0; i < kBursts; ++i) {
      std::vector<Way> ways(static_cast<size_t>(chance.From(1, 4)));
      width_before = width;
      width = absl::InfiniteDuration();
      for (Way& way : ways) {
        way.out = chance.UpTo(slowest);
        way.back = chance.UpTo(slowest);
        way.residence = chance.UpTo(absl::Seconds(1));
        width =
            std::min(width, way.out + way.back + way.residence / 8 + kReading);
      }
      watch.Burst(ways);
    }
    const Interval& offset = *watch.guest().offset();
    ASSERT_TRUE(offset.Contains(off + intended));
    ASSERT_LE(offset.Width(), width);

    const Verdict verdict = watch.guest().verdict();
    const absl::Duration far = absl::AbsDuration(off);
    const absl::Duration wider = std::max(width, width_before);
    SCOPED_TRACE(absl::StrCat(Name(verdict), " at ", absl::FormatDuration(off),
                              " within ", absl::FormatDuration(wider),
                              ", host ", mark.name));
    if (far > limit + wider) {
      ++large;
      const bool declared = mark.trust == HostTrust::kDeclared;
      if (declared || (mark.claims.has_value() &&
                       far > limit + wider + *mark.claims + kGrowth)) {
        ASSERT_EQ(verdict, Verdict::kWrong);
      } else if (!mark.claims.has_value() || far <= limit + *mark.claims) {
        ASSERT_EQ(verdict, Verdict::kDiffers);
      } else {
        ASSERT_TRUE(verdict == Verdict::kWrong || verdict == Verdict::kDiffers);
      }
    } else if (far + wider <= limit) {
      ++inside;
      ASSERT_EQ(verdict, Verdict::kOk);
    } else if (far > limit) {
      ASSERT_TRUE(verdict == Verdict::kUncertain ||
                  verdict == Verdict::kWrong || verdict == Verdict::kDiffers);
    } else {
      ASSERT_TRUE(verdict == Verdict::kUncertain || verdict == Verdict::kOk);
    }
  }
  EXPECT_GT(large, 300);
  EXPECT_GT(inside, 300);
}

}  // namespace
}  // namespace noonmark
