#include "tests/system/emulated_guest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {
namespace {

constexpr std::chrono::seconds kPatience(120);
constexpr std::chrono::milliseconds kBetweenLooks(20);

std::string Script(const std::string& name) {
  return absl::StrCat(NOONMARK_BED, "/", name);
}

// What tests/system/prepare printed.
std::string Image() {
  const char* image = std::getenv("NOONMARK_BED_IMAGE");
  return image == nullptr ? "" : image;
}

// Whether `holds` came true in time.
template <typename Holds>
bool Await(const Holds& holds) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
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
  const bool runs =
      Await([&] { return std::filesystem::exists(folder_.Path("monitor")); }) &&
      Await(
          [&] { return absl::StrContains(Monitor("info status"), "running"); });
  if (!runs) {
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
      "--property=RuntimeDirectory=noonmark-agent "
      "--property=CapabilityBoundingSet= noonmark-agent");
}

std::string EmulatedGuest::Monitor(const std::string& order) const {
  const Outcome outcome =
      RunProgram({Script("monitor"), folder_.Path("monitor"), order});
  EXPECT_EQ(outcome.exit_code, 0) << order << "\n" << outcome.err;
  return outcome.out;
}

}  // namespace noonmark::testing
