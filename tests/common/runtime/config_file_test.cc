#include "common/runtime/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A configuration with a key of every kind.
struct Settings {
  std::string name = "unread";
  std::string mode;
  absl::Duration interval;
  int64_t burst = 0;
  bool wait = false;
  std::vector<std::pair<std::string, absl::Duration>> guests;
  std::vector<std::string> units;
  std::vector<int64_t> ports;
};

void Read(ConfigFile& file, Settings& settings) {
  ConfigTable root = file.root();
  settings.name = root.RequiredString("name");
  ConfigTable poll = root.Table("poll");
  settings.interval = poll.Duration("interval", absl::Seconds(5),
                                    absl::Seconds(1), absl::Hours(1));
  settings.burst = poll.Integer("burst", 8, 1, 64);
  settings.mode = poll.OneOf("mode", "observe", {"observe", "advise"});
  settings.wait = poll.Table("start").Bool("wait", true);
  settings.units = root.Strings("units", 2);
  settings.ports = root.Integers("ports", 2, 1, 65535);
  for (ConfigTable guest : root.Tables("guest")) {
    std::string uuid = guest.String("uuid", "none");
    const absl::Duration offset = guest.Duration(
        "offset", absl::ZeroDuration(), absl::Hours(-1), absl::Hours(1));
    settings.guests.emplace_back(std::move(uuid), offset);
  }
}

absl::Status ReadAndCheck(std::string_view text, Settings& settings) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "F");
  if (!file.ok()) return file.status();
  Read(*file, settings);
  return file->Check();
}

struct Case {
  const char* what;  // what is wrong
  const char* text;
  const char* message;  // in full
};

// The names of the tests: no other characters are allowed there.
void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class FaultTest : public ::testing::TestWithParam<Case> {};

TEST_P(FaultTest, IsToldWithItsPlace) {
  Settings settings;
  const absl::Status status = ReadAndCheck(GetParam().text, settings);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), GetParam().message);
}

