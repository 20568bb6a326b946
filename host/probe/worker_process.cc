#include "host/probe/worker_process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "common/runtime/process_use.h"
#include "common/runtime/spawn.h"
#include "host/probe/probe_wire.h"

namespace noonmark {
namespace {

// So that its lines carry a priority where ours do.
std::vector<std::string> Environment() {
  std::vector<std::string> environment = {"LC_ALL=C"};
  for (const char* name : {"JOURNAL_STREAM", "GRPC_VERBOSITY"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(absl::StrCat(name, "=", value));
    }
  }
  return environment;
}

}  // namespace

WorkerProcess::WorkerProcess(WorkerOptions options, Loop loop, Clock& clock)
    : options_(std::move(options)), loop_(std::move(loop)), clock_(clock) {}

WorkerProcess::~WorkerProcess() {
  *alive_ = false;
  channel_.reset();
  Kill("");
  Reap();
}

absl::Status WorkerProcess::Start(Observer* observer) {
  observer_ = observer;
  const absl::Status launched = Launch();
  if (!launched.ok()) After(options_.restart, &WorkerProcess::StartAgain);
  After(options_.look_every, &WorkerProcess::Look);
  return launched;
}

bool WorkerProcess::Send(const ProbeOrder& order) {
  if (channel_ == nullptr) return false;
  if (const auto* dial = std::get_if<DialOrder>(&order)) {
    links_.insert(dial->link);
  } else if (const auto* close = std::get_if<CloseOrder>(&order)) {
    links_.erase(close->link);
  }
  channel_->Send(EncodeProbeOrder(order));
  return true;
}

absl::Status WorkerProcess::Launch() {
  auto ends = PacketSocket::Pair();
  if (!ends.ok()) return ends.status();
  const absl::StatusOr<pid_t> pid =
      Spawn({options_.command,
             {kNullFile, STDERR_FILENO, STDERR_FILENO, ends->second.file()},
             Environment()});
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  // By its number: glibc 2.36 declares pidfd_open() for C alone.
  process_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  started_ = clock_.Now();
  watch_.emplace(options_.limits);
  killed_for_.clear();
  links_.clear();
  channel_ = std::make_unique<PacketChannel>(
      std::move(ends->first),
      PacketChannel::Loop{
          loop_.post, [this](const std::string& packet) { OnPacket(packet); },
          [this](const absl::Status& why) { OnEnd(why); }});
  return absl::OkStatus();
}

void WorkerProcess::StartAgain() {
  if (channel_ != nullptr) return;
  const absl::Status launched = Launch();
  if (launched.ok()) return;
  LogError(absl::StrCat("no ", options_.name, ": ",
                        std::string(launched.message())));
  After(options_.restart * 10, &WorkerProcess::StartAgain);
}

void WorkerProcess::Look() {
  After(options_.look_every, &WorkerProcess::Look);
  if (channel_ == nullptr || !killed_for_.empty()) return;
  std::optional<ProcessUse> use;
  if (absl::StatusOr<ProcessUse> read = ReadProcessUse(pid_); read.ok()) {
    use = *read;
  }
  if (std::string why = watch_->Judge(clock_.Now(), use, links_.size());
      !why.empty()) {
    return Kill(why);
  }
  Send(PingOrder{++ping_});
}

void WorkerProcess::OnPacket(const std::string& packet) {
  if (!killed_for_.empty()) return;
  const absl::StatusOr<ProbeNews> news = DecodeProbeNews(packet);
  if (!news.ok()) {
    return Kill(absl::StrCat("it told nonsense: ",
                             std::string(news.status().message())));
  }
  if (const auto* pong = std::get_if<PongNews>(&*news)) {
    if (pong->number == ping_) watch_->OnPong();
    return;
  }
  if (std::holds_alternative<ExchangeNews>(*news)) watch_->OnAnswer();
  if (std::holds_alternative<OpenNews>(*news)) watch_->OnConnection();
  if (const auto* closed = std::get_if<ClosedNews>(&*news)) {
    links_.erase(closed->link);
  }
  observer_->OnNews(*this, *news);
}

void WorkerProcess::OnEnd(const absl::Status& why) {
  channel_.reset();
  if (killed_for_.empty() && absl::IsResourceExhausted(why)) {
    Kill(std::string(why.message()));
  }
  const bool lived = clock_.Now() - started_ >= options_.restart;
  const std::string killed_for = killed_for_;
  if (killed_for.empty()) Kill("");  // it may have closed its end and live on
  const End end = Reap();
  const std::string words = killed_for.empty() ? end.words : killed_for;
  LogWarning(absl::StrCat(options_.name, ": ", words, "; it is started again"));
  if (lived) {
    StartAgain();
  } else {
    After(options_.restart, &WorkerProcess::StartAgain);
  }
  // An exit is its own decision; all else may be a guest's doing.
  const bool overtaxed = !killed_for.empty() || end.by_signal;
  observer_->OnGone(
      *this, absl::UnavailableError(absl::StrCat(options_.name, ": ", words)),
      overtaxed);
}

void WorkerProcess::Kill(const std::string& why) {
  if (pid_ == 0) return;
  if (killed_for_.empty()) killed_for_ = why;
  if (process_ >= 0) {
    syscall(SYS_pidfd_send_signal, process_, SIGKILL, nullptr, 0);
  }
}

WorkerProcess::End WorkerProcess::Reap() {
  if (pid_ == 0) return {};
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (process_ >= 0) close(std::exchange(process_, -1));
  if (WIFSIGNALED(status)) {
    return {absl::StrCat("it was ended by signal ", WTERMSIG(status)), true};
  }
  return {absl::StrCat("it ended with ", WEXITSTATUS(status)), false};
}

void WorkerProcess::After(absl::Duration delay, void (WorkerProcess::*work)()) {
  loop_.after(delay, [this, alive = alive_, work] {
    if (*alive) (this->*work)();
  });
}

}  // namespace noonmark
