# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Read the TAP that a test program prints; write that of a whole run."""

import dataclasses
import re

KSFT_SKIP = 4
CASE = re.compile(r"(?P<verdict>ok|not ok)\s+\d+\s*-?\s*(?P<name>[^#]*)"
                  r"(#\s*(?P<directive>\S+)\s*(?P<reason>.*))?$")
PLAN = re.compile(r"1\.\.(\d+)\s*(# SKIP\s*(.*))?$")
RUNNING = re.compile(r"#\s+RUN\s+(\S+)")


@dataclasses.dataclass
class Case:
    """One line of TAP."""
    verdict: str                # "passed", "failed" or "skipped"
    name: str
    reason: str = ""


def cases_of(lines, status):
    """
    The cases in what a program printed, with a failed one for each promise
    that it did not keep: its plan, and a status that agrees with its verdicts.
    status is None when the program never ended.
    """
    cases, plan, skip, running = [], None, None, ""
    for line in lines:
        case, new_plan = CASE.match(line), PLAN.match(line)
        if RUNNING.match(line):
            running = RUNNING.match(line).group(1)
        elif case:
            cases.append(_case(case, running))
        elif new_plan:
            plan, skip = int(new_plan.group(1)), new_plan.group(3)
    if status == KSFT_SKIP and not cases:
        return [Case("skipped", "program", skip or "")]
    return cases + _broken_promises(cases, plan, status)


def _case(match, running):
    """The name is missing from the harness's skipped tests: it just ran."""
    name = match.group("name").strip() or running
    directive = (match.group("directive") or "").upper()
    if directive == "SKIP":
        return Case("skipped", name, match.group("reason"))
    passed = match.group("verdict") == "ok"
    return Case("passed" if passed else "failed", name)


def _broken_promises(cases, plan, status):
    broken = []
    failed = any(case.verdict == "failed" for case in cases)
    if plan is None or plan != len(cases):
        broken.append(Case("failed", f"plan: {len(cases)} of "
                           f"{'no plan' if plan is None else plan}"))
    elif not cases:
        broken.append(Case("failed", "plan: no tests"))
    if status is None:
        broken.append(Case("failed", "never ended"))
    elif status not in (0, KSFT_SKIP) and not failed:
        broken.append(Case("failed", f"exit status {status}"))
    elif status == 0 and failed:
        broken.append(Case("failed", "exit status 0 in spite of failures"))
    return broken


class Report:
    """The TAP of a whole run, and its closing account."""

    def __init__(self, verbose):
        self._verbose = verbose
        self._counts = {"passed": 0, "failed": 0, "skipped": 0}
        self._seconds = {}
        print("TAP version 13", flush=True)

    def add(self, title, cases, lines=(), seconds=0):
        """Print the cases of a program; what it said, if one failed."""
        self._seconds[title] = seconds
        if self._verbose or any(c.verdict == "failed" for c in cases):
            for line in lines:
                print(f"# {line}")
        for case in cases:
            self._counts[case.verdict] += 1
            word = "not ok" if case.verdict == "failed" else "ok"
            skip = f" # SKIP {case.reason}" if case.verdict == "skipped" else ""
            print(f"{word} {self._total()} {title}: {case.name}{skip}",
                  flush=True)

    def _total(self):
        return sum(self._counts.values())

    def close(self):
        """Print plan and account. Returns the exit status."""
        slowest = sorted(self._seconds, key=self._seconds.get)[:-4:-1]
        print("# slowest: " + ", ".join(
            f"{title} {self._seconds[title]:.0f} s" for title in slowest))
        print(f"1..{self._total()}")
        print(", ".join(f"{count} {verdict}"
                        for verdict, count in self._counts.items()))
        good = self._counts["passed"] and not self._counts["failed"]
        return 0 if good else 1
