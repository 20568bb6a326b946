// Who reaches whom over TLS, between the programs as they are installed.
#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/tls_credentials.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "noonmark/v1/fleet.grpc.pb.h"
#include "tests/integration/real_host.h"
#include "tests/integration/trusted_fleet.h"
#include "tests/support/certificate_maker.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::AskAgent;
using ::noonmark::testing::CertificateWish;
using ::noonmark::testing::DialsWith;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::MakeCertificate;
using ::noonmark::testing::NetworkAgent;
using ::noonmark::testing::ReadText;
using ::noonmark::testing::RealHost;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::noonmark::testing::TrustedFleet;
using ::testing::HasSubstr;
using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

// As AddGuest() numbers them.
constexpr char kFirstGuest[] = "0f0e0d0c-0000-4000-8000-000000000001";
constexpr char kThirdGuest[] = "0f0e0d0c-0000-4000-8000-000000000003";
constexpr char kSecondGuest[] = "0f0e0d0c-0000-4000-8000-000000000002";

bool IsRight(const v1::Guest& guest) {
  return guest.verdict() == v1::VERDICT_OK;
}

class TrustTest : public ::testing::Test {
 protected:
  TrustTest() {
    // What it says of those who are refused, hundreds of times.
    gpr_set_log_function([](gpr_log_func_args* /*said*/) {});
    fleet_.Pki({"issue", "host", "dom0-a", "dom0-b"});
    fleet_.Pki({"issue", "guest", kFirstGuest, kSecondGuest, kThirdGuest});
    fleet_.Pki({"issue", "operator", "alice"});
  }
  std::string Guest(const char* uuid) const {
    return fleet_.Folder(absl::StrCat("guest/", uuid));
  }
  // A dom0's table [pki]: its keys, read again soon.
  std::string HostKeys() const {
    return absl::StrCat("folder = \"", fleet_.Folder("host/dom0-a"),
                        "\"\nreload = \"1s\"\n");
  }
  Credentials As(const std::string& holder) const { return fleet_.As(holder); }
  // A client certificate that the fleet's authority has signed.
  Credentials Signed(CertificateWish wish) const {
    wish.signer = ReadText(fleet_.directory().Path("ca/authority.pem"));
    return DialsWith(MakeCertificate(wish),
                     ReadText(fleet_.directory().Path("ca/ca.crt")));
  }

  TrustedFleet fleet_;
};

TEST_F(TrustTest, AnAgentAnswersHostsOfItsFleetAndNobodyElse) {
  NetworkAgent agent(Guest(kFirstGuest));
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-a")).ok());

  const TrustedFleet other;
  other.Pki({"issue", "host", "dom0-a"});
  const std::string trusted = ReadText(fleet_.directory().Path("ca/ca.crt"));
  struct Case {
    const char* who;
    Credentials credentials;
    const char* logged;  // of the agent
  };
  const std::string host = "spiffe://example.net/host/dom0-x";
  const Case cases[] = {
      {"an operator", As("operator/alice"), "operator alice is no host"},
      {"another fleet's host by the same authority",
       Signed({.uris = {"spiffe://other.net/host/dom0-a"},
               .extended_usage = "clientAuth"}),
       "is not of our fleet, example.net"},
      {"a guest with a client's certificate",
       Signed(
           {.uris = {absl::StrCat("spiffe://example.net/guest/", kSecondGuest)},
            .extended_usage = "clientAuth"}),
       "no guest is ever a client"},
      {"two names",
       Signed({.uris = {host, host}, .extended_usage = "clientAuth"}),
       "names 2 URIs"},
      {"a zero in its name",
       Signed({.uris = {host + std::string("\0x", 2)},
               .extended_usage = "clientAuth"}),
       "does not say who its holder is"},
      {"both uses",
       Signed({.uris = {host}, .extended_usage = "serverAuth,clientAuth"}),
       "and of nothing else"},
      {"a server's certificate",
       DialsWith(ReadText(Guest(kSecondGuest) + "/server.pem"), trusted),
       "TLS handshake"},
      {"nobody's authority",
       DialsWith(
           MakeCertificate({.uris = {host}, .extended_usage = "clientAuth"}),
           trusted),
       "TLS handshake"},
      {"another authority of the same name",
       DialsWith(ReadText(other.Folder("host/dom0-a/client.pem")), trusted),
       "TLS handshake"},
      {"no certificate", DialsWith("", trusted), "TLS handshake"},
      {"plain text", grpc::InsecureChannelCredentials(), "TLS handshake"},
  };
  for (const Case& c : cases) {
    const grpc::Status status = AskAgent(agent.address(), c.credentials);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << c.who << ": " << status.error_message();
    EXPECT_NE(agent.process().ReadLineWith(c.logged), "") << c.who;
  }
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-b")).ok());
}

