#include "tests/support/fake_systemd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/support/fake_systemd_bus.h"
#include "tests/support/signal_child.h"

namespace noonmark::testing {
namespace {

constexpr char kName[] = "org.freedesktop.systemd1";
constexpr char kHold[] = "noonmark-hold.service";
constexpr std::chrono::minutes kPatience(1);

const char* Word(FakeSystemd::Result result) {
  switch (result) {
    case FakeSystemd::Result::kDone:
      return "done";
    case FakeSystemd::Result::kCanceled:
      return "canceled";
    case FakeSystemd::Result::kTimeout:
      return "timeout";
    case FakeSystemd::Result::kFailed:
      return "failed";
    case FakeSystemd::Result::kDependency:
      return "dependency";
    case FakeSystemd::Result::kSkipped:
      return "skipped";
    case FakeSystemd::Result::kNever:
    case FakeSystemd::Result::kRefused:
      break;
  }
  return "";
}

}  // namespace

// A program that a unit runs; killed with the object.
struct FakeSystemd::Process {
  pid_t pid = -1;
  int descriptor = -1;  // ready when it has ended
  EventLoop::Source end;

  int Wait() {
    int status = 0;
    if (pid > 0) waitpid(pid, &status, 0);
    pid = -1;
    return status;
  }
  ~Process() {
    if (pid > 0) {
      SignalChild(pid, SIGKILL);
      Wait();
    }
    end.Stop();
    if (descriptor >= 0) close(descriptor);
  }
};

FakeSystemd::FakeSystemd() {
  std::filesystem::create_directories(directory_.Path("cgroup"));
  std::filesystem::create_directories(directory_.Path("log"));
  directory_.Write("cgroup/cgroup.controllers", "cpu\n");
  WriteProofs();
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CheckBus(wake_);
  CheckBus(sd_bus_new(&connection_));
  CheckBus(sd_bus_set_address(connection_, bus_.address().c_str()));
  CheckBus(sd_bus_set_bus_client(connection_, 1));
  CheckBus(sd_bus_start(connection_));
  CheckBus(sd_bus_request_name(connection_, kName, 0));
  CheckBus(sd_bus_add_filter(
      connection_, nullptr,
      [](sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        return static_cast<FakeSystemd*>(self)->Answer(message);
      },
      this));
  CheckBus(sd_bus_attach_event(connection_, loop_.get(), 0));
  thread_ = std::thread([this] { Run(); });
}

FakeSystemd::~FakeSystemd() {
  InLoop([this] {
    entries_.clear();
    loop_.Stop();
  });
  thread_.join();
  sd_bus_flush_close_unref(connection_);
  close(wake_);
}

void FakeSystemd::Run() {
  const EventLoop::Source woken = loop_.WhenReadable(wake_, [this] {
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    std::vector<std::function<void()>> told;
    {
      const std::lock_guard lock(mutex_);
      told.swap(told_);
    }
    for (const auto& what : told) what();
  });
  loop_.Run();
}

// Waits until the thread has done it; does it at once in the thread itself.
void FakeSystemd::InLoop(const std::function<void()>& then) {
  if (std::this_thread::get_id() == thread_.get_id()) return then();
  bool done = false;
  std::unique_lock lock(mutex_);
  told_.emplace_back([&] {
    then();
    const std::lock_guard inner(mutex_);
    done = true;
    changed_.notify_all();
  });
  eventfd_write(wake_, 1);
  changed_.wait(lock, [&] { return done; });
}

ProofPaths FakeSystemd::proofs() const {
  return {.cgroups = directory_.Path("cgroup"),
          .tcp = directory_.Path("tcp"),
          .tcp6 = directory_.Path("tcp6")};
}

void FakeSystemd::Add(const std::string& name, Unit unit) {
  InLoop([&] {
    Entry& entry = entries_[name];
    entry.unit = std::move(unit);
    const bool runs = entry.unit.state == "active";
    if (runs && !entry.unit.command.empty()) Spawn(name);
    SetState(name, entry.unit.state);
  });
}

void FakeSystemd::Change(const std::string& name,
                         const std::function<void(Unit&)>& how) {
  InLoop([&] {
    how(entries_.at(name).unit);
    WriteProofs();
  });
}

void FakeSystemd::Order(UnitVerb verb, const std::string& name) {
  InLoop([&] { Queue(verb, name); });
}

void FakeSystemd::ConnectTo(const std::string& socket) {
  InLoop([&] {
    const Unit& unit = entries_.at(socket).unit;
    Note(absl::StrCat(socket, ": a client"));
    if (unit.state != "active") return;
    const Entry& service = entries_.at(unit.triggers);
    if (service.unit.state != "active" && service.job == nullptr) {
      Queue(UnitVerb::kStart, unit.triggers);
    }
  });
}

void FakeSystemd::Crash(const std::string& name) {
  InLoop([&] {
    entries_.at(name).process.reset();
    SetState(name, "failed");
  });
}

void FakeSystemd::Reboot() {
  InLoop([&] {
    for (auto& [name, entry] : entries_) {
      entry.job.reset();
      entry.job_runs = false;
      entry.process.reset();
      entry.timer.Stop();
      SetState(name, "inactive");
    }
    Note("reboot");
  });
}

void FakeSystemd::OnJob(
    std::function<void(UnitVerb, const std::string&)> then) {
  InLoop([&] { on_job_ = std::move(then); });
}

void FakeSystemd::OnKill(std::function<void(const std::string&)> then) {
  InLoop([&] { on_kill_ = std::move(then); });
}

std::string FakeSystemd::StateOf(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return states_[name];
}

void FakeSystemd::WaitForState(const std::string& name,
                               const std::string& state) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kPatience,
                                [&] { return states_[name] == state; }))
      << name << " is " << states_[name] << ", not " << state;
}

