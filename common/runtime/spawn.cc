#include "common/runtime/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include <cerrno>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// As exec takes them; the texts outlive it.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<pid_t> Spawn(const SpawnOptions& options) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const absl::Cleanup destroy = [&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  };
  int number = 0;
  for (const int file : options.files) {
    if (file == kNullFile) {
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR,
                                       0);
    } else {
      posix_spawn_file_actions_adddup2(&actions, file, number);
    }
    ++number;
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, number);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = options.environment;
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, arguments.at(0).c_str(), &actions, &attributes,
                  Pointers(arguments).data(), Pointers(environment).data());
  if (error == 0) return pid;
  const std::string text = absl::StrCat(options.arguments[0], ": ",
                                        std::generic_category().message(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  return absl::UnavailableError(text);
}

}  // namespace noonmark
