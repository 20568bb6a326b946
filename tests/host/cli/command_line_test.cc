#include "host/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::variant<Request, Answer> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "noonmark");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}
Request Good(const std::vector<const char*>& words) {
  auto parsed = Parse(words);
  if (const Answer* answer = std::get_if<Answer>(&parsed)) {
    ADD_FAILURE() << answer->text;
    return {};
  }
  return std::get<Request>(parsed);
}
// The message of a fault of usage.
std::string Bad(const std::vector<const char*>& words) {
  auto parsed = Parse(words);
  const Answer* answer = std::get_if<Answer>(&parsed);
  if (answer == nullptr) return "no fault";
  EXPECT_EQ(answer->exit_code, kUsage);
  return answer->text;
}

TEST(CommandLineTest, HasDefaults) {
  const Request request = Good({"report"});
  EXPECT_EQ(request.command, Request::Command::kReport);
  EXPECT_EQ(request.connect, std::nullopt);
  EXPECT_EQ(request.fleet, std::nullopt);
  EXPECT_EQ(request.timeout, absl::Seconds(2));
  EXPECT_EQ(request.output, Request::Output::kTable);
  EXPECT_EQ(request.colour, Request::When::kAuto);
  EXPECT_EQ(request.watch, std::nullopt);
  EXPECT_TRUE(request.fail_on.empty());
}

TEST(CommandLineTest, TakesCommonOptionsBeforeAndAfterTheCommand) {
  EXPECT_EQ(Good({"-c", "unix:/a", "report"}).connect, "unix:/a");
  EXPECT_EQ(Good({"report", "-c", "unix:/a"}).connect, "unix:/a");
  EXPECT_EQ(Good({"guests", "--fleet=f.toml"}).fleet, "f.toml");
  EXPECT_EQ(Good({"--timeout", "500ms", "version"}).timeout,
            absl::Milliseconds(500));
}

TEST(CommandLineTest, DoesNotTakeTheGuestForAHost) {
  const Request request =
      Good({"explain", "--host", "a", "--host=b", "mail-1"});
  EXPECT_THAT(request.hosts, ElementsAre("a", "b"));
  EXPECT_EQ(request.subject, "mail-1");
  EXPECT_FALSE(request.is_code);
}

TEST(CommandLineTest, TakesVerdictsInOneWordOrMore) {
  EXPECT_THAT(Good({"report", "--fail-on=wrong,unknown"}).fail_on,
              ElementsAre(v1::VERDICT_WRONG, v1::VERDICT_UNKNOWN));
  EXPECT_THAT(Good({"report", "--fail-on", "differs", "--fail-on", "suspended"})
                  .fail_on,
              ElementsAre(v1::VERDICT_DIFFERS, v1::VERDICT_SUSPENDED));
}

TEST(CommandLineTest, WatchesWithAndWithoutAnInterval) {
  EXPECT_EQ(Good({"report", "--watch"}).watch, absl::Seconds(2));
  EXPECT_EQ(Good({"report", "--watch=5s"}).watch, absl::Seconds(5));
  EXPECT_EQ(Good({"report", "--watch", "-o", "json"}).watch, absl::Seconds(2));
}

TEST(CommandLineTest, TakesACodeForACode) {
  const Request request = Good({"explain", "--code", "clock-set"});
  EXPECT_EQ(request.subject, "clock-set");
  EXPECT_TRUE(request.is_code);
}

TEST(CommandLineTest, ChecksTheFileThatIsNamed) {
  EXPECT_EQ(Good({"config", "check"}).file, std::nullopt);
  EXPECT_EQ(Good({"config", "check", "x.toml"}).file, "x.toml");
}

TEST(CommandLineTest, SaysInOneLineWhatIsWrongAndWhereToLook) {
  EXPECT_EQ(Bad({"report", "--bogus"}),
            "noonmark: there is no option --bogus (see noonmark report "
            "--help)\n");
  EXPECT_EQ(Bad({"frobnicate"}),
            "noonmark: there is no command \"frobnicate\" (see noonmark "
            "--help)\n");
  EXPECT_THAT(Bad({}), HasSubstr("a command is missing: report, guests"));
  EXPECT_THAT(Bad({"explain"}), HasSubstr("name one guest"));
  EXPECT_THAT(Bad({"explain", "a", "b"}), HasSubstr("\"b\" is too much"));
  EXPECT_THAT(Bad({"explain", "a", "--code", "b"}),
              HasSubstr("name one guest"));
  EXPECT_THAT(Bad({"report", "guests"}), HasSubstr("two commands"));
  EXPECT_THAT(Bad({"config"}), HasSubstr("\"check\" is missing"));
  EXPECT_THAT(Bad({"config", "show"}),
              HasSubstr("there is no command \"config show\""));
  EXPECT_THAT(Bad({"config", "check", "-c", "unix:/a"}),
              HasSubstr("asks no dom0"));
  EXPECT_THAT(Bad({"report", "-c"}), HasSubstr("--connect"));
}

