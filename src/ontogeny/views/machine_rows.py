"""The machine that something ran on, as rows of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ontogeny.views.quantities import count, size


def machine_rows(machine: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of what is known of a machine; the command that was run there, which is
    told elsewhere, is left out.
    """
    return [
        (name.replace("_", " "), _fact(name, value))
        for name, value in machine.items()
        if name != "command"
    ]


def _fact(name: str, value: Any) -> str:
    if name.endswith("bytes"):
        return size(value)
    if isinstance(value, list):
        return ", ".join(
            count(n, str(kind), str(kind)) for kind, n in Counter(map(str, value)).items()
        )
    return str(value)
