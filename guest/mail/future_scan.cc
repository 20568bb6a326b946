#include "guest/mail/future_scan.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// Which kind a file is by its name; absent: its date means nothing to mail.
using Sort = std::optional<FutureKind> (*)(absl::string_view path,
                                           absl::string_view name);

std::optional<FutureKind> SortMail(absl::string_view path,
                                   absl::string_view name) {
  // Dovecot's own, and those of an mbox.
  if (absl::EndsWith(name, ".lock")) return FutureKind::kDotlock;
  if (absl::StartsWith(name, "dovecot.index") ||
      absl::StartsWith(name, "dovecot-uidlist") ||
      absl::StartsWith(name, "dovecot.list.index")) {
    return FutureKind::kDovecotIndex;
  }
  if (absl::EndsWith(name, ".sieve") || absl::EndsWith(name, ".svbin") ||
      absl::StrContains(path, "/sieve/")) {
    return FutureKind::kSieve;
  }
  return std::nullopt;
}

std::optional<FutureKind> SortPostfix(absl::string_view path,
                                      absl::string_view /*name*/) {
  if (absl::StrContains(path, "/deferred/")) {
    return FutureKind::kPostfixDeferred;
  }
  if (absl::StrContains(path, "/incoming/") ||
      absl::StrContains(path, "/active/")) {
    return FutureKind::kPostfixQueue;
  }
  return std::nullopt;
}

std::optional<FutureKind> SortExim(absl::string_view path,
                                   absl::string_view name) {
  if (absl::StrContains(path, "/db/") && absl::StartsWith(name, "retry") &&
      !absl::EndsWith(name, ".lockfile")) {
    return FutureKind::kEximHints;
  }
  return std::nullopt;
}

bool Further(const FutureDated& a, const FutureDated& b) {
  return a.ahead != b.ahead ? a.ahead > b.ahead : a.path < b.path;
}

class Scanner {
 public:
  Scanner(const FutureScanOptions& options, absl::Time now)
      : options_(options), now_(now) {}

  void Walk(const std::string& root, Sort sort) {
    struct stat there = {};
    if (lstat(root.c_str(), &there) != 0 && errno == ENOENT) return;
    std::string path = root;
    char* roots[] = {path.data(), nullptr};
    const std::unique_ptr<FTS, int (*)(FTS*)> tree(
        fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr),
        fts_close);
    if (tree == nullptr) {
      Unread(root, errno);
      return;
    }
    while (const FTSENT* entry = fts_read(tree.get())) {
      switch (entry->fts_info) {
        case FTS_F:
          if (++scan_.files > options_.most_files) {
            scan_.complete = false;
            return;
          }
          Look({entry->fts_path, entry->fts_pathlen},
               {entry->fts_name, entry->fts_namelen}, *entry->fts_statp, sort);
          break;
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
          Unread(entry->fts_path, entry->fts_errno);
          break;
        default:  // folders, links, sockets
          break;
      }
    }
  }

  FutureScan Take() {
    std::sort(scan_.found.begin(), scan_.found.end(), Further);
    return std::move(scan_);
  }

 private:
  void Look(absl::string_view path, absl::string_view name,
            const struct stat& status, Sort sort) {
    const absl::Duration ahead = absl::TimeFromTimespec(status.st_mtim) - now_;
    if (ahead <= options_.tolerance) return;
    const std::optional<FutureKind> kind = sort(path, name);
    if (!kind.has_value()) return;
    if (*kind == FutureKind::kPostfixDeferred &&
        ahead <= options_.tolerance + options_.postfix_longest_pause) {
      return;
    }
    ++scan_.counts[static_cast<size_t>(*kind)];
    // The least far of those that are kept is the heap's top.
    std::vector<FutureDated>& found = scan_.found;
    found.push_back({*kind, std::string(path), ahead});
    std::push_heap(found.begin(), found.end(), Further);
    if (found.size() > options_.most_found) {
      std::pop_heap(found.begin(), found.end(), Further);
      found.pop_back();
    }
  }

  void Unread(const std::string& path, int error) {
    scan_.complete = false;
    constexpr size_t kMost = 20;
    if (scan_.unread.size() >= kMost) return;
    scan_.unread.push_back(absl::StrCat(path, ": ", std::strerror(error)));
  }

  const FutureScanOptions& options_;
  const absl::Time now_;
  FutureScan scan_;
};

}  // namespace

std::string_view FutureKindName(FutureKind kind) {
  switch (kind) {
    case FutureKind::kDotlock:
      return "dotlock";
    case FutureKind::kDovecotIndex:
      return "dovecot-index";
    case FutureKind::kSieve:
      return "sieve";
    case FutureKind::kPostfixQueue:
      return "postfix-queue";
    case FutureKind::kPostfixDeferred:
      return "postfix-deferred";
    case FutureKind::kEximHints:
      return "exim-hints";
  }
  return "";
}

std::string_view FutureKindMeaning(FutureKind kind) {
  switch (kind) {
    case FutureKind::kDotlock:
      return "A lock that a dead process left is respected for that much "
             "longer: remove it if nobody holds it.";
    case FutureKind::kDovecotIndex:
      return "Harmless: rewritten at the next change of the mailbox.";
    case FutureKind::kSieve:
      return "A script that is changed before that date may not be compiled "
             "anew: run sievec on it after a change.";
    case FutureKind::kPostfixQueue:
      return "Postfix leaves it alone until that date: postsuper -r with its "
             "queue id.";
    case FutureKind::kPostfixDeferred:
      return "Its next attempt is further ahead than any pause: postsuper -r "
             "with its queue id.";
    case FutureKind::kEximHints:
      return "Hosts that failed before the clock went back are not tried until "
             "then: exim4 -qf.";
  }
  return "";
}

FutureScan ScanFuture(const FutureScanOptions& options, absl::Time now) {
  Scanner scanner(options, now);
  for (const std::string& root : options.mail) scanner.Walk(root, SortMail);
  for (const std::string& root : options.postfix) {
    scanner.Walk(root, SortPostfix);
  }
  for (const std::string& root : options.exim) scanner.Walk(root, SortExim);
  return scanner.Take();
}

std::string FutureScanText(const FutureScan& scan) {
  std::string text;
  for (const FutureDated& file : scan.found) {
    absl::StrAppendFormat(&text, "%-16s  ahead by %-14s  %s\n",
                          FutureKindName(file.kind), FormatAge(file.ahead),
                          absl::CHexEscape(file.path));
  }
  uint64_t all = 0;
  for (size_t kind = 0; kind < kFutureKinds; ++kind) {
    if (scan.counts[kind] == 0) continue;
    all += scan.counts[kind];
    absl::StrAppend(
        &text, std::string(FutureKindName(static_cast<FutureKind>(kind))), ": ",
        scan.counts[kind], ". ",
        std::string(FutureKindMeaning(static_cast<FutureKind>(kind))), "\n");
  }
  if (all > scan.found.size()) {
    absl::StrAppend(&text, all - scan.found.size(), " more are not listed\n");
  }
  for (const std::string& path : scan.unread) {
    absl::StrAppend(&text, "not read: ", path, "\n");
  }
  absl::StrAppend(&text, all, " of ", scan.files,
                  " files are dated in the future",
                  scan.complete ? "" : "; not all files were looked at", "\n");
  return text;
}

}  // namespace noonmark
