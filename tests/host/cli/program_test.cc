// The program as people and scripts run it: exit codes, what goes where,
// terminals, signals.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tests/host/cli/fake_daemon.h"
#include "tests/support/signal_child.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::DeafSocket;
using ::noonmark::testing::FakeDaemon;
using ::noonmark::testing::ReportWith;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// As a shell shows how a program ended.
int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ProgramTest : public ::testing::Test {
 protected:
  // Runs it to its end.
  int Noonmark(const std::vector<std::string>& words) {
    int status = 0;
    waitpid(Start(words), &status, 0);
    return ExitCodeOf(status);
  }
  // Output goes to files, which cannot fill up as a pipe does.
  pid_t Start(const std::vector<std::string>& words) {
    std::vector<char*> arguments = Arguments(words);
    const pid_t child = fork();
    if (child < 0) Abort("fork");
    if (child != 0) return child;
    Redirect(out_path_, STDOUT_FILENO);
    Redirect(err_path_, STDERR_FILENO);
    Exec(arguments);
  }
  // On a terminal of 60 columns, whose other end is given back.
  pid_t StartOnTerminal(const std::vector<std::string>& words, int* terminal) {
    std::vector<char*> arguments = Arguments(words);
    winsize size = {};
    size.ws_col = 60;
    size.ws_row = 20;
    const pid_t child = forkpty(terminal, nullptr, nullptr, &size);
    if (child < 0) Abort("forkpty");
    if (child == 0) Exec(arguments);
    return child;
  }
  // What is written to the terminal, until it has all of `parts` in this order
  // or the program ends.
  static std::string ReadUntil(int terminal,
                               const std::vector<std::string>& parts) {
    std::string text;
    char buffer[4096];
    for (;;) {
      size_t at = 0;
      for (const std::string& part : parts) {
        at = text.find(part, at);
        if (at == std::string::npos) break;
        at += part.size();
      }
      if (!parts.empty() && at != std::string::npos) return text;
      const ssize_t count = read(terminal, buffer, sizeof buffer);
      if (count <= 0) return text;
      text.append(buffer, static_cast<size_t>(count));
    }
  }
  static int Ended(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return ExitCodeOf(status);
  }

  std::string Path(const std::string& name) { return directory_.Path(name); }
  std::string Address(const std::string& name) { return "unix:" + Path(name); }
  std::string out() const { return ReadAll(out_path_); }
  std::string err() const { return ReadAll(err_path_); }

  const TemporaryDirectory directory_;

 private:
  static std::vector<char*> Arguments(const std::vector<std::string>& words) {
    static std::vector<std::string> kept;
    kept = words;
    kept.insert(kept.begin(), NOONMARK_PROGRAM);
    std::vector<char*> arguments;
    for (std::string& word : kept) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    return arguments;
  }
  [[noreturn]] static void Abort(const char* what) {
    std::perror(what);
    std::abort();
  }
  // In the child of a process with threads: system calls alone.
  static void Redirect(const std::string& path, int descriptor) {
    dup2(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), descriptor);
  }
  [[noreturn]] static void Exec(const std::vector<char*>& arguments) {
    // Rights of files count for root too.
    prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
    prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  const std::string out_path_ = directory_.Path("out");
  const std::string err_path_ = directory_.Path("err");
};

TEST_F(ProgramTest, PrintsDataOnStdoutAndNothingOnStderr) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport* report) {
    *report = ReportWith("dom0-a", "mail-1", v1::VERDICT_WRONG);
    return grpc::Status::OK;
  };
  daemon.Listen(Path("a"));
  EXPECT_EQ(Noonmark({"report", "-c", Address("a")}), 0);
  EXPECT_THAT(out(), EndsWith("1 guest on 1 host: 1 wrong\n"));
  EXPECT_THAT(err(), IsEmpty());
  EXPECT_EQ(Noonmark({"report", "-c", Address("a"), "--fail-on=wrong"}), 3);

  const std::string fleet = directory_.Write(
      "fleet.toml",
      absl::StrCat("[[host]]\nname = \"a\"\naddress = \"", Address("a"),
                   "\"\n[[host]]\nname = \"gone\"\naddress = \"",
                   Address("gone"), "\"\n"));
  EXPECT_EQ(Noonmark({"report", "--fleet", fleet, "--fail-on=wrong"}), 4);
  EXPECT_THAT(out(), HasSubstr("gone  -       nobody listens"));
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(ProgramTest, ExitsWithTwoAndALineOnEachFaultOfUsage) {
  const std::vector<std::vector<std::string>> faults = {
      {},
      {"frobnicate"},
      {"report", "--bogus"},
      {"report", "--fail-on"},
      {"report", "--fail-on=good"},
      {"explain"},
      {"report", "-c", "tcp:1.2.3.4:5"},
  };
  for (const auto& words : faults) {
    EXPECT_EQ(Noonmark(words), 2);
    EXPECT_THAT(out(), IsEmpty());
    EXPECT_THAT(err(), StartsWith("noonmark: "));
    EXPECT_EQ(err().find('\n'), err().size() - 1) << err();
  }
}