// A clock that is wrong by decades is what it is asked for; a certificate that
// had ended by it, or had not begun, would hide it. What the agent reads is
// shifted; nothing is set.
TEST_F(TrustTest, AnAgentIsReachedWhateverItsClockSays) {
  if (testing::IsSanitized()) {
    GTEST_SKIP() << "sanitizers' libraries want to be the first";
  }
  for (const char* date :
       {"1970-01-01", "2010-06-01", "2039-01-01", "2106-02-08", "2261-12-31"}) {
    SCOPED_TRACE(date);
    absl::Time then;
    ASSERT_TRUE(absl::ParseTime("%Y-%m-%d", date, &then, nullptr));
    NetworkAgent agent(
        Guest(kFirstGuest), "",
        {"/usr/bin/env", absl::StrCat("LD_PRELOAD=", NOONMARK_SHIFTED_REALTIME),
         absl::StrCat("NOONMARK_SHIFT=",
                      absl::ToUnixSeconds(then) - std::time(nullptr))});
    const Credentials host = As("host/dom0-a");
    const auto stub = v1::AgentService::NewStub(
        grpc::CreateChannel("ipv4:" + agent.address(), host));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    const auto stream = stub->Exchange(&context);
    v1::ExchangeRequest request;
    request.set_sequence(1);
    ASSERT_TRUE(stream->Write(request));
    v1::ExchangeResponse response;
    ASSERT_TRUE(stream->Read(&response));
    // It does live then.
    EXPECT_LT(absl::AbsDuration(
                  absl::FromUnixNanos(response.reading().sent().realtime_ns()) -
                  then),
              absl::Minutes(5));
    context.TryCancel();
    // A host is taken as ever, and others are refused as ever.
    EXPECT_TRUE(AskAgent(agent.address(), host).ok());
    EXPECT_FALSE(AskAgent(agent.address(), As("operator/alice")).ok());
    EXPECT_FALSE(
        AskAgent(agent.address(), grpc::InsecureChannelCredentials()).ok());
  }
}

TEST_F(TrustTest, AnAgentSpeaksNoTlsOlderThan12) {
  NetworkAgent agent(Guest(kFirstGuest));
  const std::string client = fleet_.Folder("host/dom0-a/client.pem");
  const std::pair<const char*, bool> versions[] = {{"-tls1_3", true},
                                                   {"-tls1_2", true},
                                                   {"-tls1_1", false},
                                                   {"-tls1", false}};
  for (const auto& [version, spoken] : versions) {
    const testing::Outcome outcome = testing::RunProgram(
        {"/usr/bin/openssl", "s_client", "-connect", agent.address(), version,
         "-cipher", "DEFAULT@SECLEVEL=0", "-alpn", "h2", "-cert", client,
         "-key", client, "-CAfile", fleet_.directory().Path("ca/ca.crt"),
         "-verify_return_error"});
    EXPECT_EQ(outcome.exit_code == 0, spoken) << version << outcome.err;
  }
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-a")).ok());
}

TEST_F(TrustTest, AnAgentAnswersOnlyTheHostsThatItsFileNames) {
  NetworkAgent agent(Guest(kFirstGuest), "hosts = [\"dom0-b\"]\n");
  EXPECT_FALSE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  EXPECT_NE(agent.process().ReadLineWith(
                "host dom0-a is none of agent.hosts: dom0-b"),
            "");
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-b")).ok());
}

TEST_F(TrustTest, ARevokedHostIsRefusedFromTheNextConnectionOn) {
  NetworkAgent agent(Guest(kFirstGuest));
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  // It is handed to the folder that the agent reads.
  fleet_.Pki({"revoke", "host", "dom0-a", "--why", "stolen"});
  EXPECT_FALSE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  EXPECT_NE(agent.process().ReadLineWith("the key of host dom0-a, serial"), "");
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-b")).ok());
}

