#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "host/trace/replay.h"
#include "host/trace/thoughts.h"
#include "host/trace/trace_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Behaviour;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::noonmark::testing::VirtualFleet;
using ::noonmark::testing::VirtualGuest;
using ::testing::HasSubstr;

std::string AllThoughts(const FleetAssessor& core) {
  std::string all;
  for (const auto& [uuid, guest] : core.guests()) {
    absl::StrAppend(&all, ThoughtsOf(uuid, guest, MonotonicTime()));
  }
  return all;
}

class TraceTest : public ::testing::Test {
 protected:
  // A fleet to which nearly everything happens, recorded.
  std::string Live(int64_t most_bytes) {
    MonitorOptions options;
    options.host_name = "dom0-a";
    options.host.trust = HostTrust::kDeclared;
    auto writer =
        TraceWriter::Create(path_, most_bytes, options.host_name, "1.2.3",
                            {options.host, options.assessor});
    EXPECT_THAT(writer, IsOk());
    VirtualFleet fleet(options);
    fleet.monitor().OnInput(
        [&](const CoreInput& input) { (*writer)->Record(input); });
    VirtualGuest& jumps = fleet.AddGuest("jumps");
    VirtualGuest& set = fleet.AddGuest("set");
    VirtualGuest& fast = fleet.AddGuest("fast");
    VirtualGuest& silent = fleet.AddGuest("silent");
    VirtualGuest& nonsense = fleet.AddGuest("nonsense");
    VirtualGuest& paused = fleet.AddGuest("paused");
    fleet.AddGuest("gone");
    fleet.AddGuest("bare");
    fleet.domain("bare").address.clear();
    fast.clock.SetRateError(180'000);
    nonsense.behaviour = Behaviour::kTalksNonsense;
    fleet.Tell();
    fleet.Run(absl::Seconds(20));
    jumps.clock.Leap(absl::Nanoseconds(int64_t{1} << 42));
    set.SetClock(absl::Seconds(-6));
    silent.behaviour = Behaviour::kIsSilent;
    fleet.monitor().OnLifecycle(
        {fleet.domain("fast").uuid, LifecycleEvent::kSuspended, "paused"});
    fleet.Run(absl::Seconds(100));
    fleet.monitor().OnLifecycle(
        {fleet.domain("fast").uuid, LifecycleEvent::kResumed, "unpaused"});
    // It stands still meanwhile, as under KVM.
    fleet.monitor().OnConnection(absl::OkStatus());
    fleet.monitor().OnLifecycle(
        {fleet.domain("paused").uuid, LifecycleEvent::kSuspended, "paused"});
    paused.behaviour = Behaviour::kIsSilent;
    fleet.Run(absl::Seconds(40));
    paused.clock.Leap(absl::Seconds(-40));
    paused.behaviour = Behaviour::kAnswers;
    fleet.monitor().OnLifecycle(
        {fleet.domain("paused").uuid, LifecycleEvent::kResumed, "unpaused"});
    fleet.RemoveGuest("gone");
    fleet.Tell();
    set.glitch_sent = absl::Seconds(4398);
    fleet.host().Step(absl::Seconds(3));
    fleet.discipline() = KernelDiscipline();
    fleet.discipline()->max_error = absl::Milliseconds(7);
    fleet.discipline()->estimated_error = absl::Milliseconds(1);
    fleet.Run(absl::Seconds(400));
    fleet.discipline().reset();
    const ClockReading host = fleet.host().Read();
    ChronyReport chrony;
    chrony.asked = MonotonicTime::FromReading(host.monotonic);
    chrony.realtime = host.realtime;
    chrony.tracking = ChronyTracking();
    chrony.tracking->stratum = 2;
    chrony.tracking->reference_id = 0xC0000201;
    chrony.tracking->reference_time = host.realtime - absl::Seconds(7);
    chrony.tracking->root_dispersion = absl::Nanoseconds(1'234'567);
    chrony.tracking->leap = ChronyTracking::Leap::kNormal;
    fleet.monitor().OnChrony(chrony);
    fleet.Run(absl::Seconds(20));
    return AllThoughts(fleet.monitor().core());
  }

  absl::StatusOr<std::string> Replayed(const std::string& path) {
    absl::StatusOr<TraceReader> trace = TraceReader::Open(path);
    if (!trace.ok()) return trace.status();
    FleetAssessor core(trace->options().host, trace->options().guests);
    changes_.clear();
    const absl::StatusOr<ReplayResult> result =
        Replay(*trace, core, [&](const ReplayChange& change) {
          changes_.push_back(absl::StrCat(absl::FormatDuration(change.at), " ",
                                          change.who, " ", change.what));
        });
    if (!result.ok()) return result.status();
    result_ = *result;
    return AllThoughts(core);
  }

  std::string Bytes() {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("trace");
  std::vector<std::string> changes_;
  ReplayResult result_;
};

TEST_F(TraceTest, ReplayComesToTheSameThoughtsToTheByte) {
  const std::string live = Live(int64_t{64} << 20);
  for (const char* code :
       {"counter-jump", "clock-set", "read-glitch", "rate-fault",
        "agent-untrusted", "agent-unreachable", "no-agent", "stood-still",
        " paused 1 time for [39s, 41s]"}) {
    EXPECT_THAT(live, HasSubstr(code));
  }

  const absl::StatusOr<std::string> replayed = Replayed(path_);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(*replayed, live);
  EXPECT_EQ(result_.warning, "");
  EXPECT_GT(result_.inputs, 1000);

  const std::vector<std::string> changes = changes_;
  ASSERT_THAT(Replayed(path_), IsOk());
  EXPECT_EQ(changes_, changes);
  EXPECT_GT(changes.size(), 10u);
}

TEST_F(TraceTest, UsesWhatCameBeforeATornEnd) {
  Live(int64_t{64} << 20);
  const std::string bytes = Bytes();
  for (const size_t cut : {1, 2, 3, 50, 300}) {
    std::ofstream(path_, std::ios::binary)
        << bytes.substr(0, bytes.size() - cut);
    ASSERT_THAT(Replayed(path_), IsOk()) << cut;
    EXPECT_GT(result_.inputs, 1000);
  }
}

TEST_F(TraceTest, KeepsTwoFilesAndNoMoreThanItMay) {
  Live(int64_t{400} << 10);
  struct stat now = {};
  struct stat before = {};
  ASSERT_EQ(stat(path_.c_str(), &now), 0);
  ASSERT_EQ(stat((path_ + ".1").c_str(), &before), 0);
  EXPECT_LE(now.st_size + before.st_size, 410 << 10);
  EXPECT_THAT(Replayed(path_), IsOk());
  EXPECT_THAT(Replayed(path_ + ".1"), IsOk());
  EXPECT_GT(result_.inputs, 100);
}

TEST_F(TraceTest, RefusesWhatIsNoTrace) {
  EXPECT_THAT(TraceReader::Open(path_),
              StatusIs(absl::StatusCode::kNotFound, path_));
  EXPECT_THAT(TraceReader::Open(directory_.path()),
              StatusIs(absl::StatusCode::kUnavailable, "directory"));
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(3, '\0'),
        std::string(100, '\xff'), std::string("\x02\x08\x01", 3)}) {
    directory_.Write("trace", text);
    EXPECT_FALSE(TraceReader::Open(path_).ok()) << text;
  }
}

