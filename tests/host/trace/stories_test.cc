// The traces that ship as test data, replayed by the command line as a person
// would: see README.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "host/cli/run.h"
#include "host/trace/trace_file.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::testing::ContainsRegex;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// What must be told in each, whatever else is: a guest's name and a finding.
const std::map<std::string, std::vector<std::string>>& Stories() {
  static const auto* const stories =
      new std::map<std::string, std::vector<std::string>>{
          {"counter-jump", {"mail-1 +counter-jump: .*2\\^42 ns"}},
          {"glitch", {"mail-1 +read-glitch: .*2\\^42 ns"}},
          {"host-step-and-left-behind",
           {"dom0-a +host-stepped: \\+30\\.",
            "left-behind +left-behind-by-host-step"}},
          {"pause", {"stands +stood-still: -13\\.0"}},
          {"quiet-fleet", {"web-1 +unknown -> ok"}},
          {"rate-fault", {"fast +rate-fault"}},
          {"reboot", {"mail-1 +rebooted"}},
          {"save-and-restore", {"mail-1 +caught-up: -(20\\.0|19\\.9)"}},
          {"set-told-and-untold",
           {"told +clock-set: -6\\.0", "untold +clock-set: \\+3600\\.0"}},
          {"two-masters", {"mail-1 +two-masters"}},
          {"unreachable-and-liar",
           {"unreachable +agent-unreachable", "liar +agent-untrusted"}},
      };
  return *stories;
}

std::string PathOf(const std::string& file) {
  return std::string(NOONMARK_TRACES) + "/" + file;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(StoryTraceTest, IsAllThatShips) {
  std::set<std::string> there;
  for (const auto& file :
       std::filesystem::directory_iterator(NOONMARK_TRACES)) {
    there.insert(file.path().filename());
  }
  std::set<std::string> expected;
  for (const auto& [name, told] : Stories()) {
    expected.insert(name + ".trace");
    expected.insert(name + ".txt");
  }
  EXPECT_THAT(there, ElementsAreArray(expected));
}

TEST(StoryTraceTest, IsToldAsItWasToTheByte) {
  for (const auto& [name, told] : Stories()) {
    SCOPED_TRACE(name);
    const std::string trace = PathOf(name + ".trace");
    std::ostringstream out;
    std::ostringstream err;
    const cli::Console console = {.out = out,
                                  .err = err,
                                  .is_terminal = false,
                                  .no_color = true,
                                  .width = [] { return size_t{80}; }};
    const char* const words[] = {"noonmark", "replay", trace.c_str()};
    EXPECT_EQ(cli::Main(3, words, console, {}), cli::kDone);
    EXPECT_THAT(err.str(), IsEmpty());
    EXPECT_EQ(out.str(), Read(PathOf(name + ".txt")));
  }
}

TEST(StoryTraceTest, TellsWhatWasDoneAndNothingOfAQuietFleet) {
  for (const auto& [name, told] : Stories()) {
    SCOPED_TRACE(name);
    const std::string text = Read(PathOf(name + ".txt"));
    for (const std::string& line : told) {
      EXPECT_THAT(text, ContainsRegex(line));
    }
    // To these nothing is done, and nothing is told of them but that they were
    // measured.
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      if (absl::StrContains(line, " s  web-")) {
        EXPECT_TRUE(absl::StrContains(line, "unknown -> ok") ||
                    absl::StrContains(line, "not measured yet"))
            << line;
      }
    }
  }
}

// Files of an earlier noonmarkd are read for good: these are not made anew for
// another version of the format, others come beside them.
TEST(StoryTraceTest, OfTheFirstFormatIsReadToItsEnd) {
  for (const auto& [name, told] : Stories()) {
    SCOPED_TRACE(name);
    const std::string path = PathOf(name + ".trace");
    EXPECT_LT(std::filesystem::file_size(path), 100'000u);
    absl::StatusOr<TraceReader> trace = TraceReader::Open(path);
    ASSERT_THAT(trace, IsOk());
    EXPECT_EQ(trace->header().version(), 1u);
    EXPECT_EQ(trace->header().host_name(), "dom0-a");
    int64_t inputs = 0;
    while (true) {
      const absl::StatusOr<std::optional<CoreInput>> input = trace->Next();
      ASSERT_THAT(input, IsOk()) << "after " << inputs;
      if (!input->has_value()) break;
      ++inputs;
    }
    EXPECT_GT(inputs, 100);
  }
}

}  // namespace
}  // namespace noonmark
