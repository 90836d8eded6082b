"""What the suite says of its own cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from budget import BUDGET, room, summary


def test_a_room_is_a_folder_or_a_file_at_the_top_or_a_system_of_the_claims():
    assert room("tests/core/test_keys.py::test_a") == "core"
    assert room("tests/learners/few_shot/test_leo.py::test_a[1-b]") == "learners/few_shot"
    assert room("tests/test_run.py::test_a") == "test_run.py"
    assert room("tests/claims/test_every_part.py::test_a[pbt-toy]") == "claims/pbt"
    assert room("tests/claims/test_every_part.py::test_other") == "claims"
    assert room("tests/claims/pbt/test_toy.py::test_a[leo-x]") == "claims/pbt"


def test_only_rooms_over_the_budget_are_named_the_dearest_first():
    seconds = {
        "tests/core/test_keys.py::test_a": BUDGET - 1,
        "tests/core/test_keys.py::test_b": 1.0,
        "tests/nn/test_layers.py::test_a": BUDGET + 1,
        "tests/ops/test_once.py::test_a": BUDGET + 2,
    }
    first, *over = summary(seconds, 200.0)
    assert first.startswith("200 CPU seconds, 17 of them outside the tests; 2 of 3 rooms over")
    assert over == [
        "over budget: ops took 62 CPU seconds",
        "over budget: nn took 61 CPU seconds",
    ]


MADE = """
import subprocess, sys
SPIN = "import time\\nend = time.process_time() + 0.5\\nwhile time.process_time() < end: pass"
def test_here():
    exec(SPIN)
def test_elsewhere():
    subprocess.run([sys.executable, "-c", SPIN], check=True)
"""
CONFTEST = """
from budget import Budget
def pytest_configure(config):
    config.pluginmanager.register(Budget(), "budget")
"""


def test_workers_count_their_tests_and_the_subprocesses_of_these(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_made.py").write_text(MADE)
    written = tmp_path / "seconds.txt"
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", "-n2", str(tmp_path)],
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(Path(__file__).parent),
            "TEST_SECONDS": str(written),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout
    total = float(next(line for line in said.stdout.splitlines() if "rooms" in line).split()[0])
    spent = dict(reversed(line.split()) for line in written.read_text().splitlines())
    assert spent.keys() == {"test_made.py::test_here", "test_made.py::test_elsewhere"}
    assert float(spent["test_made.py::test_elsewhere"]) >= 0.5
    assert total >= sum(float(seconds) for seconds in spent.values())
