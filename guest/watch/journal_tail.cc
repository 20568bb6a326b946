#include "guest/watch/journal_tail.h"

#include <systemd/sd-journal.h>

#include <cstring>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// Any of these. What else the journal has never wakes us.
constexpr const char* kMatches[] = {
    "SYSLOG_FACILITY=2",  // mail
    "_TRANSPORT=kernel",
    "_SYSTEMD_UNIT=dovecot.service",
    "_SYSTEMD_UNIT=ntp.service",
    "_SYSTEMD_UNIT=ntpd.service",
    "_SYSTEMD_UNIT=ntpsec.service",
    "_SYSTEMD_UNIT=chrony.service",
    "_SYSTEMD_UNIT=chronyd.service",
    "_SYSTEMD_UNIT=systemd-timesyncd.service",
};
// No message of a time jump is longer.
constexpr size_t kMostBytes = 1024;
// A look at a journal that grows faster than that ends somewhere.
constexpr int kMostEntries = 10'000;

absl::Status Failed(const char* what, int error) {
  return absl::FailedPreconditionError(absl::StrCat(
      "the journal cannot be read: ", what, ": ", strerror(-error),
      "; let the agent's user be of the group systemd-journal or adm"));
}

// Absent: the entry has no such field.
std::optional<std::string> Field(sd_journal* journal, const char* name) {
  const void* data = nullptr;
  size_t size = 0;
  if (sd_journal_get_data(journal, name, &data, &size) < 0) return std::nullopt;
  // "NAME=value"
  const size_t prefix = strlen(name) + 1;
  if (size < prefix) return std::nullopt;
  return std::string(static_cast<const char*>(data) + prefix, size - prefix);
}

std::optional<uint32_t> Number(const std::optional<std::string>& text) {
  uint32_t number = 0;
  if (!text.has_value() || !absl::SimpleAtoi(*text, &number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JournalTail>> JournalTail::Open(
    const std::string& folder) {
  sd_journal* journal = nullptr;
  const int opened =
      folder.empty()
          ? sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
          : sd_journal_open_directory(&journal, folder.c_str(), 0);
  if (opened < 0) return Failed("open", opened);
  std::unique_ptr<JournalTail> tail(new JournalTail(journal));
  // What may not be read is left out of it without an error.
  if (sd_journal_has_persistent_files(journal) <= 0 &&
      sd_journal_has_runtime_files(journal) <= 0 && folder.empty()) {
    return Failed("none of its files is there", -EACCES);
  }
  sd_journal_set_data_threshold(journal, kMostBytes);
  for (const char* match : kMatches) {
    int added = sd_journal_add_disjunction(journal);
    if (added >= 0) added = sd_journal_add_match(journal, match, 0);
    if (added < 0) return Failed("match", added);
  }
  if (folder.empty()) {
    if (const int sought = sd_journal_seek_tail(journal); sought < 0) {
      return Failed("seek", sought);
    }
    // Onto the last there is, so that the next is the first that comes.
    if (const int last = sd_journal_previous(journal); last < 0) {
      return Failed("seek", last);
    }
  }
  // From here on it watches for changes.
  if (const int watched = sd_journal_get_fd(journal); watched < 0) {
    return Failed("watch", watched);
  }
  return tail;
}

JournalTail::~JournalTail() { sd_journal_close(journal_); }

int JournalTail::descriptor() const { return sd_journal_get_fd(journal_); }

void JournalTail::Read(const std::function<void(const LogEntry&)>& each) {
  sd_journal_process(journal_);
  for (int i = 0; i < kMostEntries && sd_journal_next(journal_) > 0; ++i) {
    std::optional<std::string> message = Field(journal_, "MESSAGE");
    if (!message.has_value() || message->size() >= kMostBytes) continue;
    LogEntry entry;
    entry.attested = true;
    entry.source = {.from_kernel = Field(journal_, "_TRANSPORT") == "kernel",
                    .unit = Field(journal_, "_SYSTEMD_UNIT").value_or(""),
                    .uid = Number(Field(journal_, "_UID"))};
    entry.message = *std::move(message);
    each(entry);
  }
}

}  // namespace noonmark
