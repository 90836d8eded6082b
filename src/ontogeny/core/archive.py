"""A pytree of arrays as a folder: `arrays.safetensors`, and `structure.json` that says what they
are.

Reading runs no code from the files: the caller gives the structure that it expects, and what does
not fit is an error that names the leaf. Writing is atomic: a folder appears whole, under its name,
or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.trees import named_leaves

FORMAT = 1


def write_archive(
    folder: Path, tree: PyTree, about: dict[str, Any], beside: Sequence[Path] = ()
) -> int:
    """Write the tree, and `about` (anything JSON) beside it, as `folder`; return the bytes written.

    The files `beside` are put in as well, as they are now: hard links, or copies.

    Raises `StoreError` when it can't be written (a full disk, no permission); what stood there
    before stays.
    """
    named = named_leaves(jax.device_get(tree))
    leaves = {path: np.asarray(leaf) for path, leaf in named}
    if len(leaves) < len(named):
        raise StructureError(
            "two leaves have one path", where=str(folder), hint="rename a key that holds a dot"
        )
    data = save({path: np.asarray(leaf, order="C") for path, leaf in leaves.items()})
    structure = {
        "format": FORMAT,
        "about": about,
        "bytes": len(data),
        "crc32": zlib.crc32(data),
        "leaves": {p: {"dtype": str(x.dtype), "shape": list(x.shape)} for p, x in leaves.items()},
    }
    part, old = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".old")
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)  # a kill fell between the two renames below
        for leftover in (part, old):
            shutil.rmtree(leftover, ignore_errors=True)
        part.mkdir(parents=True)
        _write(part / "arrays.safetensors", data)
        _write(part / "structure.json", json.dumps(structure, indent=1).encode())
        for file in beside:
            link_or_copy(file, part / file.name)
            _sync(part / file.name)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise StoreError(
            f"can't write {len(data):,} bytes ({error.strerror or error})",
            where=str(folder),
            hint="free some space or choose another folder; what was written before is intact",
        ) from error
    return len(data) + sum((folder / file.name).stat().st_size for file in beside)


def read_about(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """Return what was written beside the tree. Raises `StoreError` when it is missing or
    unreadable, or when its "kind" is not the one that is asked for.
    """
    about = _structure(folder)["about"]
    if kind is not None and about.get("kind") != kind:
        raise StoreError(
            f"it holds {about.get('kind', 'something else')!r}, not {kind!r}",
            where=str(folder),
            hint="load it with the function of its own module",
        )
    return about


def read_archive(folder: Path, like: PyTree) -> PyTree:
    """Return the tree in `folder`, with the structure, shapes and dtypes of `like` (arrays or their
    shapes).

    Raises `StoreError` when the files are missing or corrupt, `StructureError` when they hold
    another tree.
    """
    structure = _structure(folder)
    try:
        data = (folder / "arrays.safetensors").read_bytes()
    except OSError as error:
        raise StoreError(f"can't read the arrays ({error.strerror})", where=str(folder)) from error
    if len(data) != structure["bytes"] or zlib.crc32(data) != structure["crc32"]:
        raise StoreError(
            f"arrays.safetensors ({len(data):,} bytes) is not what was written "
            f"({structure['bytes']:,} bytes)",
            where=str(folder),
            hint="the file was cut or changed after it was written; use another checkpoint",
        )
    try:
        arrays = {
            path: np.frombuffer(view["data"], np.dtype(structure["leaves"][path]["dtype"])).reshape(
                view["shape"]
            )
            for path, view in deserialize(data)
        }
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"arrays.safetensors is not readable ({error})", where=str(folder)
        ) from error
    wanted = named_leaves(like)
    lost = sorted({p for p, _ in wanted} - arrays.keys())
    more = sorted(arrays.keys() - {p for p, _ in wanted})
    if lost or more:
        raise StructureError(
            f"the file lacks {lost[:5] or 'nothing'}, and has {more[:5] or 'nothing'} unasked",
            where=str(folder),
            hint="read it with the recipe and the version that wrote it",
        )
    for path, leaf in wanted:
        found = arrays[path]
        if (found.shape, found.dtype) != (tuple(leaf.shape), np.dtype(leaf.dtype)):
            raise StructureError(
                f"it is {found.dtype}{list(found.shape)}, "
                f"and {leaf.dtype}{list(leaf.shape)} is asked for",
                where=f"{folder}, leaf {path}",
                hint="read it with the recipe and the version that wrote it",
            )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[path] for path, _ in wanted])


def _structure(folder: Path) -> dict[str, Any]:
    try:
        structure = json.loads((folder / "structure.json").read_text())
        if structure["format"] != FORMAT:
            raise StoreError(
                f"format {structure['format']} is not format {FORMAT}",
                where=str(folder),
                hint="read it with the version of ontogeny that wrote it",
            )
        return structure
    except OSError as error:
        raise StoreError(
            f"can't read structure.json ({error.strerror})", where=str(folder)
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"structure.json is not readable ({error!r})", where=str(folder)
        ) from error


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system has no hard links, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
