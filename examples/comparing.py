"""Is a schedule better than a fixed rate? Compare two strategies, then replay what one found."""

import ontogeny as og

SMALL = {"population": 8, "rounds": 20, "steps": 50, "progress": False}

runs = []
for strategy in ("pbt", "random-search"):
    for seed in range(2):  # five or more, when it is meant
        runs.append(og.grow("quadratic", strategy=strategy, seed=seed, **SMALL))

found = og.compare(runs)
print(found)
print(found.write("runs/compare.html"))

again = og.replay(runs[0], members=2, fixed_final=True, progress=False)
print(
    "schedule", again.metrics()["score"][-1, :2], "its end, fixed", again.metrics()["score"][-1, 2:]
)