TEST_F(TraceTest, RefusesALaterVersionAndOptionsThatCannotBe) {
  v1::TraceRecord record;
  record.mutable_header()->set_version(2);
  std::string body = record.SerializeAsString();
  directory_.Write("trace", static_cast<char>(body.size()) + body);
  EXPECT_THAT(TraceReader::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, "version 2"));
  record.mutable_header()->set_version(1);
  body = record.SerializeAsString();
  directory_.Write("trace", static_cast<char>(body.size()) + body);
  EXPECT_THAT(TraceReader::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, "options"));
}

TEST_F(TraceTest, NeitherCrashesNorHangsOnAFlippedByte) {
  Live(int64_t{64} << 20);
  const std::string bytes = Bytes();
  uint32_t random = 12345;
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    random = random * 1664525 + 1013904223;
    std::string damaged = bytes.substr(0, 20'000);
    damaged[random % damaged.size()] ^= static_cast<char>(1 << (random >> 29));
    std::ofstream(path_, std::ios::binary) << damaged;
    if (!Replayed(path_).ok()) ++refused;
  }
  EXPECT_GT(refused, 20);
}

TEST_F(TraceTest, SaysThatTheFolderIsMissing) {
  EXPECT_THAT(
      TraceWriter::Create(directory_.Path("none/trace"), 1 << 20, "h", "v", {}),
      StatusIs(absl::StatusCode::kUnavailable, "none/trace"));
}

}  // namespace
}  // namespace noonmark
