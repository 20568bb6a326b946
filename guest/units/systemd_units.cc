#include "guest/units/systemd_units.h"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr char kSystemd[] = "org.freedesktop.systemd1";
constexpr char kManagerPath[] = "/org/freedesktop/systemd1";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
constexpr char kUnitPath[] = "/org/freedesktop/systemd1/unit";
constexpr char kUnit[] = "org.freedesktop.systemd1.Unit";
constexpr char kProperties[] = "org.freedesktop.DBus.Properties";
constexpr char kOwnSocketAddress[] = "unix:path=/run/systemd/private";
// Of a method's reply; jobs have limits of their own. An order is answered when
// polkit has, which systemd may have to start for it: on a busy guest 10 s were
// too short. What waits here rests by a lease that ends all the same.
constexpr uint64_t kCallMicroseconds = 30'000'000;

absl::Status Unreachable(int error) {
  return absl::UnavailableError(
      absl::StrCat("systemd cannot be reached: ", strerror(error)));
}

// What a call was refused with.
absl::Status RefusedWith(const sd_bus_error* error) {
  const absl::string_view name = error->name;
  const std::string text =
      absl::StrCat("systemd says ", name, ": ",
                   error->message != nullptr ? error->message : "");
  if (name == "org.freedesktop.DBus.Error.AccessDenied" ||
      absl::EndsWith(name, "InteractiveAuthorizationRequired")) {
    return absl::PermissionDeniedError(text);
  }
  if (name == "org.freedesktop.systemd1.NoSuchUnit") {
    return absl::NotFoundError(text);
  }
  for (const absl::string_view gone :
       {"NoReply", "Disconnected", "Timeout", "TimedOut", "ServiceUnknown",
        "NameHasNoOwner", "NoServer"}) {
    if (absl::EndsWith(name, gone)) return absl::UnavailableError(text);
  }
  return absl::InternalError(text);
}

absl::Status ReplyStatus(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  return error == nullptr ? absl::OkStatus() : RefusedWith(error);
}

absl::Status BadReply() {
  return absl::InternalError("systemd's answer is not what was expected");
}

const char* MethodOf(UnitVerb verb) {
  switch (verb) {
    case UnitVerb::kStart:
      return "StartUnit";
    case UnitVerb::kStop:
      return "StopUnit";
    case UnitVerb::kReload:
      return "ReloadUnit";
  }
  return "";
}

// systemd's word; false: it is none that is known.
bool ReadState(absl::string_view word, ServiceState& state) {
  if (word == "active" || word == "reloading" || word == "refreshing") {
    state = ServiceState::kActive;
  } else if (word == "inactive") {
    state = ServiceState::kInactive;
  } else if (word == "failed") {
    state = ServiceState::kFailed;
  } else if (word == "activating") {
    state = ServiceState::kStarting;
  } else if (word == "deactivating" || word == "maintenance") {
    state = ServiceState::kStopping;
  } else {
    return false;
  }
  return true;
}

// Of "0.0.0.0:143", "[::]:143"; a path has none.
void AddPort(absl::string_view address, std::set<uint16_t>& ports) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (address.empty() || address[0] == '/' || colon == address.npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 0xFFFF) {
    return;
  }
  ports.insert(static_cast<uint16_t>(port));
}

// sd_bus_message_read() of one string.
int ReadText(sd_bus_message* message, std::string& text) {
  const char* value = nullptr;
  const int result = sd_bus_message_read_basic(message, 's', &value);
  if (result > 0) text = value;
  return result;
}

int ReadListen(sd_bus_message* message, std::set<uint16_t>& ports) {
  int result = sd_bus_message_enter_container(message, 'a', "(ss)");
  const char *kind = nullptr, *address = nullptr;
  while (result >= 0 &&
         (result = sd_bus_message_read(message, "(ss)", &kind, &address)) > 0) {
    if (strcmp(kind, "Stream") == 0) AddPort(address, ports);
  }
  return result < 0 ? result : sd_bus_message_exit_container(message);
}

struct Properties {
  std::string load_state;
  std::string active_state;
  UnitFacts facts;
};

