#include "common/rpc/clock_wire.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

v1::ClockExchange GoodExchange() {
  v1::ClockExchange wire;
  wire.set_sequence(7);
  for (v1::ClockGroup* group : {wire.mutable_received(), wire.mutable_sent()}) {
    group->set_raw_before_ns(40);
    group->set_realtime_ns(1'735'689'600'000'000'000);
    group->set_monotonic_ns(50);
    group->set_boottime_ns(60);
    group->set_raw_after_ns(41);
  }
  wire.set_boot_id("a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1");
  wire.set_clocksource("xen");
  wire.mutable_discipline()->set_tick_us(10'000);
  v1::LogWatch* logs = wire.mutable_log_watch();
  logs->set_lines(4);
  for (size_t i = 0; i < JumpReport::kMostRecent; ++i) {
    v1::ToldJump* told = logs->add_recent();
    told->set_teller(v1::JUMP_TELLER_KERNEL);
    told->set_way(v1::JUMP_WAY_FORWARD);
    told->set_figure_ns(kMax);
  }
  v1::GlitchHunt* hunt = wire.mutable_glitch_hunt();
  hunt->set_reads(1000);
  hunt->set_glitches(7);
  for (size_t i = 0; i < HuntReport::kMostRecent; ++i) {
    v1::Glitch* glitch = hunt->add_recent();
    glitch->mutable_off()->set_realtime_ns(kMax);
    glitch->set_off_reads(1);
    for (int j = 0; j < 3; ++j) glitch->add_after();
  }
  return wire;
}

v1::GuestDescription GoodDescription() {
  v1::GuestDescription wire;
  wire.set_agent_version("0.1.0");
  wire.set_kernel_release("6.1.0-18-amd64");
  wire.set_operating_system("Debian GNU/Linux 12 (bookworm)");
  wire.add_clocksources_available("xen");
  wire.mutable_discipline()->set_tick_us(10'000);
  wire.mutable_xen()->set_guest_type("PVH");
  wire.mutable_xen()->mutable_tsc()->set_mode(3);
  wire.mutable_xen()->mutable_tsc()->set_khz(100'000'000);
  wire.mutable_xen()->mutable_tsc()->set_incarnation(0xFFFFFFFF);
  return wire;
}

// One fault put into a good message, and the field that must be blamed.
template <typename Message>
struct Fault {
  std::string blamed;
  std::function<void(Message&)> put;
};

std::vector<Fault<v1::ClockExchange>> HostileExchanges() {
  using M = v1::ClockExchange;
  std::vector<Fault<M>> faults = {
      {"sequence", [](M& m) { m.clear_sequence(); }},
      {"received", [](M& m) { m.clear_received(); }},
      {"sent", [](M& m) { m.clear_sent(); }},
      {"sequence", [](M& m) { m.Clear(); }},
      {"log_watch.recent", [](M& m) { m.mutable_log_watch()->set_lines(3); }},
      {"log_watch.recent",
       [](M& m) {
         *m.mutable_log_watch()->add_recent() = m.log_watch().recent(0);
       }},
      {"log_watch.recent.teller",
       [](M& m) { m.mutable_log_watch()->mutable_recent(1)->clear_teller(); }},
      {"log_watch.recent.way",
       [](M& m) {
         m.mutable_log_watch()->mutable_recent(3)->set_way(
             static_cast<v1::JumpWay>(4));
       }},
      {"log_watch.recent.figure_ns",
       [](M& m) {
         m.mutable_log_watch()->mutable_recent(2)->set_figure_ns(-1);
       }},
      {"glitch_hunt.recent",
       [](M& m) { m.mutable_glitch_hunt()->set_glitches(3); }},
      {"glitch_hunt.recent",
       [](M& m) {
         *m.mutable_glitch_hunt()->add_recent() = m.glitch_hunt().recent(0);
       }},
      {"glitch_hunt.recent.off",
       [](M& m) { m.mutable_glitch_hunt()->mutable_recent(3)->clear_off(); }},
      {"glitch_hunt.recent.off_reads",
       [](M& m) {
         m.mutable_glitch_hunt()->mutable_recent(1)->clear_off_reads();
       }},
      {"glitch_hunt.recent.after",
       [](M& m) { m.mutable_glitch_hunt()->mutable_recent(0)->clear_after(); }},
      {"glitch_hunt.recent.after",
       [](M& m) { m.mutable_glitch_hunt()->mutable_recent(2)->add_after(); }},
  };
  // A counter that runs back, at the limit and far from it.
  for (const auto& [before, after] :
       std::vector<std::pair<int64_t, int64_t>>{{40, 12},
                                                {1, 0},
                                                {0, -1},
                                                {kMax, kMin},
                                                {kMin + 1, kMin},
                                                {kMax, kMax - 1}}) {
    faults.push_back({"received.raw_after_ns", [=](M& m) {
                        m.mutable_received()->set_raw_before_ns(before);
                        m.mutable_received()->set_raw_after_ns(after);
                      }});
    faults.push_back({"sent.raw_after_ns", [=](M& m) {
                        m.mutable_sent()->set_raw_before_ns(before);
                        m.mutable_sent()->set_raw_after_ns(after);
                      }});
  }
  for (const std::string& text :
       {std::string(37, 'a'), std::string(145, 'a'), std::string(65536, 'a'),
        std::string("\0", 1), std::string("a\nb"), std::string("\x1B[2J"),
        std::string("\xFF\xFE"), std::string("\xC0\x80"),
        std::string("\xED\xA0\x80"), std::string("\u202E")}) {
    faults.push_back({"boot_id", [=](M& m) { m.set_boot_id(text); }});
    faults.push_back({"clocksource", [=](M& m) { m.set_clocksource(text); }});
  }
  faults.push_back(
      {"clocksource", [](M& m) { m.set_clocksource(std::string(33, 'a')); }});
  for (const int64_t value :
       {kMin, -(int64_t{1} << 40) - 1, (int64_t{1} << 40) + 1, kMax}) {
    faults.push_back({"discipline.frequency_scaled_ppm", [=](M& m) {
                        m.mutable_discipline()->set_frequency_scaled_ppm(value);
                      }});
  }
  for (const int64_t value : {kMin, int64_t{-1}, int64_t{1'000'001}, kMax}) {
    faults.push_back({"discipline.tick_us", [=](M& m) {
                        m.mutable_discipline()->set_tick_us(value);
                      }});
  }
  return faults;
}

std::vector<Fault<v1::GuestDescription>> HostileDescriptions() {
  using M = v1::GuestDescription;
  std::vector<Fault<M>> faults;
  const std::vector<std::pair<std::string, void (*)(M&, const std::string&)>>
      texts = {
          {"agent_version",
           [](M& m, const std::string& t) { m.set_agent_version(t); }},
          {"kernel_release",
           [](M& m, const std::string& t) { m.set_kernel_release(t); }},
          {"machine", [](M& m, const std::string& t) { m.set_machine(t); }},
          {"operating_system",
           [](M& m, const std::string& t) { m.set_operating_system(t); }},
          {"clocksource_current",
           [](M& m, const std::string& t) { m.set_clocksource_current(t); }},
          {"clocksources_available[1]",
           [](M& m, const std::string& t) { m.add_clocksources_available(t); }},
          {"xen.guest_type",
           [](M& m, const std::string& t) {
             m.mutable_xen()->set_guest_type(t);
           }},
          {"xen.version",
           [](M& m, const std::string& t) { m.mutable_xen()->set_version(t); }},
          {"machine_uuid",
           [](M& m, const std::string& t) { m.set_machine_uuid(t); }},
      };
  for (const auto& [field, set] : texts) {
    for (const std::string& text :
         {std::string(257, 'a'), std::string(65536, 'a'),
          std::string("a\0b", 3), std::string("\r"), std::string("\x9B"),
          std::string("\u2028")}) {
      faults.push_back({field, [set = set, text](M& m) { set(m, text); }});
    }
  }
  faults.push_back({"xen.tsc.mode",
                    [](M& m) { m.mutable_xen()->mutable_tsc()->set_mode(4); }});
  faults.push_back({"xen.tsc.khz", [](M& m) {
                      m.mutable_xen()->mutable_tsc()->set_khz(100'000'001);
                    }});
  faults.push_back({"clocksources_available", [](M& m) {
                      for (int i = 0; i < 32; ++i) {
                        m.add_clocksources_available("tsc");
                      }
                    }});
  faults.push_back({"discipline.tick_us",
                    [](M& m) { m.mutable_discipline()->set_tick_us(kMin); }});
  return faults;
}

TEST(DecodeClockExchangeTest, RefusesHostileValuesAndNamesTheField) {
  const auto faults = HostileExchanges();
  EXPECT_GE(faults.size(), 40u);
  for (size_t i = 0; i < faults.size(); ++i) {
    SCOPED_TRACE(absl::StrCat(i, ": ", faults[i].blamed));
    v1::ClockExchange wire = GoodExchange();
    faults[i].put(wire);
    EXPECT_THAT(DecodeClockExchange(wire),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat(faults[i].blamed, ": ")));
  }
}

TEST(DecodeGuestDescriptionTest, RefusesHostileValuesAndNamesTheField) {
  const auto faults = HostileDescriptions();
  EXPECT_GE(faults.size(), 50u);
  for (size_t i = 0; i < faults.size(); ++i) {
    SCOPED_TRACE(absl::StrCat(i, ": ", faults[i].blamed));
    v1::GuestDescription wire = GoodDescription();
    faults[i].put(wire);
    EXPECT_THAT(DecodeGuestDescription(wire),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         absl::StrCat(faults[i].blamed, ": ")));
  }
}

