// Against libvirt's own test driver, in this process.
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "host/inventory/hypervisor.h"
#include "tests/support/recording_observer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::RecordingObserver;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Told = RecordingObserver::Told;

// A domain as in the driver's file. State as libvirt numbers it: 1 running,
// 3 paused, 5 shut off.
std::string DomainXml(const std::string& name, const std::string& uuid,
                      int state, const std::string& metadata) {
  return "<domain type='test' "
         "xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
         "<name>" +
         name + "</name><uuid>" + uuid +
         "</uuid>"
         "<memory>1024</memory><os><type>hvm</type></os>"
         "<metadata>" +
         metadata +
         "</metadata>"
         "<test:runstate>" +
         std::to_string(state) +
         "</test:runstate>"
         "</domain>";
}

class LibvirtHypervisorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Hypervisor> Watch(const std::string& uri) {
    auto hypervisor =
        MakeLibvirtHypervisor({.uri = uri,
                               .refresh = absl::Hours(1),
                               .retry_first = absl::Milliseconds(1),
                               .retry_longest = absl::Milliseconds(10)});
    hypervisor->Start(&observer_);
    return hypervisor;
  }
  // The first word on a connection that cannot be made, and that nothing was
  // printed.
  absl::Status WatchInVain(const std::string& uri) {
    ::testing::internal::CaptureStderr();
    {
      const auto hypervisor = Watch(uri);
      EXPECT_TRUE(observer_.WaitUntil(
          [](const Told& told) { return !told.statuses.empty(); }));
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_TRUE(observer_.told().lists.empty());
    const absl::Status status = observer_.told().statuses.front();
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
    return status;
  }

  TemporaryDirectory folder_;
  RecordingObserver observer_;
};

TEST_F(LibvirtHypervisorTest, ListsRunningAndPausedDomainsByUuid) {
  const std::string file = folder_.Write(
      "node.xml",
      "<node>" +
          DomainXml("paused", "BBBBBBBB-0000-4000-8000-000000000002", 3,
                    "<x:y xmlns:x='urn:x'/>"
                    "<guest xmlns='urn:noonmark:domain:1' group='mail'/>") +
          DomainXml("running", "AAAAAAAA-0000-4000-8000-000000000001", 1,
                    "<n:guest xmlns:n='urn:noonmark:domain:1'"
                    " address='unix:/run/a&amp;b' group='mail'/>") +
          DomainXml("off", "cccccccc-0000-4000-8000-000000000003", 5, "") +
          DomainXml("bare", "dddddddd-0000-4000-8000-000000000004", 1, "") +
          DomainXml("bad", "eeeeeeee-0000-4000-8000-000000000005", 1,
                    "<gast xmlns='urn:noonmark:domain:1'/>") +
          "</node>");
  const auto hypervisor = Watch("test://" + file);
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.lists.empty(); }));
  EXPECT_THAT(observer_.told().statuses, ElementsAre(IsOk()));

  const std::vector<Domain> domains = observer_.told().lists.back();
  ASSERT_EQ(domains.size(), 4U);
  EXPECT_EQ(domains[0].uuid, "aaaaaaaa-0000-4000-8000-000000000001");
  EXPECT_EQ(domains[0].name, "running");
  EXPECT_GT(domains[0].id, 0);
  EXPECT_EQ(domains[0].state, DomainState::kRunning);
  EXPECT_EQ(domains[0].address, "unix:/run/a&b");
  EXPECT_EQ(domains[0].group, "mail");
  EXPECT_EQ(domains[1].uuid, "bbbbbbbb-0000-4000-8000-000000000002");
  EXPECT_EQ(domains[1].state, DomainState::kPaused);
  EXPECT_EQ(domains[1].address, "");
  EXPECT_EQ(domains[1].group, "mail");
  EXPECT_EQ(domains[2].name, "bare");
  EXPECT_EQ(domains[2].metadata_error, "");
  EXPECT_EQ(domains[3].name, "bad");
  EXPECT_EQ(domains[3].metadata_error,
            "the element must be <guest>, not <gast>");
}

TEST_F(LibvirtHypervisorTest, RefusesAnEmptyUri) {
  EXPECT_THAT(WatchInVain(""), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "no libvirt URI is given"));
}

TEST_F(LibvirtHypervisorTest, TellsAMissingFileInLibvirtsWords) {
  EXPECT_THAT(WatchInVain("test://" + folder_.Path("none.xml")),
              StatusIs(absl::StatusCode::kUnavailable,
                       "failed to parse xml document '" +
                           folder_.Path("none.xml") + "'"));
}

TEST_F(LibvirtHypervisorTest, TellsMalformedXmlInLibvirtsWords) {
  EXPECT_THAT(
      WatchInVain("test://" + folder_.Write("bad.xml", "<node>\n<domain")),
      StatusIs(absl::StatusCode::kUnavailable,
               folder_.Path("bad.xml") + ":2: Couldn't find end of Start Tag"));
}

TEST_F(LibvirtHypervisorTest, TellsAnUnreachableDaemonInLibvirtsWords) {
  EXPECT_THAT(
      WatchInVain("test+unix:///default?socket=" + folder_.Path("none")),
      StatusIs(absl::StatusCode::kUnavailable,
               "Failed to connect socket to '" + folder_.Path("none") + "'"));
}

TEST_F(LibvirtHypervisorTest, TellsAnUnknownDriver) {
  // The socket keeps libvirt from looking for a daemon of the machine.
  EXPECT_THAT(WatchInVain("nosuch:///x?socket=" + folder_.Path("none")),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(LibvirtHypervisorTest, ConnectsWhenTheFaultIsGone) {
  const auto hypervisor = Watch("test://" + folder_.Path("node.xml"));
  ASSERT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return !told.statuses.empty(); }));
  folder_.Write("node.new", "<node/>");
  std::filesystem::rename(folder_.Path("node.new"), folder_.Path("node.xml"));
  EXPECT_TRUE(observer_.WaitUntil([](const Told& told) {
    return told.Connected() && !told.lists.empty();
  }));
}

int OpenDescriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST_F(LibvirtHypervisorTest, LeavesNoDescriptorOpen) {
  const std::string uri = "test://" + folder_.Write("node.xml", "<node/>");
  int before = 0;
  for (int i = 0; i < 20; ++i) {
    {
      RecordingObserver observer;
      auto hypervisor = MakeLibvirtHypervisor({.uri = uri});
      hypervisor->Start(&observer);
      EXPECT_TRUE(observer.WaitUntil(
          [](const Told& told) { return !told.lists.empty(); }));
    }
    // The first leaves those of the event loop.
    if (i == 0) before = OpenDescriptors();
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace noonmark
