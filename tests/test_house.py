"""The house: imports point down, never up and never sideways; files are small; import is quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import ontogeny

SOURCE = Path(ontogeny.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

# From the top floor to the ground: a room may import the rooms below it.
FLOORS = [
    {"__main__"},
    {"cli"},
    {"claims"},
    {"replaying", "sweeping"},
    {"growth", "asking", "studying"},
    {"run"},
    {"recipes"},
    {"views"},
    {"runtime"},
    {"evolution"},
    {"learners", "social"},
    {"worlds"},
    {"nn", "ops"},
    {"core"},
]
ALLOWED = {("nn", "ops"), ("testing", "runtime")}  # neighbours that may be used all the same
FAMILIES = {"learners", "claims"}  # a folder a family or a system: none imports another,
RELATIVES = {("teaching", "agents"), ("teaching", "text")}  # but these; the files beside serve all
LONGEST = 400
MOST = 32  # files beside each other: of more, those of a kind have a folder


def floor(room: str) -> int:
    """Return the room's floor, 0 the highest. `testing` looks at everything below `runtime`."""
    if room == "testing":
        return floor("runtime")
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    """Return the room that a file is in: the first folder, or the file's own name."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def family_of(parts: Sequence[str]) -> str | None:
    """Return the family that a module is in, given its path below the house, if it is in one."""
    below = SOURCE.joinpath(*parts[:2])
    return parts[1] if len(parts) > 1 and parts[0] in FAMILIES and below.is_dir() else None


def imported(path: Path) -> list[tuple[int, list[str]]]:
    """Return (line, path below the house) for every import of it in the file, late ones too."""
    found: list[tuple[int, list[str]]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is relative; write the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        found += [(node.lineno, p[1:]) for p in parts if p[0] == "ontogeny" and len(p) > 1]
    return found


def breach(room: str, other: str) -> str | None:
    """Return what is wrong with an import of the room `other` in `room`, or None."""
    if other == "__version__" or other == room or (room, other) in ALLOWED:
        return None
    if floor(other) < floor(room):
        return "points up"
    return "points sideways" if floor(other) == floor(room) else None


def family_breach(family: str | None, other: str | None) -> str | None:
    """Return what is wrong with an import of the family `other` in `family` (None: the files that
    lie beside the folders of families), or None.
    """
    if other is None or family == other or (family, other) in RELATIVES:
        return None
    return "points up into a family" if family is None else "points to another family"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path):
    own = path.relative_to(SOURCE).with_suffix("").parts
    room, family = room_of(path), family_of(own)
    if room == "__init__":
        return  # the front door hands out names from everywhere, lazily
    wrong = [
        f"line {line}: {'/'.join(own)} imports {'.'.join(other)}, which {said}"
        for line, other in imported(path)
        if (said := breach(room, other[0]))
        or (other[0] == room and (said := family_breach(family, family_of(other))))
    ]
    assert not wrong


def test_the_check_itself_finds_what_it_is_for():
    assert breach("core", "ops") == "points up"
    assert breach("ops", "nn") == "points sideways"
    assert breach("nn", "ops") is None
    assert breach("learners", "social") == "points sideways"
    assert breach("runtime", "views") == "points up"
    assert breach("testing", "runtime") is None
    assert breach("testing", "recipes") == "points up"
    assert family_of(["learners", "agents", "losses"]) == "agents"
    assert family_of(["claims", "claim"]) is None
    assert family_of(["core", "learner"]) is None
    assert family_breach("maml", "agents") == "points to another family"
    assert family_breach("teaching", "agents") is None
    assert family_breach("agents", "teaching") == "points to another family"
    assert family_breach("pbt", None) is None
    assert family_breach(None, "pbt") == "points up into a family"


def test_a_folder_is_seen_at_a_glance():
    files = Counter(path.parent for path in MODULES if path.stem != "__init__")
    assert {str(folder): count for folder, count in files.items() if count > MOST} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_is_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert path.stem not in {"utils", "util", "common", "base", "misc", "helpers", "helper"}


def test_the_front_door_and_the_command_line_do_not_import_jax():
    code = (
        "import sys, ontogeny, ontogeny.cli, ontogeny.recipes, ontogeny.claims as claims; "
        "[claims.system_named(name) for name in claims.system_names()]; "
        "print(sorted({'jax', 'numpy', 'plotly', 'gymnax'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