std::vector<std::string> FakeSystemd::Log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

int FakeSystemd::CountInLog(const std::string& line) {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count(log_.begin(), log_.end(), line));
}

void FakeSystemd::WaitForLog(const std::string& line, int times) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] {
    return std::count(log_.begin(), log_.end(), line) >= times;
  })) << line;
}

void FakeSystemd::Note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  log_.push_back(line);
  changed_.notify_all();
}

void FakeSystemd::Kill(const std::string& name) {
  Note(absl::StrCat("kill ", name));
  const auto entry = entries_.find(name);
  if (entry != entries_.end() && entry->second.process != nullptr) {
    SignalChild(entry->second.process->pid, SIGKILL);
  } else if (on_kill_ != nullptr) {
    on_kill_(name);
  }
}

// --- jobs ---

uint32_t FakeSystemd::Queue(UnitVerb verb, const std::string& name) {
  Entry& entry = entries_.at(name);
  if (entry.job != nullptr) EndJob(name, Result::kCanceled);
  const uint32_t id = next_job_++;
  entry.job = std::make_unique<Job>(Job{.id = id, .verb = verb});
  entry.job_runs = false;
  Note(absl::StrCat(VerbWord(verb), " ", name));
  if (on_job_ != nullptr) on_job_(verb, name);
  // After the reply.
  loop_.Soon([this, name, id] {
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.job != nullptr &&
        found->second.job->id == id) {
      RunJob(name);
    }
  });
  return id;
}

bool FakeSystemd::IsHeld() const {
  const auto hold = entries_.find(kHold);
  return hold != entries_.end() && hold->second.job != nullptr &&
         hold->second.job->verb == UnitVerb::kStart && hold->second.job_runs;
}

void FakeSystemd::ReleaseHeld() {
  if (IsHeld()) return;
  for (auto& [name, entry] : entries_) {
    if (entry.job != nullptr && !entry.job_runs && entry.unit.waits_for_hold) {
      RunJob(name);
    }
  }
}

void FakeSystemd::RunJob(const std::string& name) {
  Entry& entry = entries_.at(name);
  if (entry.job->verb == UnitVerb::kStart && entry.unit.waits_for_hold &&
      IsHeld()) {
    return;
  }
  entry.job_runs = true;
  const Unit& unit = entry.unit;
  switch (entry.job->verb) {
    case UnitVerb::kStart:
      if (unit.state == "active") return EndJob(name, Result::kDone);
      if (unit.start == Result::kNever) return SetState(name, "activating");
      if (unit.start == Result::kDone) return Begin(name);
      if (unit.start == Result::kFailed || unit.start == Result::kTimeout) {
        SetState(name, "failed");
      }
      return EndJob(name, unit.start);
    case UnitVerb::kStop:
      if (unit.stop == Result::kNever) return SetState(name, "deactivating");
      if (unit.stop != Result::kDone) return EndJob(name, unit.stop);
      entry.timer.Stop();
      if (entry.process != nullptr) {
        SetState(name, "deactivating");
        SignalChild(entry.process->pid, SIGTERM);
        return;
      }
      if (unit.state != "failed") SetState(name, "inactive");
      return EndJob(name, Result::kDone);
    case UnitVerb::kReload:
      return EndJob(name, unit.reload);
  }
}

