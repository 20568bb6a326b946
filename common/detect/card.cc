#include "common/detect/card.h"

namespace noonmark {
namespace {

constexpr Card kCards[] = {
    {FindingCode::kClockSet, "The guest's clock was set",
     "Somebody or something set CLOCK_REALTIME: ntpdate or sntp from cron, a "
     "time daemon that steps, date, or a tool of the hypervisor. Mail servers "
     "mind every step backwards: Dovecot ends or sleeps, Postfix and Exim "
     "leave their queues waiting.",
     "REALTIME - MONOTONIC changed between two readings on the guest itself. "
     "Only setting the clock changes it; slewing does not, and the network is "
     "not in it.",
     "Find who set it (cron, systemd timers, the time daemon's log at that "
     "moment) and let one daemon slew instead: chrony without a late makestep, "
     "or ntpd -x. Where several guests were set alike at once, look for what "
     "they have in common. Stop mail before a step backwards."},
    {FindingCode::kCounterJump, "The guest's counter jumped",
     "The counter behind all of the guest's clocks leapt, or the kernel's "
     "arithmetic on it overflowed. Nobody set the clock. A leap of 2^42 ns, "
     "4398 s, is the best known: a clocksource delta that wrapped.",
     "Guest RAW - host RAW moved to a new line and stayed there for a whole "
     "burst, while REALTIME - MONOTONIC and MONOTONIC - RAW on the guest did "
     "not move.",
     "Update the guest's kernel, or change its clocksource; then have the "
     "clock put right once, with mail stopped if the way is backwards. Until "
     "then expect it again."},
    {FindingCode::kReadGlitch, "A single reading of the clock was wrong",
     "One reading of the guest's clock was far off and the next were right "
     "again. A program that reads the clock at that moment, Dovecot above all, "
     "sees time leap forward and then back.",
     "One reading of an exchange contradicts its neighbours, and every reading "
     "of the burst that followed stood on the old line; or the guest's own "
     "hunter read REALTIME more than 1 s off REALTIME_COARSE, which reads no "
     "counter, and the next readings agreed again with no set counted. It is "
     "never corrected: there is nothing to correct.",
     "Do not set the clock. Update the guest's kernel (x86 kernels before "
     "2.6.26 clamp nothing) or change its clocksource."},
    {FindingCode::kStoodStill, "The guest's clocks stood still",
     "All of the guest's clocks fell behind at once: it was paused, saved or "
     "moved, and nothing told it how long. QEMU and KVM do this on a pause; a "
     "Xen guest catches up by itself.",
     "Guest RAW - host RAW fell to a new line and stayed there; the guest's "
     "own differences did not move.",
     "Put the clock right after the pause: a step forward. Give the guest a "
     "time daemon that may step after a pause, before mail is awake."},
    {FindingCode::kCaughtUp, "The guest slept and caught up",
     "The guest was saved and restored, or slept. Its wall clock is right "
     "again by itself. No fault.",
     "Guest RAW - host RAW fell by as much as REALTIME - MONOTONIC and "
     "BOOTTIME - MONOTONIC grew.",
     "Nothing."},
    {FindingCode::kRateFault, "The guest's counter runs at a wrong rate",
     "The counter behind the guest's clocks is fast or slow against the "
     "host's by more than a time daemon should have to mend. Left alone the "
     "clock wanders off; 500 ppm is the most that a daemon can correct.",
     "Two proven offsets some time apart leave no room for a smaller rate.",
     "Look for a TSC whose frequency was measured wrongly, or that moved to "
     "another host: tsc_mode, the kernel's calibration line, another "
     "clocksource. Let a time daemon discipline the clock meanwhile."},
    {FindingCode::kSlewing, "The guest's clock is being slewed fast",
     "The kernel makes the guest's clock run fast or slow by more than 500 "
     "ppm. Legitimate while a time daemon corrects an offset; for ever, if the "
     "daemon died and left the setting behind.",
     "MONOTONIC - RAW on the guest changes by more than 500 ppm.",
     "See that a time daemon is running and lets go within minutes; else "
     "restart it, or reset the tick with adjtimex."},
    {FindingCode::kTwoMasters, "Two programs fight over the guest's clock",
     "What one does to the clock another takes back, again and again: two time "
     "daemons, a daemon and ntpdate from cron, a daemon and a tool of the "
     "hypervisor; or one daemon that overshoots. Every turn backwards "
     "endangers "
     "mail.",
     "What was done to the clock by setting and slewing it (REALTIME against "
     "RAW, without what the kernel makes up for sleep) turned three times and "
     "more, each way 50 ms or more and within 10 minutes of the last. All of "
     "it "
     "is read on the guest itself; the network is not in it.",
     "Keep one: systemctl list-units '*ntp*' 'chrony*' 'systemd-timesyncd*', "
     "crontabs with ntpdate or sntp, the guest tools' time synchronisation. "
     "Disable the others."},
    {FindingCode::kVcpuDisagreement, "The guest's processors disagree",
     "Readings taken one after another stand on different lines: the counters "
     "of the virtual processors are out of step. Every program that moves "
     "between them sees time go back.",
     "In the burst after a suspicion some readings stood on the old line and "
     "some on another.",
     "Change the clocksource (on Xen: xen), or the domain's tsc_mode. Never "
     "set the clock for it."},
    {FindingCode::kLeftBehindByHostStep,
     "The guest did not follow the host's step",
     "The host's clock was set and the guest kept its own: a modern guest "
     "reads the hypervisor's wall clock only as it boots and resumes. Which of "
     "the two is right depends on why the host was set.",
     "The host's REALTIME - MONOTONIC moved, no clock of the guest did, and "
     "the offset that remains is the host's step.",
     "See that the host is right. Then let the guest's own time daemon follow, "
     "or have its clock corrected."},
    {FindingCode::kLeapSecond, "A leap second",
     "The kernel put a leap second into the clock (REALTIME went back by 1 s) "
     "or left one out. No fault. Dovecot and others see a second twice; a "
     "machine that was not told of it, or that smears it over a day, differs "
     "from the others by up to 1 s meanwhile.",
     "REALTIME - MONOTONIC changed by 1 s at the end of a UTC day, and the "
     "kernel had announced it (STA_INS, STA_DEL) or counted it (TAI - UTC).",
     "Nothing, where host and guests do alike: all leap or all smear. Give all "
     "the same kind of sources."},
    {FindingCode::kRtcLocalTime, "The guest's clock seems to be in local time",
     "The offset is a whole number of quarter hours and was there from the "
     "first reading: the real-time clock holds local time and was taken for "
     "UTC, or the reverse. It returns with every boot.",
     "The proven offset holds exactly one multiple of 900 s, and no jump was "
     "seen.",
     "Set the domain's <clock offset='utc'/> and the guest's RTC to UTC "
     "(timedatectl set-local-rtc 0), then have the clock put right once. "
     "Daylight saving itself never does this."},
    {FindingCode::kClockUnset, "The guest's clock was never set",
     "The guest's date lies before 2000: it booted without a clock and nobody "
     "has told it the time.",
     "CLOCK_REALTIME reads less than 2000-01-01.",
     "Give the guest a time daemon, and let mail start after it."},
    {FindingCode::kRebooted, "The guest was rebooted",
     "Its clocks began anew, and so does what is known of them. No fault.",
     "The agent's boot id changed.", "Nothing."},
    {FindingCode::kMigrated, "The guest was moved to another host",
     "It runs on another machine than before, on another counter, or it was "
     "set "
     "up anew from a saved state. No fault by itself. A clock may lose the "
     "time "
     "of the move, leap by the difference of two hosts' uptimes, or run at "
     "another rate from then on: each is a finding of its own.",
     "libvirt told that the guest was stopped for a move and goes on here; or "
     "the incarnation of its TSC changed, which Xen tells the guest, and "
     "libvirt "
     "told of no restore. The offset and the rate before are compared with "
     "those after.",
     "Nothing, where the offset goes on as it was. Else put the clock right "
     "once, and see that the hosts' own clocks agree; a time daemon in the "
     "guest that may step after a move, before mail is awake, prevents it."},
    {FindingCode::kNoAgent, "No agent is known for this guest",
     "The domain runs, and nothing says where its agent could be asked: its "
     "clock is not watched.",
     "The domain has no noonmark element in its metadata with an address.",
     "Install noonmark-agent in the guest, and give the domain its address:\n"
     "$ virsh metadata DOMAIN urn:noonmark:domain:1 --key noonmark --set "
     "\"<guest address='unix:PATH'/>\" --live --config"},
    {FindingCode::kAgentUnreachable, "The agent does not answer",
     "The guest's clock is not known. The guest may be down, overloaded or cut "
     "off, or its agent may have ended.",
     "No answer for as many polls as the configuration allows.",
     "See that noonmark-agent runs in the guest (systemctl status "
     "noonmark-agent) and that the address is right."},
    {FindingCode::kAgentUntrusted, "The agent's answers make no sense",
     "What answered is not a sound agent: values out of their limits, answers "
     "to questions nobody asked. It is asked less and less often, and nothing "
     "it said is used.",
     "An answer failed the checks that every answer passes.",
     "See what listens at the guest's address, and whose it is."},
    {FindingCode::kHostStepped, "The host's clock was set",
     "The mark itself moved. Guests are not judged until the host is proven "
     "again, and none is blamed for it.",
     "REALTIME - MONOTONIC of the host changed.",
     "Find who set it; let chronyd discipline the host."},
    {FindingCode::kHostCounterJump, "The host's counter leapt",
     "Several guests' counters moved against the host's by the same, at once: "
     "it is the host's that leapt, and with it the mark; or the hypervisor "
     "moved the counters of all of them at one moment, which looks alike. None "
     "of these guests is blamed, and none is called wrong until something "
     "proves the host's clock anew: its own daemon measured since, or somebody "
     "set it. With one guest alone nobody can tell, and the leap is called the "
     "guest's.",
     "guest RAW - host RAW moved by one size at one moment, as far as their "
     "readings tell, of three guests or of all that can be compared; no other "
     "stayed put, no pause was told of, and the host's own readings leave room "
     "for it.",
     "See the host's kernel log (clocksource, TSC) and firmware; let chronyd "
     "set the host's clock right before anybody looks at the guests'."},
    {FindingCode::kHostRate, "The host's counter runs at a wrong rate",
     "Most guests' counters run off from the host's at one rate: it is the "
     "host's that runs off, or what the hypervisor makes of it for all. None "
     "of these guests is blamed.",
     "The proven rates of more than half of the guests, and of two at least, "
     "have one value in common, beyond what a sound counter's can be.",
     "See the host's time daemon (chronyc tracking: Frequency), the kernel's "
     "calibration of the TSC (dmesg), and the host's clocksource."},
    {FindingCode::kHostUnproven, "Nothing proves the host's clock",
     "No time daemon gives a bound of the host's error. Guests can be shown to "
     "differ from the host, not to be wrong, and none is corrected.",
     "The kernel says that its clock is not synchronised, or claims no error "
     "at all, which bounds nothing (systemd-timesyncd).",
     "Let chronyd discipline the host; or declare the host right in its "
     "configuration ([host] trust = \"declared\"), which every report then "
     "says."},
    {FindingCode::kUnjudgedGuests, "Many guests are without a verdict",
     "More guests of this host than its budget allows were neither ok nor "
     "wrong for a long time: unknown, uncertain or suspended. Faults of theirs "
     "would go unseen. Silence is no good news.",
     "Each guest's time without a verdict is counted through all its reasons; "
     "those beyond [unjudged] after are more than [unjudged] percent of all.",
     "Look at the guests named (noonmark explain GUEST): give those without an "
     "agent one, see why the others don't answer or stay paused. Or allow more "
     "in the host's configuration, [unjudged] percent."},
};

}  // namespace

absl::Span<const Card> AllCards() { return kCards; }

const Card& CardOf(FindingCode code) { return kCards[static_cast<int>(code)]; }

const Card* FindCard(std::string_view code_name) {
  for (const Card& card : kCards) {
    if (CodeName(card.code) == code_name) return &card;
  }
  return nullptr;
}

}  // namespace noonmark
