// What is asked of the fake systemd on its bus, and its answers.

#include "tests/support/fake_systemd_bus.h"

#include <fnmatch.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_systemd.h"

namespace noonmark::testing {
namespace {

constexpr char kUnitPath[] = "/org/freedesktop/systemd1/unit";

}  // namespace

void CheckBus(int result) {
  if (result >= 0) return;
  ADD_FAILURE() << "the fake systemd: " << strerror(-result);
  std::abort();
}

const char* VerbWord(UnitVerb verb) {
  switch (verb) {
    case UnitVerb::kStart:
      return "start";
    case UnitVerb::kStop:
      return "stop";
    case UnitVerb::kReload:
      return "reload";
  }
  return "";
}

std::string JobPath(uint32_t id) {
  return absl::StrCat(kSystemdPath, "/job/", id);
}

int FakeSystemd::Answer(sd_bus_message* message) {
  if (sd_bus_message_is_method_call(message, kSystemdManager, "StartUnit") >
      0) {
    return AnswerJob(message, UnitVerb::kStart);
  }
  if (sd_bus_message_is_method_call(message, kSystemdManager, "StopUnit") > 0) {
    return AnswerJob(message, UnitVerb::kStop);
  }
  if (sd_bus_message_is_method_call(message, kSystemdManager, "ReloadUnit") >
      0) {
    return AnswerJob(message, UnitVerb::kReload);
  }
  if (sd_bus_message_is_method_call(message, kSystemdManager, "KillUnit") > 0) {
    return AnswerKill(message);
  }
  if (sd_bus_message_is_method_call(message, kSystemdManager, "Subscribe") >
      0) {
    return sd_bus_reply_method_return(message, "");
  }
  if (sd_bus_message_is_method_call(message, kSystemdManager,
                                    "ListUnitsByPatterns") > 0) {
    return AnswerList(message);
  }
  if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties",
                                    "GetAll") > 0) {
    return AnswerProperties(message);
  }
  if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties",
                                    "Get") > 0) {
    return AnswerProperty(message);
  }
  return 0;
}

int FakeSystemd::AnswerJob(sd_bus_message* message, UnitVerb verb) {
  const char *name = nullptr, *mode = nullptr;
  CheckBus(sd_bus_message_read(message, "ss", &name, &mode));
  EXPECT_STREQ(mode, "replace");
  const auto entry = entries_.find(name);
  if (entry == entries_.end() || !entry->second.unit.is_installed) {
    return sd_bus_reply_method_errorf(message,
                                      "org.freedesktop.systemd1.NoSuchUnit",
                                      "Unit %s not found.", name);
  }
  const Unit& unit = entry->second.unit;
  const Result result = verb == UnitVerb::kStart  ? unit.start
                        : verb == UnitVerb::kStop ? unit.stop
                                                  : unit.reload;
  if (result == Result::kRefused) {
    Note(absl::StrCat(VerbWord(verb), " ", name, ": refused"));
    return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED,
                                      "Access denied");
  }
  if (verb == UnitVerb::kReload && !unit.can_reload) {
    return sd_bus_reply_method_errorf(
        message, "org.freedesktop.systemd1.JobTypeNotApplicable",
        "Job type reload is not applicable for unit %s.", name);
  }
  const uint32_t id = Queue(verb, name);
  return sd_bus_reply_method_return(message, "o", JobPath(id).c_str());
}

std::string FakeSystemd::AskedOf(sd_bus_message* message) {
  char* decoded = nullptr;
  if (sd_bus_path_decode(sd_bus_message_get_path(message), kUnitPath,
                         &decoded) <= 0) {
    return "";
  }
  std::string name = decoded;
  free(decoded);
  return name;
}

