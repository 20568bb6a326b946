// What strangers may put in a certificate, and who of them is believed.
#include "common/x509/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/certificate_maker.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::CertificateWish;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::MakeCertificate;
using ::noonmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kGuest[] =
    "spiffe://f/guest/4dea22b3-1d52-d8f3-2516-782e98ab3fa0";
constexpr char kHost[] = "spiffe://f/host/dom0-a";
constexpr char kOperator[] = "spiffe://f/operator/alice";

CertificateFacts Facts(const CertificateWish& wish) {
  const auto facts = ReadCertificates(MakeCertificate(wish));
  EXPECT_THAT(facts, IsOk());
  return facts.ok() ? facts->front() : CertificateFacts();
}
// "": believed.
std::string Refusal(const CertificateWish& wish, Use use) {
  const auto identity = IdentityOf(Facts(wish), use);
  if (identity.ok()) return "";
  EXPECT_EQ(identity.status().code(), absl::StatusCode::kPermissionDenied);
  return std::string(identity.status().message());
}

TEST(CertificateTest, SaysWhoItsHolderIs) {
  const CertificateFacts facts =
      Facts({.uris = {kGuest}, .dns = "mail-1.example.net"});
  const auto identity = IdentityOf(facts, Use::kServer);
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(FormatIdentity(*identity), kGuest);
  EXPECT_EQ(facts.serial, "1234");
  EXPECT_EQ(facts.other_names, 1u);
  EXPECT_EQ(facts.not_before, kNotBefore);
  EXPECT_EQ(facts.not_after, kNotAfter);
  EXPECT_EQ(ValidityWarning(facts), "");
  EXPECT_EQ(Refusal({.uris = {kHost}}, Use::kServer), "");
  EXPECT_EQ(
      Refusal({.uris = {kHost}, .extended_usage = "clientAuth"}, Use::kClient),
      "");
  EXPECT_EQ(Refusal({.uris = {kOperator}, .extended_usage = "clientAuth"},
                    Use::kClient),
            "");
  // A site's own authority need not restrict the key twice.
  EXPECT_EQ(
      Refusal({.uris = {kGuest}, .constraints = "", .usage = ""}, Use::kServer),
      "");
}

TEST(CertificateTest, IsRefusedWithACauseWhenItIsHostile) {
  struct Case {
    CertificateWish wish;
    Use use;
    std::string why;
  };
  const Case cases[] = {
      {{}, Use::kServer, "names 0 URIs"},
      {{.uris = {}, .dns = kGuest}, Use::kServer, "names 0 URIs"},
      {{.uris = {kGuest, kHost}}, Use::kServer, "names 2 URIs"},
      {{.uris = {kGuest, kGuest}}, Use::kServer, "names 2 URIs"},
      {{.uris = {kGuest, "https://a"}}, Use::kServer, "names 2 URIs"},
      {{.uris = {std::string(kGuest) + '\0'}}, Use::kServer, "who its holder"},
      {{.uris = {std::string("spiffe://f/host/a\0.evil", 23)}},
       Use::kServer,
       "who its holder"},
      {{.uris = {"spiffe://f/admin/a"}}, Use::kServer, "who its holder"},
      {{.uris = {kHost}, .extended_usage = ""}, Use::kServer, "nothing else"},
      {{.uris = {kHost}, .extended_usage = "serverAuth,clientAuth"},
       Use::kServer,
       "nothing else"},
      {{.uris = {kHost}, .extended_usage = "serverAuth,emailProtection"},
       Use::kServer,
       "nothing else"},
      {{.uris = {kHost}, .extended_usage = "anyExtendedKeyUsage"},
       Use::kServer,
       "nothing else"},
      {{.uris = {kHost}, .extended_usage = "clientAuth"},
       Use::kServer,
       "is for a client, not for a server"},
      {{.uris = {kHost}}, Use::kClient, "is for a server, not for a client"},
      {{.uris = {kGuest}, .extended_usage = "clientAuth"},
       Use::kClient,
       "no guest is ever a client"},
      {{.uris = {kOperator}}, Use::kServer, "no operator is ever a server"},
      {{.uris = {kHost}, .usage = "keyAgreement"},
       Use::kServer,
       "without digitalSignature"},
      {{.uris = {kHost}, .constraints = "critical,CA:TRUE"},
       Use::kServer,
       "an authority's"},
      {{.uris = {kHost}, .again = "clientAuth"}, Use::kServer, "twice"},
      {{.uris = {kHost}, .curve = "secp160r1"}, Use::kServer, "weak key"},
  };
  for (const Case& hostile : cases) {
    EXPECT_THAT(Refusal(hostile.wish, hostile.use), HasSubstr(hostile.why));
  }
}

TEST(CertificateTest, IsWarnedOfWhenItEnds) {
  EXPECT_THAT(ValidityWarning(Facts({.not_after = "20301231235959Z"})),
              HasSubstr("20301231235959Z"));
  EXPECT_THAT(ValidityWarning(Facts({.not_before = "20200101000000Z"})),
              HasSubstr("let it hold from 19700101000000Z"));
}

TEST(CertificateTest, IsKnownByItsKey) {
  const std::string authority =
      MakeCertificate({.constraints = "critical,CA:TRUE"});
  const CertificateFacts one = Facts({.uris = {kHost}, .signer = authority});
  EXPECT_NE(one.key, Facts({.uris = {kHost}, .signer = authority}).key);
  EXPECT_NE(one.key, KeyHash());
}

TEST(ReadCertificatesTest, ReadsAllOfABundleBetweenOtherText) {
  const std::string one = MakeCertificate({.uris = {kHost}});
  const auto facts = ReadCertificates("# first\n" + one + "# second\n" + one);
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->size(), 2u);
}

TEST(ReadCertificatesTest, TakesNothingHalfRead) {
  const std::string one = MakeCertificate({.uris = {kHost}});
  EXPECT_THAT(ReadCertificates(""),
              StatusIs(absl::StatusCode::kInvalidArgument, "no certificate"));
  std::string cut = one;
  cut.resize(one.size() - 40);
  EXPECT_THAT(ReadCertificates(cut),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCertificates(one + cut),
              StatusIs(absl::StatusCode::kInvalidArgument));
  std::string many;
  for (int i = 0; i < 17; ++i) many += one;
  EXPECT_THAT(ReadCertificates(many),
              StatusIs(absl::StatusCode::kInvalidArgument, "more than 16"));
  EXPECT_THAT(ReadCertificates(std::string(65537, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument, "more than 65536"));
}

TEST(ReadCertificatesTest, BelievesNoneOfManyDamagedOnesMoreThanTheGood) {
  const std::string good = MakeCertificate({.uris = {kHost}});
  const size_t begin = good.find("-----BEGIN CERTIFICATE-----") + 28;
  std::minstd_rand random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = good;
    damaged[begin + random() % (good.size() - begin)] =
        static_cast<char>(random() % 256);
    const auto facts = ReadCertificates(damaged);
    if (!facts.ok()) {
      EXPECT_EQ(facts.status().code(), absl::StatusCode::kInvalidArgument);
      continue;
    }
    const auto identity = IdentityOf(facts->front(), Use::kServer);
    // Another name may come of it, which its signature then does not hold for,
    // but never one that is not written as it must be.
    if (identity.ok()) {
      EXPECT_EQ(facts->front().uris.at(0), FormatIdentity(*identity));
    }
  }
}

}  // namespace
}  // namespace noonmark
