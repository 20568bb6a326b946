// noonmark pki, as it is typed: what it makes, says and refuses.
#include "host/cli/pki_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "host/cli/run.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kUuid[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

class PkiCommandTest : public ::testing::Test {
 protected:
  // "init example.net": with --dir, in a folder of the test's.
  ExitCode Pki(const std::string& words, bool with_folder = true) {
    out_.str("");
    err_.str("");
    std::vector<std::string> all = {"noonmark", "pki"};
    for (const auto word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
      all.emplace_back(word);
    }
    if (with_folder) all.insert(all.end(), {"--dir", folder_});
    std::vector<const char*> argv;
    for (const std::string& word : all) argv.push_back(word.c_str());
    const Console console = {
        .out = out_, .err = err_, .width = [] { return size_t{80}; }};
    return Main(static_cast<int>(argv.size()), argv.data(), console, Places());
  }

  TemporaryDirectory directory_;
  const std::string folder_ = directory_.Path("ca");
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(PkiCommandTest, SaysWhichFileGoesWhere) {
  ASSERT_EQ(Pki("init example.net"), kDone);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("authority.pem to yourself"),
                                HasSubstr("noonmark pki issue guest UUID")));
  ASSERT_EQ(Pki(std::string("issue guest ") + kUuid), kDone);
  EXPECT_THAT(
      out_.str(),
      AllOf(HasSubstr(folder_ + "/guest/" + kUuid +
                      "/ (ca.crt, deny.list, server.pem)"),
            HasSubstr("install -m 640 -o root -g noonmark-agent server.pem "
                      "/etc/noonmark/pki")));
  ASSERT_EQ(Pki("issue host dom0-a"), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("-g noonmark server.pem client.pem "));
  ASSERT_EQ(Pki("issue operator alice bob"), kDone);
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("issued to operator alice"),
                    HasSubstr("issued to operator bob"),
                    HasSubstr("client.pem ~/.config/noonmark/pki")));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(PkiCommandTest, ListsWhatIsGoodAndWhatIsNot) {
  ASSERT_EQ(Pki("init example.net"), kDone);
  ASSERT_EQ(Pki("list"), kDone);
  EXPECT_EQ(out_.str(), "fleet example.net: 0 certificates, 0 in use\n");
  ASSERT_EQ(Pki("issue operator alice bob carol"), kDone);
  ASSERT_EQ(Pki("rotate operator bob"), kDone);
  EXPECT_THAT(out_.str(),
              HasSubstr("noonmark pki revoke operator bob --replaced"));
  ASSERT_EQ(Pki("revoke operator carol --why gone"), kDone);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("revoked operator carol, client"),
                                HasSubstr("deny.list to every host")));
  ASSERT_EQ(Pki("rotate authority"), kDone);
  ASSERT_EQ(Pki("list"), kDone);
  EXPECT_THAT(out_.str(),
              AllOf(ContainsRegex("operator +alice +client .* good, old"),
                    ContainsRegex("operator +bob +client .* replaced, old"),
                    ContainsRegex("operator +carol +client .* revoked"),
                    HasSubstr("4 certificates, 2 in use")));
  EXPECT_EQ(Pki("rotate authority --finish"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("operator alice, operator bob; rotate or"));
}

TEST_F(PkiCommandTest, EndsWithACodeAndTheNextStep) {
  EXPECT_EQ(Pki("list"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("noonmark pki init"));
  ASSERT_EQ(Pki("init example.net"), kDone);
  EXPECT_EQ(Pki("init example.net"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("is not empty, and stays as it is"));
  EXPECT_EQ(Pki("issue guest mail-1"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("as virsh domuuid prints them"));
  // What came before the fault was done, and is told.
  EXPECT_EQ(Pki("issue operator alice ../x"), kFailed);
  EXPECT_THAT(out_.str(), HasSubstr("issued to operator alice"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/operator/alice/client.pem"));
}

TEST_F(PkiCommandTest, RefusesWordsThatMeanNothing) {
  for (const auto& [words, why] :
       std::vector<std::pair<std::string, std::string>>{
           {"init", "name the fleet"},
           {"issue", "say whom"},
           {"issue guest", "say whom"},
           {"issue root a", "none of host, guest, operator"},
           {"rotate host a b", "one at a time"},
           {"rotate authority x", "the authority has no name"},
           {"rotate host a --finish", "--finish is for rotate authority"},
           {"revoke operator a --serial 12345678", "not both"},
           {"revoke --serial 12345678 --replaced", "--replaced is for a name"},
           {"list -c unix:/a", "pki asks no dom0"},
           {"list x", "\"x\" is too much"}}) {
    EXPECT_EQ(Pki(words), kUsage) << words;
    EXPECT_THAT(err_.str(), HasSubstr(why)) << words;
    EXPECT_THAT(out_.str(), IsEmpty());
  }
  EXPECT_FALSE(std::filesystem::exists(folder_));
  EXPECT_EQ(Pki("", /*with_folder=*/false), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("init, issue, list, revoke or rotate is"));
  EXPECT_EQ(Pki("frob", /*with_folder=*/false), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("no command \"pki frob\""));
}

}  // namespace
}  // namespace noonmark::cli
