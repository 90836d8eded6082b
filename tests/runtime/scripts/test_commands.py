"""Whole commands as members: told their hypers, heard, inherited from, and refused by what they
said.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import ontogeny as og
from growing_apart import OVERTAKING, SPACE
from hermits import Hermitage
from ontogeny.core.errors import StructureError
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.scripts.command import LEASH
from ontogeny.runtime.scripts.member import Member, Span

pytestmark = pytest.mark.usefixtures("one_device")
GIVEN = {"net": {"learning-rate": 0.25}}


class Over(BaseException):
    """There is no further round."""


def lived(tmp_path, words, given=GIVEN, steps=1, **how):
    """Run a command for so many steps, in this process; return what it reported."""
    spans = [Span(0, steps)]

    def next_round():
        if not spans:
            raise Over
        return spans.pop()

    member = Member(0, 0, given, None, lambda: tmp_path, next_round)
    with pytest.raises(Over):
        og.script(words, **how).train(member)
    return member.reports


def test_hypers_and_all_else_may_be_in_the_environment(tmp_path):
    told = 'echo "{\\"score\\": -$NET_LEARNING_RATE, \\"step\\": $ONTOGENY_STEP}"; echo $#; env'
    first, second = lived(tmp_path, ["sh", "-c", told], steps=2, hypers="environment")
    assert (first.score, first.metrics) == (-0.25, {"step": 0.0})
    assert (second.score, second.metrics) == (-0.25, {"step": 1.0})
    flags = lived(tmp_path, ["sh", "-c", 'echo "{\\"score\\": $2, \\"n\\": $#}"', "-"])
    assert (flags[0].score, flags[0].metrics) == (0.25, {"n": 2.0})


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        ("echo {}; echo fine", StructureError, r"no score in its JSON; its last line: fine"),
        ("echo fine", StructureError, "no line of JSON with a score; its last line: fine"),
        ("true", StructureError, "its last line: nothing"),
        ("""echo; echo '{"score": "high"}'""", StructureError, r"line 2 of its.* reports 'high'"),
        ("echo 'train.py:7: too bad' >&2; exit 3", RuntimeError, "code 3\ntrain.py:7: too bad"),
        ("echo unrecognized arguments: $0 >&2; exit 2", RuntimeError, "does not take a hyper"),
        ("kill -9 $$", RuntimeError, "was killed by signal 9"),
        ("echo at epoch 1; sleep 9", TimeoutError, "its limit of 0.2 s\nat epoch 1"),
    ],
)
def test_what_a_command_does_wrong_is_said_as_it_said_it(what, error, said, tmp_path):
    limit = 0.2 if error is TimeoutError else 9
    with pytest.raises(error, match=said):
        lived(tmp_path, ["sh", "-c", what], limit=limit)


def test_what_a_command_leaves_running_ends_with_it(tmp_path):
    """And keeps nobody waiting, though it has the output open."""
    begun = time.monotonic()
    lived(tmp_path, ["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; echo '{{\"score\": 1}}'"])
    assert time.monotonic() - begun < 30
    check_gone(int((tmp_path / "pid").read_text()))


def test_a_command_ends_with_whoever_runs_it():
    """A worker that is killed lets go of the input, and no more."""
    told = [sys.executable, "-I", "-S", "-c", LEASH, "sh", "-c", "sleep 60 & echo $!; wait"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "process_group": 0}
    with subprocess.Popen(told, **pipes) as process:
        pid = int(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=30) == -signal.SIGKILL
    check_gone(pid)


def check_gone(pid):
    """A process that has ended, and that nobody waits for here, is gone."""
    for _ in range(200):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            if stat.rpartition(")")[2].split()[0] == "Z":
                return
            os.kill(pid, 0)
        except OSError:
            return
        time.sleep(0.05)
    pytest.fail(f"{pid} runs still")


def test_an_array_is_no_flag(tmp_path):
    with pytest.raises(StructureError, match="the hyper 'w' is an array, which is no flag"):
        lived(tmp_path, ["true"], {"w": np.ones(2)})


def test_heirs_find_the_files_of_their_parents(store):
    what = 'cd $ONTOGENY_FOLDER; echo $ONTOGENY_SLOT >> line; echo "{\\"score\\": -$2}"'
    what += '; read first < line; echo "{\\"score\\": -$2, \\"first\\": $first}"'
    job = Job(og.script(["sh", "-c", what, "-"]), SPACE, OVERTAKING, 0, 4, 3, 1)
    grow(job, Hermitage(True), store, checkpoint_seconds=1e9)
    first = store.metric("first")
    heir = store.heirs()[0]
    assert first[heir.round, heir.slot] == first[heir.parent_round, heir.parent] != heir.slot
