#include "common/runtime/process_use.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace noonmark {

absl::StatusOr<ProcessUse> ParseProcessUse(std::string_view stat, int64_t ticks,
                                           int64_t page) {
  // proc(5): the second field is a name in parentheses, which may have any
  // character; these are counted from the third.
  constexpr size_t kUserTime = 11;
  constexpr size_t kSystemTime = 12;
  constexpr size_t kChildrensUserTime = 13;
  constexpr size_t kChildrensSystemTime = 14;
  constexpr size_t kResident = 21;
  const size_t name_end = stat.rfind(')');
  const std::vector<std::string> fields =
      name_end == std::string_view::npos
          ? std::vector<std::string>()
          : absl::StrSplit(std::string(stat.substr(name_end + 1)),
                           absl::ByAnyChar(" \n"), absl::SkipEmpty());
  int64_t user, system, childrens_user, childrens_system, resident;
  if (fields.size() <= kResident ||
      !absl::SimpleAtoi(fields[kUserTime], &user) ||
      !absl::SimpleAtoi(fields[kSystemTime], &system) ||
      !absl::SimpleAtoi(fields[kChildrensUserTime], &childrens_user) ||
      !absl::SimpleAtoi(fields[kChildrensSystemTime], &childrens_system) ||
      !absl::SimpleAtoi(fields[kResident], &resident) || resident < 0) {
    return absl::InvalidArgumentError("not a line of /proc/PID/stat");
  }
  return ProcessUse{
      absl::Seconds(1) * (user + system) / ticks,
      absl::Seconds(1) * (childrens_user + childrens_system) / ticks,
      static_cast<uint64_t>(resident * page)};
}

absl::StatusOr<ProcessUse> ReadProcessUse(pid_t process) {
  const std::string path = absl::StrCat("/proc/", process, "/stat");
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return absl::UnavailableError(absl::StrCat("no ", path));
  const absl::Cleanup close_file = [file] { close(file); };
  char line[1024];
  const ssize_t got = read(file, line, sizeof line);
  if (got <= 0)
    return absl::UnavailableError(absl::StrCat("nothing in ", path));
  return ParseProcessUse({line, static_cast<size_t>(got)}, sysconf(_SC_CLK_TCK),
                         sysconf(_SC_PAGESIZE));
}

}  // namespace noonmark
