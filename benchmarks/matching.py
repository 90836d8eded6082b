"""Treated rows matched to others: how time grows with rows, and beside what people use.

Rows are drawn with eight covariates that decide the treatment; a tenth are treated, so that of ten
million rows about a million are matched among nine. What is timed is fitting the propensity,
matching on it closest first, and on all covariates within the caliper. The peers have the same
table and do all that they must: psmpy (nearest on the logit, without replacement), on five thousand
rows, since of fifty thousand it was stopped after five minutes; and, where R has it, MatchIt (the
same with the caliper, and on all covariates within it), on fifty thousand. They take rows in
another order, so that their pairs are others; what must agree is the score of every row, and what
is reported is the distance within pairs, of which less is better. With replacement there is no
order: on two thousand rows, where it can compare all with all, MatchIt must give the same pairs.

DoWhy matches with replacement too, nearest on the probability, and so does ours beside it: the
effects must be equal. For that it is handed a logistic regression without a penalty, scikit-learn's
by Newton's method, as ours; its own has one (C = 1), which makes other scores and so other pairs.
It is timed with either, from model to estimate. It always matches controls to treated rows as well,
which ours does not and which is in its seconds. Those of the estimate alone are said beside.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from benchmarks.peer import HERE, ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, load, pairwise
from ontogeny.core.errors import MissingExtra
from ontogeny.social.matching.nearest import closest_first
from ontogeny.social.matching.pairs import Pairs
from ontogeny.social.matching.propensity import fit_propensity
from ontogeny.social.matching.windows import by_windows, whitened

SIZES = (10**5, 10**6, 10**7)
QUICK = (10**4, 10**5)
PEERS = (  # and the rows of each
    ("psmpy", 5000),
    ("DoWhy", 5000),
    ("DoWhy", 50_000),
    ("DoWhy, penalised", 50_000),
    ("MatchIt", 50_000),
    ("MatchIt, all covariates", 50_000),
)
CHECKED_ROWS = 2000  # MatchIt holds a distance for each treated row and control
REPEATS = 3
SLOPES = np.array([0.6, -0.4, 0.3, 0.2, 0.0, 0.0, 0.1, 0.0])
SHIFT = 2.65  # a tenth is treated
NAMES = tuple(f"x{i}" for i in range(len(SLOPES)))
WIDTH = 64
TARGETS = {("closest first", 10**7): Target(high=10), ("all covariates", 10**7): Target(high=60)}
TIMES = {"psmpy": 5, "DoWhy": 20, "MatchIt": 50}
EQUAL = Target(low=-1e-6, high=1e-6)  # effects of the same pairs
EXPONENT = Target(high=1.2)


def measure(quick: bool) -> Result:
    """Return seconds by rows with their exponents, and ratios to the peers."""
    sizes = QUICK if quick else SIZES
    figures: list[Figure] = []
    seconds = {rows: timed(rows, 1 if rows > 10**6 else REPEATS) for rows in sizes}
    for part in ("fit", "closest first", "all covariates"):
        for rows in sizes:
            target = TARGETS.get((part, rows))
            figures.append(Figure(f"{part}, {rows:,} rows", "s", seconds[rows][part], target))
        ends = [float(np.median(seconds[rows][part])) for rows in (sizes[0], sizes[-1])]
        slope = np.log(ends[1] / ends[0]) / np.log(sizes[-1] / sizes[0])
        figures.append(Figure(f"{part}, exponent", "power of rows", [float(slope)], EXPONENT))
    setting: dict[str, Any] = {"covariates": len(NAMES), "window": WIDTH, "load": load()}
    setting |= {f"matched of {rows:,}": int(seconds[rows]["pairs"][0]) for rows in sizes}
    with tempfile.TemporaryDirectory() as folder:
        for peer, rows in PEERS:
            try:
                figures += beside(peer, rows, Path(folder), 1 if quick else REPEATS, setting)
            except MissingExtra as error:
                setting[peer] = f"not here ({error.what})"
        if "not here" not in setting.get("MatchIt", "not here"):
            figures.append(same_pairs(Path(folder)))
    return Result(setting, figures)


def drawn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return covariates and who is treated."""
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(rows, len(SLOPES)))
    return covariates, rng.random(rows) < 1 / (1 + np.exp(SHIFT - covariates @ SLOPES))