void FakeSystemd::Begin(const std::string& name) {
  Entry& entry = entries_.at(name);
  if (!entry.unit.command.empty()) Spawn(name);
  if (entry.unit.is_oneshot) {
    SetState(name, "activating");
    if (entry.unit.start_limit != absl::InfiniteDuration()) {
      entry.timer = loop_.After(entry.unit.start_limit, [this, name] {
        entries_.at(name).process.reset();
        SetState(name, "failed");
        EndJob(name, Result::kTimeout);
      });
    }
    if (!entry.unit.command.empty()) return;  // until it ends
    SetState(name, "inactive");
    return EndJob(name, Result::kDone);
  }
  SetState(name, "active");
  if (entry.unit.every > absl::ZeroDuration()) Tick(name);
  EndJob(name, Result::kDone);
}

void FakeSystemd::EndJob(const std::string& name, Result result) {
  Entry& entry = entries_.at(name);
  const uint32_t id = entry.job->id;
  entry.job.reset();
  entry.job_runs = false;
  sd_bus_emit_signal(connection_, kSystemdPath, kSystemdManager, "JobRemoved",
                     "uoss", id, JobPath(id).c_str(), name.c_str(),
                     Word(result));
  if (name == kHold) ReleaseHeld();
}

void FakeSystemd::SetState(const std::string& name, const std::string& state) {
  entries_.at(name).unit.state = state;
  WriteProofs();
  const std::lock_guard lock(mutex_);
  if (states_[name] != state) log_.push_back(absl::StrCat(name, ": ", state));
  states_[name] = state;
  changed_.notify_all();
}

// --- what it runs ---

void FakeSystemd::Spawn(const std::string& name) {
  Entry& entry = entries_.at(name);
  std::vector<char*> argv;
  for (std::string& argument : entry.unit.command) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const std::string log = directory_.Path("log/" + name);
  auto process = std::make_shared<Process>();
  process->pid = fork();
  CheckBus(process->pid);
  if (process->pid == 0) {
    prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    close_range(3, ~0U, 0);
    execv(argv[0], argv.data());
    _exit(127);
  }
  process->descriptor =
      static_cast<int>(syscall(SYS_pidfd_open, process->pid, 0));
  CheckBus(process->descriptor);
  Process* const it = process.get();
  process->end = loop_.WhenReadable(
      process->descriptor, [this, name, it] { Exited(name, it->Wait()); });
  entry.process = std::move(process);
}

void FakeSystemd::Exited(const std::string& name, int status) {
  Entry& entry = entries_.at(name);
  entry.process.reset();
  if (entry.unit.is_oneshot) entry.timer.Stop();
  const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const bool stopped =
      entry.job != nullptr && entry.job->verb == UnitVerb::kStop;
  SetState(name, well || stopped ? "inactive" : "failed");
  if (entry.job == nullptr || !entry.job_runs) return;
  EndJob(name, well || stopped ? Result::kDone : Result::kFailed);
}

void FakeSystemd::Tick(const std::string& name) {
  Entry& entry = entries_.at(name);
  entry.timer = loop_.After(entry.unit.every, [this, name] {
    Entry& timer = entries_.at(name);
    const Entry& service = entries_.at(timer.unit.triggers);
    if (service.job == nullptr) Queue(UnitVerb::kStart, timer.unit.triggers);
    Tick(name);
  });
}

// --- what others see of it ---

void FakeSystemd::WriteProofs() const {
  const auto write = [this](const std::string& path, const std::string& text) {
    directory_.Write(path + ".new", text);
    std::filesystem::rename(directory_.Path(path + ".new"),
                            directory_.Path(path));
  };
  std::string tcp =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";
  for (const auto& [name, entry] : entries_) {
    const Unit& unit = entry.unit;
    const bool holds_process = unit.leaves_process || unit.state == "active" ||
                               unit.state == "deactivating" ||
                               entry.process != nullptr;
    if (name.ends_with(".service")) {
      write(absl::StrCat("cgroup/system.slice/", name, "/cgroup.events"),
            absl::StrCat("populated ", holds_process ? 1 : 0, "\nfrozen 0\n"));
    }
    if (unit.state != "active" && !unit.leaves_port) continue;
    for (const uint16_t port : unit.ports) {
      absl::StrAppendFormat(&tcp, "   0: 00000000:%04X 00000000:0000 0A\n",
                            port);
    }
  }
  write("tcp", tcp);
}

}  // namespace noonmark::testing