TEST(DecodeClockExchangeTest, SaysBothReadingsOfACounterThatRanBack) {
  v1::ClockExchange wire = GoodExchange();
  wire.mutable_received()->set_raw_after_ns(12);
  EXPECT_THAT(
      DecodeClockExchange(wire),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "received.raw_after_ns: 12 is before raw_before_ns 40: "));
}

TEST(DecodeClockExchangeTest, NeverRepeatsHostileText) {
  v1::ClockExchange wire = GoodExchange();
  wire.set_boot_id("\x1B[2J");
  EXPECT_EQ(DecodeClockExchange(wire).status().message(),
            "boot_id: is not printable text");
}

TEST(DecodeClockExchangeTest, TakesAnyClockValue) {
  for (const int64_t value : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, kMax}) {
    SCOPED_TRACE(value);
    v1::ClockExchange wire = GoodExchange();
    v1::ClockGroup* group = wire.mutable_received();
    group->set_raw_before_ns(value);
    group->set_realtime_ns(value);
    group->set_monotonic_ns(value);
    group->set_boottime_ns(value);
    group->set_raw_after_ns(value);
    const auto reading = DecodeClockExchange(wire);
    ASSERT_THAT(reading, IsOk());
    EXPECT_EQ(reading->received.realtime, absl::Nanoseconds(value));
    EXPECT_EQ(reading->received.raw_after, absl::Nanoseconds(value));
  }
}

