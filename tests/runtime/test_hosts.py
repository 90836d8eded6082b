"""One program over several hosts: the numbers of one host, to the bit, and what may go wrong."""

from __future__ import annotations

import json
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
import two_hosts
from forks import Forks
from growing_apart import recorded
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Population
from ontogeny.core.trees import keyless
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime import gathering, joining
from ontogeny.runtime.storage.store import Store

pytestmark = pytest.mark.usefixtures("compiled_once")


def free_port() -> int:
    with socket.create_server(("", 0)) as taken:
        return taken.getsockname()[1]


def checkpoint(folder: Path, number: int) -> bytes:
    place = folder / "checkpoints" / f"round-{number:06d}"
    return b"".join(file.read_bytes() for file in sorted(place.iterdir()))


def grown_together(forks: Forks, place: Path) -> tuple[list, list, list[int]]:
    """Return what each of two hosts told of all its growths, and their exit codes; the first one's
    runs are in `place`.
    """
    given = f"localhost:{free_port()}", place, jax.config.values["jax_compilation_cache_dir"]
    program = "from pathlib import PosixPath; from two_hosts import main; main{}"
    begun = [forks.start(program.format((host, *given))) for host in range(2)]
    try:
        said = [process.communicate(timeout=240) for process in begun]
    finally:
        for process in begun:
            process.send_signal(signal.SIGKILL)
    told = [
        [json.loads(one) for one in out.decode().splitlines() if one[0] == "{"] for out, _ in said
    ]
    assert all(told), [error[-3000:].decode() for _, error in said]
    return *told, [process.returncode for process in begun]


def test_two_hosts_come_to_the_bits_of_one_and_end_together_whatever_ends_them(tmp_path, forks):
    last = two_hosts.ROUNDS - 1
    og.grow("quadratic", folder=tmp_path / "one", rounds=3, **two_hosts.SETTINGS)
    shutil.copytree(tmp_path / "one", tmp_path / "one-first")
    og.resume(tmp_path / "one", rounds=last + 1, progress=False, checkpoint_seconds=0)
    (first, *end), (second,), codes = grown_together(forks, tmp_path)
    assert first["devices"] == second["devices"] == [2, 1]
    assert first["grown"] == second["grown"] == str(tmp_path / "both")
    assert first["status"] == second["status"] == "finished"

    with Store(tmp_path / "one") as one:
        expected, heirs = recorded(one), one.heirs()
    assert expected["score"].shape == (last + 1, 8)
    assert heirs
    for run in ("both", "one-first"):  # the latter was begun by one host, and went on with two
        with Store(tmp_path / run) as store:
            found = recorded(store)
            assert store.heirs() == heirs
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=f"{run}, {name}")
        assert checkpoint(tmp_path / run, last) == checkpoint(tmp_path / "one", last)

    for name, words in {
        "seeds": "host 1 has seed 1, and host 0 0",
        "odd": "7 members can't be shared evenly by 2 hosts",
        "apart": "Processes has members outside of this process",
        "another's": "the run there has seed 0, not 3",
    }.items():
        for told in (first, second):  # what can't be grown together is refused by both
            assert words in told[name][1], (name, told[name])
    assert not (tmp_path / "no").exists()

    for name in ("here", "there"):  # an interruption of either
        assert first[name][0] == second[name][0] == "KeyboardInterrupt"
        with Store(tmp_path / name) as store:
            assert store.run()["status"] == "interrupted"
            assert 3 <= store.rounds() < 100_000
            assert store.artifacts("checkpoint")[-1].round == store.rounds() - 1

    kind, said = end[0]["killed"]
    assert kind == "OntogenyError"
    assert "another host is gone" in said
    assert codes == [3, -9]
    with Store(tmp_path / "cut") as store:
        assert store.run()["status"] == "failed"
        assert store.rounds() == 4
    og.resume(tmp_path / "cut", progress=False, checkpoint_seconds=0)  # by one host
    assert checkpoint(tmp_path / "cut", last) == checkpoint(tmp_path / "one", last)


def test_rows_of_any_kind_travel_as_they_are(monkeypatch):
    n = 6
    state = {
        "key": jax.random.split(jax.random.key(0), n),
        "half": jnp.arange(n * 3, dtype=jnp.bfloat16).reshape(n, 3),
        "on": jnp.arange(n) % 2 == 0,
        "none": jnp.zeros((n, 0)),
        "zero": jnp.full((n, 2, 1), -0.0),
    }
    count = jnp.zeros(n, jnp.int32)
    population = Population(state, {"rate": jnp.ones(n)}, jnp.full(n, jnp.nan), count, count)
    grown = Grown(population, {"seen": jnp.float32(-0.0), "all": jnp.arange(3)})
    monkeypatch.setattr(gathering, "AT_ONCE", 100)  # a few rows at a time
    mesh = jax.sharding.Mesh(jax.devices(), ("pop",))
    rows, whole = jax.sharding.PartitionSpec("pop"), jax.sharding.PartitionSpec()
    sharding = Grown(*(jax.sharding.NamedSharding(mesh, spec) for spec in (rows, whole)))
    kept = gathering.gathered(jax.device_put(grown, sharding))
    shapes = jax.eval_shape(lambda: grown)
    expected = jax.tree.leaves(jax.device_get(keyless(grown)))
    for found in (kept, gathering.spread(kept, shapes, sharding)):
        assert jax.tree.map(lambda x: x.dtype, found) == jax.tree.map(lambda x: x.dtype, grown)
        leaves = jax.tree.leaves(jax.device_get(keyless(found)))
        assert [x.tobytes() for x in leaves] == [x.tobytes() for x in expected]


def met(*places: joining.Place, seconds: float = 5.0) -> list[str]:
    """Return what each host is told as they greet."""

    def one(place: joining.Place) -> str:
        try:
            joining._greet(place, seconds)
        except ConfigError as error:
            return error.what
        return ""

    with ThreadPoolExecutor(len(places)) as pool:
        return list(pool.map(one, places))


def test_hosts_that_do_not_come_or_do_not_fit_are_named():
    at = f"localhost:{free_port()}"

    def host(number: int, hosts: int = 3) -> joining.Place:
        return joining.Place(at, hosts, number)

    assert met(host(0), host(2), host(1)) == ["", "", ""]
    alone = f"host 2 did not come to {at} in 1 s"
    assert met(host(0), host(1), seconds=1) == [alone, alone]
    assert met(host(2), seconds=0.1) == [f"the first host did not answer at {at} in 0.1 s"]
    several = "host 1 has hosts 4, and host 0 3"
    assert met(host(0), host(1, 4)) == [several, several]
    with socket.create_server(("", int(at.rpartition(":")[2]))):
        assert "can't be taken" in met(host(0))[0]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (("node1", 2, 0), "'node1' is no address"),
        (("node1:29500", None, 0), "host 0 of None is none"),
        (("node1:29500", 2, 2), "host 2 of 2 is none"),
        (("auto", None, None), "JAX finds no Slurm"),
    ],
)
def test_a_place_that_is_none_is_refused(given, wrong):
    with pytest.raises(ConfigError, match=wrong):
        joining.join(*given)
