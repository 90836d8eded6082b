# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportUntypedBaseClass=false
# pyright: reportIncompatibleMethodOverride=false
"""Ray Tune's PopulationBasedTraining on a member of Ontogeny's, timed. Runs under an interpreter
that has both.

    python ray_pbt.py (jax | torch) UPDATES ITERATIONS [--population N] [--cpus N] [--resident]
        [--seconds S]

A member is a Trainable with checkpoints, its actor reused (as Ray's guide to PBT has it), and moves
after every iteration of UPDATES updates. By default a member has a whole core, and those that wait
are paused; `--resident` gives each its share of one, so that all are in memory and the system
shares the cores out. Loggers and the dashboard are off; a worker has one thread.

Prints one JSON object: when each iteration of each member ended, in seconds from the start.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import pickle
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}
BEGUN = time.time()

import ray  # noqa: E402
from ray import tune  # noqa: E402
from ray.tune.schedulers import PopulationBasedTraining  # noqa: E402

ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class Trained(tune.Trainable):
    """A member. Subclasses say how it begins, lives and is written."""

    def setup(self, config: dict[str, Any]) -> None:
        """Begin a member."""
        self.hypers = {name: float(config[name]) for name in config["names"]}
        self.updates, self.seed = int(config["updates"]), int(config["seed"])
        self.lived = 0
        self.begin()

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another member in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Live an iteration."""
        score = self.live()
        self.lived += self.updates
        return {"value": score, "ended": time.time()}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write the member."""
        with (Path(checkpoint_dir) / "member").open("wb") as file:
            pickle.dump((self.lived, self.packed()), file, pickle.HIGHEST_PROTOCOL)

    def load_checkpoint(self, checkpoint: str) -> None:
        """Read a member, and keep the hypers that this one was given."""
        with (Path(checkpoint) / "member").open("rb") as file:
            self.lived, packed = pickle.load(file)
        self.unpack(packed)

    def begin(self) -> None:
        """Make fresh weights."""
        raise NotImplementedError

    def live(self) -> float:
        """Learn for an iteration, and return the score."""
        raise NotImplementedError

    def packed(self) -> Any:
        """Return the state as it is written."""
        raise NotImplementedError

    def unpack(self, packed: Any) -> None:
        """Take a state that was written."""
        raise NotImplementedError


class JaxMember(Trained):
    """The actor-critic of the recipe `cartpole`: one compiled call an iteration."""

    program: Any = None

    def begin(self) -> None:
        import jax
        import jax.numpy as jnp

        from ontogeny.core.population import Population, fresh, live
        from ontogeny.recipes import recipe_class
        from ontogeny.runtime.machine import prepare

        prepare(1)
        if JaxMember.program is None:  # once a process, and from the cache in all but the first
            learner = recipe_class("cartpole")().learner()
            JaxMember.program = (
                jax.jit(lambda seed, hypers: fresh(learner, seed, 0, 0, hypers)),
                jax.jit(lambda seed, member: live(learner, seed, self.updates, 0, member)[0]),
                Population,
            )
        self.hypers = {name: jnp.float32(value) for name, value in self.hypers.items()}
        self.state = JaxMember.program[0](jnp.uint32(self.seed), self.hypers)

    def live(self) -> float:
        import jax.numpy as jnp

        _, advance, population = JaxMember.program
        lived = jnp.int32(self.lived)
        member = population(self.state, self.hypers, jnp.float32(0), lived, lived)
        after = advance(jnp.uint32(self.seed), member)
        self.state = after.state
        return float(after.score)

    def packed(self) -> Any:
        import jax

        return jax.device_get(self.state)

    def unpack(self, packed: Any) -> None:
        self.state = packed


class TorchMember(Trained):
    """The member of `torch_member`, which Ontogeny's processes live too."""

    def begin(self) -> None:
        import torch
        from torch_member import LEARNER

        torch.set_num_threads(1)
        self.learner = LEARNER
        self.state = LEARNER.init(self.seed, self.hypers)

    def live(self) -> float:
        for step in range(self.lived, self.lived + self.updates):
            self.state, _ = self.learner.step(self.seed + step, self.state, self.hypers)
        return self.learner.score(0, self.state, self.hypers)

    def packed(self) -> Any:
        return self.state

    def unpack(self, packed: Any) -> None:
        self.state = packed


class Ends(tune.Callback):
    """Collects when iterations ended."""

    def __init__(self) -> None:
        self.found: list[tuple[str, int, float]] = []

    def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any):
        """Keep one."""
        self.found.append((trial.trial_id, result["training_iteration"], result["ended"] - BEGUN))


def main() -> None:
    """Grow a population, and print when its iterations ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["jax", "torch"])
    parser.add_argument("updates", type=int)
    parser.add_argument("iterations", type=int)
    parser.add_argument("--population", type=int, default=16)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--resident", action="store_true")
    parser.add_argument("--seconds", type=float, help="end by then, however many iterations")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    here = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    os.environ |= ONE_THREAD
    ray.init(
        num_cpus=chosen.cpus,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=10**8,
        runtime_env={"env_vars": ONE_THREAD},
    )
    rates, costs = tune.loguniform(1e-5, 1e-2), tune.loguniform(5e-4, 1e-1)
    drawn = {"learning_rate": rates, "entropy_cost" if chosen.kind == "jax" else "decay": costs}
    share = chosen.cpus / chosen.population if chosen.resident else 1
    ends = Ends()
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(
            tune.with_resources(
                {"jax": JaxMember, "torch": TorchMember}[chosen.kind], {"cpu": share}
            ),
            param_space={
                **drawn,
                "names": list(drawn),
                "updates": chosen.updates,
                "seed": tune.randint(0, 2**31),
            },
            tune_config=tune.TuneConfig(
                num_samples=chosen.population,
                reuse_actors=True,
                time_budget_s=chosen.seconds,
                scheduler=PopulationBasedTraining(
                    time_attr="training_iteration",
                    metric="value",
                    mode="max",
                    perturbation_interval=1,
                    quantile_fraction=0.25,
                    resample_probability=0.0,
                    perturbation_factors=(1.25, 0.8),
                    hyperparam_mutations=dict(drawn),
                    log_config=False,
                ),
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                stop={"training_iteration": chosen.iterations},
                callbacks=[ends],
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(num_to_keep=2),
            ),
        )
        results = tuner.fit()
        failed = [str(error) for error in results.errors]
    seconds = time.time() - BEGUN
    best = max((r.metrics or {}).get("value", float("-inf")) for r in results)
    ray.shutdown()
    said = {"ends": ends.found, "seconds": seconds, "best": best, "ray": ray.__version__}
    if failed:
        sys.exit(f"{len(failed)} members failed: {failed[0][-500:]}")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