TEST(DecodeClockExchangeTest, TakesTextAtItsLimit) {
  v1::ClockExchange wire = GoodExchange();
  wire.set_boot_id(std::string(36, 'a'));
  wire.set_clocksource(std::string(32, 'a'));
  EXPECT_THAT(DecodeClockExchange(wire), IsOk());
  wire.set_boot_id("");
  wire.set_clocksource("");
  EXPECT_THAT(DecodeClockExchange(wire), IsOk());
}

TEST(DecodeClockExchangeTest, TakesANegativeStealAsNone) {
  v1::ClockExchange wire = GoodExchange();
  for (const int64_t value : {kMin, int64_t{-1}}) {
    wire.set_steal_ns(value);
    const auto reading = DecodeClockExchange(wire);
    ASSERT_THAT(reading, IsOk());
    EXPECT_EQ(reading->steal, std::nullopt);
  }
  wire.set_steal_ns(kMax);
  EXPECT_EQ(DecodeClockExchange(wire)->steal, absl::Nanoseconds(kMax));
}

TEST(DecodeClockExchangeTest, TakesAnAbsentDisciplineAsUnknown) {
  v1::ClockExchange wire = GoodExchange();
  wire.clear_discipline();
  const auto reading = DecodeClockExchange(wire);
  ASSERT_THAT(reading, IsOk());
  EXPECT_FALSE(reading->discipline.has_value());
}

TEST(DecodeGuestDescriptionTest, TakesAnEmptyDescription) {
  const auto facts = DecodeGuestDescription(v1::GuestDescription());
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->kernel_release, "");
  EXPECT_FALSE(facts->discipline.has_value());
  EXPECT_FALSE(facts->xen.has_value());
}

TEST(DecodeGuestDescriptionTest, TellsAnAbsentWallclockFileFromOneThatSaysNo) {
  v1::GuestDescription wire = GoodDescription();
  EXPECT_EQ(DecodeGuestDescription(wire)->xen->independent_wallclock,
            std::nullopt);
  wire.mutable_xen()->set_independent_wallclock(false);
  EXPECT_EQ(DecodeGuestDescription(wire)->xen->independent_wallclock, false);
}