// On a connection that is open when its key is revoked.
TEST_F(TrustTest, ARevokedHostMakesNoMoreCallsAndItsStreamEnds) {
  NetworkAgent agent(Guest(kFirstGuest));
  const auto stub = v1::AgentService::NewStub(
      grpc::CreateChannel("ipv4:" + agent.address(), As("host/dom0-a")));
  const auto deadline =
      std::chrono::system_clock::now() + std::chrono::seconds(20);
  grpc::ClientContext open;
  open.set_deadline(deadline);
  const auto stream = stub->Exchange(&open);
  v1::ExchangeRequest request;
  v1::ExchangeResponse answer;
  const auto ask = [&] {
    request.set_sequence(request.sequence() + 1);
    return stream->Write(request) && stream->Read(&answer);
  };
  const auto describe = [&] {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    v1::DescribeResponse response;
    return stub->Describe(&context, {}, &response);
  };
  ASSERT_TRUE(ask());
  ASSERT_TRUE(describe().ok());

  fleet_.Pki({"revoke", "host", "dom0-a", "--why", "stolen"});
  EXPECT_EQ(describe().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  // Asked of the stream once a second: it has a few of them, at a poll each.
  while (ask()) {
  }
  const grpc::Status ended = stream->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(ended.error_message(), HasSubstr("the key of host dom0-a"));
  EXPECT_THAT(ended.error_message(), HasSubstr("is revoked"));
}

TEST_F(TrustTest, ARevokedGuestIsBelievedNoMore) {
  NetworkAgent agent(Guest(kFirstGuest));
  RealHost host;
  host.Configure("pki", HostKeys());
  host.AddGuest("mail", agent.address());
  host.Start();
  host.WaitUntil("mail", IsRight);
  fleet_.Pki({"revoke", "guest", kFirstGuest});
  const v1::Guest row = host.WaitUntil("mail", [](const v1::Guest& guest) {
    return guest.verdict() == v1::VERDICT_UNKNOWN;
  });
  const v1::Finding* finding = testing::FindingOf(row, "agent-unreachable");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->summary(), HasSubstr("is revoked"));
}

TEST_F(TrustTest, ADamagedDenyListChangesNothing) {
  NetworkAgent agent(Guest(kFirstGuest));
  fleet_.Pki({"revoke", "host", "dom0-a"});
  EXPECT_FALSE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  std::ofstream(Guest(kFirstGuest) + "/deny.list") << "sha256:12\n";
  EXPECT_FALSE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  EXPECT_NE(agent.process().ReadLineWith("the list that was read before holds"),
            "");
  std::filesystem::remove(Guest(kFirstGuest) + "/deny.list");
  EXPECT_FALSE(AskAgent(agent.address(), As("host/dom0-a")).ok());
  EXPECT_TRUE(AskAgent(agent.address(), As("host/dom0-b")).ok());
}

TEST_F(TrustTest, ADom0TakesNoOtherGuestForItsOwn) {
  NetworkAgent first(Guest(kFirstGuest));
  NetworkAgent second(Guest(kSecondGuest));
  RealHost dom0;
  dom0.Configure(
      "pki", absl::StrCat("folder = \"", fleet_.Folder("host/dom0-a"), "\"\n"));
  dom0.AddGuest("right", first.address());
  // A guest that has moved to the other's address, say.
  dom0.AddGuest("wrong", first.address());
  NetworkAgent elsewhere(Guest(kThirdGuest), "hosts = [\"dom0-b\"]\n");
  dom0.AddGuest("closed", elsewhere.address());
  dom0.Start();
  dom0.WaitUntil("right", IsRight);
  const v1::Guest closed = dom0.WaitUntil("closed", [](const v1::Guest& guest) {
    return guest.findings_size() > 0;
  });
  EXPECT_THAT(closed.findings(0).summary(),
              HasSubstr("the agent refuses this host, and its log says why"));
  EXPECT_NE(elsewhere.process().ReadLineWith("host dom0-a is none of"), "");
  const v1::Guest wrong = dom0.WaitUntil("wrong", [](const v1::Guest& guest) {
    return guest.findings_size() > 0;
  });
  EXPECT_THAT(wrong.findings(0).summary(),
              HasSubstr(absl::StrCat("there answers guest ", kFirstGuest,
                                     ", and not guest ", kSecondGuest)));
}

