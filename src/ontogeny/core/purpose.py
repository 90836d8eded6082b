"""What a random key is for."""

from __future__ import annotations

from enum import IntEnum


class Purpose(IntEnum):
    """What a key is for. Two purposes never share a key, whatever the other numbers are."""

    HYPERS = 0
    INIT = 1
    STEP = 2
    SCORE = 3
    STRATEGY = 4
    MOVE = 5
