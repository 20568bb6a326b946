#ifndef NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_H_
#define NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_H_

#include <systemd/sd-bus.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "guest/units/at_rest.h"
#include "guest/units/event_loop.h"
#include "guest/units/unit_manager.h"
#include "tests/support/private_bus.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A service manager on a bus of its own, which real programs take for systemd:
// jobs with their results, states, cgroups, listening ports, a hold, timers.
// What a unit does is scripted; it may also run a real program.
//
// As with systemd, a job's reply comes before its end; a second job for a unit
// cancels the first; a start job of a unit that is ordered after the hold
// waits while the hold's start job runs.
//
// It lives in a thread of its own; any thread may call it.
class FakeSystemd {
 public:
  // How a job ends, or does not.
  enum class Result : uint8_t {
    kDone,
    kCanceled,
    kTimeout,
    kFailed,
    kDependency,
    kSkipped,
    kNever,    // it stays in between
    kRefused,  // there is no job: access denied
  };

  struct Unit {
    std::string state = "inactive";
    bool is_installed = true;
    bool can_reload = true;
    // Runs while the unit is active; empty: nothing runs. A stop is SIGTERM. It
    // is found in LOG/UNIT what it writes.
    std::vector<std::string> command = {};
    // Its start job lasts as long as its command; then it is inactive again.
    bool is_oneshot = false;
    // How long that may take: then it is killed, and the job timed out.
    absl::Duration start_limit = absl::InfiniteDuration();
    // Ordered after noonmark-hold.service.
    bool waits_for_hold = false;
    // A socket's or a timer's service.
    std::string triggers = {};
    // A timer: starts its service that often while it is active.
    absl::Duration every = absl::ZeroDuration();
    // TCP ports that are listened at while it is active.
    std::vector<uint16_t> ports = {};
    Result start = Result::kDone;
    Result stop = Result::kDone;
    Result reload = Result::kDone;
    // Faults that outlast a stop.
    bool leaves_process = false;
    bool leaves_port = false;
  };

  FakeSystemd();
  ~FakeSystemd();
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;

  // For $DBUS_SYSTEM_BUS_ADDRESS.
  const std::string& address() const { return bus_.address(); }
  PrivateBus& bus() { return bus_; }
  // Where its cgroups and its ports are.
  ProofPaths proofs() const;

  void Add(const std::string& name, Unit unit);
  // Changes a unit, from its next job on.
  void Change(const std::string& name, const std::function<void(Unit&)>& how);

  // What an administrator, a client of a socket or a fault does; nobody waits.
  void Order(UnitVerb verb, const std::string& name);
  void ConnectTo(const std::string& socket);
  // Its process ends by itself, or it would have had one.
  void Crash(const std::string& name);
  // All is inactive, no job is left.
  void Reboot();

  // Called in its thread as a job was queued, before anything comes of it.
  void OnJob(std::function<void(UnitVerb, const std::string& unit)> then);
  // As of OnJob: what is to be killed, where it is none of its own processes.
  void OnKill(std::function<void(const std::string& unit)> then);

  std::string StateOf(const std::string& name);
  // Waits for it, a minute at most, and then fails the test.
  void WaitForState(const std::string& name, const std::string& state);
  // All that happened, in its order: "stop dovecot.service", then
  // "dovecot.service: inactive".
  std::vector<std::string> Log();
  // Waits until a line was logged `times` times.
  void WaitForLog(const std::string& line, int times = 1);
  int CountInLog(const std::string& line);

 private:
  struct Process;
  struct Job {
    uint32_t id;
    UnitVerb verb;
  };
  struct Entry {
    Unit unit;
    std::unique_ptr<Job> job;  // queued or running
    bool job_runs = false;
    std::shared_ptr<Process> process;
    EventLoop::Source timer;
  };

  // All in its thread; Answer...() are in fake_systemd_bus.cc.
  void Run();
  void InLoop(const std::function<void()>& then);
  int Answer(sd_bus_message* message);
  int AnswerJob(sd_bus_message* message, UnitVerb verb);
  int AnswerProperties(sd_bus_message* message);
  int AnswerProperty(sd_bus_message* message);
  // The unit that a question is about; empty: none.
  static std::string AskedOf(sd_bus_message* message);
  int AnswerList(sd_bus_message* message);
  int AnswerKill(sd_bus_message* message);
  void Kill(const std::string& name);
  uint32_t Queue(UnitVerb verb, const std::string& name);
  void RunJob(const std::string& name);
  void Begin(const std::string& name);
  void EndJob(const std::string& name, Result result);
  void SetState(const std::string& name, const std::string& state);
  void Spawn(const std::string& name);
  void Exited(const std::string& name, int status);
  void Tick(const std::string& name);
  void ReleaseHeld();
  bool IsHeld() const;
  void WriteProofs() const;
  void Note(const std::string& line);

  PrivateBus bus_;
  TemporaryDirectory directory_;
  EventLoop loop_;
  int wake_ = -1;
  sd_bus* connection_ = nullptr;
  std::map<std::string, Entry> entries_;
  std::function<void(UnitVerb, const std::string&)> on_job_;
  std::function<void(const std::string&)> on_kill_;
  uint32_t next_job_ = 1;
  std::mutex mutex_;  // what the thread is told, and the log
  std::condition_variable changed_;
  std::vector<std::function<void()>> told_;
  std::vector<std::string> log_;
  std::map<std::string, std::string> states_;
  std::thread thread_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_H_
