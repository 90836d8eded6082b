# pyright: reportMissingImports=false, reportMissingParameterType=false
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false
"""The script of `first_script` under Ray Tune's PBT, to a curve a member."""

import tempfile
from pathlib import Path

import torch
from matplotlib import pyplot
from ray import tune
from ray.tune.schedulers import PopulationBasedTraining
from sklearn.datasets import load_digits

pixels, labels = (torch.tensor(x) for x in load_digits(return_X_y=True))
pixels = pixels.float() / 16


def train(config):
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    begun, checkpoint = 0, tune.get_checkpoint()
    if checkpoint:
        with checkpoint.as_directory() as folder:
            saved = torch.load(Path(folder) / "state.pt")
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        begun = saved["epoch"] + 1
    optimiser.param_groups[0]["lr"] = config["lr"]
    for epoch in range(begun, 6):
        for rows in torch.randperm(1400).split(200):
            loss = torch.nn.functional.cross_entropy(net(pixels[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            score = (net(pixels[1400:]).argmax(1) == labels[1400:]).float().mean()
        with tempfile.TemporaryDirectory() as folder:
            saved = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "epoch": epoch}
            torch.save(saved, Path(folder) / "state.pt")
            checkpoint = tune.Checkpoint.from_directory(folder)
            tune.report({"score": float(score)}, checkpoint=checkpoint)


if __name__ == "__main__":
    moves = PopulationBasedTraining(
        time_attr="training_iteration",
        perturbation_interval=1,
        hyperparam_mutations={"lr": tune.loguniform(1e-4, 3.0)},
    )
    tuner = tune.Tuner(
        train,
        param_space={"lr": tune.loguniform(1e-4, 3.0)},
        tune_config=tune.TuneConfig(metric="score", mode="max", num_samples=6, scheduler=moves),
        run_config=tune.RunConfig(storage_path=str(Path("ray").absolute())),
    )
    results, axes = tuner.fit(), None
    for result in results:
        axes = result.metrics_dataframe.plot("training_iteration", "score", ax=axes, legend=False)
    pyplot.savefig("curves.png")
    print("curves.png", results.get_best_result().metrics["score"])
