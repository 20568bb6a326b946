#include "guest/demo/fault_script.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

TEST(ParseFaultTest, ReadsEveryForm) {
  struct Case {
    std::string text;
    Fault::Kind kind;
    absl::Duration size;
    int64_t rate_ppb;
    absl::Duration at;
  };
  const absl::Duration none = absl::ZeroDuration();
  const absl::Duration eight = absl::Seconds(8);
  const absl::Duration wrap = absl::Nanoseconds(int64_t{1} << 42);
  for (const Case& c : {
           Case{"counter-jump=+4398046511104ns@8s", Fault::Kind::kCounterJump,
                wrap, 0, eight},
           Case{"counter-jump=-4398046511104ns@8s", Fault::Kind::kCounterJump,
                -wrap, 0, eight},
           Case{"glitch=4398046511104ns@8s", Fault::Kind::kGlitch, wrap, 0,
                eight},
           Case{"spike=-6s@1s", Fault::Kind::kSpike, -absl::Seconds(6), 0,
                absl::Seconds(1)},
           Case{"pause=90s@8s", Fault::Kind::kPause, absl::Seconds(90), 0,
                eight},
           Case{"set=-6s@1m30.5s", Fault::Kind::kSet, absl::Seconds(-6), 0,
                absl::Milliseconds(90'500)},
           Case{"set=1h@0", Fault::Kind::kSet, absl::Hours(1), 0, none},
           Case{"untold-set=-6s@8s", Fault::Kind::kUntoldSet, absl::Seconds(-6),
                0, eight},
           Case{"rate=180ppm", Fault::Kind::kRate, none, 180'000, none},
           Case{"rate=-1ppb", Fault::Kind::kRate, none, -1, none},
           Case{"rate=100000ppm", Fault::Kind::kRate, none, 100'000'000, none},
           Case{"offset=+3600s", Fault::Kind::kOffset, absl::Hours(1), 0, none},
           Case{"silent@8s", Fault::Kind::kSilent, none, 0, eight},
           Case{"garbage@8s", Fault::Kind::kGarbage, none, 0, eight},
       }) {
    SCOPED_TRACE(c.text);
    const auto fault = ParseFault(c.text);
    ASSERT_THAT(fault, IsOk());
    EXPECT_EQ(fault->kind, c.kind);
    EXPECT_EQ(fault->size, c.size);
    EXPECT_EQ(fault->rate_ppb, c.rate_ppb);
    EXPECT_EQ(fault->at, c.at);
  }
}

TEST(ParseFaultTest, RefusesTheRestAndSaysWhatItExpected) {
  struct Case {
    std::string text;
    std::string part;
  };
  for (const Case& c : {
           Case{"", "known are counter-jump, glitch, spike, pause"},
           Case{"jump=1s@8s", "known are counter-jump"},
           Case{"Set=1s@8s", "known are"},
           Case{"counter-jump", "expected counter-jump=SIZE@WHEN"},
           Case{"counter-jump=1s", "expected counter-jump=SIZE@WHEN"},
           Case{"counter-jump@8s", "expected counter-jump=SIZE@WHEN"},
           Case{"counter-jump@8s=1s", "expected counter-jump=SIZE@WHEN"},
           Case{"glitch=1@8s", "no size"},
           Case{"glitch=@8s", "no size"},
           Case{"glitch=inf@8s", "no size"},
           Case{"glitch=2000000h@8s", "no size"},
           Case{"set=6s@", "no time"},
           Case{"set=6s@-1s", "no time"},
           Case{"set=6s@8", "no time"},
           Case{"set=6s@8s@9s", "no time"},
           Case{"pause=0@8s", "no size"},
           Case{"pause=-90s@8s", "no size"},
           Case{"rate=180", "no rate"},
           Case{"rate=0.5ppm", "no rate"},
           Case{"rate=100001ppm", "no rate"},
           Case{"rate=-100001ppm", "no rate"},
           Case{"rate=9223372036854775807ppm", "no rate"},
           Case{"rate=180ppm@8s", "expected rate="},
           Case{"offset=1h@8s", "expected offset="},
           Case{"silent", "expected silent@WHEN"},
           Case{"silent=1s@8s", "expected silent@WHEN"},
           Case{"garbage", "expected garbage@WHEN"},
       }) {
    EXPECT_THAT(ParseFault(c.text), StatusIs(absl::StatusCode::kInvalidArgument,
                                             "fault \"" + c.text + "\": "));
    EXPECT_THAT(ParseFault(c.text),
                StatusIs(absl::StatusCode::kInvalidArgument, c.part));
  }
}

}  // namespace
}  // namespace noonmark
