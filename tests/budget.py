"""What the tests cost: CPU seconds by room, said at the end, and every room that is over its
budget.

A room is a folder of tests, and a file at the top of `tests/`; the test of every part of the
claims is one room a system. CPU seconds are those of the process that runs a test, of the
processes that it started and waited for, and of those that it keeps for later tests, so the sums
are the same under any number of workers.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pytest

BUDGET = 60.0  # CPU seconds a room, from an empty compile cache
KEPT: set[int] = set()  # processes that go on; who waits for one takes it out


def cpu_seconds() -> float:
    """Return the CPU seconds of this process, of the children that it has waited for, and of the
    kept ones with theirs.
    """
    times = os.times()
    here = times.user + times.system + times.children_user + times.children_system
    return here + sum(map(_of_kept, KEPT))


def _of_kept(process: int) -> float:
    with suppress(OSError):  # not Linux: it is counted when it is waited for
        said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, said[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def room(test: str) -> str:
    """Return the room of a test, which is named as pytest does:
    `tests/core/test_keys.py::test_a` is in `core`.
    """
    path, _, name = test.partition("::")
    place = PurePosixPath(path)
    inside = place.relative_to("tests") if place.parts[0] == "tests" else place
    if inside.name == "test_every_part.py" and "[" in name:
        return f"{inside.parent}/{name.partition('[')[2].partition('-')[0]}"
    return str(inside if inside.parent == PurePosixPath(".") else inside.parent)


def summary(seconds: Mapping[str, float], total: float) -> list[str]:
    """Return what is said at the end: a line on the total, and one for each room over its budget,
    the dearest first. `seconds` are those of each test; `total` has also what is no test's.
    """
    rooms: Counter[str] = Counter()
    for test, spent in seconds.items():
        rooms[room(test)] += spent
    over = [(name, spent) for name, spent in rooms.most_common() if spent > BUDGET]
    return [
        f"{total:.0f} CPU seconds, {total - sum(rooms.values()):.0f} of them outside the tests; "
        f"{len(over)} of {len(rooms)} rooms over the budget of {BUDGET:.0f} each",
        *(f"over budget: {name} took {spent:.0f} CPU seconds" for name, spent in over),
    ]


class Budget:
    """The plugin. A worker measures its tests and itself; the process that reports adds them up."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.elsewhere = 0.0  # by workers, which reported themselves as they ended
        self._before = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        self._before = cpu_seconds()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):
        report = yield
        now = cpu_seconds()
        # user_properties is one list of the item, and comes again with each of its phases
        report.user_properties = [("cpu", now - self._before)]
        self._before = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += sum(
            spent for name, spent in report.user_properties if name == "cpu"
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node) -> None:
        self.elsewhere += getattr(node, "workeroutput", {}).get("cpu", 0.0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["cpu"] = cpu_seconds()

    def pytest_terminal_summary(self, terminalreporter) -> None:
        here = os.times()
        total = self.elsewhere + (here.user + here.system if self.elsewhere else cpu_seconds())
        for line in summary(self.seconds, total):
            terminalreporter.write_line(line, red=line.startswith("over"))
        if path := os.environ.get("TEST_SECONDS"):
            lines = (f"{spent:.2f} {test}\n" for test, spent in self.seconds.most_common())
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
