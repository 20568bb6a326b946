#include "tests/system/fast/fast_dovecot.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tests/support/signal_child.h"
#include "tests/system/mail_connection.h"

namespace noonmark::testing {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

// What tests/system/fast/unpack printed.
std::string Unpacked() {
  const char* folder = std::getenv("NOONMARK_BED_DOVECOT");
  return folder == nullptr ? "" : folder;
}

// Asks again and again.
bool ComesTrue(const std::function<bool()>& condition,
               absl::Duration patience = kPatience) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  do {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

std::string Read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

bool FastDovecot::IsPrepared() { return !Unpacked().empty(); }

FastDovecot::FastDovecot(std::string offset_file)
    : offset_file_(offset_file.empty() ? folder_.Path("offset")
                                       : std::move(offset_file)) {
  folder_.Write("dovecot.conf",
                absl::StrReplaceAll(
                    Read(absl::StrCat(NOONMARK_BED, "/fast/dovecot.conf")),
                    {{"FOLDER", folder_.path()}}));
  if (!std::filesystem::exists(offset_file_)) SetOffset(absl::ZeroDuration());
  // Its processes are nobody, where this one is root.
  if (geteuid() == 0) {
    const passwd* nobody = getpwnam("nobody");
    EXPECT_EQ(chown(folder_.path().c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
}

FastDovecot::~FastDovecot() { Stop(); }

std::vector<std::string> FastDovecot::Inside(
    std::vector<std::string> program) const {
  std::vector<std::string> all = {absl::StrCat(NOONMARK_BED, "/fast/inside"),
                                  Unpacked(), offset_file_};
  all.insert(all.end(), std::make_move_iterator(program.begin()),
             std::make_move_iterator(program.end()));
  return all;
}

std::vector<std::string> FastDovecot::Unit() const {
  std::vector<std::string> unit =
      Inside({"/usr/sbin/dovecot", "-F", "-c", folder_.Path("dovecot.conf")});
  unit.insert(unit.begin(), absl::StrCat(NOONMARK_BED, "/fast/unit"));
  return unit;
}

void FastDovecot::Start() {
  master_ = std::make_unique<ChildProcess>(Unit());
  AwaitLogin();
}

void FastDovecot::AwaitLogin() const {
  absl::Status status;
  const bool answers = ComesTrue([&] {
    status = LogIn(Addresses().imap, "alice", kPatience).status();
    return status.ok();
  });
  EXPECT_TRUE(answers) << status << "\n"
                       << (master_ ? master_->ReadWritten() : "") << Log();
}

void FastDovecot::Stop() {
  if (master_ == nullptr) return;
  master_->Signal(SIGTERM);
  EXPECT_EQ(master_->Wait(), 0) << master_->output() << Log();
  master_.reset();
}

std::vector<std::string> FastDovecot::ReloadCommand() const {
  return Inside(
      {"/usr/bin/doveadm", "-c", folder_.Path("dovecot.conf"), "reload"});
}

void FastDovecot::Reload() const {
  const Outcome outcome = RunProgram(ReloadCommand());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
}

void FastDovecot::KillMaster() const {
  pid_t master = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Read(folder_.Path("run/master.pid")), &master));
  SignalChild(master, SIGKILL);
}

void FastDovecot::SetOffset(absl::Duration offset) const {
  // In one piece: whoever reads it meanwhile has the old or the new one.
  const std::string fresh = offset_file_ + ".new";
  std::ofstream(fresh) << absl::StreamFormat("%+.9f\n",
                                             absl::ToDoubleSeconds(offset));
  std::filesystem::rename(fresh, offset_file_);
}

MailLoad::Moment FastDovecot::StepUntilNoticed(absl::Duration offset) const {
  constexpr int kTries = 20;
  // Each login wakes the master.
  constexpr absl::Duration kSoon = absl::Seconds(5);
  MailLoad::Moment stepped;
  for (int i = 0; i < kTries; ++i) {
    const int before = CountLogged(kThrottled);
    stepped = MailLoad::Moment::clock::now();
    SetOffset(offset);
    if (ComesTrue([&] { return CountLogged(kThrottled) > before; }, kSoon)) {
      return stepped;
    }
    std::cout << "fast bed: the master missed a step, which is done again\n";
    SetOffset(absl::ZeroDuration());
    Reload();  // should it have noticed late
    AwaitLogin();
  }
  ADD_FAILURE() << "not noticed " << kTries << " times\n" << Log();
  return stepped;
}

MailAddresses FastDovecot::Addresses() const {
  return {.imap = absl::StrCat("unix:", folder_.Path("imap")),
          .lmtp = absl::StrCat("unix:", folder_.Path("lmtp"))};
}

std::string FastDovecot::Log() const { return Read(LogPath()); }

int FastDovecot::CountLogged(const std::string& text) const {
  const std::string log = Log();
  int count = 0;
  for (size_t at = log.find(text); at != log.npos;
       at = log.find(text, at + text.size())) {
    ++count;
  }
  return count;
}

void FastDovecot::AwaitLogged(const std::string& text) const {
  EXPECT_TRUE(ComesTrue([&] { return CountLogged(text) > 0; })) << Log();
}

std::map<std::string, int> FastDovecot::Stored() const {
  std::string ids;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder_.Path("mail"))) {
    const std::string folder = entry.path().parent_path().filename();
    if (folder == "new" || folder == "cur") ids += Read(entry.path());
  }
  return CountIds(ids);
}

}  // namespace noonmark::testing
