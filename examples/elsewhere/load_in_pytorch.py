"""Load the weights of `ontogeny export RUN` into a PyTorch network. Neither Ontogeny nor JAX is
needed: python load_in_pytorch.py runs/cartpole-1/export
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

arrays = load_file(Path(sys.argv[1]) / "arrays.safetensors")
# Each layer has a weight [inputs, outputs], which PyTorch keeps turned, and a bias.
layers = ["0.torso.layers.0", "0.torso.layers.1", "0.policy"]
net = torch.nn.Sequential()
for name in layers:
    weight, bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
    linear = torch.nn.Linear(*weight.shape)
    linear.load_state_dict({"weight": weight.T, "bias": bias})
    net.extend([linear, torch.nn.Tanh()] if name != layers[-1] else [linear])
print(net)
print(net(torch.linspace(-0.1, 0.1, arrays["0.torso.layers.0.weight"].shape[0])).tolist())