const Case kCases[] = {
    // Types.
    {"StringIsNumber", "name = 5", "F:1:8: name: must be a string, not 5"},
    {"StringIsArray", "name = ['a']",
     "F:1:8: name: must be a string, not an array"},
    {"StringIsTable", "[name]", "F:1:1: name: must be a string, not a table"},
    {"StringIsDate", "name = 2026-01-01",
     "F:1:8: name: must be a string, not 2026-01-01"},
    {"DurationIsNumber", "name='n'\n[poll]\ninterval = 5",
     "F:3:12: poll.interval: must be a duration from 1s to 1h, not 5: write "
     "it with its unit, e.g. \"5s\""},
    {"DurationIsFraction", "name='n'\npoll.interval = 0.5",
     "F:2:17: poll.interval: must be a duration from 1s to 1h, not 0.5: write "
     "it with its unit, e.g. \"5s\""},
    {"DurationIsBool", "name='n'\npoll.interval = true",
     "F:2:17: poll.interval: must be a duration from 1s to 1h such as \"5s\", "
     "not true"},
    {"DurationIsTime", "name='n'\npoll.interval = 00:00:05",
     "F:2:17: poll.interval: must be a duration from 1s to 1h such as \"5s\", "
     "not 00:00:05"},
    {"DurationHasNoUnit", "name='n'\npoll.interval = '5'",
     "F:2:17: poll.interval: must be a duration from 1s to 1h such as \"5s\", "
     "not \"5\""},
    {"DurationIsWords", "name='n'\npoll.interval = \"so\\non\"",
     "F:2:17: poll.interval: must be a duration from 1s to 1h such as \"5s\", "
     "not \"so\\non\""},
    {"DurationIsInfinite", "name='n'\npoll.interval = 'inf'",
     "F:2:17: poll.interval: must be a duration from 1s to 1h such as \"5s\", "
     "not \"inf\""},
    {"DurationIsInfiniteNumber", "name='n'\npoll.interval = inf",
     "F:2:17: poll.interval: must be a duration from 1s to 1h, not inf: write "
     "it with its unit, e.g. \"5s\""},
    {"IntegerIsString", "name='n'\npoll.burst = '8'",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not \"8\""},
    {"IntegerIsFraction", "name='n'\npoll.burst = 8.0",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not 8.0"},
    {"IntegerIsNan", "name='n'\npoll.burst = nan",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not nan"},
    {"BoolIsNumber", "name='n'\npoll.start.wait = 1",
     "F:2:19: poll.start.wait: must be true or false, not 1"},
    {"BoolIsString", "name='n'\npoll.start.wait = 'true'",
     "F:2:19: poll.start.wait: must be true or false, not \"true\""},
    {"ChoiceIsNumber", "name='n'\npoll.mode = 1",
     "F:2:13: poll.mode: must be \"observe\" or \"advise\", not 1"},
    {"ChoiceIsUnknown", "name='n'\npoll.mode = 'correct'",
     "F:2:13: poll.mode: must be \"observe\" or \"advise\", not \"correct\""},
    {"ChoiceIsEmpty", "name='n'\npoll.mode = ''",
     "F:2:13: poll.mode: must be \"observe\" or \"advise\", not \"\""},
    {"TableIsNumber", "name='n'\npoll = 5",
     "F:2:8: poll: must be a table, [poll], not 5"},
    {"TableIsTables", "name='n'\n[[poll]]",
     "F:2:1: poll: must be a table, [poll], not an array"},
    {"InnerTableIsString", "name='n'\n[poll]\nstart = 'x'",
     "F:3:9: poll.start: must be a table, [poll.start], not \"x\""},
    {"TablesAreTable", "name='n'\n[guest]\nuuid = 'u'",
     "F:2:1: guest: must be tables, each begun by [[guest]], not a table"},
    {"TablesAreNumbers", "name='n'\nguest = [1, 2]",
     "F:2:9: guest: must be tables, each begun by [[guest]], not an array"},
    {"TablesAreMixed", "name='n'\nguest = [{uuid='u'}, 2]",
     "F:2:9: guest: must be tables, each begun by [[guest]], not an array"},
    {"InTables", "name='n'\n[[guest]]\nuuid='u'\n[[guest]]\nuuid = 7",
     "F:5:8: guest.uuid: must be a string, not 7"},

    {"StringsAreString", "name='n'\nunits = 'a'",
     "F:2:9: units: must be at most 2 strings, [\"...\"], not \"a\""},
    {"StringsAreMixed", "name='n'\nunits = ['a', 1]",
     "F:2:9: units: must be at most 2 strings, [\"...\"]"},
    {"StringsAreTooMany", "name='n'\nunits = ['a', 'b', 'c']",
     "F:2:9: units: must be at most 2 strings, [\"...\"]"},
    {"IntegersAreNumber", "name='n'\nports = 143",
     "F:2:9: ports: must be at most 2 whole numbers from 1 to 65535, [...], "
     "not 143"},
    {"IntegersAreOutOfRange", "name='n'\nports = [143, 65536]",
     "F:2:9: ports: must be at most 2 whole numbers from 1 to 65535, [...]"},

    // Required.
    {"RequiredIsAbsent", "[poll]\nburst = 8", "F:1:1: name: must be given"},
    {"FileIsEmpty", "", "F:1:1: name: must be given"},
    {"RequiredIsEmpty", "name = ''", "F:1:8: name: must not be empty"},

    // Ranges.
    {"DurationIsTooLong", "name='n'\n[poll]\ninterval = \"3d\"",
     "F:3:12: poll.interval: must be from 1s to 1h, not 3d"},
    {"DurationIsJustTooLong", "name='n'\npoll.interval = '1h1ns'",
     "F:2:17: poll.interval: must be from 1s to 1h, not 1h1ns"},
    {"DurationIsJustTooShort", "name='n'\npoll.interval = '999999999ns'",
     "F:2:17: poll.interval: must be from 1s to 1h, not 999999999ns"},
    {"DurationIsNegative", "name='n'\npoll.interval = '-5s'",
     "F:2:17: poll.interval: must be from 1s to 1h, not -5s"},
    {"DurationIsJustBelowNegativeLimit", "name='n'\n[[guest]]\noffset='-1h1ns'",
     "F:3:8: guest.offset: must be from -1h to 1h, not -1h1ns"},
    {"IntegerIsTooSmall", "name='n'\npoll.burst = 0",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not 0"},
    {"IntegerIsTooLarge", "name='n'\npoll.burst = 65",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not 65"},
    {"IntegerIsLargest", "name='n'\npoll.burst = 9223372036854775807",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not "
     "9223372036854775807"},
    {"IntegerIsSmallest", "name='n'\npoll.burst = -9223372036854775808",
     "F:2:14: poll.burst: must be a whole number from 1 to 64, not "
     "-9223372036854775808"},

    // Unknown keys.
    {"KeyIsUnknown", "name='n'\ncolour = 'red'",
     "F:2:1: unknown key \"colour\"; known here: name, poll, units, ports, "
     "guest"},
    {"TableIsUnknown", "name='n'\n[pol]\ninterval='5s'\nburst=8",
     "F:2:2: unknown key \"pol\"; known here: name, poll, units, ports, "
     "guest"},
    {"NestedKeyIsUnknown", "name='n'\n[poll]\nintervall = '5s'",
     "F:3:1: unknown key \"poll.intervall\"; known here: interval, burst, "
     "mode, start"},
    {"DeepKeyIsUnknown", "name='n'\n[poll.start]\n\"wa it\" = true",
     "F:3:1: unknown key \"poll.start.wa it\"; known here: wait"},
    {"KeyInTablesIsUnknown", "name='n'\n[[guest]]\n[[guest]]\nuid = 'u'",
     "F:4:1: unknown key \"guest.uid\"; known here: uuid, offset"},
    {"TablesAreUnknown", "name='n'\n[[gast]]\n[[gast]]",
     "F:2:3: unknown key \"gast\"; known here: name, poll, units, ports, "
     "guest"},

    // All are told, in the order of the file.
    {"Many", "[poll]\nburst = 65\nburts = 8\ninterval = 5\n[[guest]]\nid = 1",
     "F:1:1: name: must be given\n"
     "F:2:9: poll.burst: must be a whole number from 1 to 64, not 65\n"
     "F:3:1: unknown key \"poll.burts\"; known here: interval, burst, mode, "
     "start\n"
     "F:4:12: poll.interval: must be a duration from 1s to 1h, not 5: write "
     "it with its unit, e.g. \"5s\"\n"
     "F:6:1: unknown key \"guest.id\"; known here: uuid, offset"},
};

INSTANTIATE_TEST_SUITE_P(Config, FaultTest, ::testing::ValuesIn(kCases),
                         [](const auto& instance) {
                           return std::string(instance.param.what);
                         });

TEST(ConfigFileTest, TellsWhereTomlIsBroken) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {"name='a'\nname='b'",
       "F:2:6: Error while parsing key-value pair: cannot "
       "redefine existing string 'name'"},
      {"[poll]\n[poll]", "cannot redefine existing table 'poll'"},
      {"poll=1\n[poll]", "F:2:"},
      {"\n[[!", "F:2:3: Error while parsing key: "},
      {"burst = 99999999999999999999999", "is not representable"},
      {"interval = 1e999999", "F:1:"},
      {"name = 'n", "F:1:10: "},
      {"name =", "F:1:7: "},
      {"name = \"\\o\"", "unknown escape sequence"},
      {"\x7f\x45\x4c\x46\x02\x01\x01", "F:1:1: "},
      {"name = '\xff\xfe'", "F:1:8: Encountered invalid utf-8 sequence"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ConfigFile::Parse(c.text, "F"),
                StatusIs(absl::StatusCode::kInvalidArgument, c.part))
        << c.text;
  }
}

TEST(ConfigFileTest, GivesTheDefaultsOfAbsentKeys) {
  Settings settings;
  ASSERT_THAT(ReadAndCheck("name = 'n'", settings), IsOk());
  EXPECT_EQ(settings.name, "n");
  EXPECT_EQ(settings.interval, absl::Seconds(5));
  EXPECT_EQ(settings.burst, 8);
  EXPECT_EQ(settings.mode, "observe");
  EXPECT_TRUE(settings.wait);
  EXPECT_THAT(settings.guests, ElementsAre());
}

TEST(ConfigFileTest, GivesTheValuesOfTheFile) {
  Settings settings;
  ASSERT_THAT(ReadAndCheck("name = 'n'\n"
                           "units = ['a', 'b']\n"
                           "ports = [1, 65535]\n"
                           "[poll]\n"
                           "interval = '1m30s'  # comment\n"
                           "burst = 0x10\n"
                           "mode = 'advise'\n"
                           "start.wait = false\n"
                           "[[guest]]\n"
                           "uuid = 'b'\n"
                           "offset = '-1h'\n"
                           "[[guest]]\n"
                           "uuid = 'a'\n"
                           "[[guest]]\n",
                           settings),
              IsOk());
  EXPECT_EQ(settings.interval, absl::Seconds(90));
  EXPECT_EQ(settings.burst, 16);
  EXPECT_EQ(settings.mode, "advise");
  EXPECT_FALSE(settings.wait);
  EXPECT_THAT(settings.units, ElementsAre("a", "b"));
  EXPECT_THAT(settings.ports, ElementsAre(1, 65535));
  EXPECT_THAT(settings.guests,
              ElementsAre(std::pair("b", absl::Hours(-1)),
                          std::pair("a", absl::ZeroDuration()),
                          std::pair("none", absl::ZeroDuration())));
}

TEST(ConfigFileTest, TakesTheEndsOfARange) {
  for (const char* text : {"name='n'\npoll={interval='1s', burst=1}",
                           "name='n'\npoll={interval='1h', burst=64}",
                           "name='n'\nguest=[{offset='-1h'}, {offset='1h'}]",
                           "name='n'\nguest=[]", "\xef\xbb\xbfname='n'\r\n"}) {
    Settings settings;
    EXPECT_THAT(ReadAndCheck(text, settings), IsOk()) << text;
  }
  auto file =
      ConfigFile::Parse("a=9223372036854775807\nb=-9223372036854775808", "F");
  ASSERT_THAT(file, IsOk());
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(file->root().Integer("a", 0, kLeast, kMost), kMost);
  EXPECT_EQ(file->root().Integer("b", 0, kLeast, kMost), kLeast);
}

TEST(ConfigFileTest, RefusesInfinityWhateverTheRange) {
  auto file = ConfigFile::Parse("a='inf'\nb='99999999999999999h'", "F");
  ASSERT_THAT(file, IsOk());
  for (const char* key : {"a", "b"}) {
    EXPECT_EQ(
        file->root().Duration(key, absl::Seconds(1), -absl::InfiniteDuration(),
                              absl::InfiniteDuration()),
        absl::Seconds(1));
  }
  EXPECT_THAT(file->Check(),
              StatusIs(absl::StatusCode::kInvalidArgument, "F:1:3: a: "));
}

TEST(ConfigFileTest, GivesTheDefaultOfABadValue) {
  Settings settings;
  EXPECT_FALSE(ReadAndCheck("name = 1\npoll = 2\nguest = 3", settings).ok());
  EXPECT_EQ(settings.name, "");
  EXPECT_EQ(settings.burst, 8);
  EXPECT_THAT(settings.guests, ElementsAre());
}

TEST(ConfigFileTest, MayBeAskedInPiecesAndTwice) {
  auto file = ConfigFile::Parse("[poll]\na=1\nb=2\n[[guest]]\nx=3\ny=4", "F");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->root().Table("poll").Integer("a", 0, 0, 9), 1);
  EXPECT_EQ(file->root().Tables("guest")[0].Integer("x", 0, 0, 9), 3);
  EXPECT_THAT(file->Check(), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "F:3:1: unknown key \"poll.b\""));
  EXPECT_EQ(file->root().Table("poll").Integer("b", 0, 0, 9), 2);
  EXPECT_EQ(file->root().Tables("guest")[0].Integer("y", 0, 0, 9), 4);
  EXPECT_THAT(file->Check(), IsOk());
}

