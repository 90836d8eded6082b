"""Every test runs on the CPU with two devices, so that what spreads over devices is tested as it is
used.

Compiled programs are shared between the tests, and between runs of them, through the persistent
cache. They are compiled without optimisation, each in one piece, unverified, and without the
emitters that lower each fusion on its own, unless the environment says otherwise: most of the
suite's time is the compiler's, and that thirds it. A test of the optimised compiler asks for it
itself.
"""

from __future__ import annotations

import gc
import inspect
import os
import signal
from functools import cache, partial
from pathlib import Path

QUICK = {
    "--xla_backend_optimization_level": "0",
    "--xla_cpu_use_fusion_emitters": "false",
    "--xla_cpu_parallel_codegen_split_count": "1",  # 32 modules a program, each made ready apart
    "--xla_disable_hlo_passes": "hlo-verifier",  # checks the compiler after each of its passes
}
GIVEN = os.environ.get("XLA_FLAGS", "")
os.environ["XLA_FLAGS"] = " ".join(
    [GIVEN, *(f"{flag}={value}" for flag, value in QUICK.items() if flag not in GIVEN)]
).strip()
# a shell's background jobs ignore Ctrl-C, and so would all that the tests start
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# JAX keeps much that lives for ever: looking through it again and again is a twentieth of the time
gc.set_threshold(50_000, 50, 50)
# the parser of commands looks for helps in the source of each class, again for each command
inspect.getsource = cache(inspect.getsource)

import jax  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

from budget import Budget  # noqa: E402
from contexts import share_contexts  # noqa: E402

share_contexts()

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update(
    "jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".pytest_cache" / "xla")
)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
# where each operation was written is for people who read a failing program: a 25th of the time
jax.config.update("jax_traceback_in_locations_limit", 0)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Budget(), "budget")


@pytest.fixture(scope="module")
def one_device():
    """Have growths take one device: what spreads over both has its own tests, and costs the
    compiler a fifth more.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jax, "device_count", lambda: 1)
        yield


@pytest.fixture(scope="module")
def compiled_once():
    """Have growths that would compile the same be compiled once in a process: most tests are of
    what is around a program.
    """
    from compiled_once import compiled_once

    with compiled_once():
        yield


@pytest.fixture(scope="module")
def begun_once():
    """Have growths of members apart that would begin and move the same compile that once in a
    process.
    """
    from begun_once import begun_once

    with begun_once():
        yield


@pytest.fixture(scope="session")
def nurseries():
    """The nurseries that nobody has at the moment."""
    from nurseries import Nurseries

    kept = Nurseries()
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def kept_nurseries(nurseries):
    """Have growths in processes take the nurseries that earlier ones have left."""
    from nurseries import taking

    with taking(nurseries):
        yield


@pytest.fixture(scope="session")
def forks():
    """The process whose forks cost no import."""
    from forks import Forks

    with Forks() as opened:
        yield opened


@pytest.fixture
def traced(monkeypatch):
    """Have growths of one program traced and never compiled; see `tracing`."""
    from ontogeny.runtime.vectorised import Vectorised
    from tracing import TracedProgram

    def prepare(where, job, folder=None, quick=False):
        return TracedProgram(job)

    monkeypatch.setattr(Vectorised, "prepare", prepare)


@pytest.fixture(scope="module")
def few_pictures():
    """Have the recipes of few-shot classifiers draw a few classes, of four pictures each: hundreds
    take seconds.
    """
    from ontogeny.recipes import few_shot

    with pytest.MonkeyPatch.context() as patch:
        for name in ("featured", "pictures"):
            patch.setattr(few_shot, name, partial(getattr(few_shot, name), few=True))
        yield


@pytest.fixture(scope="session")
def look_alike(tmp_path_factory):
    """Return a folder with files of the format of LEO's published embeddings: a few classes, whose
    features are apart.
    """
    from ontogeny.worlds.classes.embeddings import write_embeddings

    folder = tmp_path_factory.mktemp("embeddings")
    place = folder / "miniImageNet" / "center"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for stem in ("train", "val", "test"):
        keys = [f"{i}-n{stem}{c}-n{stem}{c}_{i}.jpg" for c in range(5) for i in range(20)]
        features = np.repeat(np.eye(5, 640), 20, axis=0) + 0.01 * rng.normal(size=(100, 640))
        write_embeddings(place / f"{stem}_embeddings.pkl", keys, features)
    return folder
