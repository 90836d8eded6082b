"""Runs that an earlier version stored are still read, reported and grown on.

`tests/data/stored` holds two toys of four members and six rounds, as version 0.1.0 wrote them: one
of each executor, the second asynchronous.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import ontogeny as og
from hermits import Hermitage
from ontogeny.runtime.apart.board_program import BoardProgram
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Job
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import read_record

pytestmark = pytest.mark.usefixtures("compiled_once")
STORED = Path(__file__).parents[2] / "data" / "stored"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """To start a worker would cost seconds, and show no more."""

    def prepare(processes: Processes, job: Job, folder: Path | None = None) -> BoardProgram:
        return Hermitage(processes.synchronous).prepare(job, folder)

    monkeypatch.setattr(Processes, "prepare", prepare)


@pytest.fixture(params=["vectorised", "processes"])
def folder(request, tmp_path) -> Path:
    return shutil.copytree(STORED / request.param, tmp_path / request.param)


def scores(folder: Path) -> np.ndarray:
    with Store(folder) as store:
        return store.metric("score")


def test_it_is_loaded_and_reported(folder):
    run = og.load(folder)
    recorded = run.metrics()["score"]
    assert recorded.shape == (6, 4)
    assert run.best.score == recorded[-1].max()
    with pytest.warns(UserWarning, match="the newest checkpoint is read instead"):
        product = run.product()  # what it grew was not stored with it
    assert float(product()) == pytest.approx(run.best.score, rel=1e-6)
    np.testing.assert_array_equal(run.population.score, recorded[-1].astype(np.float32))
    assert all(heir.parent_round == heir.round - 1 for heir in run.lineage())
    assert b"<html" in run.report().read_bytes()
    assert run.store.run()["memory"]["population"] > 0
    assert read_record(run.store).fields["strategy"]["strategy"] == "pbt"  # was called evolution


def test_it_is_grown_on(folder):
    before = scores(folder)
    og.resume(folder, rounds=8, progress=False)
    np.testing.assert_array_equal(scores(folder)[:6], before)
    assert np.isfinite(scores(folder)[6:]).all()
    assert len(scores(folder)) == 8


def test_one_program_goes_on_as_if_it_had_never_stopped(tmp_path, forks):
    """Its first rounds were written as users compile, which rounds otherwise than this suite."""
    folder = shutil.copytree(STORED / "vectorised", tmp_path / "old")
    program = f"""
import jax
import ontogeny as og

jax.config.update("jax_num_cpu_devices", 2)
og.resume({str(folder)!r}, rounds=8, progress=False)
og.grow("toy", population=4, rounds=8, folder={str(tmp_path / "new")!r}, progress=False)
"""
    process = forks.start(program, XLA_FLAGS="")  # as users compile
    _, said = process.communicate()
    assert process.returncode == 0, said
    np.testing.assert_allclose(scores(folder), scores(tmp_path / "new"), rtol=1e-5)


def test_where_the_members_are_lost_the_checkpoint_is_read(tmp_path):
    folder = shutil.copytree(STORED / "processes", tmp_path / "old")
    shutil.rmtree(folder / "members")
    before = scores(folder)
    run = og.resume(folder, rounds=7, progress=False)
    np.testing.assert_array_equal(scores(folder)[:6], before)
    told = [event.detail for event in run.store.events() if event.kind == "resumed"]
    assert len(told) == 1
    assert told[0].startswith("after round 5")