def timed(rows: int, repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each part, and the pairs made on the score."""
    found: dict[str, list[float]] = {}
    for seed in range(repeats):
        covariates, treated = drawn(rows, seed)
        stratum, rng = np.zeros(rows, np.int64), np.random.default_rng(seed)
        clock = [time.perf_counter()]
        fit = fit_propensity(covariates, treated, NAMES)
        clock.append(time.perf_counter())
        caliper = float(0.2 * fit.logit.std())
        pairs = closest_first(fit.logit, treated, stratum, caliper, rng)
        clock.append(time.perf_counter())
        by_windows(
            *(fit.logit, whitened(covariates), treated, stratum),
            *(caliper, WIDTH, 1, False, rng),
        )
        clock.append(time.perf_counter())
        parts = dict(zip(("fit", "closest first", "all covariates"), np.diff(clock), strict=True))
        for name, value in (parts | {"pairs": len(pairs.treated)}).items():
            found.setdefault(name, []).append(float(value))
    return found


def beside(
    peer: str, rows: int, folder: Path, repeats: int, setting: dict[str, Any]
) -> list[Figure]:
    """Return the ratio of a peer's seconds to ours, and of the distances within pairs. Raises
    `MissingExtra` where the peer is not installed.
    """
    covariates, treated = drawn(rows, 0)
    table, scores = folder / "table.csv", folder / "scores.csv"
    outcome = written(table, covariates, treated)
    said: dict[str, list[Any]] = {"peer": [], "ours": []}
    run = _asked(peer, table, scores)

    def theirs() -> float:
        said["peer"].append(run())
        return float(said["peer"][-1]["seconds"])

    def ours() -> float:
        begun = time.perf_counter()
        logit, pairs = alike(peer, covariates, treated)
        ended = time.perf_counter()
        apart = float(np.abs(logit[pairs.treated] - logit[pairs.control]).sum())
        effect = float((outcome[pairs.treated] - outcome[pairs.control]).mean())
        said["ours"].append((len(pairs.treated), apart, effect, logit))
        return ended - begun

    values = by_turns({"peer": theirs, "ours": ours}, repeats)
    first, (pairs, apart, effect, logit) = said["peer"][0], said["ours"][0]
    setting[peer] = first["version"]
    name = f"{rows:,} rows, {peer}"
    figures = [
        Figure(f"{name}: its seconds", "s", values["peer"]),
        Figure(f"{name}: ours", "s", values["ours"]),
        Figure(
            f"{name}: its seconds / ours",
            "ratio",
            pairwise(values["peer"], values["ours"]),
            Target(low=TIMES[peer.split(",")[0]]),
        ),
        Figure(f"{name}: its pairs / ours", "ratio", [first["pairs"] / pairs]),
        Figure(
            f"{name}: its effect minus ours (1 is planted)",
            "outcome",
            [first["effect"] - effect],
            EQUAL if peer == "DoWhy" else None,
        ),
    ]
    if "DoWhy" in peer:
        alone = [answer["estimate_seconds"] for answer in said["peer"]]
        figures.append(
            Figure(f"{name}: its estimate alone / ours", "ratio", pairwise(alone, values["ours"]))
        )
    elif "all" not in peer:  # which looks at other distances
        figures.append(
            Figure(
                f"{name}: its distance in a pair / ours",
                "ratio",
                [first["apart"] / first["pairs"] / (apart / pairs)],
            )
        )
    if "MatchIt" in peer:
        other = np.loadtxt(scores, delimiter=",", skiprows=1)[:, 0]
        figures.append(
            Figure(
                f"{name}: furthest of its scores from ours",
                "logit",
                [float(np.abs(other - logit).max())],
                Target(high=1e-4),
            )
        )
    return figures


def alike(peer: str, covariates: np.ndarray, treated: np.ndarray) -> tuple[np.ndarray, Pairs]:
    """Return the logit and the pairs of our doing what the peer does."""
    logit = fit_propensity(covariates, treated, NAMES).logit
    stratum, rng = np.zeros(len(treated), np.int64), np.random.default_rng(0)
    caliper = float(0.2 * logit.std()) if "MatchIt" in peer else float("inf")
    if "DoWhy" in peer:
        return logit, by_windows(expit(logit), None, treated, stratum, caliper, 2, 1, True, rng)
    if "all" in peer:
        spread = whitened(covariates)
        return logit, by_windows(logit, spread, treated, stratum, caliper, WIDTH, 1, False, rng)
    return logit, closest_first(logit, treated, stratum, caliper, rng)


def written(table: Path, covariates: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Write the table, and return its outcome."""
    outcome = covariates @ np.ones(len(NAMES)) + treated
    whole = np.column_stack([treated, outcome, covariates])
    header = ",".join(("treated", "outcome", *NAMES))
    np.savetxt(table, whole, delimiter=",", header=header, comments="", fmt=["%d"] + ["%.17g"] * 9)
    return outcome


def same_pairs(folder: Path) -> Figure:
    """Return the share of treated rows that have the same control as in MatchIt."""
    covariates, treated = drawn(CHECKED_ROWS, 0)
    table, rows = folder / "checked.csv", folder / "checked_rows.csv"
    written(table, covariates, treated)
    _matchit(table, rows, "matrix")()
    control = np.loadtxt(rows, delimiter=",", skiprows=1)[:, 1].astype(int) - 1
    fit = fit_propensity(covariates, treated, NAMES)
    stratum, rng = np.zeros(CHECKED_ROWS, np.int64), np.random.default_rng(0)
    pairs = by_windows(fit.logit, None, treated, stratum, float("inf"), 2, 1, True, rng)
    same = float(np.mean(control[pairs.treated] == pairs.control))
    name = f"{CHECKED_ROWS:,} rows, with replacement: pairs that MatchIt makes too"
    return Figure(name, "share", [same], Target(low=1.0))


def _asked(peer: str, table: Path, scores: Path) -> Callable[[], dict[str, Any]]:
    """Return what has the peer match the table. Raises `MissingExtra` where it isn't installed."""
    if "MatchIt" in peer:
        return _matchit(table, scores, "mahalanobis" if "all" in peer else "score")
    module = peer.split(",")[0].lower()
    python, words = peer_python(module), ["penalised"] if "penalised" in peer else []
    return lambda: ask(python, f"{module}_matching.py", str(table), *words)


def _matchit(table: Path, scores: Path, word: str) -> Callable[[], dict[str, Any]]:
    program = shutil.which("Rscript")
    if program is None:
        raise MissingExtra("Rscript is not installed", where="benchmarks matching")
    command = [program, str(HERE / "peers" / "matchit.R"), str(table), str(scores), word]

    def run() -> dict[str, Any]:
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode:
            raise MissingExtra(
                f"MatchIt did not run: {answer.stderr.strip().splitlines()[-1]}", where="Rscript"
            )
        return json.loads(answer.stdout.splitlines()[-1])

    return run