TEST_F(TrustTest, KeysAndAuthorityAreRotatedUnderTheRunningPrograms) {
  NetworkAgent agent(Guest(kFirstGuest));
  RealHost dom0;
  dom0.Configure("pki", HostKeys());
  dom0.AddGuest("mail-1", agent.address());
  dom0.Start();
  dom0.WaitUntil("mail-1", IsRight);

  const std::string old_key = ReadText(fleet_.Folder("host/dom0-b/client.pem"));
  fleet_.Pki({"rotate", "authority"});
  // Of the old authority, and trusts both.
  const Credentials before =
      DialsWith(old_key, ReadText(fleet_.directory().Path("ca/ca.crt")));
  for (const char* holder : {"dom0-a", "dom0-b"}) {
    fleet_.Pki({"rotate", "host", holder});
  }
  fleet_.Pki({"rotate", "guest", kFirstGuest});
  fleet_.Pki({"rotate", "guest", kSecondGuest});
  fleet_.Pki({"rotate", "guest", kThirdGuest});
  fleet_.Pki({"revoke", "operator", "alice"});
  fleet_.Pki({"rotate", "authority", "--finish"});
  // In a second or so the agent trusts the new one alone.
  const auto patience =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const Credentials after = As("host/dom0-b");
  bool moved = false;
  while (!moved && std::chrono::steady_clock::now() < patience) {
    moved = AskAgent(agent.address(), after).ok() &&
            !AskAgent(agent.address(), before).ok();
  }
  EXPECT_TRUE(moved);
  EXPECT_NE(agent.process().ReadLineWith("TLS handshake failed"), "");
  const v1::Guest guest = dom0.WaitUntil("mail-1", IsRight);
  // The link that was open was not broken by it.
  EXPECT_FALSE(testing::IsActive(guest, "agent-unreachable"));
}

// Runs noonmark as whoever has these keys.
class OperatorsTest : public TrustTest {
 protected:
  OperatorsTest() {
    fleet_.Pki({"issue", "operator", "bob"});
    dom0_.Configure("daemon",
                    absl::StrCat("listen = \"", dom0_.address(),
                                 "\"\noperate = \"", dom0_.operators(),
                                 "\"\nnetwork = \"127.0.0.1:0\"\n"
                                 "orderers = [\"alice\"]\n"));
    dom0_.Configure("pki", absl::StrCat("folder = \"",
                                        fleet_.Folder("host/dom0-a"), "\"\n"));
    dom0_.AddGuest("mail-1", "");
    dom0_.Start();
    const std::string line =
        dom0_.daemon().ReadLineWith("answers operators on port ");
    address_ = "127.0.0.1:" + line.substr(line.rfind(' ') + 1);
  }
  testing::Outcome Noonmark(const std::string& holder,
                            std::vector<std::string> words) {
    const TemporaryDirectory home;
    std::filesystem::create_directories(home.Path(".config/noonmark"));
    std::filesystem::create_directory_symlink(
        fleet_.Folder(holder), home.Path(".config/noonmark/pki"));
    words.insert(words.begin(),
                 {"/usr/bin/env", "HOME=" + home.path(),
                  testing::Program("noonmark"), "--timeout", "30s"});
    return testing::RunProgram(std::move(words));
  }

  RealHost dom0_;
  std::string address_;
};

TEST_F(OperatorsTest, ReadOverTheNetworkAndOrderIfTheyAreLet) {
  for (const char* who : {"operator/alice", "operator/bob"}) {
    const testing::Outcome report =
        Noonmark(who, {"report", "--connect", address_});
    EXPECT_EQ(report.exit_code, 0) << report.err;
    EXPECT_THAT(report.out, HasSubstr("mail-1"));
  }
  const std::vector<std::string> hold = {"hold",  "--all",     "--why",
                                         "racks", "--connect", address_};
  const testing::Outcome refused = Noonmark("operator/bob", hold);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(
      refused.err,
      HasSubstr("HoldHost is not for an operator who is not let order"));
  const testing::Outcome done = Noonmark("operator/alice", hold);
  EXPECT_EQ(done.exit_code, 0) << done.err;
}

TEST_F(OperatorsTest, BelieveNoDom0ButTheOneTheyMean) {
  for (const bool right : {true, false}) {
    const std::string file = dom0_.folder().Write(
        "fleet.toml",
        absl::StrCat("[[host]]\nname = \"dom0-", right ? "a" : "x",
                     "\"\naddress = \"", address_, "\"\n"));
    const testing::Outcome report =
        Noonmark("operator/alice", {"report", "--fleet", file});
    EXPECT_EQ(report.exit_code, right ? 0 : 4) << report.out << report.err;
    if (!right) {
      EXPECT_THAT(report.out,
                  HasSubstr("there answers host dom0-a, and not host dom0-x"));
    }
  }
}

