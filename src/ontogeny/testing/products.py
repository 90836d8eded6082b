"""Does a product keep the contract of `core.product`?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ontogeny.core.archive import read_about
from ontogeny.core.errors import StructureError
from ontogeny.core.product import Product


def check_product(product: Any, ask: Callable[[Any], PyTree], load: Callable[[Path], Any]) -> None:
    """Check the contract of `core.product`, given a question and what reads products back
    (`og.load_product`, or the function that knows this kind).

    It is callable, has a kind, and its archive says so; what is read back is of the same type and
    answers `ask(product)`, arrays or text, with the same bits; and saving over a product replaces
    its folder whole, so that a reader never meets half of it.
    """
    name = type(product).__name__
    kind = getattr(product, "kind", None)
    if not isinstance(product, Product) or not isinstance(kind, str):
        raise StructureError(
            "it has no `kind`, no `save`, or can't be called",
            where=name,
            hint='see core.product.Product; the kind is text: kind: ClassVar[str] = "translator"',
        )
    with tempfile.TemporaryDirectory() as place:
        folder, before = Path(place) / "product", Path(place) / "before"
        product.save(folder)
        said = read_about(folder).get("kind")
        if said != kind:
            raise StructureError(
                f"its archive says the kind {said!r}, and not {kind!r}",
                where=f"{name}.save",
            )
        again = load(folder)
        if type(again) is not type(product):
            raise StructureError(f"it came back as a {type(again).__name__}", where=name)
        _check_answers(name, ask(product), ask(again))
        before.mkdir()
        for file in folder.iterdir():  # a second name keeps what it is now, if it is replaced
            os.link(file, before / file.name)
        (folder / "leftover").touch()
        product.save(folder)
        for file in folder.iterdir():
            if not (before / file.name).exists() or file.samefile(before / file.name):
                raise StructureError(
                    f"saving over a product left {file.name} in its place",
                    where=f"{name}.save",
                    hint="write it with core.archive.write_archive, which replaces the folder",
                )
        _check_answers(name, ask(product), ask(load(folder)))


def _check_answers(name: str, wanted: PyTree, found: PyTree) -> None:
    if jax.tree.structure(wanted) != jax.tree.structure(found):
        raise StructureError("what was read back answers in another structure", where=name)
    for a, b in zip(jax.tree.leaves(wanted), jax.tree.leaves(found), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        if (a.dtype, a.shape, a.tobytes()) != (b.dtype, b.shape, b.tobytes()):
            raise StructureError(
                f"what was read back answers {b}, not {a}",
                where=name,
                hint="save everything that an answer depends on",
            )