// The value of one property; those that nobody needs are passed over.
int ReadProperty(sd_bus_message* message, std::string_view name,
                 Properties& into) {
  const char* type = nullptr;
  int result = sd_bus_message_peek_type(message, nullptr, &type);
  if (result < 0) return result;
  const std::string_view is = type;
  const auto read = [&](auto reader) {
    int r = sd_bus_message_enter_container(message, 'v', type);
    if (r >= 0) r = reader();
    return r < 0 ? r : sd_bus_message_exit_container(message);
  };
  if (name == "LoadState" && is == "s") {
    return read([&] { return ReadText(message, into.load_state); });
  }
  if (name == "ActiveState" && is == "s") {
    return read([&] { return ReadText(message, into.active_state); });
  }
  if (name == "ControlGroup" && is == "s") {
    return read([&] { return ReadText(message, into.facts.control_group); });
  }
  if (name == "CanReload" && is == "b") {
    return read([&] {
      int value = 0;
      const int r = sd_bus_message_read_basic(message, 'b', &value);
      into.facts.can_reload = value != 0;
      return r;
    });
  }
  if (name == "Listen" && is == "a(ss)") {
    return read([&] { return ReadListen(message, into.facts.ports); });
  }
  return sd_bus_message_skip(message, "v");
}

// What of a unit only its kind has, if anything is asked of it.
struct OfItsKind {
  const char* interface = nullptr;
  const char* property = nullptr;
};

OfItsKind AskedOfKind(absl::string_view unit) {
  if (absl::EndsWith(unit, ".service")) {
    return {"org.freedesktop.systemd1.Service", "ControlGroup"};
  }
  if (absl::EndsWith(unit, ".socket")) {
    return {"org.freedesktop.systemd1.Socket", "Listen"};
  }
  return {};
}

// `found`: what its kind told.
absl::StatusOr<UnitFacts> ReadFacts(sd_bus_message* reply, Properties found) {
  if (absl::Status status = ReplyStatus(reply); !status.ok()) return status;
  int result = sd_bus_message_enter_container(reply, 'a', "{sv}");
  while (result >= 0 &&
         (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
    std::string name;
    result = ReadText(reply, name);
    if (result >= 0) result = ReadProperty(reply, name, found);
    if (result >= 0) result = sd_bus_message_exit_container(reply);
  }
  if (result < 0 || found.load_state.empty() ||
      !ReadState(found.active_state, found.facts.state)) {
    return BadReply();
  }
  found.facts.is_loaded = found.load_state == "loaded";
  return found.facts;
}

// Of ListUnitsByPatterns: name, description, load, active, sub, following,
// path, job, job's type, job's path.
absl::StatusOr<std::vector<std::string>> ReadNames(sd_bus_message* reply) {
  if (absl::Status status = ReplyStatus(reply); !status.ok()) return status;
  std::vector<std::string> names;
  int result = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
  while (result >= 0 && (result = sd_bus_message_enter_container(
                             reply, 'r', "ssssssouso")) > 0) {
    std::string name;
    result = ReadText(reply, name);
    if (result >= 0) result = sd_bus_message_skip(reply, "sssssouso");
    if (result >= 0) result = sd_bus_message_exit_container(reply);
    if (result >= 0) names.push_back(std::move(name));
  }
  if (result < 0) return BadReply();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

SystemdUnits::SystemdUnits(EventLoop* loop, Way way) : loop_(loop), way_(way) {}

SystemdUnits::~SystemdUnits() = default;

absl::Status SystemdUnits::Connect() {
  if (bus_ != nullptr && sd_bus_is_open(bus_.get()) > 0) {
    return absl::OkStatus();
  }
  absl::Status status = Open();
  if (status.ok()) status = Watch();
  if (!status.ok()) bus_.reset();
  return status;
}

absl::Status SystemdUnits::Open() {
  bus_.reset();
  sd_bus* bus = nullptr;
  // Who names a bus means that one: a test's, beside a systemd that is real.
  if (way_ == Way::kOwnSocket &&
      secure_getenv("DBUS_SYSTEM_BUS_ADDRESS") == nullptr) {
    int result = sd_bus_new(&bus);
    if (result >= 0) result = sd_bus_set_address(bus, kOwnSocketAddress);
    if (result >= 0) result = sd_bus_start(bus);
    bus_.reset(bus);
    if (result < 0) bus_.reset();
  }
  if (bus_ == nullptr) {
    const int result = sd_bus_open_system(&bus);
    if (result < 0) return Unreachable(-result);
    bus_.reset(bus);
  }
  sd_bus_set_method_call_timeout(bus_.get(), kCallMicroseconds);
  const int result =
      sd_bus_attach_event(bus_.get(), loop_->get(), SD_EVENT_PRIORITY_NORMAL);
  return result < 0 ? Unreachable(-result) : absl::OkStatus();
}

absl::Status SystemdUnits::Watch() {
  // On systemd's own socket nobody has a name.
  const char* sender =
      sd_bus_is_bus_client(bus_.get()) > 0 ? kSystemd : nullptr;
  int result = sd_bus_match_signal_async(
      bus_.get(), nullptr, sender, kManagerPath, kManager, "JobRemoved",
      [](sd_bus_message* signal, void* self, sd_bus_error* /*error*/) {
        uint32_t id = 0;
        const char *path = nullptr, *unit = nullptr, *how = nullptr;
        if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &how) > 0) {
          static_cast<SystemdUnits*>(self)->JobRemoved(path, how);
        }
        return 0;
      },
      nullptr, this);
  if (result >= 0) {
    result = sd_bus_match_signal_async(
        bus_.get(), nullptr, "org.freedesktop.DBus.Local",
        "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
        "Disconnected",
        [](sd_bus_message* /*signal*/, void* self, sd_bus_error* /*error*/) {
          static_cast<SystemdUnits*>(self)->Disconnected();
          return 0;
        },
        nullptr, this);
  }
  if (result < 0) return Unreachable(-result);
  // A refusal would show by jobs without an end, which have limits.
  return Call(kManagerPath, kManager, "Subscribe", nullptr,
              [](sd_bus_message* /*reply*/) {});
}

