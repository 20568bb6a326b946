#include "tests/system/emulated_guest.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {
namespace {

std::string Script(const std::string& name) {
  return absl::StrCat(NOONMARK_BED, "/", name);
}

// What tests/system/prepare printed.
std::string Image() {
  const char* image = std::getenv("NOONMARK_BED_IMAGE");
  return image == nullptr ? "" : image;
}

// `info usernet` has a line for each port that leads in:
//   TCP[HOST_FORWARD]  12  127.0.0.1 45321  10.0.2.15  22  0  0
std::string ForwardedPort(const std::string& network) {
  for (const auto line : absl::StrSplit(network, '\n')) {
    if (!absl::StrContains(line, "HOST_FORWARD")) continue;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \r"), absl::SkipEmpty());
    if (words.size() > 3) return words[3];
  }
  return "";
}

}  // namespace

bool EmulatedGuest::IsPrepared() { return !Image().empty(); }

EmulatedGuest::EmulatedGuest() {
  const std::string image = Image();
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

  std::vector<std::string> connect = Ssh("/usr/bin/ssh");
  for (const std::string& option :
       {std::string("-M"), std::string("-i"), absl::StrCat(image, "/key"),
        std::string("-p"), ForwardedPort(Monitor("info usernet")),
        std::string("-L"),
        absl::StrCat(AgentSocket(), ":/run/noonmark-agent/agent.sock"),
        std::string("-L"), absl::StrCat(ClockSocket(), ":/run/bed-clock.sock"),
        std::string("guest"), std::string("echo here; exec sleep infinity")}) {
    connect.push_back(option);
  }
  connection_ = std::make_unique<ChildProcess>(std::move(connect));
  EXPECT_EQ(connection_->ReadLineWith("here"), "here");
  GuestClock(ClockSocket()).SetRight();
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

void EmulatedGuest::Install(const std::string& program) const {
  std::vector<std::string> arguments = Ssh("/usr/bin/scp");
  arguments.insert(
      arguments.end(),
      {absl::StrCat(NOONMARK_PROGRAMS, "/", program), "guest:/usr/local/bin/"});
  const Outcome outcome = RunProgram(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << program << "\n" << outcome.err;
}

void EmulatedGuest::StartAgent() const {
  Install("noonmark-agent");
  Run("systemd-run --quiet --unit=noonmark-agent --property=Type=notify "
      "--property=RuntimeDirectory=noonmark-agent --property=DynamicUser=yes "
      "--property=CapabilityBoundingSet= noonmark-agent");
}

std::string EmulatedGuest::Monitor(const std::string& order,
                                   const std::string& part) const {
  const Outcome outcome =
      RunProgram({Script("monitor"), folder_.Path("monitor"), order, part});
  EXPECT_EQ(outcome.exit_code, 0) << order << "\n" << outcome.err;
  return outcome.out;
}

}  // namespace noonmark::testing
