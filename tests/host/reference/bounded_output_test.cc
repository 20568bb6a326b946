#include "host/reference/bounded_output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/runtime/system_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

class BoundedOutputTest : public ::testing::Test {
 protected:
  ~BoundedOutputTest() override { close(stop_); }

  // A shell script of these lines; what follows are its arguments.
  std::vector<std::string> Script(const std::string& lines,
                                  const std::vector<std::string>& more = {}) {
    const std::string path =
        folder_.Write("script", "#!/bin/sh\n" + lines + "\n");
    chmod(path.c_str(), 0700);
    std::vector<std::string> arguments = {path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  absl::StatusOr<ProgramOutput> Run(const std::vector<std::string>& arguments) {
    return RunForOutput(arguments, limits_, clock_, stop_);
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  ProgramLimits limits_{.time = absl::Minutes(1), .bytes = 4096};
  const int stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

TEST_F(BoundedOutputTest, GivesWhatItWroteAndHowItEnded) {
  const auto output = Run(Script("echo \"$1|$2|$#\"; echo not this >&2; exit 3",
                                 {"a b; echo c", "$HOME"}));
  ASSERT_THAT(output, IsOk());
  EXPECT_EQ(output->text, "a b; echo c|$HOME|2\n");
  EXPECT_EQ(output->exit_code, 3);
}

TEST_F(BoundedOutputTest, GivesItNothingOfOurs) {
  setenv("NOONMARK_TEST", "seen", 1);
  const auto output = Run(
      Script("echo \"${NOONMARK_TEST-unset} $LC_ALL\"; cat; ls /proc/$$/fd"));
  ASSERT_THAT(output, IsOk());
  // Descriptor 10 is the shell's own, of the script.
  EXPECT_EQ(output->text, "unset C\n0\n1\n10\n2\n");
}

TEST_F(BoundedOutputTest, EndsWhatTakesTooLongWithAllItStarted) {
  limits_.time = absl::Milliseconds(100);
  const std::string alive = folder_.Path("alive");
  ASSERT_EQ(mkfifo(alive.c_str(), 0600), 0);
  // The reader's end comes when the last writer is gone.
  const int reader = open(alive.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  EXPECT_THAT(Run(Script("exec 5>" + alive + "; sleep 1000 & sleep 1000")),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "too long"));
  // What was killed is gone a little later.
  pollfd ended = {.fd = reader, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, 60'000), 1);
  char byte;
  EXPECT_EQ(read(reader, &byte, 1), 0);
  close(reader);
}

TEST_F(BoundedOutputTest, EndsWhatClosesItsOutputAndLivesOn) {
  limits_.time = absl::Milliseconds(100);
  EXPECT_THAT(Run(Script("exec >&-; sleep 1000")),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(BoundedOutputTest, EndsWhatWritesTooMuch) {
  EXPECT_THAT(Run(Script("while :; do echo 0123456789; done")),
              StatusIs(absl::StatusCode::kResourceExhausted, "4096 bytes"));
}

TEST_F(BoundedOutputTest, EndsItWhenItIsToStop) {
  ASSERT_EQ(eventfd_write(stop_, 1), 0);
  EXPECT_THAT(Run(Script("sleep 1000")),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BoundedOutputTest, SaysThatThereIsNoSuchProgram) {
  EXPECT_THAT(Run({folder_.Path("none")}),
              StatusIs(absl::StatusCode::kNotFound, "none"));
  const std::string plain = folder_.Write("plain", "x");
  chmod(plain.c_str(), 0600);
  EXPECT_THAT(Run({plain}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Run(Script("kill -9 $$")),
              StatusIs(absl::StatusCode::kUnavailable, "signal"));
}

}  // namespace
}  // namespace noonmark
