#include "guest/agent_watch.h"

#include <syslog.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "guest/mail/profile.h"
#include "guest/watch/file_tail.h"
#include "guest/watch/journal_tail.h"

namespace noonmark {

AgentWatch::AgentWatch(Clock* clock, const HuntLog* hunt,
                       CorrectorClient* corrector,
                       const std::vector<std::string>& files,
                       std::function<void(const ToldJump& told)> told)
    : clock_(clock), hunt_(hunt), corrector_(corrector) {
  absl::StatusOr<std::vector<ServiceProfile>> profiles = LoadServiceProfiles();
  if (!profiles.ok()) {
    LogLines(LogLevel::kError, std::string(profiles.status().message()));
    LogError("no service is watched: its profiles have faults");
    profiles.emplace();
  }
  std::vector<std::unique_ptr<LogTail>> tails;
  if (absl::StatusOr<std::unique_ptr<JournalTail>> journal =
          JournalTail::Open();
      journal.ok()) {
    tails.push_back(*std::move(journal));
  } else {
    // Where no profile has an action for it, little comes of it.
    Log(WatchedServices(*profiles).empty() ? LogLevel::kDebug
                                           : LogLevel::kWarning,
        absl::StrCat("no service is watched: ",
                     std::string(journal.status().message())));
    for (const std::string& file : files) {
      tails.push_back(std::make_unique<FileTail>(file));
    }
  }

  LogWatchSeams seams = {.sets = [this] { return sets_.Count(); },
                         .glitches = [this] { return Glitches(); },
                         .set_descriptor = sets_.descriptor(),
                         .reload =
                             [this](const std::string& profile,
                                    std::function<void(absl::Status)> answer) {
                               corrector_->Reload(profile, std::move(answer));
                             },
                         .log_in = nullptr,
                         .told = std::move(told),
                         .tell =
                             [](const std::string& line) {
                               syslog(LOG_MAIL | LOG_NOTICE, "%s",
                                      line.c_str());
                               LogInfo(line);
                             }};
  // Most guests have none; one that may not be read is none of ours.
  if (access(kProbeAccountPath, R_OK) == 0) {
    absl::StatusOr<ProbeAccount> account = LoadProbeAccount(kProbeAccountPath);
    if (account.ok()) {
      account_ = *std::move(account);
      seams.log_in = [this](absl::Duration limit) {
        return LogIn(*account_, *clock_, limit);
      };
    } else {
      LogLines(LogLevel::kError, std::string(account.status().message()));
    }
  }
  watch_.emplace(clock_, *profiles, std::move(tails), std::move(seams));
  thread_.emplace(&*watch_);
}

uint64_t AgentWatch::Glitches() const {
  if (hunt_ == nullptr) return 0;
  HuntReport report;
  hunt_->ReadInto(&report);
  return report.glitches;
}

}  // namespace noonmark
