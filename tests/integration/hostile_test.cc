// Guests and local clients that do their worst: the others are measured and
// served as if they weren't there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/host/guests/scripted_agent.h"
#include "tests/integration/quiet_socket.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FleetStoryHostileTest : public ::testing::Test {
 protected:
  // Of the guests that are well, and of noonmark itself.
  void ExpectAllIsWell() {
    const uint64_t measured =
        RowOf(host_.WaitUntil([](const auto&) { return true; }), "well")
            .exchanges();
    host_.WaitUntil("well", [&](const v1::Guest& guest) {
      return IsOk(guest) && guest.exchanges() >= measured + 16;
    });
    for (const char* format : {"table", "csv", "json"}) {
      for (const char* command : {"report", "guests"}) {
        const Outcome outcome = host_.Noonmark({command, "-o", format});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_EQ(outcome.err, "");
        EXPECT_THAT(outcome.out, HasSubstr("well"));
      }
    }
    EXPECT_EQ(host_.daemon().ReadWritten().find("error"), std::string::npos);
  }
  void StartWell() {
    host_.AddGuest("well");
    host_.StartAgent("well");
    host_.Start();
  }

  RealHost host_;
};

// An agent that answers each question with a reading, changed by `change`.
Script Answering(std::function<void(uint64_t, v1::ClockExchange*)> change) {
  Script script;
  script.answer = [change = std::move(change)](uint64_t sequence) {
    return Lines{{Reading(sequence,
                          [&](v1::ClockExchange* reading) {
                            change(sequence, reading);
                          })},
                 std::nullopt};
  };
  return script;
}

void SetAll(int64_t ns, v1::ClockExchange* reading) {
  for (v1::ClockGroup* group :
       {reading->mutable_received(), reading->mutable_sent()}) {
    group->set_raw_before_ns(ns);
    group->set_realtime_ns(ns);
    group->set_monotonic_ns(ns);
    group->set_boottime_ns(ns);
    group->set_raw_after_ns(ns);
  }
}

