# pyright: reportMissingImports=false, reportMissingParameterType=false
"""The script of `first_script` under Ontogeny's PBT, to the report."""

import torch
from sklearn.datasets import load_digits

import ontogeny as og

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def train(member):
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    member.state(net=net, optimiser=optimiser)
    optimiser.param_groups[0]["lr"] = member.hypers["lr"]
    for _ in member.steps():
        for rows in torch.randperm(1400).split(200):
            loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            score = (net(pixels[1400:]).argmax(1) == labels[1400:]).float().mean()
        member.report(score)


if __name__ == "__main__":
    space = og.Space({"lr": og.Log(1e-4, 3.0)})
    run = og.grow(og.script(train), space=space, population=6, rounds=6)
    print(run.report(), float(run.best.score))