absl::Status SystemdUnits::Call(
    const char* path, const char* interface, const char* method,
    const std::function<int(sd_bus_message*)>& arguments, Reply reply) {
  sd_bus_message* message = nullptr;
  int result = sd_bus_message_new_method_call(bus_.get(), &message, kSystemd,
                                              path, interface, method);
  if (result >= 0 && arguments != nullptr) result = arguments(message);
  if (result >= 0) {
    auto* held = new Reply(std::move(reply));
    sd_bus_slot* slot = nullptr;
    result = sd_bus_call_async(
        bus_.get(), &slot, message,
        [](sd_bus_message* answer, void* data, sd_bus_error* /*error*/) {
          // The slot may go, and what it holds with it, within the call.
          const Reply then = *static_cast<Reply*>(data);
          then(answer);
          return 0;
        },
        held, 0);
    if (result < 0) {
      delete held;
    } else {
      sd_bus_slot_set_destroy_callback(
          slot, [](void* data) { delete static_cast<Reply*>(data); });
      sd_bus_slot_set_floating(slot, 1);
      sd_bus_slot_unref(slot);
    }
  }
  sd_bus_message_unref(message);
  return result < 0 ? Unreachable(-result) : absl::OkStatus();
}

void SystemdUnits::Order(UnitVerb verb, const std::string& unit,
                         absl::Duration limit,
                         std::function<void(absl::Status)> queued,
                         std::function<void(absl::Status)> done) {
  if (queued == nullptr) queued = [](const absl::Status&) {};
  const uint64_t id = next_job_++;
  absl::Status status = Connect();
  if (status.ok()) {
    status = Call(
        kManagerPath, kManager, MethodOf(verb),
        [&unit](sd_bus_message* message) {
          return sd_bus_message_append(message, "ss", unit.c_str(), "replace");
        },
        [this, id, queued](sd_bus_message* reply) {
          absl::Status accepted = ReplyStatus(reply);
          const char* path = nullptr;
          if (accepted.ok() && sd_bus_message_read(reply, "o", &path) <= 0) {
            accepted = BadReply();
          }
          const auto job = jobs_.find(id);
          if (job != jobs_.end() && accepted.ok()) job->second.path = path;
          queued(accepted);
          if (!accepted.ok()) Finish(id, accepted);
        });
  }
  if (!status.ok()) {
    loop_->Soon([queued, done = std::move(done), status] {
      queued(status);
      done(status);
    });
    return;
  }
  Job& job = jobs_[id];
  job.unit = unit;
  job.done = std::move(done);
  job.limit = loop_->After(limit, [this, id, limit] {
    Finish(id, absl::DeadlineExceededError(
                   absl::StrCat(jobs_[id].unit, ": no end of the job within ",
                                absl::FormatDuration(limit))));
  });
}