TEST(DecodeGuestDescriptionTest, TakesListsAndTextAtTheirLimits) {
  v1::GuestDescription wire = GoodDescription();
  while (wire.clocksources_available_size() < 32) {
    wire.add_clocksources_available(std::string(256, 'a'));
  }
  const auto facts = DecodeGuestDescription(wire);
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->clocksources_available.size(), 32u);
}

// Values at the edges as often as any others.
class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  int64_t Any() {
    static constexpr int64_t kEdges[] = {kMin, kMin + 1, -1,  0,
                                         1,    kMax - 1, kMax};
    if (Below(3) == 0) return kEdges[Below(std::size(kEdges))];
    return static_cast<int64_t>(random_()) >> Below(64);
  }
  absl::Duration AnyTime() { return absl::Nanoseconds(Any()); }
  ClockReading AnyReading() {
    int64_t before = Any(), after = Any();
    if (after < before) std::swap(before, after);
    return {.raw_before = absl::Nanoseconds(before),
            .realtime = AnyTime(),
            .monotonic = AnyTime(),
            .boottime = AnyTime(),
            .raw_after = absl::Nanoseconds(after)};
  }
  KernelDiscipline AnyDiscipline() {
    return {.offset = AnyTime(),
            .frequency_scaled_ppm = Any() >> 23,
            .tick_us = static_cast<int64_t>(Below(1'000'001)),
            .max_error = AnyTime(),
            .estimated_error = AnyTime(),
            .status = static_cast<uint32_t>(Any()),
            .tai_offset_s = static_cast<int32_t>(Any())};
  }
  WallTriple AnyTriple() { return {AnyTime(), AnyTime(), AnyTime()}; }
  HuntReport AnyHunt() {
    HuntReport hunt;
    hunt.reads = static_cast<uint64_t>(Any());
    hunt.recent.resize(Below(HuntReport::kMostRecent + 1));
    hunt.glitches = hunt.recent.size() + Below(kMax);
    for (Glitch& glitch : hunt.recent) {
      glitch.off = AnyTriple();
      glitch.off_reads = 1 + Below(kMax);
      for (WallTriple& triple : glitch.after) triple = AnyTriple();
      glitch.cpu = static_cast<uint32_t>(Any());
      glitch.boottime = AnyTime();
    }
    return hunt;
  }
  std::string AnyText(size_t most) {
    std::string text(Below(most + 1), ' ');
    for (char& c : text) c = static_cast<char>(' ' + Below(95));
    return text;
  }
  uint64_t Below(uint64_t limit) { return random_() % limit; }

 private:
  std::mt19937_64 random_;
};

void ExpectSame(const ClockReading& a, const ClockReading& b) {
  EXPECT_EQ(a.raw_before, b.raw_before);
  EXPECT_EQ(a.realtime, b.realtime);
  EXPECT_EQ(a.monotonic, b.monotonic);
  EXPECT_EQ(a.boottime, b.boottime);
  EXPECT_EQ(a.raw_after, b.raw_after);
}

void ExpectSame(const std::optional<KernelDiscipline>& a,
                const std::optional<KernelDiscipline>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a.has_value()) return;
  EXPECT_EQ(a->offset, b->offset);
  EXPECT_EQ(a->frequency_scaled_ppm, b->frequency_scaled_ppm);
  EXPECT_EQ(a->tick_us, b->tick_us);
  EXPECT_EQ(a->max_error, b->max_error);
  EXPECT_EQ(a->estimated_error, b->estimated_error);
  EXPECT_EQ(a->status, b->status);
  EXPECT_EQ(a->tai_offset_s, b->tai_offset_s);
}

void ExpectSame(const WallTriple& a, const WallTriple& b) {
  EXPECT_EQ(a.coarse_before, b.coarse_before);
  EXPECT_EQ(a.realtime, b.realtime);
  EXPECT_EQ(a.coarse_after, b.coarse_after);
}