TEST(CommandLineTest, RefusesValuesThatMeanNothing) {
  EXPECT_THAT(Bad({"report", "-o", "xml"}),
              HasSubstr("\"xml\" is none of table, json, csv"));
  EXPECT_THAT(Bad({"report", "--color=pink"}),
              HasSubstr("\"pink\" is none of auto, always, never"));
  EXPECT_THAT(Bad({"report", "--timeout=2"}),
              HasSubstr("--timeout: \"2\" is no time from 10ms to 1h, as in "
                        "500ms"));
  EXPECT_THAT(Bad({"report", "--timeout=9ms"}), HasSubstr("--timeout"));
  EXPECT_THAT(Bad({"report", "--timeout=inf"}), HasSubstr("--timeout"));
  EXPECT_THAT(Bad({"report", "--watch=0s"}), HasSubstr("--watch"));
  EXPECT_THAT(Bad({"report", "--fail-on=ok"}),
              HasSubstr("\"ok\" is none of wrong, differs, uncertain, unknown, "
                        "suspended"));
}

TEST(CommandLineTest, RefusesOptionsThatExcludeEachOther) {
  EXPECT_THAT(Bad({"report", "-c", "unix:/a", "--fleet", "f"}),
              HasSubstr("give one of them"));
  EXPECT_THAT(Bad({"report", "-c", "unix:/a", "--host", "h"}),
              HasSubstr("--host picks a dom0 of the fleet"));
  EXPECT_THAT(Bad({"report", "--watch", "--fail-on=wrong"}),
              HasSubstr("--watch has none"));
}

TEST(CommandLineTest, TellsItsVersion) {
  auto parsed = Parse({"--version"});
  ASSERT_TRUE(std::holds_alternative<Answer>(parsed));
  EXPECT_EQ(std::get<Answer>(parsed).exit_code, kDone);
  EXPECT_THAT(std::get<Answer>(parsed).text, StartsWith("noonmark 0."));
}

TEST(HelpTest, FitsAScreenAndHasTwoExamples) {
  const std::vector<std::vector<const char*>> commands = {{},
                                                          {"report"},
                                                          {"guests"},
                                                          {"explain"},
                                                          {"plan"},
                                                          {"correct"},
                                                          {"quiesce"},
                                                          {"resume"},
                                                          {"hold"},
                                                          {"release"},
                                                          {"version"},
                                                          {"config"},
                                                          {"config", "check"},
                                                          {"pki"},
                                                          {"pki", "init"},
                                                          {"pki", "issue"},
                                                          {"pki", "list"},
                                                          {"pki", "revoke"},
                                                          {"pki", "rotate"}};
  for (std::vector<const char*> words : commands) {
    words.push_back("--help");
    auto parsed = Parse(words);
    ASSERT_TRUE(std::holds_alternative<Answer>(parsed));
    const Answer& answer = std::get<Answer>(parsed);
    SCOPED_TRACE(answer.text);
    EXPECT_EQ(answer.exit_code, kDone);
    const std::vector<std::string> lines = absl::StrSplit(answer.text, '\n');
    EXPECT_LE(lines.size(), 25u);  // the last one is empty
    size_t examples = 0;
    for (const std::string& line : lines) {
      EXPECT_LE(DisplayWidth(line), 80u) << line;
      examples += line.rfind("  noonmark ", 0) == 0 ? 1 : 0;
    }
    EXPECT_GE(examples, 2u);
  }
}

TEST(HelpTest, ShowsDefaults) {
  const Answer answer = std::get<Answer>(Parse({"report", "-h"}));
  EXPECT_THAT(
      answer.text,
      AllOf(HasSubstr("[unix:/run/noonmark/read.sock]"),
            HasSubstr("[/etc/noonmark/fleet.toml, if there]"),
            HasSubstr("[2s]"), HasSubstr("[table]"), HasSubstr("[auto]")));
}

}  // namespace
}  // namespace noonmark::cli