void SystemdUnits::JobRemoved(const std::string& path,
                              const std::string& result) {
  std::vector<uint64_t> ended;
  for (const auto& [id, job] : jobs_) {
    if (job.path == path) ended.push_back(id);
  }
  for (const uint64_t id : ended) {
    Finish(id, result == "done"
                   ? absl::OkStatus()
                   : absl::AbortedError(absl::StrCat(
                         jobs_[id].unit, ": the job ended: ", result)));
  }
}

void SystemdUnits::Finish(uint64_t job, const absl::Status& status) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  const std::function<void(absl::Status)> done = std::move(found->second.done);
  jobs_.erase(found);
  done(status);
}

// Jobs go on without us; what became of them can be looked at.
void SystemdUnits::Disconnected() {
  std::vector<uint64_t> open;
  for (const auto& [id, job] : jobs_) open.push_back(id);
  for (const uint64_t id : open) Finish(id, Unreachable(ECONNRESET));
}

// All properties of a service are four hundred, among them what its cgroup has
// used; of a busy guest with a dozen services that took longer than an order is
// valid. So: those that all units have, and one of its kind, asked for first.
// Replies come in the order of the calls.
void SystemdUnits::Look(const std::string& unit,
                        std::function<void(absl::StatusOr<UnitFacts>)> then) {
  struct Told {
    absl::Status status;
    Properties found;
  };
  const auto told = std::make_shared<Told>();
  char* path = nullptr;
  absl::Status status = Connect();
  if (status.ok() && sd_bus_path_encode(kUnitPath, unit.c_str(), &path) < 0) {
    status = absl::InternalError(absl::StrCat("no unit's name: ", unit));
  }
  const OfItsKind kind = AskedOfKind(unit);
  if (status.ok() && kind.property != nullptr) {
    status = Call(
        path, kProperties, "Get",
        [kind](sd_bus_message* message) {
          return sd_bus_message_append(message, "ss", kind.interface,
                                       kind.property);
        },
        [told, kind](sd_bus_message* reply) {
          told->status = ReplyStatus(reply);
          if (told->status.ok() &&
              ReadProperty(reply, kind.property, told->found) < 0) {
            told->status = BadReply();
          }
        });
  }
  if (status.ok()) {
    status = Call(
        path, kProperties, "GetAll",
        [](sd_bus_message* message) {
          return sd_bus_message_append(message, "s", kUnit);
        },
        [told, then](sd_bus_message* reply) {
          then(told->status.ok() ? ReadFacts(reply, std::move(told->found))
                                 : told->status);
        });
  }
  free(path);
  if (!status.ok()) loop_->Soon([then, status] { then(status); });
}

void SystemdUnits::Kill(const std::string& unit,
                        std::function<void(absl::Status)> then) {
  absl::Status status = Connect();
  if (status.ok()) {
    status = Call(
        kManagerPath, kManager, "KillUnit",
        [&unit](sd_bus_message* message) {
          return sd_bus_message_append(message, "ssi", unit.c_str(), "main",
                                       SIGKILL);
        },
        [then](sd_bus_message* reply) { then(ReplyStatus(reply)); });
  }
  if (!status.ok()) loop_->Soon([then, status] { then(status); });
}

void SystemdUnits::Match(
    const std::string& pattern,
    std::function<void(absl::StatusOr<std::vector<std::string>>)> then) {
  absl::Status status = Connect();
  if (status.ok()) {
    status = Call(
        kManagerPath, kManager, "ListUnitsByPatterns",
        [&pattern](sd_bus_message* message) {
          return sd_bus_message_append(message, "asas", 0, 1, pattern.c_str());
        },
        [then](sd_bus_message* reply) { then(ReadNames(reply)); });
  }
  if (!status.ok()) loop_->Soon([then, status] { then(status); });
}

}  // namespace noonmark
