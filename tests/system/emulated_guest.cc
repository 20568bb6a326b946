#include "tests/system/emulated_guest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {
namespace {

std::string Script(const std::string& name) {
  return absl::StrCat(NOONMARK_BED, "/", name);
}

// Where a port of the guest is on this machine. `info usernet` has a line for
// each:
//   TCP[HOST_FORWARD]  12  127.0.0.1 45321  10.0.2.15  22  0  0
std::string ForwardedPort(const std::string& network,
                          const std::string& guest_port) {
  for (const auto line : absl::StrSplit(network, '\n')) {
    if (!absl::StrContains(line, "HOST_FORWARD")) continue;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \r"), absl::SkipEmpty());
    if (words.size() > 5 && words[5] == guest_port) return words[3];
  }
  return "";
}

}  // namespace

std::string EmulatedGuest::ImageOf(const std::string& flavour) {
  const std::string variable = absl::StrReplaceAll(
      absl::AsciiStrToUpper(absl::StrCat("noonmark_bed_image",
                                         flavour.empty() ? "" : "_", flavour)),
      {{"-", "_"}});
  const char* image = std::getenv(variable.c_str());
  return image == nullptr ? "" : image;
}

bool EmulatedGuest::IsPrepared() { return !ImageOf("").empty(); }

EmulatedGuest::EmulatedGuest(const std::string& image) : image_(image) {
  emulator_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      Script("emulator"), image,
      absl::StrCat("file=", image,
                   "/ready/disk.qcow2,format=qcow2,snapshot=on"),
      folder_.Path("monitor"), folder_.Path("console"), "-incoming",
      absl::StrCat("exec:cat '", image, "/ready/memory'")});
  if (Monitor("info status", "running").empty()) {
    ADD_FAILURE() << "no guest: " << emulator_->ReadWritten();
    return;
  }

  const std::string network = Monitor("info usernet");
  const auto address = [&](const std::string& port) {
    return absl::StrCat("127.0.0.1:", ForwardedPort(network, port));
  };
  mail_ = {
      .imap = address("143"), .lmtp = address("24"), .smtp = address("25")};
  port_ = ForwardedPort(network, "22");
  EXPECT_TRUE(Connect());
  GuestClock(ClockSocket()).SetRight();
}

bool EmulatedGuest::Connect() {
  std::remove(AgentSocket().c_str());
  std::remove(ClockSocket().c_str());
  std::vector<std::string> connect = Ssh("/usr/bin/ssh");
  for (const std::string& option :
       {std::string("-M"), std::string("-i"), absl::StrCat(image_, "/key"),
        std::string("-p"), port_, std::string("-L"),
        absl::StrCat(AgentSocket(), ":/run/noonmark-agent/agent.sock"),
        std::string("-L"), absl::StrCat(ClockSocket(), ":/run/bed-clock.sock"),
        std::string("guest"), std::string("echo here; exec sleep infinity")}) {
    connect.push_back(option);
  }
  connection_.reset();
  std::remove(folder_.Path("ssh").c_str());
  // ssh itself gives up after a minute.
  connection_ = std::make_unique<ChildProcess>(std::move(connect), -1,
                                               std::chrono::minutes(2));
  return connection_->ReadLineWith("here") == "here";
}

void EmulatedGuest::PowerCycle() {
  // As it is described, the emulator would end instead.
  Monitor(R"({"execute": "set-action", "arguments": {"reboot": "reset"}})");
  connection_.reset();
  Monitor("system_reset");
  Reach();
}

void EmulatedGuest::CutNetwork() const { Monitor("set_link net off"); }

void EmulatedGuest::MendNetwork() {
  Monitor("set_link net on");
  Reach();
}