TEST_F(OperatorsTest, AreRefusedOnBothSidesWithACauseWhereTheyAreNone) {
  // By their own program.
  const std::vector<std::string> ask = {"report", "--connect", address_};
  EXPECT_THAT(Noonmark("host/dom0-b", ask).err,
              HasSubstr("who asks a dom0 is an operator"));
  EXPECT_THAT(Noonmark(absl::StrCat("guest/", kFirstGuest), ask).err,
              HasSubstr("client.pem: there is none"));
  // By the dom0.
  const auto stub = v1::FleetService::NewStub(
      grpc::CreateChannel("ipv4:" + address_, As("host/dom0-b")));
  grpc::ClientContext context;
  v1::GetHealthResponse response;
  EXPECT_EQ(stub->GetHealth(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(dom0_.daemon().ReadLineWith("host dom0-b is no operator"), "");
  fleet_.Pki({"revoke", "operator", "bob"});
  // His own folder says so, too: he keeps an older list.
  std::ofstream(fleet_.Folder("operator/bob/deny.list")) << "";
  const testing::Outcome revoked = Noonmark("operator/bob", ask);
  EXPECT_EQ(revoked.exit_code, 1);
  EXPECT_THAT(revoked.err, HasSubstr("that dom0 refuses this operator"));
  EXPECT_NE(dom0_.daemon().ReadLineWith("the key of operator bob, serial"), "");
}

TEST_F(TrustTest, AnAgentDoesNotListenOnANetworkWithoutItsOwnIdentity) {
  struct Case {
    std::string folder;
    const char* said;
  };
  for (const Case& c :
       {Case{fleet_.directory().Path("none"), "server.pem: there is none"},
        Case{fleet_.Folder("operator/alice"), "server.pem: there is none"},
        Case{fleet_.Folder("host/dom0-a"), "an agent is a guest"}}) {
    TemporaryDirectory directory;
    const std::string file = directory.Write(
        "agent.toml", absl::StrCat("[agent]\nlisten = \"127.0.0.1:0\"\n[pki]\n"
                                   "folder = \"",
                                   c.folder, "\"\n"));
    const testing::Outcome outcome = testing::RunProgram(
        {testing::Program("noonmark-agent"), "--config", file});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(c.said));
    EXPECT_THAT(outcome.err, HasSubstr("noonmark pki issue"));
  }
}

TEST_F(TrustTest, FilesThatDoNotFitEachOtherAreToldApart) {
  const auto load = [this](const std::string& folder) {
    return TlsCredentials::Load(folder, Use::kServer, absl::Seconds(60));
  };
  const std::string folder = Guest(kFirstGuest);
  EXPECT_THAT(load(folder), IsOk());
  const std::string good = ReadText(folder + "/server.pem");
  const auto with = [&](const std::string& name, const std::string& text) {
    const TemporaryDirectory copy;
    for (const char* file : {"ca.crt", "deny.list", "server.pem"}) {
      copy.Write(file, name == file ? text : ReadText(folder + "/" + file));
      std::filesystem::permissions(copy.Path(file),
                                   std::filesystem::perms::owner_read);
    }
    return load(copy.path()).status();
  };
  EXPECT_THAT(with("", ""), IsOk());
  const std::string other = ReadText(Guest(kSecondGuest) + "/server.pem");
  const size_t certificate = other.find("-----BEGIN CERTIFICATE");
  EXPECT_THAT(with("server.pem", good.substr(0, good.find("-----BEGIN CERT")) +
                                     other.substr(certificate)),
              StatusIs(absl::StatusCode::kInvalidArgument, "of another key"));
  EXPECT_THAT(with("server.pem", other.substr(certificate)),
              StatusIs(absl::StatusCode::kInvalidArgument, "no key"));
  EXPECT_THAT(with("server.pem", "nothing"),
              StatusIs(absl::StatusCode::kInvalidArgument, "no certificate"));
  const TrustedFleet stranger;
  EXPECT_THAT(with("ca.crt", ReadText(stranger.directory().Path("ca/ca.crt"))),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "no authority in ca.crt stands behind"));
  EXPECT_THAT(with("deny.list", "what"),
              StatusIs(absl::StatusCode::kInvalidArgument, "line 1"));
  std::filesystem::permissions(folder + "/server.pem",
                               std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(load(folder), StatusIs(absl::StatusCode::kInvalidArgument,
                                     "anybody on this machine"));
}

TEST_F(TrustTest, ARevokedHolderDoesNotEvenStart) {
  fleet_.Pki({"revoke", "guest", kFirstGuest});
  EXPECT_THAT(
      TlsCredentials::Load(Guest(kFirstGuest), Use::kServer, absl::Seconds(60)),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "noonmark pki rotate guest"));
}

}  // namespace
}  // namespace noonmark
