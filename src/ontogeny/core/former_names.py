"""What earlier versions called the fields of a recipe. Reading a run needs no more of recipes than
this, and so nothing that computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMERLY = {"evolution": "strategy"}


def under_todays_names(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's fields, as a run store keeps them, by the names that they have today."""
    return {FORMERLY.get(name, name): value for name, value in fields.items()}
