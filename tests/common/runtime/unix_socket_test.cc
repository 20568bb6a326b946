#include "common/runtime/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

// A bound and listening socket; its file stays when it is closed.
int Listen(const std::string& path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(listener, 1), 0);
  return listener;
}

class UnixSocketClaimTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("agent.sock");
};

TEST_F(UnixSocketClaimTest, IsGivenOnceAtATime) {
  auto first = UnixSocketClaim::Take(path_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(UnixSocketClaim::Take(path_),
              StatusIs(absl::StatusCode::kAlreadyExists, path_));
  { const UnixSocketClaim moved = *std::move(first); }
  EXPECT_THAT(UnixSocketClaim::Take(path_), IsOk());
}

TEST_F(UnixSocketClaimTest, ReplacesTheSocketOfADeadProcess) {
  close(Listen(path_));
  ASSERT_TRUE(std::filesystem::exists(path_));
  const auto claim = UnixSocketClaim::Take(path_);
  ASSERT_THAT(claim, IsOk());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocketClaimTest, LeavesASocketOnWhichSomebodyListens) {
  const int listener = Listen(path_);
  EXPECT_THAT(UnixSocketClaim::Take(path_),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       "another process listens there"));
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
  close(listener);
}

TEST_F(UnixSocketClaimTest, LeavesWhatIsNoSocket) {
  directory_.Write("agent.sock", "precious");
  EXPECT_THAT(UnixSocketClaim::Take(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(UnixSocketClaimTest, NamesAMissingFolder) {
  EXPECT_THAT(
      UnixSocketClaim::Take(directory_.Path("no/agent.sock")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "its folder is missing"));
}

TEST_F(UnixSocketClaimTest, RemovesWhatItMade) {
  {
    const auto claim = UnixSocketClaim::Take(path_);
    ASSERT_THAT(claim, IsOk());
    close(Listen(path_));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(UnixSocketClaimTest, LetsNobodyElseConnect) {
  const auto claim = UnixSocketClaim::Take(path_);
  ASSERT_THAT(claim, IsOk());
  EXPECT_THAT(
      claim->Restrict(0600),
      StatusIs(absl::StatusCode::kFailedPrecondition, "cannot set its mode"));
  const int listener = Listen(path_);
  EXPECT_THAT(claim->Restrict(0600), IsOk());
  struct stat there;
  ASSERT_EQ(stat(path_.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777u, 0600u);
  close(listener);
}

}  // namespace
}  // namespace noonmark
