"""Grow PyTorch networks that read digits from an ordinary training function: five lines of it are
Ontogeny's.

Needs PyTorch and `ontogeny[digits]`.
"""

import torch
from sklearn.datasets import load_digits

import ontogeny as og

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def train(member):
    rate = member.hypers["learning_rate"]  # 1: the population's, in place of a constant
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    member.state(net=net, optimiser=optimiser)  # 2: what is inherited
    optimiser.param_groups[0]["lr"] = rate  # 3: an optimiser's state has its parent's rate
    for _ in member.steps():  # 4: in place of range(epochs)
        for rows in torch.randperm(1400).split(200):
            loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            score = (net(pixels[1400:]).argmax(1) == labels[1400:]).float().mean()
        member.report(score, loss=loss)  # 5: how good it is


if __name__ == "__main__":
    space = og.Space({"learning_rate": og.Log(1e-4, 3.0)})
    together = og.Processes(synchronous=True)  # so that the run can be repeated
    run = og.grow(og.script(train), space=space, population=6, rounds=6, executor=together)
    print(run.best)
