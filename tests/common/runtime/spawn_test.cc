#include "common/runtime/spawn.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::StatusIs;

// What /bin/sh says on its stdout, and how it ends.
struct Said {
  std::string text;
  int exit_code;
};
Said Shell(const std::string& script) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const auto pid = Spawn({{"/bin/sh", "-c", script},
                          {kNullFile, ends[1], kNullFile, ends[1]},
                          {"A=1", "B=two words"}});
  close(ends[1]);
  EXPECT_TRUE(pid.ok()) << pid.status();
  Said said;
  char buffer[256];
  ssize_t got;
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
    said.text.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(*pid, &status, 0), *pid);
  said.exit_code = WEXITSTATUS(status);
  return said;
}

TEST(SpawnTest, GivesArgumentsEnvironmentAndFiles) {
  const Said said = Shell(
      "echo \"$A $B ${PATH_OF_OURS-none}\"; echo three >&3; read x || "
      "echo empty; exit 7");
  EXPECT_EQ(said.text, "1 two words none\nthree\nempty\n");
  EXPECT_EQ(said.exit_code, 7);
}

TEST(SpawnTest, GivesNoOtherFiles) {
  const int ours = fcntl(STDERR_FILENO, F_DUPFD, 20);  // not close-on-exec
  ASSERT_GE(ours, 20);
  EXPECT_EQ(Shell("cd /proc/self/fd && for f in [4-9] [1-9][0-9]; do "
                  "[ -e $f ] && echo $f; done; true")
                .text,
            "");
  close(ours);
}

TEST(SpawnTest, PutsItIntoAGroupOfItsOwn) {
  EXPECT_EQ(Shell("set -- $(cat /proc/$$/stat); [ $1 = $5 ] && echo own").text,
            "own\n");
}

TEST(SpawnTest, SaysThatThereIsNoProgram) {
  EXPECT_THAT(Spawn({{"/nowhere/at/all"}, {}, {}}),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Spawn({{"/etc/passwd"}, {}, {}}),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace noonmark
