"""Named arrays and JSON beside them in one safetensors file, written and read without a copy.

Any reader of safetensors reads it. Reading runs no code from the file. A checksum is kept, since a
file that was renamed into place without waiting for the disk may come back from a power cut with
its length and without its content.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import replace_file

CODES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "uint16": "U16",
    "int16": "I16",
    "float16": "F16",
    "bfloat16": "BF16",
    "uint32": "U32",
    "int32": "I32",
    "float32": "F32",
    "uint64": "U64",
    "int64": "I64",
    "float64": "F64",
    "complex64": "C64",
}
ALIGNMENT = 8  # the header is padded to it, and so every array but the odd-sized starts aligned


def pack(arrays: Mapping[str, np.ndarray], about: Any) -> list[bytes | memoryview]:
    """Return the file as pieces to be written one after another: its header, then each array.

    Raises `StructureError` for a dtype that safetensors does not know.
    """
    header: dict[str, Any] = {}
    pieces: list[bytes | memoryview] = []
    offset = checksum = 0
    # the largest items first, so that each array begins at a multiple of its item's size
    for name, array in sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize):
        code = CODES.get(str(array.dtype))
        if code is None:
            raise StructureError(
                f"an array of {array.dtype} can't be written",
                where=f"state leaf {name}",
                hint=f"use one of {', '.join(CODES)}",
            )
        piece = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        pieces.append(piece)
        checksum = zlib.crc32(piece, checksum)
        end = offset + piece.nbytes
        header[name] = {"dtype": code, "shape": array.shape, "data_offsets": [offset, end]}
        offset = end
    header["__metadata__"] = {"about": json.dumps(about), "crc32": str(checksum)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return [len(text).to_bytes(8, "little"), text, *pieces]


def unpack(data: np.ndarray, where: str) -> tuple[dict[str, np.ndarray], Any]:
    """Return the arrays (views into `data`, bytes) and what is beside them. Raises `StoreError`
    for what is not whole.
    """
    try:
        end = 8 + int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8:end].tobytes())
        beside = header.pop("__metadata__")
        if zlib.crc32(data[end:].data) != int(beside["crc32"]):
            raise StoreError(
                "its content is not what was written",
                where=where,
                hint="the file was cut or changed after it was written",
            )
        names = {code: name for name, code in CODES.items()}
        arrays: dict[str, np.ndarray] = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            piece = data[end + first : end + last]
            arrays[name] = piece.view(_dtype(names[entry["dtype"]])).reshape(entry["shape"])
        return arrays, json.loads(beside["about"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"it is not readable ({error!r})", where=where) from error


def write_array_file(path: Path, arrays: Mapping[str, np.ndarray], about: Any) -> int:
    """Write the file whole under its name or not at all; return its bytes.

    It is renamed into place, and not waited for: it outlives this process, but perhaps not a power
    cut. Raises `StoreError` when it can't be written.
    """
    pieces = pack(arrays, about)
    hint = "free some space, then resume: what was recorded is intact"
    with replace_file(path, hint=hint) as part, part.open("wb", buffering=0) as file:
        for piece in pieces:
            left = memoryview(piece)
            while left.nbytes:
                left = left[file.write(left) :]
    return sum(memoryview(piece).nbytes for piece in pieces)


def read_array_file(path: Path) -> tuple[dict[str, np.ndarray], Any]:
    """Return a file's arrays, which may be written to, and what is beside them. Raises
    `StoreError`.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise StoreError(f"can't read it ({error.strerror})", where=str(path)) from error
    return unpack(data, str(path))


def _dtype(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)
