#include "common/runtime/log.h"

#include <errno.h>  // program_invocation_short_name
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

std::atomic<LogLevel> least_logged = LogLevel::kInfo;

// $JOURNAL_STREAM is DEVICE:INODE of the stream that the service manager made;
// stderr may have been redirected since (systemd.exec(5)).
bool StderrIsJournal() {
  const char* stream = getenv("JOURNAL_STREAM");
  struct stat stderr_file;
  return stream != nullptr && fstat(STDERR_FILENO, &stderr_file) == 0 &&
         absl::StrCat(stderr_file.st_dev, ":", stderr_file.st_ino) == stream;
}

// sd-daemon(3).
std::string_view JournalPrefix(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "<7>";
    case LogLevel::kInfo:
      return "<6>";
    case LogLevel::kWarning:
      return "<4>";
    case LogLevel::kError:
      return "<3>";
  }
  return "";
}

std::string_view Word(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug: ";
    case LogLevel::kInfo:
      return "";
    case LogLevel::kWarning:
      return "warning: ";
    case LogLevel::kError:
      return "error: ";
  }
  return "";
}

}  // namespace

std::string LogLine(LogLevel level, std::string_view message, bool journal,
                    std::string_view program) {
  std::string line;
  if (journal) {
    line.append(JournalPrefix(level));
  } else {
    line.append(program).append(": ").append(Word(level));
  }
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    line.push_back(byte < 0x20 || byte == 0x7F ? ' ' : c);
  }
  line.push_back('\n');
  return line;
}

void Log(LogLevel level, std::string_view message) {
  if (level < least_logged.load(std::memory_order_relaxed)) return;
  static const bool journal = StderrIsJournal();
  const std::string line =
      LogLine(level, message, journal, program_invocation_short_name);
  // Nobody is left to tell when stderr fails.
  [[maybe_unused]] const ssize_t written =
      write(STDERR_FILENO, line.data(), line.size());
}

void LogLines(LogLevel level, std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    Log(level, text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

void SetLogLevel(LogLevel least) {
  least_logged.store(least, std::memory_order_relaxed);
}

}  // namespace noonmark
