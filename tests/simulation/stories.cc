#include "tests/simulation/stories.h"

#include <utility>

#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

constexpr PartsPerBillion kPpm = 1000;
constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

// As by default, and the host looked at less often: most of a trace would be
// that.
FleetOptions Options() {
  FleetOptions options;
  options.monitor.host_watch = absl::Seconds(1);
  options.monitor.host_name = "dom0-a";
  return options;
}

// For what shows over minutes.
FleetOptions SlowOptions() {
  FleetOptions options = Options();
  options.monitor.host_watch = absl::Seconds(5);
  options.monitor.session.interval = absl::Seconds(15);
  options.monitor.session.burst = 4;
  return options;
}

// Whoever stepped the host is sure of its clock a while later.
FleetOptions SoonSynchronisedOptions() {
  FleetOptions options = Options();
  options.resync = absl::Seconds(20);
  return options;
}

}  // namespace

std::vector<Story> AllStories() {
  return {
      {"quiet-fleet",
       Options(),
       {"mail-1", "mail-2", "web-1"},
       [](Fleet&) {},
       absl::Seconds(30)},

      {"counter-jump",
       Options(),
       {"mail-1", "web-1"},
       [](Fleet& fleet) { fleet.At(absl::Seconds(12)).Leap(0, kTwoTo42); },
       absl::Seconds(40)},

      {"set-told-and-untold",
       Options(),
       {"told", "untold"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12))
             .Set(0, absl::Seconds(-6), /*told=*/true)
             .Set(1, absl::Seconds(3600), /*told=*/false);
       },
       absl::Seconds(40)},

      {"glitch",
       Options(),
       {"mail-1", "web-1"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12)).Glitch(0, kTwoTo42, /*groups=*/5);
       },
       absl::Seconds(40)},

      {"pause",
       Options(),
       {"stands", "goes-on"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12))
             .StandStill(0, absl::Seconds(13), /*tell=*/true)
             .Freeze(1, absl::Seconds(13), /*tell=*/true);
       },
       absl::Seconds(50)},

      {"save-and-restore",
       Options(),
       {"mail-1", "web-1"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12))
             .SaveAndRestore(0, absl::Seconds(20), /*tell=*/true);
       },
       absl::Seconds(60)},

      {"host-step-and-left-behind",
       SoonSynchronisedOptions(),
       {"left-behind", "follows"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12)).StepHost(absl::Seconds(30));
         fleet.At(absl::Seconds(16)).Set(1, absl::Seconds(30));
       },
       absl::Seconds(60)},

      {"rate-fault",
       SlowOptions(),
       {"fast", "web-1", "web-2"},
       [](Fleet& fleet) { fleet.At(absl::Seconds(40)).SetRate(0, 250 * kPpm); },
       absl::Minutes(6)},

      {"two-masters",
       SlowOptions(),
       {"mail-1"},
       [](Fleet& fleet) {
         LetDaemonsFight(fleet, 0, absl::Seconds(20), absl::Seconds(90),
                         Fight::kBothSet);
       },
       absl::Minutes(2)},

      {"unreachable-and-liar",
       Options(),
       {"unreachable", "liar"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12))
             .Partition(0, absl::Minutes(5))
             .Babble(1, absl::Seconds(14));
       },
       absl::Seconds(60)},

      {"reboot",
       Options(),
       {"mail-1", "web-1"},
       [](Fleet& fleet) {
         fleet.At(absl::Seconds(12)).Reboot(0, absl::Seconds(9));
       },
       absl::Seconds(50)},
  };
}

void LiveStory(const Story& story,
               std::function<void(const CoreInput&)> record) {
  Fleet fleet(/*seed=*/1, story.options);
  for (const std::string& guest : story.guests) fleet.AddGuest(guest);
  fleet.OnInput(std::move(record));
  story.happen(fleet);
  fleet.Run(story.lasting);
}

}  // namespace noonmark::simulation