TEST(ConfigFileTest, TellsAFaultOnce) {
  auto file = ConfigFile::Parse("a = 'x'", "F");
  ASSERT_THAT(file, IsOk());
  file->root().Bool("a", false);
  file->root().Bool("a", false);
  EXPECT_EQ(std::string(file->Check().message()),
            "F:1:5: a: must be true or false, not \"x\"");
  EXPECT_EQ(std::string(file->Check().message()),
            "F:1:5: a: must be true or false, not \"x\"");
}

TEST(ConfigFileTest, TellsTheCallersFaultsAtTheirPlace) {
  auto file = ConfigFile::Parse("[listen]\naddress = 'nowhere'", "F");
  ASSERT_THAT(file, IsOk());
  ConfigTable listen = file->root().Table("listen");
  listen.String("address", "");
  listen.Fault("address", "must be unix:PATH");
  listen.Fault("port", "must be given with an address");
  EXPECT_EQ(std::string(file->Check().message()),
            "F:1:1: listen.port: must be given with an address\n"
            "F:2:11: listen.address: must be unix:PATH");
}

TEST(ConfigFileTest, OutlivesBeingMoved) {
  auto file = ConfigFile::Parse("[poll]\nburst = 8\nx = 1", "F");
  ASSERT_THAT(file, IsOk());
  ConfigTable poll = file->root().Table("poll");
  ConfigFile moved = *std::move(file);
  EXPECT_EQ(poll.Integer("burst", 1, 1, 64), 8);
  EXPECT_THAT(moved.Check(), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "unknown key \"poll.x\""));
}

