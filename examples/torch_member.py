"""Grow PyTorch networks that read digits: three functions, and a population tunes their learning.

A network and its optimiser are one state. It is no array, so the learner says that it is pickled.
"""

import torch
from sklearn.datasets import load_digits

import ontogeny as og

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def init(key, hypers):
    torch.manual_seed(key)
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    return net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def step(key, state, hypers):
    net, optimiser = state
    optimiser.param_groups[0]["lr"] = hypers["learning_rate"]
    rows = torch.randint(1400, (32,), generator=torch.Generator().manual_seed(key))
    loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return (net, optimiser), {"loss": loss.item()}


def score(key, state, hypers):
    with torch.no_grad():
        return (state[0](pixels[1400:]).argmax(1) == labels[1400:]).float().mean().item()


learner = og.HostLearner(init, step, score, pickle=True)
space = og.Space({"learning_rate": og.Log(1e-4, 3.0)})
run = og.grow(learner, space=space, population=6, rounds=6, steps=10)
print(run.best)
