"""Associative memories: what writes patterns and reads them back from broken queries.

>>> from ontogeny.learners.memory.hopfield import hopfield
>>> og.memory.n_numbers(hopfield("hebb"), 8, (24,))  # whatever the number of patterns
276
"""

from __future__ import annotations

from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.memory import AssociativeMemory, n_numbers
from ontogeny.learners.memory.meta_learned import ebmm, meta_learned
from ontogeny.learners.memory.product import Memory, load_memory
from ontogeny.learners.memory.task import MemoryTask, recall

__all__ = [
    "AssociativeMemory",
    "EBMMConfig",
    "Memory",
    "MemoryTask",
    "MetaTrainingConfig",
    "ebmm",
    "load_memory",
    "meta_learned",
    "n_numbers",
    "recall",
]
