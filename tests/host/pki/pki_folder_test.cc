// An authority in a folder, and the word of the openssl command on what it
// makes.
#include "host/pki/pki_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/runtime/durable_file.h"
#include "common/x509/certificate.h"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::Outcome;
using ::noonmark::testing::RunProgram;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using State = PkiFolder::Issued::State;

constexpr char kUuid[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";
constexpr char kOpenssl[] = "/usr/bin/openssl";
const absl::Time kNow = absl::FromUnixSeconds(1'795'894'200);

int ModeOf(const std::string& path) {
  struct stat file = {};
  EXPECT_EQ(stat(path.c_str(), &file), 0) << path;
  return static_cast<int>(file.st_mode & 07777);
}

class PkiFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(PkiFolder::Init(path_, "example.net"), IsOk());
  }
  PkiFolder Open() {
    absl::StatusOr<PkiFolder> pki = PkiFolder::Open(path_);
    EXPECT_THAT(pki, IsOk());
    return *std::move(pki);
  }
  std::string Text(const std::string& name) const {
    return ReadDurable(path_ + "/" + name).value_or("");
  }
  // What openssl says of a certificate.
  Outcome Verify(const std::string& name, const std::string& purpose,
                 const std::string& trusted) const {
    return RunProgram({kOpenssl, "verify", "-x509_strict", "-purpose", purpose,
                       "-CAfile", trusted, path_ + "/" + name});
  }
  std::vector<State> States(const PkiFolder& pki) const {
    const auto all = pki.List();
    EXPECT_THAT(all, IsOk());
    std::vector<State> states;
    for (const auto& issued : *all) states.push_back(issued.state);
    return states;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("ca");
};

TEST_F(PkiFolderTest, GivesEachRoleWhatItNeedsAndNoMore) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kHost, "dom0-a", kNow), IsOk());
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  ASSERT_THAT(pki.Issue(Role::kOperator, "alice", kNow), IsOk());
  const auto names = [this](const std::string& folder) {
    std::vector<std::string> all;
    for (const auto& entry :
         std::filesystem::directory_iterator(path_ + "/" + folder)) {
      all.push_back(entry.path().filename());
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  EXPECT_THAT(names("host/dom0-a"),
              ElementsAre("ca.crt", "client.pem", "deny.list", "server.pem"));
  EXPECT_THAT(names(std::string("guest/") + kUuid),
              ElementsAre("ca.crt", "deny.list", "server.pem"));
  EXPECT_THAT(names("operator/alice"),
              ElementsAre("ca.crt", "client.pem", "deny.list"));
  EXPECT_THAT(States(pki), ElementsAre(State::kCurrent, State::kCurrent,
                                       State::kCurrent, State::kCurrent));
}

TEST_F(PkiFolderTest, HidesKeysAndFolders) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kHost, "dom0-a", kNow), IsOk());
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(path_)) {
    const std::string path = entry.path();
    const int wanted = entry.is_directory()                 ? 0700
                       : entry.path().extension() == ".pem" ? 0600
                                                            : 0644;
    EXPECT_EQ(ModeOf(path), wanted) << path;
    const std::string text =
        entry.is_directory() ? "" : ReadDurable(path).value();
    EXPECT_EQ(text.find("PRIVATE KEY") != std::string::npos, wanted == 0600)
        << path;
  }
  EXPECT_EQ(ModeOf(path_), 0700);
}

TEST_F(PkiFolderTest, MakesWhatOpensslTakesForItsPurposeAlone) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kHost, "dom0-a", kNow), IsOk());
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  const std::string trusted = path_ + "/ca.crt";
  const std::string guest = std::string("guest/") + kUuid + "/server.pem";
  struct Case {
    std::string file;
    std::string purpose;
    bool good;
  };
  for (const Case& c :
       {Case{"host/dom0-a/server.pem", "sslserver", true},
        Case{"host/dom0-a/client.pem", "sslclient", true},
        Case{guest, "sslserver", true}, Case{guest, "sslclient", false},
        Case{"host/dom0-a/server.pem", "sslclient", false},
        Case{"host/dom0-a/client.pem", "sslserver", false}}) {
    const Outcome outcome = Verify(c.file, c.purpose, trusted);
    EXPECT_EQ(outcome.exit_code == 0, c.good)
        << c.file << " " << c.purpose << ": " << outcome.out << outcome.err;
  }
  // Another fleet's authority has signed none of it.
  const std::string other = directory_.Path("other");
  ASSERT_THAT(PkiFolder::Init(other, "example.net"), IsOk());
  EXPECT_NE(Verify(guest, "sslserver", other + "/ca.crt").exit_code, 0);
}

TEST_F(PkiFolderTest, MakesCertificatesThatHoldWhateverAClockSays) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  const std::string file = path_ + "/guest/" + kUuid + "/server.pem";
  // 1970, 2010, 2039, 2106, 2262, 9999.
  for (const char* when : {"0", "1262304000", "2177452800", "4291747200",
                           "9214646400", "253402300798"}) {
    const Outcome outcome = RunProgram({kOpenssl, "verify", "-attime", when,
                                        "-CAfile", path_ + "/ca.crt", file});
    EXPECT_EQ(outcome.exit_code, 0) << when << outcome.out << outcome.err;
  }
  const auto facts = ReadCertificates(*ReadDurable(file));
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(ValidityWarning(facts->front()), "");
}

