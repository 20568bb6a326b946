#include "guest/watch/journal_tail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::ChildProcess;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

// systemd's own program makes the journal from its export format: what no
// process could write through journald, its trusted fields, can be written so.
constexpr char kMaker[] = "/lib/systemd/systemd-journal-remote";

class JournalTailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kMaker)) {
      GTEST_SKIP() << "systemd-journal-remote is not installed";
    }
  }
  void Add(const std::string& fields) {
    export_ +=
        "__REALTIME_TIMESTAMP=1795281449000000\n"
        "__MONOTONIC_TIMESTAMP=" +
        std::to_string(++moment_) +
        "\n_BOOT_ID=a28ee7cbbd4a4d20b3d05ea1d7e1a0f1\n" + fields + "\n";
  }
  std::vector<LogEntry> Read() {
    const std::string text = directory_.Write("export", export_);
    std::filesystem::create_directory(directory_.Path("journal"));
    ChildProcess maker({kMaker, "--output",
                        directory_.Path("journal/remote-test.journal"), text});
    EXPECT_EQ(maker.Wait(), 0) << maker.output();
    const auto tail = JournalTail::Open(directory_.Path("journal"));
    EXPECT_THAT(tail, IsOk());
    std::vector<LogEntry> entries;
    (*tail)->Read([&](const LogEntry& entry) { entries.push_back(entry); });
    return entries;
  }

  TemporaryDirectory directory_;
  std::string export_;
  int moment_ = 0;
};

TEST_F(JournalTailTest, TellsWhereAnEntryIsFromAsJournaldAttests) {
  Add("_TRANSPORT=syslog\nSYSLOG_FACILITY=2\n_SYSTEMD_UNIT=dovecot.service\n"
      "_UID=0\nSYSLOG_IDENTIFIER=dovecot\nMESSAGE=master: Warning: x\n");
  Add("_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=clocksource: y\n");
  // `logger -p mail.warn -t dovecot`, from a session; it may well say of itself
  // what it likes.
  Add("_TRANSPORT=syslog\nSYSLOG_FACILITY=2\n_SYSTEMD_UNIT=session-1.scope\n"
      "_UID=1000\nSYSLOG_IDENTIFIER=dovecot\nUNIT=dovecot.service\n"
      "MESSAGE=master: Warning: z\n");
  Add("_TRANSPORT=syslog\nSYSLOG_FACILITY=3\n_SYSTEMD_UNIT=ssh.service\n"
      "MESSAGE=nothing of ours\n");
  const std::vector<LogEntry> entries = Read();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_TRUE(entries[0].attested);
  EXPECT_EQ(entries[0].source.unit, "dovecot.service");
  EXPECT_EQ(entries[0].source.uid, 0u);
  EXPECT_FALSE(entries[0].source.from_kernel);
  EXPECT_EQ(entries[0].message, "master: Warning: x");
  EXPECT_TRUE(entries[1].source.from_kernel);
  EXPECT_EQ(entries[2].source.unit, "session-1.scope");
  EXPECT_EQ(entries[2].source.uid, 1000u);
  EXPECT_EQ(TellerOf(entries[2].source), std::nullopt);
}

TEST_F(JournalTailTest, LeavesOutEntriesWithoutAMessageAndTooLongOnes) {
  Add("SYSLOG_FACILITY=2\n_UID=0\n");
  Add("SYSLOG_FACILITY=2\nMESSAGE=" + std::string(5000, 'x') + "\n");
  Add("SYSLOG_FACILITY=2\nMESSAGE=good\n");
  const std::vector<LogEntry> entries = Read();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].message, "good");
  EXPECT_EQ(entries[0].source.unit, "");
  EXPECT_EQ(entries[0].source.uid, std::nullopt);
}

TEST_F(JournalTailTest, SaysWhatToDoWhereThereIsNone) {
  EXPECT_THAT(JournalTail::Open(directory_.Path("missing")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "group systemd-journal or adm"));
}

}  // namespace
}  // namespace noonmark
