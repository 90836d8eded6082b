"""`python -m benchmarks [NAME …]`: measure, print, keep."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

from benchmarks import BENCHMARKS


def main() -> int:
    """Run the benchmarks that are asked for; return 0, or 3 when one could not run. A missed target
    is a finding, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--list", action="store_true", help="name the benchmarks, and do nothing")
    parser.add_argument(
        "--quick", action="store_true", help="fewer repeats, to see that all runs; keeps no figures"
    )
    parser.add_argument("--out", type=Path, help="the file of figures (benchmarks/results.json)")
    chosen = parser.parse_args()
    if chosen.list:
        for name, summary in BENCHMARKS.items():
            print(f"{name:14}{summary}")
        return 0
    if unknown := [name for name in chosen.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")

    from benchmarks.result import FILE, keep, load, show
    from ontogeny.runtime.machine import describe, prepare

    prepare()
    machine = describe()
    del machine["command"], machine["available_bytes"]
    failed = 0
    for name in chosen.names or BENCHMARKS:
        begun, load_before = time.perf_counter(), load()
        try:
            result = importlib.import_module(f"benchmarks.{name}").measure(chosen.quick)
        except Exception:  # one that can't run must not hide the others
            traceback.print_exc()
            failed += 1
            continue
        result.setting["load before"] = load_before
        show(name, BENCHMARKS[name], result, time.perf_counter() - begun)
        if not chosen.quick:
            keep(name, result, machine, chosen.out or FILE)
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
