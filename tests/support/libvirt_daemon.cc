#include "tests/support/libvirt_daemon.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/signal_child.h"

namespace noonmark::testing {
namespace {

// Debian keeps daemons out of the path of users.
constexpr char kLibvirtd[] = "/usr/sbin/libvirtd";
constexpr char kVirsh[] = "/usr/bin/virsh";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Starts a program with `variables` in its environment and both outputs in
// `output`. Negative: it cannot be started; errno says why.
pid_t Spawn(std::vector<std::string> arguments,
            const std::vector<std::string>& variables,
            const std::string& output) {
  std::vector<std::string> environment = variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, "XDG_") &&
        !absl::StartsWith(*variable, "HOME=") &&
        !absl::StartsWith(*variable, "LIBVIRT_")) {
      environment.emplace_back(*variable);
    }
  }
  const auto pointers = [](std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& string : strings) result.push_back(string.data());
    result.push_back(nullptr);
    return result;
  };
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  errno = posix_spawn(&pid, arguments[0].c_str(), &actions, nullptr,
                      pointers(arguments).data(), pointers(environment).data());
  const int error = errno;
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  return error == 0 ? pid : -1;
}

}  // namespace

LibvirtDaemon::~LibvirtDaemon() { Kill(); }

absl::Status LibvirtDaemon::Start() {
  const std::string home = folder_.Path("home");
  // With no drivers to load but the test driver, which is built in, it leaves
  // the machine's emulators, networks and disks alone.
  const std::string drivers = folder_.Path("drivers");
  std::filesystem::create_directories(home);
  std::filesystem::create_directories(drivers);
  const std::string config = folder_.Write(
      "libvirtd.conf",
      absl::StrCat("unix_sock_dir = \"", folder_.path(), "\"\n",
                   "auth_unix_ro = \"none\"\n", "auth_unix_rw = \"none\"\n"));
  pid_ = Spawn(
      {kLibvirtd, "-f", config, "-p", folder_.Path("pid")},
      {"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_CONFIG_HOME=" + home,
       "XDG_CACHE_HOME=" + home, "LIBVIRT_DRIVER_DIR=" + drivers},
      folder_.Path("log"));
  if (pid_ >= 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(kLibvirtd, ": ", std::generic_category().message(errno),
                   " (Debian package libvirt-daemon)"));
}

void LibvirtDaemon::Kill() {
  if (pid_ < 0) return;
  SignalChild(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string LibvirtDaemon::Uri() const {
  // Only root's libvirtd has a socket apart for readers.
  return absl::StrCat("test+unix:///default?socket=", folder_.path(),
                      geteuid() == 0 ? "/libvirt-sock-ro" : "/libvirt-sock");
}

std::string LibvirtDaemon::Virsh(
    const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {
      kVirsh, "-q", "-c",
      absl::StrCat("test+unix:///default?socket=", folder_.path(),
                   "/libvirt-sock")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string output = folder_.Path("virsh");
  std::filesystem::remove(output);
  const pid_t pid = Spawn(command, {"HOME=" + folder_.path()}, output);
  if (pid < 0) {
    ADD_FAILURE() << kVirsh << ": " << std::generic_category().message(errno)
                  << " (Debian package libvirt-clients)";
    return "";
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << absl::StrJoin(command, " ") << "\n"
                       << ReadAll(output);
  return ReadAll(output);
}

std::string LibvirtDaemon::Log() const { return ReadAll(folder_.Path("log")); }

}  // namespace noonmark::testing
