#!/usr/bin/env python3
"""Shows that each source rule is broken by a bad file and by no good one.

Each case is a tree of one or two files, judged by the program as a whole.
Prints a line for each claim that starts with "ok" or "not ok".
"""

import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "source_rules.py")
HOME = "/ho" + "me/somebody/noonmark"  # in two parts: no breach itself

# (path, text, rule that it breaks on its last line)
BAD = (
    ("common/time/a.h", "#include <thread>", "pure-include"),
    ("common/time/a.h", "#include <mutex>", "pure-include"),
    ("common/estimate/a.cc", "#include <fstream>", "pure-include"),
    ("common/estimate/a.cc", "#include <filesystem>", "pure-include"),
    ("common/detect/a.cc", "#include <iostream>", "pure-include"),
    ("common/detect/a.cc", "  #  include <sys/stat.h>", "pure-include"),
    ("common/correct/a.cc", '#include "absl/time/clock.h"', "pure-include"),
    ("common/correct/a.cc", '#include "absl/synchronization/mutex.h"',
     "pure-include"),
    ("host/policy/a.cc", "#include <grpcpp/grpcpp.h>", "pure-include"),
    ("host/policy/a.cc", '#include "noonmark/v1/agent.pb.h"', "pure-include"),
    ("host/policy/a.cc", '#include "host/guests/guest_link.h"', "pure-include"),
    ("common/estimate/a.h", '#include "common/detect/verdict.h"',
     "pure-include"),
    ("common/detect/a.h", '#include "host/policy/plan.h"', "pure-include"),
    ("common/detect/a.h", "#include HEADER", "pure-include"),
    ("common/detect/a.cc", "auto t = std::chrono::steady_clock::now();",
     "pure-now"),
    ("common/detect/a.cc", "using Clock = std::chrono::system_clock;",
     "pure-now"),
    ("common/detect/a.cc", "const auto t = now();", "pure-now"),
    ("common/detect/a.cc", "const MonotonicTime t = clock_.Now();", "pure-now"),
    ("common/estimate/a.h", "double Rate(Clock& clock);", "pure-clock"),
    ("common/estimate/a.cc", "std::random_device seed;", "pure-chance"),
    ("common/estimate/a.cc", "int x = rand();", "pure-chance"),
    ("common/estimate/a.cc", "int x = std::rand();", "pure-chance"),
    ("host/main.cc", "absl::Time t = absl::Now();", "absl-now"),
    ("tests/host/a_test.cc", '#include "absl/time/clock.h"', "absl-now"),
    ("host/main.cc", "clock_gettime(CLOCK_REALTIME, &t);", "one-clock-reader"),
    ("tests/a_test.cc", "::gettimeofday(&t, nullptr);", "one-clock-reader"),
    ("guest/agent.cc", "int state = adjtimex(&t);", "one-adjtimex-reader"),
    ("common/runtime/system_clock.cc", "clock_settime(CLOCK_REALTIME, &t);",
     "no-clock-setter"),
    ("common/runtime/kernel_discipline.cc", "t.modes = ADJ_SETOFFSET;",
     "one-timex-request"),
    ("guest/adjust/kernel_clock_adjuster.cc", "t.modes = ADJ_TICK;",
     "one-timex-request"),
    ("guest/adjust/timex_request.cc", "adjtimex(&t);", "one-adjtimex-reader"),
    ("guest/adjust/timex_request.cc", "clock_adjtime(CLOCK_REALTIME, &t);",
     "one-clock-adjuster"),
    ("guest/adjust/kernel_clock_adjuster.cc", "clock_settime(0, &t);",
     "no-clock-setter"),
    ("guest/corrector/main.cc", "ioctl(file, RTC_SET_TIME, &t);",
     "one-hardware-clock"),
    ("guest/corrector/test_main.cc",
     '#include "guest/adjust/kernel_clock_adjuster.h"',
     "kernel-adjuster-in-one-program"),
    ("host/main.cc", "settimeofday(&t, nullptr);", "no-clock-setter"),
    ("host/main.cc", "syscall(SYS_clock_settime, 0, &t);", "no-clock-setter"),
    ("tests/demo", "date -u -s 12:00", "no-clock-setting-command"),
    (".ci/run", "sudo date --set=12:00", "no-clock-setting-command"),
    ("tests/support/a.sh", "hwclock --hctosys", "no-clock-setting-command"),
    ("guest/mail/actions/a", "hwclock --systohc", "no-clock-setting-command"),
    ("tests/system/prepare", "time.clock_settime(0, 1)",
     "no-clock-setting-command"),
    ("tests/a_test.cc", "kill(child, SIGINT);", "kill-one-process"),
    ("guest/agent.cc", "::killpg(group, SIGINT);", "kill-one-process"),
    ("host/inventory/domain.cc", "#include <libvirt/libvirt.h>",
     "one-libvirt-file"),
    ("tests/a_test.cc", "#include <libvirt/virterror.h>", "one-libvirt-file"),
    ("host/monitor/a.cc", "#include <grpcpp/alarm.h>", "monitor-behind-seams"),
    ("host/monitor/a.h", '#include "noonmark/v1/fleet.pb.h"',
     "monitor-behind-seams"),
    ("host/monitor/a.h", '#include "host/guests/grpc_guest_link.h"',
     "monitor-behind-seams"),
    ("host/cli/main.cc", f'Open("{HOME}/fleet.toml");', "no-private-path"),
    ("README.md", f"Run {HOME}/tests/check.", "no-private-path"),
    # What is hidden above the breach moves no line and hides nothing below.
    ("common/detect/a.cc",
     '/* two\n lines */ const char* a = R"x(")\n)x"; char b = \'"\';\n'
     "int c = 10'000; // \\\n still a comment\nnow();", "pure-now"),
)

