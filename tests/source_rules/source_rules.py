#!/usr/bin/env python3
"""Checks that the sources keep the rules that no compiler knows.

    tests/source_rules/source_rules.py [FOLDER]

Reads the sources below FOLDER (default: this repository) and prints
"FILE:LINE: RULE: why" for each breach. Ends with 0 if there is none, 1 if there
are some, 2 if it found no source at all.

Comments are never a breach, and text in quotes only where a rule says so.
"""

import dataclasses
import fnmatch
import os
import re
import sys

# The libraries between measurement and decision: values and a time go in,
# values come out. A room may include those before it and itself.
PURE_ROOMS = (
    "common/time/",
    "common/trust/",
    "common/estimate/",
    "common/detect/",
    "common/correct/",
    "host/policy/",
)

# Headers of the standard library that read a clock, a file or another thread.
IMPURE_STANDARD = frozenset(
    "barrier condition_variable csignal cstdio ctime filesystem fstream future "
    "iostream latch mutex semaphore shared_mutex stop_token syncstream "
    "thread".split())
IMPURE_ABSEIL = ("absl/time/clock.h", "absl/synchronization/", "absl/flags/",
                 "absl/random/random.h", "absl/debugging/")

CXX = ("*.cc", "*.h")
SCRIPTS = ("*.sh", "tests/*", ".ci/*", "guest/*")
ANY = ("*",)


@dataclasses.dataclass(frozen=True)
class Rule:
    """No line of `files`, except those in `but`, may match `pattern`."""
    name: str
    why: str
    pattern: str
    files: tuple = CXX
    but: tuple = ()
    view: str = "code"  # or "text": with what is in quotes; or "raw"


PURE_FILES = tuple(room + "*" + end for room in PURE_ROOMS
                   for end in (".cc", ".h"))

RULES = (
    Rule("pure-now", "a pure library is given the time as an argument",
         r"(::|\.|->)\s*[nN]ow\s*\(|(?<![\w.:>])now\s*\(\s*\)|"
         r"\b(system|steady|high_resolution|utc|tai|gps|file)_clock\b",
         PURE_FILES),
    Rule("pure-clock", "a pure library has no clock to read; the seam is clock.h",
         r"\bClock\s*[&*]", PURE_FILES, ("common/time/clock.h",)),
    Rule("pure-chance", "a pure library gives the same answer every time",
         r"\brandom_device\b|\bBitGen\b|(?<![\w.:>])(?:std::)?s?rand(?:om)?\s*\(",
         PURE_FILES),
    Rule("absl-now", "absl::Now() extrapolates for seconds and misses a step",
         r"\babsl\s*::\s*(Now|GetCurrentTimeNanos)\b|\babsl/time/clock\.h",
         view="text"),
    Rule("one-clock-reader", "only common/runtime/system_clock.cc reads clocks",
         r"\b(clock_gettime|gettimeofday|timespec_get|ftime)\s*\(",
         but=("common/runtime/system_clock.cc",
              "tests/support/shifted_realtime.cc")),
    Rule("one-adjtimex-reader",
         "only one file asks the kernel for its discipline",
         r"\b(adjtimex|ntp_adjtime|ntp_gettime)\s*\(",
         but=("common/runtime/kernel_discipline.cc",)),
    Rule("no-clock-setter", "only the kernel's adjuster may change the clock",
         r"\b(clock_settime|settimeofday|stime|adjtime)\s*\(|"
         r"\bSYS_(clock_settime|clock_adjtime|settimeofday|adjtimex)\b"),
    Rule("one-clock-adjuster", "only the kernel's adjuster may change the clock",
         r"\bclock_adjtime\s*\(",
         but=("guest/adjust/kernel_clock_adjuster.cc",)),
    Rule("one-timex-request", "one file says what the kernel is asked to change",
         r"\b(ADJ|MOD)_(OFFSET|FREQUENCY|MAXERROR|ESTERROR|STATUS|TIMECONST|TAI|"
         r"SETOFFSET|MICRO|NANO|TICK|OFFSET_\w+)\b|\bADJ_",
         but=("guest/adjust/timex_request.cc",
              "tests/guest/adjust/timex_request_test.cc")),
    Rule("one-hardware-clock", "only one file may set the hardware clock",
         r"\bRTC_SET_TIME\b", but=("guest/adjust/hardware_clock.cc",)),
    Rule("kernel-adjuster-in-one-program",
         "only noonmark-corrector may have the kernel's adjuster",
         r"#\s*include\s*\"guest/adjust/kernel_clock_adjuster\.h\"",
         but=("guest/adjust/kernel_clock_adjuster.cc",
              "guest/corrector/main.cc"), view="text"),
    Rule("no-clock-setting-command", "no script but the emulated guest's changes a clock",
         r"\bdate\s+(-\w+\s+)*(-\w*s\b|--set)|(?<!fake-)\bhwclock\b|\btimedatectl\s+set-|"
         r"\bchronyc\b.*\b(makestep|settime)\b|"
         r"\b(ntpdate|ntpdig|sntp|adjtimex)\s+-|"
         r"\b(clock_settime(_ns)?|clock_adjtime|settimeofday|adjtimex)\s*\(", SCRIPTS,
         ("tests/system/guest/*", "*.py", "*.md", "*.txt", "*.cc", "*.h"), view="script"),
    Rule("one-libvirt-file", "libvirt stays behind the seam of host/inventory",
         r"#\s*include\s*[<\"]libvirt/",
         but=("host/inventory/libvirt_hypervisor.cc",), view="text"),
    Rule("kill-one-process",
         "kill() of a pid of -1 ends the machine: testing::SignalChild() checks",
         r"(?<![\w.>])(kill\s*\((?!getpid\(\))|killpg\s*\()",
         but=("tests/support/signal_child.h",
              "host/reference/bounded_output.cc")),
    Rule("monitor-behind-seams",
         "the monitor knows neither gRPC nor libvirt, only their seams",
         r"#\s*include\s*[<\"](grpc|google/|noonmark/|proto/|common/rpc/|libvirt/|"
         r"host/guests/(?!guest_link\.h)|host/inventory/(?!hypervisor\.h)|"
         r"host/service/)",
         ("host/monitor/*.cc", "host/monitor/*.h"), view="text"),
    Rule("no-private-path", "a path of somebody's own machine",
         r"(?<![\w.~/}\-])/(work|home|Users|root)/[\w.]", ANY, view="raw"),
)


