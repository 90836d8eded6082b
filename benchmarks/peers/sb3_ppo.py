# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
"""Stable-Baselines3's PPO on CartPole-v1 with its own defaults, timed. Runs under an interpreter
that has it.

    python sb3_ppo.py STEPS [--threads N]

Prints one JSON object. The first rollout and its update are not timed.
"""

from __future__ import annotations

import argparse
import json
import time

import gymnasium
import stable_baselines3
import torch


def main() -> None:
    """Learn, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice when not given")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    model = stable_baselines3.PPO("MlpPolicy", gymnasium.make("CartPole-v1"), device="cpu", seed=0)
    model.learn(model.n_steps)
    before, begun = model.num_timesteps, time.perf_counter()
    model.learn(chosen.steps, reset_num_timesteps=False)
    seconds = time.perf_counter() - begun
    said = {
        "steps": model.num_timesteps - before,
        "seconds": seconds,
        "stable_baselines3": stable_baselines3.__version__,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