TEST_F(PkiFolderTest, OverwritesNothingByAccident) {
  const std::string authority = Text("authority.pem");
  EXPECT_THAT(PkiFolder::Init(path_, "example.net"),
              StatusIs(absl::StatusCode::kAlreadyExists, "--dir"));
  EXPECT_EQ(Text("authority.pem"), authority);
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kOperator, "alice", kNow), IsOk());
  const std::string key = Text("operator/alice/client.pem");
  EXPECT_THAT(pki.Issue(Role::kOperator, "alice", kNow),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       "noonmark pki rotate operator alice"));
  EXPECT_EQ(Text("operator/alice/client.pem"), key);
  // Nor is one made where the key has been taken away to a safe.
  std::filesystem::remove(path_ + "/authority.pem");
  EXPECT_THAT(PkiFolder::Init(path_, "example.net"),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(PkiFolderTest, LeavesNothingOfWhatWasRefused) {
  PkiFolder pki = Open();
  for (const char* id : {"", "..", "a/b", "../../x", "-x", "a b"}) {
    EXPECT_THAT(pki.Issue(Role::kHost, id, kNow),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << id;
    EXPECT_THAT(pki.Rotate(Role::kOperator, id, kNow),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << id;
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + "/host"));
  const std::string fresh = directory_.Path("fresh");
  EXPECT_THAT(PkiFolder::Init(fresh, "No Fleet"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(std::filesystem::exists(fresh));
}

TEST_F(PkiFolderTest, RotatesAHolderAndRevokesWhatWasReplaced) {
  PkiFolder pki = Open();
  EXPECT_THAT(pki.Rotate(Role::kGuest, kUuid, kNow),
              StatusIs(absl::StatusCode::kNotFound, "pki issue guest"));
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  ASSERT_THAT(pki.Rotate(Role::kGuest, kUuid, kNow + absl::Hours(1)), IsOk());
  EXPECT_THAT(States(pki), ElementsAre(State::kReplaced, State::kCurrent));
  const auto revoked = pki.Revoke(
      {.role = Role::kGuest, .id = kUuid, .replaced_only = true}, "new", kNow);
  ASSERT_THAT(revoked, IsOk());
  EXPECT_THAT(*revoked, SizeIs(1));
  EXPECT_THAT(States(pki), ElementsAre(State::kRevoked, State::kCurrent));
  const auto list = DenyList::Parse(Text("deny.list"));
  ASSERT_THAT(list, IsOk());
  EXPECT_TRUE(list->Contains(revoked->front().key));
  EXPECT_EQ(list->size(), 1u);
}

TEST_F(PkiFolderTest, HandsTheDenyListToEveryFolder) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kHost, "dom0-a", kNow), IsOk());
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  const auto revoked =
      pki.Revoke({.role = Role::kHost, .id = "dom0-a"}, "stolen", kNow);
  ASSERT_THAT(revoked, IsOk());
  EXPECT_THAT(*revoked, SizeIs(2));
  EXPECT_THAT(Text("deny.list"),
              AllOf(HasSubstr("host dom0-a, client"), HasSubstr("stolen")));
  for (const std::string folder : {"host/dom0-a", "guest/"}) {
    const std::string whose = folder == "guest/" ? folder + kUuid : folder;
    EXPECT_EQ(Text(whose + "/deny.list"), Text("deny.list"));
  }
  // A second time there is nothing to do.
  EXPECT_THAT(*pki.Revoke({.role = Role::kHost, .id = "dom0-a"}, "", kNow),
              SizeIs(0));
}

TEST_F(PkiFolderTest, RevokesOneCertificateBySerial) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kHost, "dom0-a", kNow), IsOk());
  const std::string serial = pki.List()->front().serial;
  EXPECT_THAT(pki.Revoke({.serial = serial.substr(0, 7)}, "", kNow),
              StatusIs(absl::StatusCode::kInvalidArgument, "at least 8"));
  EXPECT_THAT(pki.Revoke({.serial = "0000000000"}, "", kNow),
              StatusIs(absl::StatusCode::kNotFound, "pki list"));
  ASSERT_THAT(pki.Revoke({.serial = serial.substr(0, 12)}, "", kNow), IsOk());
  EXPECT_THAT(States(pki), ElementsAre(State::kRevoked, State::kCurrent));
}

TEST_F(PkiFolderTest, RevokesNothingByADamagedDenyList) {
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kOperator, "alice", kNow), IsOk());
  ASSERT_THAT(WriteDurably(path_ + "/deny.list", "sha256:12\n"), IsOk());
  EXPECT_THAT(pki.Revoke({.role = Role::kOperator, .id = "alice"}, "", kNow),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 1"));
  EXPECT_EQ(Text("deny.list"), "sha256:12\n");
}

