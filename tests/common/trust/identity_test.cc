#include "common/trust/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr char kUuid[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

TEST(IdentityTest, IsWrittenInOneWay) {
  const auto guest = ParseIdentity(
      "spiffe://example.net/guest/4dea22b3-1d52-d8f3-2516-782e98ab3fa0");
  ASSERT_THAT(guest, IsOk());
  EXPECT_EQ(guest->fleet, "example.net");
  EXPECT_EQ(guest->role, Role::kGuest);
  EXPECT_EQ(guest->id, kUuid);
  EXPECT_EQ(ShortName(*guest), std::string("guest ") + kUuid);
  EXPECT_EQ(ParseIdentity("spiffe://f/host/dom0-a.example")->id,
            "dom0-a.example");
  EXPECT_EQ(ParseIdentity("spiffe://f/operator/Alice_1")->role,
            Role::kOperator);
}

TEST(IdentityTest, IsNothingElse) {
  const std::string uuid = kUuid;
  const std::vector<std::string> hostile = {
      "",
      "spiffe://",
      "spiffe://f",
      "spiffe://f/",
      "spiffe://f/host",
      "spiffe://f/host/",
      "spiffe:///host/a",
      "spiffe://f//a",
      "spiffe://f/host/a/",
      "spiffe://f/host/a/b",
      "spiffe://f/host/.",
      "spiffe://f/host/..",
      "spiffe://f/host/../operator/a",
      "SPIFFE://f/host/a",
      "spiffe://F/host/a",
      "spiffe://f/Host/a",
      "spiffe://f/HOST/a",
      "spiffe://f/admin/a",
      "spiffe://u@f/host/a",
      "spiffe://f:1/host/a",
      "spiffe://f/host/a?x",
      "spiffe://f/host/a#x",
      "spiffe://f/host/%61",
      "spiffe://f/host/a b",
      "spiffe://f/host/a\n",
      " spiffe://f/host/a",
      "https://f/host/a",
      "spiffe://f/guest/mail-1",
      "spiffe://f/guest/4DEA22B3-1d52-d8f3-2516-782e98ab3fa0",
      "spiffe://f/guest/" + uuid + "0",
      "spiffe://f/guest/" + uuid.substr(1),
      "spiffe://f/guest/4dea22b301d52-d8f3-2516-782e98ab3fa0",
      std::string("spiffe://f/host/a\0", 18),
      std::string("spiffe://f/host/a\0b", 19),
      std::string("spiffe://f\0/host/a", 18),
      "spiffe://f/host/" + std::string(64, 'a'),
      "spiffe://" + std::string(64, 'a') + "/host/a",
      "spiffe://f/host/\xc3\xa4",
      "spiffe://f/host/" + std::string(100'000, 'a')};
  for (const std::string& uri : hostile) {
    const auto identity = ParseIdentity(uri);
    EXPECT_THAT(identity, StatusIs(absl::StatusCode::kInvalidArgument)) << uri;
    const std::string why(identity.status().message());
    EXPECT_LT(why.size(), 700u);
    EXPECT_THAT(
        why,
        Each(::testing::Truly([](char c) { return c >= ' ' && c <= '~'; })));
  }
}

TEST(IdentityTest, GoesThroughItsTextUnchanged) {
  std::minstd_rand random(1);
  // With the zero that ends it.
  constexpr char kLetters[] = "abcXYZ0123456789.-_/%: \xff";
  const std::string letters(kLetters, sizeof kLetters);
  const auto word = [&](size_t most) {
    std::string text;
    for (size_t i = random() % (most + 1); i > 0; --i) {
      text += letters[random() % letters.size()];
    }
    return text;
  };
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Role role = static_cast<Role>(random() % 3);
    const std::string id = role == Role::kGuest ? kUuid : word(6);
    const auto made = MakeIdentity(word(3), role, id);
    if (!made.ok()) continue;
    ++good;
    const auto read = ParseIdentity(FormatIdentity(*made));
    ASSERT_THAT(read, IsOk()) << FormatIdentity(*made);
    EXPECT_EQ(*read, *made);
  }
  EXPECT_GT(good, 500);
  // And what is read at all is written as it was.
  for (int i = 0; i < 20'000; ++i) {
    std::string uri = "spiffe://f/host/a";
    uri[random() % uri.size()] = letters[random() % letters.size()];
    const auto read = ParseIdentity(uri);
    if (read.ok()) {
      EXPECT_EQ(FormatIdentity(*read), uri);
    }
  }
}

TEST(IdentityTest, TakesAPersonsUuidInEitherCase) {
  EXPECT_EQ(
      MakeIdentity("f", Role::kGuest, "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0")
          ->id,
      kUuid);
  EXPECT_THAT(MakeIdentity("f", Role::kGuest, "mail-1"),
              StatusIs(absl::StatusCode::kInvalidArgument, "virsh domuuid"));
  EXPECT_THAT(MakeIdentity("F", Role::kHost, "a"),
              StatusIs(absl::StatusCode::kInvalidArgument, "name of a fleet"));
  EXPECT_THAT(MakeIdentity("f", Role::kHost, "-a"),
              StatusIs(absl::StatusCode::kInvalidArgument, "name of a host"));
}

TEST(RoleTest, HasOneName) {
  for (const Role role : {Role::kHost, Role::kGuest, Role::kOperator}) {
    EXPECT_EQ(*ParseRole(RoleName(role)), role);
  }
  EXPECT_THAT(ParseRole("root").status().message(),
              HasSubstr("none of host, guest, operator"));
}

}  // namespace
}  // namespace noonmark