# (path, text) that breaks nothing
GOOD = (
    ("common/estimate/a.cc",
     '#include <cmath>\n#include <random>\n#include "absl/time/time.h"\n'
     '#include "common/time/clock.h"\nRate Next(MonotonicTime now);\n'),
    ("common/estimate/a.cc", "// unlike absl::Now(); now() is forbidden here\n"),
    ("common/detect/a.cc", 'return "ask clock_gettime() or now()";\n'),
    ("common/detect/a.cc", "State(MonotonicTime now) : now(now) {}\n"),
    ("common/time/clock.h", "Clock& operator=(const Clock&) = delete;\n"),
    ("common/runtime/system_clock.cc", "clock_gettime(CLOCK_BOOTTIME, &t);\n"),
    ("common/runtime/kernel_discipline.cc",
     "t.modes = 0;\nadjtimex(&t);\nreturn t.status & STA_UNSYNC;\n"),
    ("guest/adjust/timex_request.cc", "t.modes = ADJ_SETOFFSET;\n"),
    ("guest/adjust/kernel_clock_adjuster.cc", "clock_adjtime(0, &t);\n"),
    ("guest/corrector/main.cc",
     '#include "guest/adjust/kernel_clock_adjuster.h"\n'),
    ("host/inventory/libvirt_hypervisor.cc", "#include <libvirt/libvirt.h>\n"),
    ("host/monitor/a.h",
     '#include "host/guests/guest_link.h"\n#include "host/inventory/hypervisor.h"\n'),
    ("tests/a_test.cc", "kill(getpid(), SIGTERM);\nchild.kill(3);\n"),
    ("tests/demo", "# date -s is never called\ndate -u +%s\nupdate --set x\n"),
    ("guest/mail/actions/a", "fake-hwclock save force\n"),
    ("tests/system/guest/sbin/bed-clock", "time.clock_settime(0, 1)\n"),
    ("README.md", "Sockets are in /run/noonmark, work/home is relative.\n"),
)


def judge(path, text):
    """(exit code, output) of the program on a tree with this file in it."""
    with tempfile.TemporaryDirectory() as root:
        for name, content in (("common/empty.h", ""), (path, text)):
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(content)
        run = subprocess.run([sys.executable, PROGRAM, root], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             check=False)
        return run.returncode, run.stdout


def main():
    broken = 0

    def claim(text, holds, output):
        nonlocal broken
        broken += not holds
        print("ok     " if holds else "not ok ", text)
        if not holds:
            print("        " + output.replace("\n", "\n        "))

    for path, text, rule in BAD:
        code, output = judge(path, text)
        lines = output.splitlines()
        want = f"{path}:{text.count(chr(10)) + 1}: {rule}: "
        last = text.split("\n")[-1]
        claim(f"{rule} is broken by {last!r} in {path}",
              code == 1 and any(line.startswith(want) for line in lines), output)
    for path, text in GOOD:
        code, output = judge(path, text)
        claim(f"nothing is broken by {text.split(chr(10))[0]!r} in {path}",
              code == 0, output)

    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(PROGRAM))
    from source_rules import RULES  # pylint: disable=import-outside-toplevel
    shown = {rule for _, _, rule in BAD}
    unshown = [rule.name for rule in RULES if rule.name not in shown]
    claim("each rule has a file that breaks it", not unshown, str(unshown))

    with tempfile.TemporaryDirectory() as root:
        run = subprocess.run([sys.executable, PROGRAM, root], text=True,
                             capture_output=True, check=False)
        claim("a tree without sources is no success", run.returncode == 2,
              run.stdout)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
