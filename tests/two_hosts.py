"""Growths over two hosts that are two processes: a script, which each of them runs. The first says
how each growth came out, as JSON; it kills the second in the last.
"""

from __future__ import annotations

import copy
import json
import os
import signal
from pathlib import Path
from typing import Any

import jax

import ontogeny as og
from growing_apart import EachRound
from ontogeny.runtime.executor import Job
from ontogeny.runtime.joining import join
from ontogeny.runtime.vectorised import Vectorised

SETTINGS = {"population": 8, "steps": 5, "progress": False, "checkpoint_seconds": 0}
ROUNDS = 6


def tried(**how) -> list[str]:
    """Return the kind and the text of what a growth raises."""
    try:
        og.grow("quadratic", **{**SETTINGS, **how})
    except (og.OntogenyError, KeyboardInterrupt) as error:
        return [type(error).__name__, str(error)]
    return ["", ""]


def prepared_once() -> None:
    """Have all growths of a size take the program that was compiled for the first."""
    whole, made = Vectorised.prepare, {}

    def prepare(where: Vectorised, job: Job, folder: Path | None = None) -> Any:
        if job.population not in made:
            made[job.population] = whole(where, job, folder)
        program = copy.copy(made[job.population])
        program.job = job
        return program

    Vectorised.prepare = prepare


def main(host: int, coordinator: str, place: Path, cache: str) -> None:
    jax.config.update("jax_compilation_cache_dir", cache)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", 1)
    (place / f"pid-{host}").write_text(str(os.getpid()))
    prepared_once()
    join(coordinator, 2, host, wait_seconds=60)
    other = int((place / f"pid-{1 - host}").read_text())
    here = place if host == 0 else Path("/nowhere")  # the second sees no folder

    def at(number: int, pid: int, sign: int) -> dict:
        act = EachRound(lambda round_: round_.number == number and os.kill(pid, sign))
        return {"observers": [act]}

    told = {}
    run = og.grow("quadratic", rounds=ROUNDS, folder=here / "both", **SETTINGS)
    told["grown"] = str(run.folder)
    told["status"] = run.status
    told["devices"] = [jax.device_count(), jax.local_device_count()]
    again = {"progress": False, "checkpoint_seconds": 0}
    og.resume(here / "one-first", rounds=ROUNDS, **again)
    told["seeds"] = tried(seed=host, folder=here / "no")
    told["odd"] = tried(population=7, folder=here / "odd")
    told["apart"] = tried(executor=og.Processes(), folder=here / "no")
    told["another's"] = tried(seed=3, rounds=ROUNDS, folder=here / "both")
    many = {"rounds": 100_000, "checkpoint_seconds": 60}
    asked = {"here": os.getpid(), "there": other}
    for name, pid in asked.items():  # Ctrl-C at the first, then at the second
        told[name] = tried(folder=here / name, **many, **at(2, pid, signal.SIGINT))
    print(json.dumps(told), flush=True)
    told = tried(rounds=ROUNDS, folder=here / "cut", **at(3, other, signal.SIGKILL))
    print(json.dumps({"killed": told}), flush=True)
