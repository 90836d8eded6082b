"""Act in Gymnasium with a policy from `ontogeny export RUN --to onnx`. Neither Ontogeny nor JAX is
needed: python act_in_gymnasium.py runs/cartpole-1/onnx
"""

import json
import sys
from pathlib import Path

import gymnasium
import numpy as np
import onnxruntime

folder = Path(sys.argv[1])
about = json.loads((folder / "policy.json").read_text())
policy = onnxruntime.InferenceSession(str(folder / "policy.onnx"))
names = [output.name for output in policy.get_outputs()]

env = gymnasium.make(about["world"])
returns = []
for seed in range(8):
    observation, _ = env.reset(seed=seed)
    memory = {name: np.float32(begin) for name, begin in about["memory"].items()}
    total, over = 0.0, False
    while not over:
        seen = {"observation": np.float32(observation), **memory}
        said = dict(zip(names, policy.run(None, seen), strict=True))
        memory = {name: said[f"{name}_after"] for name in memory}  # of a recurrent policy
        observation, reward, terminated, truncated, _ = env.step(int(said["logits"].argmax()))
        total, over = total + reward, terminated or truncated
    returns.append(total)
print(json.dumps(returns))