TEST_F(PkiFolderTest, TrustsBothAuthoritiesUntilARotationIsFinished) {
  {
    PkiFolder pki = Open();
    ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
    ASSERT_THAT(pki.RotateAuthority(), IsOk());
    EXPECT_THAT(pki.RotateAuthority(),
                StatusIs(absl::StatusCode::kFailedPrecondition, "--finish"));
  }
  // The next process finds it so.
  PkiFolder pki = Open();
  const std::string guest = std::string("guest/") + kUuid;
  EXPECT_THAT(*ReadCertificates(Text("ca.crt")), SizeIs(2));
  EXPECT_EQ(Text(guest + "/ca.crt"), Text("ca.crt"));
  EXPECT_EQ(
      Verify(guest + "/server.pem", "sslserver", path_ + "/ca.crt").exit_code,
      0);
  EXPECT_TRUE(pki.List()->front().by_old_authority);
  EXPECT_THAT(
      pki.FinishRotation(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               "1 holder has certificates of the old authority: guest 4dea"));
  ASSERT_THAT(pki.Rotate(Role::kGuest, kUuid, kNow), IsOk());
  EXPECT_EQ(
      Verify(guest + "/server.pem", "sslserver", path_ + "/ca.crt").exit_code,
      0);
  ASSERT_THAT(pki.FinishRotation(), IsOk());
  EXPECT_THAT(*ReadCertificates(Text("ca.crt")), SizeIs(1));
  EXPECT_EQ(
      Verify(guest + "/server.pem", "sslserver", path_ + "/ca.crt").exit_code,
      0);
  EXPECT_THAT(pki.RotateAuthority(), IsOk());
}

TEST_F(PkiFolderTest, GetsOverADeathAmidARotationOfTheAuthority) {
  // ca.crt has the new one, authority.pem does not: it signed nothing.
  const auto lost = Authority::Make("example.net");
  ASSERT_THAT(lost, IsOk());
  ASSERT_THAT(WriteDurably(path_ + "/ca.crt",
                           lost->certificate_pem + Text("ca.crt"), 0644),
              IsOk());
  PkiFolder pki = Open();
  ASSERT_THAT(pki.Issue(Role::kGuest, kUuid, kNow), IsOk());
  EXPECT_THAT(pki.FinishRotation(), IsOk());
  EXPECT_THAT(*ReadCertificates(Text("ca.crt")), SizeIs(1));
  EXPECT_EQ(Verify(std::string("guest/") + kUuid + "/server.pem", "sslserver",
                   path_ + "/ca.crt")
                .exit_code,
            0);
}

TEST_F(PkiFolderTest, IsWorkedOnByOneAtATime) {
  const PkiFolder pki = Open();
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kUnavailable, "another noonmark pki"));
}

TEST_F(PkiFolderTest, SaysWhatToDoWhenThereIsNoAuthority) {
  EXPECT_THAT(PkiFolder::Open(directory_.Path("none")),
              StatusIs(absl::StatusCode::kNotFound, "noonmark pki init"));
  std::filesystem::remove(path_ + "/authority.pem");
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kNotFound, "bring it back"));
}

TEST_F(PkiFolderTest, UsesNoKeyThatOthersMayRead) {
  ASSERT_EQ(chmod((path_ + "/authority.pem").c_str(), 0640), 0);
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "(mode 0640)"));
}

TEST_F(PkiFolderTest, TakesNoAuthorityOfAnotherKeyOrKind) {
  const auto other = Authority::Make("example.net");
  ASSERT_THAT(other, IsOk());
  const std::string file = path_ + "/authority.pem";
  ASSERT_THAT(WriteDurably(file, other->key_pem + Text("ca.crt"), 0600),
              IsOk());
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, "another key"));
  const auto authority = Authority::Load(other->Text());
  ASSERT_THAT(authority, IsOk());
  const auto holder = authority->Issue(
      *MakeIdentity("example.net", Role::kHost, "a"), Use::kServer);
  ASSERT_THAT(holder, IsOk());
  ASSERT_THAT(WriteDurably(file, holder->Text(), 0600), IsOk());
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, "no authority"));
  ASSERT_THAT(WriteDurably(file, "nothing", 0600), IsOk());
  EXPECT_THAT(PkiFolder::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, "key"));
}

TEST(AuthorityTest, SignsForItsOwnFleetAndForNobodyWhoMayNotBe) {
  const auto pair = Authority::Make("f");
  ASSERT_THAT(pair, IsOk());
  const auto authority = Authority::Load(pair->Text());
  ASSERT_THAT(authority, IsOk());
  EXPECT_THAT(
      authority->Issue(*MakeIdentity("other", Role::kHost, "a"), Use::kServer),
      StatusIs(absl::StatusCode::kInvalidArgument, "not of the fleet"));
  EXPECT_THAT(
      authority->Issue(*MakeIdentity("f", Role::kGuest, kUuid), Use::kClient),
      StatusIs(absl::StatusCode::kInvalidArgument, "no guest is ever"));
}

}  // namespace
}  // namespace noonmark
