#!/usr/bin/env python3
"""Reads the JUnit file of `ctest --output-junit` that is given as argument.

Prints what each failed test said, at most its last 60 lines, and then
"PASSED FAILED SKIPPED" as three numbers on the last line. The counts in the
file's head are not these: they call a test that could not start skipped.
"""

import sys
import xml.etree.ElementTree

MOST_LINES = 60


def main(path):
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status")
        skip = case.find("skipped")
        if status == "run":
            passed += 1
        elif status == "disabled" or (
                skip is not None and skip.get("message").startswith("SKIP_")):
            skipped += 1
        else:
            failed += 1
            lines = (case.findtext("system-out") or "").rstrip().split("\n")
            print(f"--- {case.get('name')}: {status}")
            print("\n".join(lines[-MOST_LINES:]))
    print(passed, failed, skipped)


if __name__ == "__main__":
    main(sys.argv[1])