void ExpectSame(const std::optional<HuntReport>& a,
                const std::optional<HuntReport>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a.has_value()) return;
  EXPECT_EQ(a->reads, b->reads);
  EXPECT_EQ(a->glitches, b->glitches);
  ASSERT_EQ(a->recent.size(), b->recent.size());
  for (size_t i = 0; i < a->recent.size(); ++i) {
    const Glitch& one = a->recent[i];
    const Glitch& other = b->recent[i];
    ExpectSame(one.off, other.off);
    EXPECT_EQ(one.off_reads, other.off_reads);
    for (size_t j = 0; j < one.after.size(); ++j) {
      ExpectSame(one.after[j], other.after[j]);
    }
    EXPECT_EQ(one.cpu, other.cpu);
    EXPECT_EQ(one.boottime, other.boottime);
  }
}

TEST(ClockWireTest, BringsAnyReadingOverTheWireUnchanged) {
  Draw draw(1);
  v1::ClockExchange sent;  // reused, as the agent does
  for (int i = 0; i < 20'000; ++i) {
    SCOPED_TRACE(i);
    GuestReading reading;
    reading.sequence = 1 + draw.Below(kMax);
    reading.received = draw.AnyReading();
    reading.sent = draw.AnyReading();
    reading.boot_id = draw.AnyText(kMostBootIdCharacters);
    reading.clocksource = draw.AnyText(kMostClocksourceCharacters);
    reading.discontinuities = static_cast<uint64_t>(draw.Any());
    if (draw.Below(2) == 0) reading.discipline = draw.AnyDiscipline();
    if (draw.Below(2) == 0) {
      reading.steal = absl::AbsDuration(absl::Nanoseconds(draw.Any() >> 1));
    }
    if (draw.Below(2) == 0) reading.hunt = draw.AnyHunt();
    EncodeGuestReading(reading, &sent);
    v1::ClockExchange received;
    ASSERT_TRUE(received.ParseFromString(sent.SerializeAsString()));
    const auto decoded = DecodeClockExchange(received);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->sequence, reading.sequence);
    ExpectSame(decoded->received, reading.received);
    ExpectSame(decoded->sent, reading.sent);
    EXPECT_EQ(decoded->boot_id, reading.boot_id);
    EXPECT_EQ(decoded->clocksource, reading.clocksource);
    EXPECT_EQ(decoded->discontinuities, reading.discontinuities);
    ExpectSame(decoded->discipline, reading.discipline);
    EXPECT_EQ(decoded->steal, reading.steal);
    ExpectSame(decoded->hunt, reading.hunt);
    if (HasFailure()) return;
  }
}

TEST(ClockWireTest, BringsAnyFactsOverTheWireUnchanged) {
  Draw draw(2);
  v1::GuestDescription sent;
  for (int i = 0; i < 2'000; ++i) {
    SCOPED_TRACE(i);
    GuestFacts facts;
    facts.agent_version = draw.AnyText(kMostFactCharacters);
    facts.kernel_release = draw.AnyText(kMostFactCharacters);
    facts.machine = draw.AnyText(kMostFactCharacters);
    facts.operating_system = draw.AnyText(kMostFactCharacters);
    facts.clocksource_current = draw.AnyText(kMostFactCharacters);
    facts.clocksources_available.resize(
        draw.Below(uint64_t{kMostFactEntries} + 1));
    for (std::string& name : facts.clocksources_available) {
      name = draw.AnyText(kMostFactCharacters);
    }
    if (draw.Below(2) == 0) facts.discipline = draw.AnyDiscipline();
    if (draw.Below(2) == 0) {
      facts.xen.emplace().guest_type = draw.AnyText(kMostFactCharacters);
      facts.xen->version = draw.AnyText(kMostFactCharacters);
      if (draw.Below(2) == 0) {
        facts.xen->independent_wallclock = draw.Below(2) == 0;
      }
    }
    facts.machine_uuid = draw.AnyText(kMostFactCharacters);
    EncodeGuestFacts(facts, &sent);
    v1::GuestDescription received;
    ASSERT_TRUE(received.ParseFromString(sent.SerializeAsString()));
    const auto decoded = DecodeGuestDescription(received);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->agent_version, facts.agent_version);
    EXPECT_EQ(decoded->kernel_release, facts.kernel_release);
    EXPECT_EQ(decoded->machine, facts.machine);
    EXPECT_EQ(decoded->operating_system, facts.operating_system);
    EXPECT_EQ(decoded->clocksource_current, facts.clocksource_current);
    EXPECT_EQ(decoded->clocksources_available, facts.clocksources_available);
    ExpectSame(decoded->discipline, facts.discipline);
    ASSERT_EQ(decoded->xen.has_value(), facts.xen.has_value());
    if (facts.xen.has_value()) {
      EXPECT_EQ(decoded->xen->guest_type, facts.xen->guest_type);
      EXPECT_EQ(decoded->xen->version, facts.xen->version);
      EXPECT_EQ(decoded->xen->independent_wallclock,
                facts.xen->independent_wallclock);
    }
    EXPECT_EQ(decoded->machine_uuid, facts.machine_uuid);
    if (HasFailure()) return;
  }
}