TEST_F(ProgramTest, ExitsWithZeroOnHelpAndVersion) {
  EXPECT_EQ(Noonmark({"--help"}), 0);
  EXPECT_THAT(out(), HasSubstr("Usage: noonmark "));
  EXPECT_EQ(Noonmark({"--version"}), 0);
  EXPECT_THAT(out(), StartsWith("noonmark "));
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(ProgramTest, ExitsWithOneAndALineOnWhatFails) {
  EXPECT_EQ(Noonmark({"report", "-c", Address("gone")}), 1);
  EXPECT_EQ(err(), absl::StrCat("noonmark: nobody listens on ", Address("gone"),
                                ": start noonmarkd, or name another with "
                                "--connect\n"));

  const std::string bad = directory_.Write("bad.toml", "[[host]]\nnam = 1\n");
  EXPECT_EQ(Noonmark({"report", "--fleet", bad}), 1);
  EXPECT_THAT(err(), HasSubstr("bad.toml:2:1: "));
  EXPECT_EQ(Noonmark({"config", "check", bad}), 1);
  EXPECT_THAT(err(), HasSubstr("bad.toml:2:1: "));

  FakeDaemon daemon;
  daemon.Listen(Path("a"));
  EXPECT_EQ(Noonmark({"explain", "nobody", "-c", Address("a")}), 1);
  EXPECT_THAT(err(), StartsWith("noonmark: there is no guest \"nobody\" on "));
}

TEST_F(ProgramTest, SaysThatItHasNoRightToUseASocket) {
  const DeafSocket socket(Path("a"));
  ASSERT_EQ(chmod(Path("a").c_str(), 0), 0);
  EXPECT_EQ(Noonmark({"report", "-c", Address("a")}), 1);
  EXPECT_EQ(err(), absl::StrCat("noonmark: no right to use ", Address("a"),
                                ": become a member of the socket's group "
                                "(noonmark), or root\n"));
}

TEST_F(ProgramTest, EndsAtItsOwnDeadline) {
  const DeafSocket socket(Path("a"));
  EXPECT_EQ(Noonmark({"report", "--timeout=50ms", "-c", Address("a")}), 1);
  EXPECT_EQ(err(), "noonmark: no answer in 50 ms (deadline)\n");
}

TEST_F(ProgramTest, EndsAtAnInterrupt) {
  DeafSocket socket(Path("a"));
  const pid_t program = Start({"report", "--timeout=1h", "-c", Address("a")});
  const int connection = socket.Accept();
  testing::SignalChild(program, SIGINT);
  EXPECT_EQ(Ended(program), 130);
  close(connection);
}

TEST_F(ProgramTest, FitsItsTerminalAndColoursIt) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport* report) {
    *report = ReportWith("dom0-a", "mail-1", v1::VERDICT_WRONG);
    report->mutable_guests(0)->set_reason(
        "a reason that is longer than what is left of the terminal");
    return grpc::Status::OK;
  };
  daemon.Listen(Path("a"));
  int terminal = -1;
  const pid_t program =
      StartOnTerminal({"report", "-c", Address("a")}, &terminal);
  EXPECT_THAT(ReadUntil(terminal, {}),
              AllOf(HasSubstr("\x1b[1;31mwrong\x1b[0m"), HasSubstr("…\r\n"),
                    Not(HasSubstr("left of the terminal"))));
  EXPECT_EQ(Ended(program), 0);
  close(terminal);
}

TEST_F(ProgramTest, HeedsNoColor) {
  FakeDaemon daemon;
  daemon.report = [](v1::HostReport* report) {
    *report = ReportWith("dom0-a", "mail-1", v1::VERDICT_WRONG);
    return grpc::Status::OK;
  };
  daemon.Listen(Path("a"));
  setenv("NO_COLOR", "1", 1);
  int terminal = -1;
  const pid_t program =
      StartOnTerminal({"report", "-c", Address("a")}, &terminal);
  unsetenv("NO_COLOR");
  EXPECT_THAT(ReadUntil(terminal, {}), Not(HasSubstr("\x1b")));
  EXPECT_EQ(Ended(program), 0);
  close(terminal);
}

TEST_F(ProgramTest, DrawsWhatItWatchesAnew) {
  FakeDaemon daemon;
  daemon.Publish(ReportWith("dom0-a", "mail-1", v1::VERDICT_OK));
  daemon.Listen(Path("a"));
  int terminal = -1;
  const pid_t program = StartOnTerminal(
      {"report", "--watch=100ms", "-c", Address("a")}, &terminal);
  ReadUntil(terminal, {"\x1b[2J\x1b[H", ": 1 ok\x1b[K\r\n\x1b[J"});
  daemon.Publish(ReportWith("dom0-a", "mail-1", v1::VERDICT_WRONG));
  ReadUntil(terminal, {"\x1b[H", ": 1 wrong\x1b[K\r\n\x1b[J"});
  daemon.Die();
  ReadUntil(terminal, {"\x1b[H", "nobody listens on "});
  testing::SignalChild(program, SIGINT);
  EXPECT_EQ(Ended(program), 130);
  close(terminal);
}

}  // namespace
}  // namespace noonmark::cli
