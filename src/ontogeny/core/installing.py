"""How to install into the environment that runs this, in a command that works there."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

ASKED = re.compile(r"(?<!-m )(?<!uv )\bpip install\b")


def here(hint: str) -> str:
    """Return the hint with every `pip install` in it as it works here.

    The environment's own pip is named by its interpreter where another pip, or none, comes first on
    the path. What is installed already brings its extras, wherever it came from; of a checkout that
    is not installed, the folder is named.
    """
    if not ASKED.search(hint):
        return hint
    checkout = _checkout()
    if checkout is not None:
        hint = re.sub(
            r"'ontogeny(\[[\w,-]+\])'", lambda m: f"-e {shlex.quote(f'{checkout}{m[1]}')}", hint
        )
    return ASKED.sub(lambda _: _command(), hint)


def _command() -> str:
    own, found = Path(sys.executable), shutil.which("pip")
    if found is not None and Path(found).parent == own.parent:
        return "pip install"
    near = own.is_relative_to(Path.cwd())
    python = shlex.quote(str(own.relative_to(Path.cwd()) if near else own))
    if find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"


def _checkout() -> Path | None:
    """Return the checkout that this is imported from, where it is not installed."""
    known = (place for entry in sys.path for place in Path(entry).glob("ontogeny-*.dist-info"))
    if next(known, None) is not None:
        return None
    root = Path(__file__).parents[3]
    return root if (root / "pyproject.toml").is_file() else None
