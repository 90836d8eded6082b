"""A pytree of arrays as a folder: `arrays.safetensors`, and `structure.json` that says what they
are.

Reading runs no code from the files: the caller gives the structure that it expects, and what does
not fit is an error that names the leaf. Writing is atomic: a folder appears whole, under its name,
or not at all. Both files have a checksum in `structure.json` (in those of earlier versions, the
arrays alone).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree
from safetensors import deserialize
from safetensors.numpy import save

from ontogeny.core.array_file import checksum_of
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import (
    absolute,
    decoding,
    link_or_copy,
    read_regular,
    replace_folder,
    sync,
)
from ontogeny.core.trees import fitted, keyless, named_leaves

FORMAT = 1


def write_archive(
    folder: Path, tree: PyTree, about: dict[str, Any], beside: Sequence[Path] = ()
) -> int:
    """Write the tree, and `about` (anything JSON) beside it, as `folder`; return the bytes written.

    The files `beside` are put in as well, as they are now: hard links, or copies.

    Raises `StoreError` when it can't be written (a full disk, no permission); what stood there
    before stays.
    """
    folder = absolute(folder)
    named = named_leaves(jax.device_get(keyless(tree)))
    leaves = {path: np.asarray(leaf) for path, leaf in named}
    if len(leaves) < len(named):
        raise StructureError(
            "two leaves have one path", where=str(folder), hint="rename a key that holds a dot"
        )
    data = save({path: np.asarray(leaf, order="C") for path, leaf in leaves.items()})
    structure: dict[str, Any] = {
        "format": FORMAT,
        "about": about,
        "bytes": len(data),
        "crc32": zlib.crc32(data),
        "leaves": {p: {"dtype": str(x.dtype), "shape": list(x.shape)} for p, x in leaves.items()},
    }
    structure["checksum"] = checksum_of(structure)
    with replace_folder(folder, f"write {len(data):,} bytes") as part:
        (part / "arrays.safetensors").write_bytes(data)
        (part / "structure.json").write_text(json.dumps(structure, indent=1), encoding="utf-8")
        for file in beside:
            link_or_copy(file, part / file.name)
        for written in part.iterdir():
            sync(written)
    return len(data) + sum((folder / file.name).stat().st_size for file in beside)


def read_about(
    folder: Path, kind: str | None = None, formerly: str | None = None
) -> dict[str, Any]:
    """Return what was written beside the tree. Raises `StoreError` when it is missing or
    unreadable, or when its "kind" is not the one that is asked for.

    Archives of four kinds once said a "product" where all say a "kind": what it was `formerly`.
    """
    about = _structure(folder)["about"]
    was = formerly is not None and about.get("product") == formerly
    if kind is not None and about.get("kind") != kind and not was:
        raise StoreError(
            f"it holds {about.get('kind', 'something else')!r}, not {kind!r}",
            where=str(folder),
            hint="og.load_product reads every kind",
        )
    return about


def read_shape(folder: Path, leaf: str) -> tuple[int, ...]:
    """Return the shape of a leaf, given its path. Raises `StoreError` when there is none, or the
    folder is unreadable.
    """
    leaves = _structure(folder)["leaves"]
    if leaf not in leaves:
        raise StoreError(f"it has no {leaf!r}", where=str(folder))
    return tuple(leaves[leaf]["shape"])


def read_archive(folder: Path, like: PyTree) -> PyTree:
    """Return the tree in `folder`, with the structure, shapes and dtypes of `like` (arrays or their
    shapes).

    Raises `StoreError` when the files are missing or corrupt, `StructureError` when they hold
    another tree.
    """
    arrays, _ = read_whole(folder)
    return fitted(arrays, like, str(folder))


def read_whole(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the leaves by their paths, whatever they are, and what was written beside them. Raises
    `StoreError` when the files are missing or corrupt.
    """
    structure = _structure(folder)
    try:
        data = read_regular(folder / "arrays.safetensors")
    except OSError as error:
        raise StoreError(f"can't read the arrays ({error.strerror})", where=str(folder)) from error
    if len(data) != structure["bytes"] or zlib.crc32(data) != structure["crc32"]:
        raise StoreError(
            f"arrays.safetensors ({len(data):,} bytes) is not what was written "
            f"({structure['bytes']:,} bytes)",
            where=str(folder),
            hint="the file was cut or changed after it was written; use another checkpoint",
        )
    with decoding(str(folder), "arrays.safetensors is not readable"):
        leaves = structure["leaves"]
        arrays = {
            path: np.frombuffer(view["data"], np.dtype(leaves[path]["dtype"])).reshape(
                view["shape"]
            )
            for path, view in deserialize(data)
        }
    return arrays, structure["about"]


def _structure(folder: Path) -> dict[str, Any]:
    try:
        data = read_regular(folder / "structure.json")
    except OSError as error:
        raise StoreError(
            f"can't read structure.json ({error.strerror})", where=str(folder)
        ) from error
    with decoding(str(folder), "structure.json is not readable"):
        structure = json.loads(data)
        if structure["format"] != FORMAT:
            raise StoreError(
                f"format {structure['format']} is not format {FORMAT}",
                where=str(folder),
                hint="read it with the version of ontogeny that wrote it",
            )
        said = structure.pop("checksum", None)
        if said is not None and said != checksum_of(structure):
            raise ValueError("it is not what was written")
        for name, kind in (("about", dict), ("leaves", dict), ("bytes", int), ("crc32", int)):
            if type(structure[name]) is not kind:
                raise TypeError(f"{name} is {structure[name]!r:.60}")
        for leaf in structure["leaves"].values():
            if not all(type(n) is int and n >= 0 for n in leaf["shape"]):
                raise TypeError(f"a leaf is {leaf!r:.60}")
        return structure