// What all units have.
int FakeSystemd::AnswerProperties(sd_bus_message* message) {
  const std::string name = AskedOf(message);
  if (name.empty()) return 0;
  const char* interface = nullptr;
  CheckBus(sd_bus_message_read(message, "s", &interface));
  EXPECT_STREQ(interface, "org.freedesktop.systemd1.Unit");
  const auto entry = entries_.find(name);
  const bool known = entry != entries_.end() && entry->second.unit.is_installed;
  const std::string state = known ? entry->second.unit.state : "inactive";
  sd_bus_message* reply = nullptr;
  CheckBus(sd_bus_message_new_method_return(message, &reply));
  CheckBus(sd_bus_message_open_container(reply, 'a', "{sv}"));
  CheckBus(sd_bus_message_append(reply, "{sv}", "Id", "s", name.c_str()));
  CheckBus(
      sd_bus_message_append(reply, "{sv}", "Names", "as", 1, name.c_str()));
  CheckBus(sd_bus_message_append(reply, "{sv}", "LoadState", "s",
                                 known ? "loaded" : "not-found"));
  CheckBus(
      sd_bus_message_append(reply, "{sv}", "ActiveState", "s", state.c_str()));
  CheckBus(
      sd_bus_message_append(reply, "{sv}", "CanReload", "b",
                            known && entry->second.unit.can_reload ? 1 : 0));
  CheckBus(sd_bus_message_close_container(reply));
  const int result = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  return result < 0 ? result : 1;
}

// What only services, or sockets, have.
int FakeSystemd::AnswerProperty(sd_bus_message* message) {
  const std::string name = AskedOf(message);
  if (name.empty()) return 0;
  const char *interface = nullptr, *property = nullptr;
  CheckBus(sd_bus_message_read(message, "ss", &interface, &property));
  const auto entry = entries_.find(name);
  const bool known = entry != entries_.end() && entry->second.unit.is_installed;
  if (name.ends_with(".service")) {
    EXPECT_STREQ(interface, "org.freedesktop.systemd1.Service");
    EXPECT_STREQ(property, "ControlGroup");
    const bool has_cgroup = known && (entry->second.unit.state != "inactive" ||
                                      entry->second.unit.leaves_process);
    return sd_bus_reply_method_return(
        message, "v", "s",
        has_cgroup ? absl::StrCat("/system.slice/", name).c_str() : "");
  }
  EXPECT_STREQ(interface, "org.freedesktop.systemd1.Socket");
  EXPECT_STREQ(property, "Listen");
  sd_bus_message* reply = nullptr;
  CheckBus(sd_bus_message_new_method_return(message, &reply));
  CheckBus(sd_bus_message_open_container(reply, 'v', "a(ss)"));
  CheckBus(sd_bus_message_open_container(reply, 'a', "(ss)"));
  if (known) {
    CheckBus(sd_bus_message_append(reply, "(ss)", "Stream", "/run/a:5/socket"));
    for (const uint16_t port : entry->second.unit.ports) {
      CheckBus(sd_bus_message_append(reply, "(ss)", "Stream",
                                     absl::StrCat("[::]:", port).c_str()));
    }
  }
  CheckBus(sd_bus_message_close_container(reply));
  CheckBus(sd_bus_message_close_container(reply));
  const int result = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  return result < 0 ? result : 1;
}

int FakeSystemd::AnswerList(sd_bus_message* message) {
  CheckBus(sd_bus_message_skip(message, "as"));
  char** patterns = nullptr;
  CheckBus(sd_bus_message_read_strv(message, &patterns));
  sd_bus_message* reply = nullptr;
  CheckBus(sd_bus_message_new_method_return(message, &reply));
  CheckBus(sd_bus_message_open_container(reply, 'a', "(ssssssouso)"));
  for (const auto& [name, entry] : entries_) {
    if (fnmatch(patterns[0], name.c_str(), 0) != 0) continue;
    // As systemd, it forgets an instance that is inactive.
    if (entry.unit.state == "inactive" && entry.job == nullptr) continue;
    CheckBus(sd_bus_message_append(reply, "(ssssssouso)", name.c_str(), "",
                                   "loaded", entry.unit.state.c_str(), "", "",
                                   "/", 0, "", "/"));
  }
  CheckBus(sd_bus_message_close_container(reply));
  const int result = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  for (char** pattern = patterns; *pattern != nullptr; ++pattern) {
    free(*pattern);
  }
  free(patterns);
  return result < 0 ? result : 1;
}

int FakeSystemd::AnswerKill(sd_bus_message* message) {
  const char *name = nullptr, *whom = nullptr;
  int signal = 0;
  CheckBus(sd_bus_message_read(message, "ssi", &name, &whom, &signal));
  EXPECT_STREQ(whom, "main");
  EXPECT_EQ(signal, SIGKILL);
  Kill(name);
  return sd_bus_reply_method_return(message, "");
}

}  // namespace noonmark::testing