class LoadTest : public ::testing::Test {
 protected:
  LoadTest() {
    std::string name = ::testing::TempDir() + "config-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LoadTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& text) {
    std::ofstream(folder_ + "/file.toml", std::ios::binary) << text;
    return folder_ + "/file.toml";
  }

  std::string folder_;
};

TEST_F(LoadTest, ReadsAFileAndNamesIt) {
  const std::string path = Write("name = 'n'\nx = 1\n");
  auto file = ConfigFile::Load(path);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->root().RequiredString("name"), "n");
  EXPECT_EQ(std::string(file->Check().message()),
            path + ":2:1: unknown key \"x\"; known here: name");
}

TEST_F(LoadTest, TellsAMissingFile) {
  EXPECT_THAT(ConfigFile::Load(folder_ + "/none.toml"),
              StatusIs(absl::StatusCode::kNotFound,
                       folder_ + "/none.toml: No such file or directory"));
  EXPECT_THAT(ConfigFile::Load(""), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(LoadTest, TellsWhyAFileCannotBeRead) {
  EXPECT_THAT(
      ConfigFile::Load(folder_),
      StatusIs(absl::StatusCode::kUnavailable, folder_ + ": Is a directory"));
  EXPECT_THAT(ConfigFile::Load(Write("") + "/x"),
              StatusIs(absl::StatusCode::kUnavailable, "Not a directory"));
}

TEST_F(LoadTest, TellsAForbiddenFile) {
  const std::string path = Write("name = 'n'");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (std::ifstream(path).good()) {
    // Root reads everything; only the kernel's own files refuse it.
    EXPECT_THAT(ConfigFile::Load("/proc/self/mem"),
                StatusIs(absl::StatusCode::kUnavailable, "/proc/self/mem: "));
    return;
  }
  EXPECT_THAT(ConfigFile::Load(path),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       path + ": Permission denied"));
}

TEST_F(LoadTest, TellsGarbage) {
  std::string garbage;
  for (int i = 0; i < 4096; ++i) garbage.push_back(static_cast<char>(i * 37));
  EXPECT_THAT(
      ConfigFile::Load(Write(garbage)),
      StatusIs(absl::StatusCode::kInvalidArgument, folder_ + "/file.toml:1:"));
}

TEST_F(LoadTest, RefusesWhatIsTooLarge) {
  EXPECT_THAT(ConfigFile::Load(Write(std::string((1 << 20), '\n'))), IsOk());
  EXPECT_THAT(ConfigFile::Load(Write(std::string((1 << 20) + 1, '\n'))),
              StatusIs(absl::StatusCode::kInvalidArgument, "1 MiB"));
  EXPECT_THAT(ConfigFile::Load("/dev/zero"),
              StatusIs(absl::StatusCode::kInvalidArgument, "1 MiB"));
}

TEST(ConfigFileTest, TellsTheKeysOfATableWithoutKnowingThem) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(
      "[group.\"mail servers\"]\nwarning = \"1s\"\n[group.db]\n", "F");
  ASSERT_THAT(file, IsOk());
  ConfigTable groups = file->root().Table("group");
  EXPECT_THAT(groups.Keys(), ElementsAre("db", "mail servers"));
  EXPECT_THAT(file->root().Table("none").Keys(), ElementsAre());
  groups.Table("db");
  EXPECT_THAT(file->Check(), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "unknown key \"group.mail servers\""));
}

}  // namespace
}  // namespace noonmark