TEST(EncodeGuestFactsTest, LeavesOutWhatTheWireDoesNotTake) {
  GuestFacts facts;
  facts.kernel_release = std::string(257, 'a');
  facts.operating_system = "\x1B[2J";
  facts.machine = "x86_64";
  facts.clocksources_available.assign(40, "tsc");
  facts.clocksources_available[0] = "\xFF";
  v1::GuestDescription wire;
  EncodeGuestFacts(facts, &wire);
  const auto decoded = DecodeGuestDescription(wire);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->kernel_release, "");
  EXPECT_EQ(decoded->operating_system, "");
  EXPECT_EQ(decoded->machine, "x86_64");
  ASSERT_EQ(decoded->clocksources_available.size(), 32u);
  EXPECT_EQ(decoded->clocksources_available[0], "");
}

TEST(EncodeGuestReadingTest, LeavesOutWhatTheWireDoesNotTake) {
  GuestReading reading;
  reading.sequence = 1;
  reading.boot_id = std::string(37, 'a');
  reading.clocksource = "a\nb";
  v1::ClockExchange wire;
  EncodeGuestReading(reading, &wire);
  const auto decoded = DecodeClockExchange(wire);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->boot_id, "");
  EXPECT_EQ(decoded->clocksource, "");
}

TEST(EncodeClockReadingTest, SaturatesWhatTheWireCannotHold) {
  v1::ClockGroup wire;
  EncodeClockReading({.raw_before = -absl::InfiniteDuration(),
                      .realtime = absl::Hours(24 * 366 * 300),
                      .monotonic = absl::ZeroDuration(),
                      .boottime = absl::ZeroDuration(),
                      .raw_after = absl::InfiniteDuration()},
                     &wire);
  EXPECT_EQ(wire.raw_before_ns(), kMin);
  EXPECT_EQ(wire.realtime_ns(), kMax);
  EXPECT_EQ(wire.raw_after_ns(), kMax);
}

TEST(ClockWireTest, BringsOverWhatLogsSaid) {
  GuestReading reading;
  reading.sequence = 1;
  reading.logs.emplace();
  v1::ClockExchange wire;
  for (const JumpTeller teller :
       {JumpTeller::kDovecot, JumpTeller::kPostfix, JumpTeller::kNtpd,
        JumpTeller::kChronyd, JumpTeller::kTimesyncd, JumpTeller::kKernel}) {
    ToldJump told;
    told.teller = teller;
    told.way = JumpWay::kBack;
    told.figure_is_the_least = teller == JumpTeller::kDovecot;
    told.attested = teller != JumpTeller::kNtpd;
    told.boottime = absl::Nanoseconds(77);
    if (teller != JumpTeller::kKernel) told.figure = absl::Nanoseconds(5);
    reading.logs->Add(told);
    EncodeGuestReading(reading, &wire);
    EXPECT_EQ(
        v1::JumpTeller_Name(wire.log_watch().recent().rbegin()->teller()),
        absl::StrCat("JUMP_TELLER_",
                     absl::AsciiStrToUpper(std::string(TellerName(teller)))));
    const auto decoded = DecodeClockExchange(wire);
    ASSERT_THAT(decoded, IsOk());
    ASSERT_TRUE(decoded->logs.has_value());
    EXPECT_EQ(decoded->logs->lines, reading.logs->lines);
    ASSERT_EQ(decoded->logs->recent.size(), reading.logs->recent.size());
    const ToldJump& last = decoded->logs->recent.back();
    EXPECT_EQ(last.teller, told.teller);
    EXPECT_EQ(last.way, told.way);
    EXPECT_EQ(last.figure, told.figure);
    EXPECT_EQ(last.figure_is_the_least, told.figure_is_the_least);
    EXPECT_EQ(last.attested, told.attested);
    EXPECT_EQ(last.boottime, told.boottime);
  }
  reading.logs.reset();
  EncodeGuestReading(reading, &wire);
  EXPECT_FALSE(DecodeClockExchange(wire)->logs.has_value());
}

}  // namespace
}  // namespace noonmark
