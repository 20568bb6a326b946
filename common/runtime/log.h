#ifndef NOONMARK_COMMON_RUNTIME_LOG_H_
#define NOONMARK_COMMON_RUNTIME_LOG_H_

#include <string>
#include <string_view>

namespace noonmark {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Writes one line to stderr, in one piece: any thread, no locks. Where stderr
// is the journal the line begins with its priority ("<4>..."), elsewhere with
// the program's name and what it is ("noonmark-agent: warning: ...").
//
//   LogWarning(absl::StrCat("no answer from ", address));
void Log(LogLevel level, std::string_view message);
inline void LogDebug(std::string_view m) { Log(LogLevel::kDebug, m); }
inline void LogInfo(std::string_view m) { Log(LogLevel::kInfo, m); }
inline void LogWarning(std::string_view m) { Log(LogLevel::kWarning, m); }
inline void LogError(std::string_view m) { Log(LogLevel::kError, m); }

// One message for each line of `text`: a fault of a configuration file has
// many.
void LogLines(LogLevel level, std::string_view text);

// Less important messages are dropped. From the start: kInfo.
void SetLogLevel(LogLevel least);

// The line of a message, with its end. Control characters become spaces: a
// message may hold what a stranger wrote.
std::string LogLine(LogLevel level, std::string_view message, bool journal,
                    std::string_view program);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_LOG_H_
