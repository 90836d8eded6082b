# pyright: reportMissingImports=false, reportMissingParameterType=false
# pyright: reportPossiblyUnboundVariable=false
"""The script of `first_script` as an objective of Optuna's, to its history of trials."""

import optuna
import torch
from sklearn.datasets import load_digits

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def train(trial):
    rate = trial.suggest_float("lr", 1e-4, 3.0, log=True)
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    for epoch in range(6):
        for rows in torch.randperm(1400).split(200):
            loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            score = (net(pixels[1400:]).argmax(1) == labels[1400:]).float().mean()
        trial.report(float(score), epoch)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return float(score)


if __name__ == "__main__":
    study = optuna.create_study(direction="maximize")
    study.optimize(train, n_trials=6)
    optuna.visualization.plot_optimization_history(study).write_html("history.html")
    print("history.html", study.best_value)
