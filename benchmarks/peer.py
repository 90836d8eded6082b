"""The interpreter that the peers run under, and how one is asked.

PyTorch is no dependency of Ontogeny, so the peers have an environment of their own:
`$BENCH_PEER_PYTHON`, or `.venv-bench` beside this folder, which `make bench` builds, or this
interpreter where it has the peer.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ontogeny.core.errors import MissingExtra

HERE = Path(__file__).parent


def peer_python(module: str) -> str:
    """Return an interpreter that has the module. Raises `MissingExtra` where there is none."""
    if given := os.environ.get("BENCH_PEER_PYTHON"):
        return given
    own = HERE.parent / ".venv-bench" / "bin" / "python"
    if own.exists():
        return str(own)
    if importlib.util.find_spec(module):
        return sys.executable
    raise MissingExtra(
        f"no interpreter here has {module}",
        where="benchmarks",
        hint="make bench builds one, or name one with BENCH_PEER_PYTHON=…/python",
    )


def ask(python: str, script: str, *words: str) -> dict[str, Any]:
    """Run a script of `peers` and return what it says. Raises `MissingExtra` when it can't."""
    command = [python, str(HERE / "peers" / script), *words]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise MissingExtra(
            f"the peer did not run: {said.strip().splitlines()[-1]}",
            where=python,
            hint="make bench builds an environment for it",
        ) from error
    return json.loads(answer.stdout.splitlines()[-1])