TEST_F(FleetStoryHostileTest, AgentsThatLieHarmOnlyTheirOwnRow) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  std::vector<std::unique_ptr<ScriptedAgent>> agents;
  const auto add = [&](const std::string& name, Script script) {
    host_.AddGuest(name);
    agents.push_back(std::make_unique<ScriptedAgent>(host_.AgentSocket(name),
                                                     std::move(script)));
  };
  add("min", Answering([](uint64_t, auto* r) { SetAll(kMin, r); }));
  add("max", Answering([](uint64_t, auto* r) { SetAll(kMax, r); }));
  add("both", Answering([](uint64_t sequence, auto* r) {
        SetAll(sequence % 3 == 0 ? kMin : kMax, r);
      }));
  add("wide", Answering([](uint64_t, auto* r) {
        r->mutable_received()->set_raw_before_ns(kMin);
        r->mutable_sent()->set_raw_after_ns(kMax);
      }));
  add("realtime", Answering([](uint64_t sequence, auto* r) {
        r->mutable_sent()->set_realtime_ns(sequence % 2 == 0 ? kMin : kMax);
        r->set_discontinuities(std::numeric_limits<uint64_t>::max());
        r->mutable_discipline()->set_max_error_ns(kMin);
        r->mutable_discipline()->set_offset_ns(kMax);
      }));
  add("huge", Answering([](uint64_t, auto* r) {
        r->set_boot_id(std::string(100'000, 'x'));
      }));
  add("twice", [] {
    Script script;
    script.answer = [](uint64_t sequence) {
      return Lines{{Reading(sequence), Reading(sequence)}, std::nullopt};
    };
    return script;
  }());
  add("flood", [] {
    Script script;
    script.opening.messages.assign(2000, Event(1));
    return script;
  }());
  add("reboots", Answering([](uint64_t sequence, auto* r) {
        r->set_boot_id(absl::StrCat("boot-", sequence));
      }));
  StartWell();

  const v1::HostReport report = host_.WaitUntil([](const v1::HostReport& seen) {
    return IsActive(RowOf(seen, "twice"), "agent-untrusted") &&
           IsActive(RowOf(seen, "flood"), "agent-untrusted") &&
           IsActive(RowOf(seen, "huge"), "agent-untrusted") &&
           RowOf(seen, "min").exchanges() >= 16 &&
           RowOf(seen, "max").exchanges() >= 16 &&
           RowOf(seen, "both").exchanges() >= 16 &&
           RowOf(seen, "realtime").exchanges() >= 16 &&
           RowOf(seen, "reboots").exchanges() >= 16;
  });
  EXPECT_THAT(FindingOf(RowOf(report, "twice"), "agent-untrusted")->summary(),
              HasSubstr("reading.sequence: "));
  EXPECT_THAT(FindingOf(RowOf(report, "flood"), "agent-untrusted")->summary(),
              HasSubstr("events in a second"));
  EXPECT_THAT(FindingOf(RowOf(report, "huge"), "agent-untrusted")->summary(),
              HasSubstr("larger than max"));
  for (const char* liar : {"min", "max", "both", "wide", "realtime", "huge",
                           "twice", "flood", "reboots"}) {
    EXPECT_FALSE(IsOk(RowOf(report, liar))) << liar;
    EXPECT_EQ(host_.Noonmark({"explain", liar}).exit_code, 0) << liar;
  }
  ExpectAllIsWell();
}

TEST_F(FleetStoryHostileTest, DomainsMayBeNamedAndAddressedAnyhow) {
  struct Odd {
    std::string name;     // as it stands in XML
    std::string address;  // the same
    std::string said;     // of its finding
  };
  const std::string file = host_.folder().Write("file", "");
  const std::vector<Odd> odd = {
      {"tab&#9;and&#10;line", "", "no address"},
      {"q&quot;u&apos;o&lt;te&gt;", "", "no address"},
      {"escape&#x9b;31m", "", "no address"},
      {"turned&#x202e;round", "", "no address"},
      {std::string(10'000, 'k'), "", "no address"},
      {"null", "unix:/dev/null", "nobody listens on unix:/dev/null"},
      {"folder", "unix:" + host_.folder().path(), "nobody listens on unix:"},
      {"file", "unix:" + file, "nobody listens on unix:"},
      {"long", absl::StrCat("unix:/", std::string(200, 'p')),
       "at most 107 bytes, not 201"},
      {"longer", absl::StrCat("unix:/", std::string(9'000, 'p')),
       "longer than 4096 bytes"},
      {"relative", "unix:a.sock", "must begin with /"},
      {"line", "unix:/a&#10;b", "a control character"},
      {"far", "10.0.0.1:7400", "only unix:PATH"},
      {"name", "localhost:7400", "only unix:PATH"},
      {"nowhere", "127.0.0.1:0", "no port"},
      {"nothing", "?", "must be unix:PATH"},
  };
  for (const Odd& one : odd) host_.AddGuest(one.name, one.address);
  StartWell();
  const v1::HostReport report =
      host_.WaitUntil([&](const v1::HostReport& seen) {
        return seen.guests_size() == static_cast<int>(odd.size()) + 1 &&
               std::all_of(seen.guests().begin(), seen.guests().end(),
                           [](const v1::Guest& guest) {
                             return guest.name() == "well" ||
                                    guest.findings_size() == 1;
                           });
      });
  for (const Odd& one : odd) {
    // Those whose names are not as they stand in XML have no address.
    const v1::Guest& guest = RowOf(report, one.name);
    if (guest.name().empty()) continue;
    EXPECT_THAT(guest.findings(0).summary(), HasSubstr(one.said)) << one.name;
  }
  ExpectAllIsWell();
  const std::string table = host_.Noonmark({"report"}).out;
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  // Heading, guests, the host's trust, the count, and what is after its end.
  EXPECT_EQ(lines.size(), odd.size() + 5) << table;
  for (const std::string& line : lines) EXPECT_LT(line.size(), 600u);
  EXPECT_THAT(table,
              AllOf(HasSubstr("tab\\tand\\nline"), HasSubstr("q\"u'o<te>"),
                    Not(HasSubstr("\x9b")), HasSubstr("turned\\u202eround")));
}

std::string Byte(size_t value) {
  return std::string(1, static_cast<char>(value));
}

// RFC 9113, section 4.1, and RFC 7541, 6.2.2.
std::string Frame(size_t type, size_t flags, size_t stream,
                  const std::string& payload) {
  const size_t size = payload.size();
  return absl::StrCat(Byte(size >> 16), Byte(size >> 8), Byte(size), Byte(type),
                      Byte(flags), std::string(3, '\0'), Byte(stream), payload);
}
std::string Field(const std::string& name, const std::string& value) {
  return absl::StrCat(Byte(0), Byte(name.size()), name, Byte(value.size()),
                      value);
}

// What a client says first, and then a call without its end.
std::string CallBytes(const std::string& method, const std::string& body) {
  const std::string headers = absl::StrCat(
      Field(":method", "POST"), Field(":scheme", "http"),
      Field(":path", absl::StrCat("/noonmark.v1.FleetService/", method)),
      Field(":authority", "localhost"),
      Field("content-type", "application/grpc"), Field("te", "trailers"));
  return absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Frame(4, 0, 0, ""),
                      Frame(1, 4, 1, headers), Frame(0, 0, 1, body));
}

TEST_F(FleetStoryHostileTest, ClientsThatReadNothingAreServedWithoutHarm) {
  StartWell();
  host_.WaitUntil("well", IsOk);
  std::vector<int> connections;
  const auto connect = [&](int count, const std::string& bytes) {
    for (int i = 0; i < count; ++i) {
      const int connection = ConnectTo(host_.socket());
      ASSERT_GE(connection, 0);
      ASSERT_EQ(send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
      connections.push_back(connection);
    }
  };
  connect(200, "");
  connect(20, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  // A message said to have 4 GiB, and one that never ends.
  connect(20, CallBytes("GetGuest", std::string("\0\xff\xff\xff\xff", 5)));
  connect(20, CallBytes("GetGuest", std::string("\0\0\0\xff\xff", 5)));
  // Nearly as many watchers as are served.
  connect(60, CallBytes("WatchReport", std::string(5, '\0')));
  ExpectAllIsWell();
  const Outcome huge = host_.Noonmark({"explain", std::string(100'000, 'x')});
  EXPECT_EQ(huge.exit_code, 1);
  EXPECT_LT(huge.err.size(), 1'000u);

  host_.daemon().Signal(SIGTERM);
  EXPECT_EQ(host_.daemon().Wait(), 0);
  for (const int connection : connections) close(connection);
}

}  // namespace
}  // namespace noonmark::testing
