#include "host/trace/trace_wire.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr char kGuest[] = "00000000-0000-4000-8000-000000000007";
const MonotonicTime kAt =
    MonotonicTime::FromReading(absl::Seconds(77) + absl::Nanoseconds(1));

// What is read of what was written, of the kind that went in.
template <typename Input>
Input RoundTrip(const Input& input) {
  TraceEncoder encoder;
  TraceDecoder decoder;
  std::vector<CoreInput> read;
  encoder.Encode(CoreInput(input), [&](const v1::TraceRecord& record) {
    absl::StatusOr<std::optional<CoreInput>> decoded = decoder.Decode(record);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    if (decoded->has_value()) read.push_back(*std::move(*decoded));
  });
  if (read.size() != 1 || !std::holds_alternative<Input>(read[0])) {
    ADD_FAILURE() << read.size() << " inputs, or one of another kind";
    return Input();
  }
  return std::get<Input>(read[0]);
}

TEST(TraceWireTest, KeepsWhatXenSaysOfACounter) {
  const TscInput read =
      RoundTrip(TscInput{kGuest, {.incarnation = 4, .khz = 2'399'998}, kAt});
  EXPECT_EQ(read.guest, kGuest);
  EXPECT_EQ(read.tsc.incarnation, 4u);
  EXPECT_EQ(read.tsc.khz, 2'399'998u);
  EXPECT_EQ(read.at, kAt);
}

TEST(TraceWireTest, KeepsEachEventOfALife) {
  for (const LifeEvent event :
       {LifeEvent::kPaused, LifeEvent::kResumed, LifeEvent::kSaved,
        LifeEvent::kRestored, LifeEvent::kLeaving, LifeEvent::kArrived,
        LifeEvent::kListedPaused, LifeEvent::kListedRunning}) {
    const LifecycleInput read = RoundTrip(LifecycleInput{kGuest, event, kAt});
    EXPECT_EQ(read.guest, kGuest);
    EXPECT_EQ(read.event, event);
    EXPECT_EQ(read.at, kAt);
  }
}

TEST(TraceWireTest, KeepsEachKindOfSilenceAndItsReason) {
  using Kind = SilenceInput::Kind;
  for (const Kind kind :
       {Kind::kNoAgent, Kind::kUnreachable, Kind::kUntrusted}) {
    const SilenceInput read =
        RoundTrip(SilenceInput{kGuest, kind, "no route", kAt});
    EXPECT_EQ(read.guest, kGuest);
    EXPECT_EQ(read.kind, kind);
    EXPECT_EQ(read.note, "no route");
    EXPECT_EQ(read.at, kAt);
  }
}

TEST(TraceWireTest, KeepsWhetherEventsAreHeard) {
  for (const bool listening : {false, true}) {
    const ListeningInput read = RoundTrip(ListeningInput{listening, kAt});
    EXPECT_EQ(read.listening, listening);
    EXPECT_EQ(read.at, kAt);
  }
}

TEST(TraceWireTest, KeepsWhoseConnectionBurstAndEndItWas) {
  const StreamInput stream = RoundTrip(StreamInput{kGuest, 1ull << 63});
  EXPECT_EQ(stream.guest, kGuest);
  EXPECT_EQ(stream.stream, 1ull << 63);
  const BurstEndInput end = RoundTrip(BurstEndInput{kGuest, kAt});
  EXPECT_EQ(end.guest, kGuest);
  EXPECT_EQ(end.at, kAt);
  const PausedInput paused = RoundTrip(PausedInput{kGuest, kAt});
  EXPECT_EQ(paused.guest, kGuest);
  EXPECT_EQ(paused.at, kAt);
  EXPECT_EQ(RoundTrip(GoneInput{kGuest}).guest, kGuest);
}

}  // namespace
}  // namespace noonmark
