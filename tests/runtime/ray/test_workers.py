"""Members in a Ray cluster: what befalls its machines, its workers and the driver changes no bit.
One cluster serves all checks of `on_ray`, in a process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import hosts
from growing_apart import make
from ontogeny import __version__
from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.core.ray_cluster import Machine
from ontogeny.runtime.apart.messages import Order, Setup
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.ray.crew import check_met
from ontogeny.runtime.ray.worker import Met, RayWorker
from ontogeny.runtime.ray.workers import RayWorkers


def test_what_befalls_a_cluster_changes_no_bit(tmp_path):
    """One test: the suite's processes would else have a cluster each."""
    pytest.importorskip("ray")
    tests, said = Path(__file__).parents[2], tmp_path / "said.json"
    paths = os.pathsep.join([str(tests), *sys.path])  # for the workers too
    done = subprocess.run(
        [sys.executable, str(tests / "on_ray.py"), str(tmp_path), str(said)],
        check=False,
        timeout=500,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert said.exists(), done.stderr[-3000:]
    failed = {check: how for check, how in json.loads(said.read_text()).items() if how}
    assert not failed, "\n".join(failed.values())


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[ray\]"):
        RayWorkers().prepare(make())


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "nowhere.invalid:6379", "ray://127.0.0.1"])
def test_where_no_cluster_is_that_is_said_soon(address):
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens there
        begun = time.monotonic()
        with pytest.raises(ConfigError, match=r"no Ray cluster answers|Ray's client"):
            RayWorkers(address=address.format(port=free.getsockname()[1])).prepare(make())
        assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "field",
    [{"workers": 0}, {"num_cpus": 0}, {"num_gpus": 1.5}, {"num_gpus": -1}, {"wait_seconds": 0}],
    ids=str,
)
def test_settings_are_checked(field):
    ((name, value),) = field.items()
    with pytest.raises(ConfigError, match=f"{name} is {value}"):
        RayWorkers(**field)


def test_a_machine_has_room_for_what_it_has_most_of_least():
    machine = Machine("id", "name", 8.0, 2.0, 0)
    assert machine.fits(1.0, 0.0) == 8
    assert machine.fits(1.0, 0.25) == 8
    assert machine.fits(0.1, 0.1) == 20
    assert machine.fits(1.0, 3.0) == 0
    assert machine.fits(16.0, 0.0) == 0


def test_a_worker_of_another_version_is_refused():
    met = Met(__version__, platform.python_version(), 1, "node", "far", sees=True)
    check_met(met, "/runs")
    for other, said in (
        (met._replace(ontogeny="0.0.0"), f"it has Ontogeny 0.0.0, and the driver {__version__}"),
        (met._replace(python="3.11.0rc1"), "it has Python 3.11.0rc1, and the driver"),
        (met._replace(sees=False), "it doesn't see the run's folder /runs"),
    ):
        with pytest.raises(ConfigError, match=f"(?s)the machine far: {said}.*\n.*all"):
            check_met(other, "/runs")


def test_gpus_are_shared_and_the_driver_has_one_device():
    surroundings = RayWorkers(num_gpus=0.5)._surroundings(here=False)
    assert surroundings["JAX_PLATFORMS"] == "cuda,cpu"
    assert surroundings["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.450"
    assert RayWorkers()._surroundings(here=False)["JAX_PLATFORMS"] == "cpu"
    assert "PYTHONPATH" not in surroundings
    assert RayWorkers().devices == 1


def test_a_worker_whose_growth_has_ended_writes_nothing(tmp_path):
    """What it is, without a cluster: another growth in the folder has its own word."""
    pytest.importorskip("ray")
    worker, sign = RayWorker(), tmp_path / "growing"
    sign.write_text("mine")
    worker._sign, worker._word = sign, "mine"
    hypers = {"rate": np.float32(0.1)}
    worker.prepare(Setup(shipped(make()), True, 0, 1, hypers, tmp_path, {}), 1e9, 1.0)
    (done,), states = worker.fulfil([Order(1, 0, 0, 0, hypers, "", "first")], [None])
    assert (done.number, states) == (0, [None])  # a small one is a file alone
    assert (tmp_path / "first").exists()
    sign.write_text("another's")
    raised, _ = worker.fulfil([Order(1, 0, 1, 1, hypers, "first", "second")], [None])
    assert "another growth" in raised.said
    assert not (tmp_path / "second").exists()


def test_a_member_that_outgrows_the_object_store_is_told_of(tmp_path):
    pytest.importorskip("ray")
    worker, hypers = RayWorker(), {"rate": np.float32(0.1)}
    worker._sign, worker._word = tmp_path / "growing", "mine"
    worker._sign.write_text("mine")
    setup = Setup(shipped(make(hosts.DESCENT)), True, 0, 1, hypers, tmp_path, {})
    worker.prepare(setup, 10.0, 1.0)
    raised, _ = worker.fulfil([Order(1, 0, 0, 0, hypers, "", "first")], [None])
    assert isinstance(raised.error, ConfigError)
    assert "the object store has 0.0 MB" in raised.error.what
