"""The house: imports point down, never up and never sideways; files are small; import is quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ontogeny

SOURCE = Path(ontogeny.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

# From the top floor to the ground: a room may import the rooms below it.
FLOORS = [
    {"cli"},
    {"replaying"},
    {"run"},
    {"recipes"},
    {"views"},
    {"runtime"},
    {"evolution"},
    {"teaching"},
    {"agents", "adaptation", "generation", "memory", "streaming", "beauty"},
    {"worlds"},
    {"nn", "ops"},
    {"core"},
]
ALLOWED = {("nn", "ops"), ("testing", "runtime")}  # neighbours that may be used all the same
LONGEST = 400


def floor(room: str) -> int:
    """Return the room's floor, 0 the highest. `testing` looks at everything below `runtime`."""
    if room == "testing":
        return floor("runtime")
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    """Return the room that a file is in: the first folder, or the file's own name."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[tuple[int, str]]:
    """Return (line, room) for every import of the house in the file, late ones too."""
    rooms: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is relative; write the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        rooms += [(node.lineno, p[1]) for p in parts if p[0] == "ontogeny" and len(p) > 1]
    return rooms


def breach(room: str, other: str) -> str | None:
    """Return what is wrong with an import of `other` in `room`, or None."""
    if other == "__version__" or other == room or (room, other) in ALLOWED:
        return None
    if floor(other) < floor(room):
        return "points up"
    return "points sideways" if floor(other) == floor(room) else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path):
    room = room_of(path)
    if room == "__init__":
        return  # the front door hands out names from everywhere, lazily
    wrong = [
        f"line {line}: {room} imports {other}, which {said}"
        for line, other in imported(path)
        if (said := breach(room, other))
    ]
    assert not wrong


def test_the_check_itself_finds_what_it_is_for():
    assert breach("core", "ops") == "points up"
    assert breach("agents", "memory") == "points sideways"
    assert breach("ops", "nn") == "points sideways"
    assert breach("nn", "ops") is None
    assert breach("teaching", "agents") is None
    assert breach("runtime", "views") == "points up"
    assert breach("testing", "runtime") is None
    assert breach("testing", "recipes") == "points up"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_is_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert path.stem not in {"utils", "util", "common", "base", "misc", "helpers", "helper"}


def test_the_front_door_and_the_command_line_do_not_import_jax():
    code = (
        "import sys, ontogeny, ontogeny.cli, ontogeny.recipes; "
        "print(sorted({'jax', 'numpy', 'plotly', 'gymnax'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