# What a line of C++ can hide a word in. The first alternative that fits wins.
_HIDDEN = re.compile(
    r'R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL)


def _blank(text):
    """As many lines as `text` and nothing on them."""
    return " " + "\n" * text.count("\n")


def code_of(text, keep_quotes):
    """C++ without its comments, and without what is in quotes if so asked."""
    def replace(match):
        if match["comment"] is not None:
            return _blank(match[0])
        return match[0] if keep_quotes else '""' + _blank(match[0])
    return _HIDDEN.sub(replace, text)


def view_of(text, view):
    if view == "raw":
        return text
    if view == "script":
        return re.sub(r"(?m)(^|\s)#.*$", "", text)
    return code_of(text, keep_quotes=view == "text")


def fits(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def included(text):
    """(line number, "<name>" or '"name"') of each include."""
    pattern = re.compile(r'^\s*#\s*include\s*(<[^>]*>|"[^"]*"|\S+)')
    for number, line in enumerate(code_of(text, True).split("\n"), 1):
        match = pattern.match(line)
        if match:
            yield number, match[1]


def impure_include(path, include):
    """Why the pure file at `path` must not include it; None if it may."""
    name = include[1:-1]
    if include[0] == "<":
        if "/" in name or "." in name:
            return "a pure library includes abseil and the standard library only"
        if name in IMPURE_STANDARD:
            return f"<{name}> reads a clock, a file or another thread"
        return None
    if name.startswith("absl/"):
        if name.startswith(IMPURE_ABSEIL):
            return f"{name} reads a clock, chance or another thread"
        return None
    room = next(i for i, r in enumerate(PURE_ROOMS) if path.startswith(r))
    if name.startswith(PURE_ROOMS[:room + 1]):
        return None
    if name.startswith(PURE_ROOMS):
        return f"{PURE_ROOMS[room]} comes before the room of {name}"
    return "a pure library includes abseil, the standard library and itself only"


def breaches(path, text):
    """(line number, rule, why) of each breach in the file at `path`."""
    if fits(path, PURE_FILES):
        for number, include in included(text):
            why = impure_include(path, include)
            if why:
                yield number, "pure-include", why
    views = {}
    for rule in RULES:
        if not fits(path, rule.files) or fits(path, rule.but):
            continue
        if rule.view not in views:
            views[rule.view] = view_of(text, rule.view).split("\n")
        for number, line in enumerate(views[rule.view], 1):
            if re.search(rule.pattern, line):
                yield number, rule.name, rule.why


def sources(root):
    """Paths of all text files of the tree, hidden build folders left out."""
    for folder, folders, names in os.walk(root):
        at_top = os.path.samefile(folder, root)
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") or (
                at_top and f in (".ci", ".github")))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name != ".git" and not os.path.islink(path):
                yield os.path.relpath(path, root)


def main(arguments):
    root = arguments[0] if arguments else os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "..")
    seen = found = 0
    for path in sources(root):
        with open(os.path.join(root, path), "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        seen += fits(path, CXX)
        for number, rule, why in breaches(path, data.decode("utf-8", "replace")):
            print(f"{path}:{number}: {rule}: {why}")
            found += 1
    if not seen:
        print(f"no source below {root}", file=sys.stderr)
        return 2
    print(f"{seen} sources, {found} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