void EmulatedGuest::Reach() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(6);
  while (!Connect()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "the guest does not answer";
      return;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

absl::Duration EmulatedGuest::Boottime() const {
  double seconds = 0;
  const std::string uptime = Run("cut -d ' ' -f 1 /proc/uptime");
  EXPECT_TRUE(absl::SimpleAtod(absl::StripAsciiWhitespace(uptime), &seconds));
  return absl::Seconds(seconds);
}

absl::Duration EmulatedGuest::Moment(const std::string& unit,
                                     const std::string& property) const {
  int64_t micros = 0;
  const std::string told = Run(
      absl::StrCat("systemctl show --value --property=", property, " ", unit));
  EXPECT_TRUE(absl::SimpleAtoi(absl::StripAsciiWhitespace(told), &micros))
      << told;
  return absl::Microseconds(micros);
}

std::string EmulatedGuest::ActiveState(const std::string& unit) const {
  return std::string(absl::StripAsciiWhitespace(
      Run("systemctl show --value --property=ActiveState " + unit)));
}

std::vector<std::string> EmulatedGuest::Ssh(const std::string& program) const {
  return {program, "-F", Script("ssh_config"), "-o",
          absl::StrCat("ControlPath=", folder_.Path("ssh"))};
}

std::string EmulatedGuest::Run(const std::string& command) const {
  std::vector<std::string> arguments = Ssh("/usr/bin/ssh");
  arguments.insert(arguments.end(), {"guest", command});
  const Outcome outcome = RunProgram(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << command << "\n"
                                  << outcome.out << outcome.err;
  return outcome.out + outcome.err;
}

void EmulatedGuest::Copy(const std::string& from, const std::string& to) const {
  std::vector<std::string> arguments = Ssh("/usr/bin/scp");
  arguments.insert(arguments.end(), {"-q", from, absl::StrCat("guest:", to)});
  const Outcome outcome = RunProgram(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << from << "\n" << outcome.err;
}

void EmulatedGuest::Install(const std::string& program) const {
  Copy(absl::StrCat(NOONMARK_PROGRAMS, "/", program), "/usr/local/bin/");
}

void EmulatedGuest::CopyTree(std::vector<std::string> arguments) const {
  const std::string packed = folder_.Path("tree.tar");
  arguments.insert(arguments.begin(),
                   {"/usr/bin/tar", "--owner=0", "--group=0", "-cf", packed});
  const Outcome outcome = RunProgram(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  Copy(packed, "/var/tmp/tree.tar");
  Run("tar -C / --keep-directory-symlink -xf /var/tmp/tree.tar");
}

void EmulatedGuest::InstallComponent(const std::string& component) const {
  const std::string staged = folder_.Path(component);
  const Outcome outcome =
      RunProgram({"/usr/bin/env", absl::StrCat("DESTDIR=", staged), "cmake",
                  "--install", NOONMARK_BUILD, "--prefix", "/usr", "--strip",
                  "--component", component});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  CopyTree({"-C", staged, "."});
}

void EmulatedGuest::InstallPackage(const std::string& agent_toml) const {
  InstallComponent("noonmark-agent");
  Copy(folder_.Write("agent.toml", agent_toml), "/var/tmp/agent.toml");
  Run("install -D -m 644 /var/tmp/agent.toml /etc/noonmark/agent.toml && "
      "systemd-sysusers && systemd-tmpfiles --create && "
      "systemctl daemon-reload && udevadm control --reload && "
      "udevadm trigger --settle --subsystem-match=rtc && "
      "systemctl reload dbus && "
      "systemctl enable --quiet --now noonmark-resume-boot.service "
      "noonmark-corrector.service noonmark-agent.service");
}

void EmulatedGuest::CopyMissing(const std::vector<std::string>& files) const {
  const std::string missing =
      Run(absl::StrCat("for file in ", absl::StrJoin(files, " "),
                       "; do [ -e $file ] || echo $file; done"));
  std::vector<std::string> arguments = {"-h", "-P", "-C", "/"};
  for (const auto file : absl::StrSplit(missing, '\n', absl::SkipEmpty())) {
    arguments.emplace_back(file);
  }
  if (arguments.size() > 4) CopyTree(std::move(arguments));
}

void EmulatedGuest::InstallHostPackage(
    const std::string& noonmarkd_toml) const {
  std::vector<std::string> libraries;
  for (const char* program : {"noonmarkd", "noonmarkd-probe", "noonmark"}) {
    const Outcome linked = RunProgram(
        {"/usr/bin/ldd", absl::StrCat(NOONMARK_PROGRAMS, "/", program)});
    // "libvirt.so.0 => /lib/x86_64-linux-gnu/libvirt.so.0 (0x7f...)"
    for (const auto line : absl::StrSplit(linked.out, '\n')) {
      const std::vector<std::string> words =
          absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
      if (words.size() == 4) libraries.push_back(words[2]);
    }
  }
  CopyMissing(libraries);
  InstallComponent("noonmark-host");
  Install("noonmark");
  Copy(folder_.Write("noonmarkd.toml", noonmarkd_toml),
       "/var/tmp/noonmarkd.toml");
  Run("install -D -m 644 /var/tmp/noonmarkd.toml /etc/noonmark/noonmarkd.toml "
      "&& ldconfig && systemd-sysusers && systemd-tmpfiles --create && "
      "systemctl daemon-reload && "
      "systemctl enable --quiet --now noonmarkd.service");
}

void EmulatedGuest::StartAgent() const {
  Install("noonmark-agent");
  Run("systemd-run --quiet --unit=noonmark-agent --property=Type=notify "
      "--property=RuntimeDirectory=noonmark-agent --property=DynamicUser=yes "
      "--property=CapabilityBoundingSet= noonmark-agent");
}

int EmulatedGuest::CountLogged(const std::string& unit,
                               const std::string& text) const {
  int count = -1;
  EXPECT_TRUE(absl::SimpleAtoi(
      Run(absl::StrCat("journalctl --quiet --output=cat --unit=", unit,
                       " | grep --count --fixed-strings '", text, "' || true")),
      &count));
  return count;
}

std::string EmulatedGuest::PostfixLog() const {
  return Run("journalctl --quiet --output=cat --unit=postfix@-.service");
}

std::map<std::string, int> EmulatedGuest::StoredMail(
    const std::string& load) const {
  std::string queue;
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  do {
    queue =
        Run("postqueue -f; cd /var/spool/postfix && "
            "find maildrop incoming active deferred -type f");
  } while (!queue.empty() && std::chrono::steady_clock::now() < end);
  EXPECT_EQ(queue, "");
  return CountIds(
      Run(absl::StrCat("grep -rh '^X-Bed-Id: ", load,
                       "' /srv/mail/alice/new /srv/mail/alice/cur || true")));
}

std::string EmulatedGuest::Monitor(const std::string& order,
                                   const std::string& part) const {
  const Outcome outcome =
      RunProgram({Script("monitor"), folder_.Path("monitor"), order, part});
  EXPECT_EQ(outcome.exit_code, 0) << order << "\n" << outcome.err;
  return outcome.out;
}

}  // namespace noonmark::testing
