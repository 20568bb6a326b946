#include "tests/support/private_bus.h"

#include <gtest/gtest.h>

namespace noonmark::testing {
namespace {

constexpr char kConfiguration[] = R"(<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>ADDRESS</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
)";

}  // namespace

PrivateBus::PrivateBus() {
  address_ = "unix:path=" + directory_.Path("bus");
  std::string text = kConfiguration;
  text.replace(text.find("ADDRESS"), 7, address_);
  directory_.Write("bus.conf", text);
  Restart();
}

void PrivateBus::Kill() { daemon_.reset(); }

void PrivateBus::Restart() {
  Kill();
  std::filesystem::remove(directory_.Path("bus"));
  daemon_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      "/usr/bin/dbus-daemon", "--config-file=" + directory_.Path("bus.conf"),
      "--nofork", "--nopidfile", "--nosyslog", "--print-address=1"});
  // It listens by the time that it says so.
  EXPECT_NE(daemon_->ReadLineWith("unix:path="), "");
}

}  // namespace noonmark::testing
