# pyright: reportMissingImports=false
"""A script as somebody has it: a network of PyTorch's that reads digits, at one learning rate."""

import torch
from sklearn.datasets import load_digits

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def train():
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(6):
        for rows in torch.randperm(1400).split(200):
            loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            score = (net(pixels[1400:]).argmax(1) == labels[1400:]).float().mean()
        print(float(score))


if __name__ == "__main__":
    train()
