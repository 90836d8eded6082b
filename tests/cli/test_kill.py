"""A run that is killed at any moment, twice, ends with the bits of one that was not."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from forks import Fork, Forks
from ontogeny.runtime.storage.store import Store

GROW = ["grow", "quadratic", "--population", "4", "--rounds", "40", "--steps", "20"]
EVERY_ROUND = ["--checkpoint-seconds", "0", "--quiet"]


@pytest.fixture(scope="module")
def ontogeny(forks: Forks):
    """Return a function that begins a process of the command line in a folder."""

    def begin(folder: Path, *words: str) -> Fork:
        return forks.ontogeny(*words, cwd=folder, ONTOGENY_CACHE=str(folder / "cache"))

    return begin


def finish(process: Fork) -> int:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, (out, err)
    return process.returncode


def rounds_of(run: Path) -> int:
    try:
        with Store(run) as store:
            return store.rounds()
    except Exception:
        return 0


@pytest.fixture(scope="module")
def place(tmp_path_factory, ontogeny):
    """A folder with the uncut run, and the compiled programs for the others."""
    folder = tmp_path_factory.mktemp("kill")
    finish(ontogeny(folder, *GROW, "--name", "uncut", "--quiet"))
    return folder


def final(run: Path) -> tuple[dict, list, dict]:
    with Store(run) as store:
        metrics = {n: store.metric(n) for n in store.metric_names() if n != "seconds"}
        checkpoint = run / store.artifacts("checkpoint")[-1].path
        arrays = (checkpoint / "arrays.safetensors").read_bytes()
        crc = json.loads((checkpoint / "structure.json").read_text())["crc32"]
        return metrics, store.heirs(), {"arrays": arrays, "crc32": crc}


def test_sigkill_at_random_moments(place, ontogeny):
    chance, run = random.Random(0), place / "runs" / "killed"
    shutil.rmtree(run, ignore_errors=True)
    process = ontogeny(place, *GROW, "--name", run.name, *EVERY_ROUND)
    kills = 0
    for goal in sorted(chance.sample(range(1, 15), 2)):
        limit = time.monotonic() + 60
        while rounds_of(run) < goal and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)  # who looks more often spends more than who grows
        time.sleep(chance.random() * 0.02)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        process = ontogeny(place, "resume", run.name, *EVERY_ROUND)
    assert kills == 2
    assert finish(process) == 0
    metrics, heirs, last = final(run)
    expected, expected_heirs, expected_last = final(place / "runs" / "uncut")
    assert metrics.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(metrics[name], expected[name], err_msg=name)
    assert heirs == expected_heirs
    assert last == expected_last


def test_ctrl_c_finishes_the_round_and_says_how_to_go_on(place, ontogeny):
    run = place / "runs" / "stopped"
    process = ontogeny(place, *GROW, "--name", "stopped", "--rounds", "100000")
    limit = time.monotonic() + 60
    while rounds_of(run) < 5 and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT, err  # which a shell calls 130, and ends its loop
    assert b"next: ontogeny resume stopped" in out
    assert b"interrupted after round" in err
    with Store(run) as store:
        assert store.run()["status"] == "interrupted"
        assert store.artifacts("checkpoint")[-1].round == store.rounds() - 1


def test_ctrl_c_while_it_compiles_stops_at_once(tmp_path, ontogeny):
    process = ontogeny(tmp_path, *GROW, "--name", "early")  # from an empty compile cache
    said = b""
    while b"compiling" not in said:
        said += process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT, err
    assert b"compiled in" not in out
    assert b"interrupted after 0 rounds" in out
    assert b"next: ontogeny resume early" in out
    assert b"interrupted after round 0 of 40" in err
    with Store(tmp_path / "runs" / "early") as store:
        assert (store.run()["status"], store.rounds()) == ("interrupted", 0)
        assert [event.detail for event in store.events()] == ["SIGINT"]
