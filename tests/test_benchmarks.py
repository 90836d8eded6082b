"""The benchmarks name themselves, and the kept figures have the fields that the docs explain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES = {
    "moves",
    "single",
    "sb3",
    "start",
    "processes",
    "faults",
    "memory",
    "devices",
    "sequences",
    "lifetimes",
    "records",
    "ray_tune",
    "ray_torch",
    "adaptation",
}
RESULTS = ROOT / "benchmarks" / "results.json"


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_list_names_them_all_and_each_has_its_file():
    said = ask("--list")
    assert said.returncode == 0, said.stderr
    assert {line.split()[0] for line in said.stdout.splitlines()} == NAMES
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} >= NAMES


def test_an_unknown_name_is_refused_before_anything_is_measured():
    said = ask("singel")
    assert said.returncode == 2
    assert "'singel'" in said.stderr


def test_the_kept_figures_have_their_fields():
    kept = json.loads(RESULTS.read_text())
    assert kept["format"] == 1
    assert {"processor", "cores", "devices", "jax", "python"} <= kept["machine"].keys()
    assert set(kept["benchmarks"]) <= NAMES
    for result in kept["benchmarks"].values():
        assert "load before" in result["setting"]
        assert result["figures"]
        for row in result["figures"]:
            assert {"name", "unit", "n", "median", "min", "max"} <= row.keys()
            assert row["n"] >= 1
            assert row["min"] <= row["median"] <= row["max"]
            assert ("target" in row) == ("holds" in row)


def test_the_rate_of_a_population_by_hand():
    """Sixteen members that end one by one, a second apart; that end side by side every ten seconds;
    and of which one begins late.
    """
    code = (
        "from benchmarks.ray_tune import rate\n"
        "one_by_one = [(n % 16, n // 16 + 1, float(n)) for n in range(64)]\n"
        "abreast = [(slot, n, 10.0 * n) for n in (1, 2, 3) for slot in range(16)]\n"
        "late = [(0, 1, 31.5), *((n % 15 + 1, n // 15 + 1, float(n)) for n in range(60))]\n"
        "print([rate(one_by_one, 5), rate(abreast, 5), rate(late, 5, all_begun=True)])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    one_by_one, abreast, late = json.loads(said.stdout)
    assert one_by_one == 5
    assert abreast == 5 * 32 / 20
    assert 5 < late < 5.2  # from 31.5 on, a second each
