"""Named arrays and JSON beside them in one safetensors file, written and read without a copy.

Any reader of safetensors reads it. Reading runs no code from the file. Checksums are kept of the
arrays and of all that is said of them, the file's own name included: a file that was renamed into
place without waiting for the disk may come back from a power cut with its length and without its
content, and one under another's name is another's. (Files of earlier versions have the first
alone.)
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import decoding, open_regular, replace_file

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


def checksum_of(value: Any) -> str:
    """Return a checksum of a JSON value, however it was written."""
    plain = json.loads(json.dumps(value))  # keys are text, as they will be read
    return str(zlib.crc32(json.dumps(plain, sort_keys=True).encode()))


def pack(arrays: Mapping[str, np.ndarray], about: Any, name: str = "") -> list[bytes | memoryview]:
    """Return the file of this name as pieces to be written one after another: its header, then each
    array.

    Raises `StructureError` for a dtype that safetensors does not know.
    """
    header: dict[str, Any] = {}
    pieces: list[bytes | memoryview] = []
    offset = checksum = 0
    # the largest items first, so that each array begins at a multiple of its item's size
    for path, array in sorted(arrays.items(), key=lambda pair: -pair[1].dtype.itemsize):
        code = CODES.get(str(array.dtype))
        if code is None:
            raise StructureError(
                f"an array of {array.dtype} can't be written",
                where=f"state leaf {path}",
                hint=f"use one of {', '.join(CODES)}",
            )
        piece = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        pieces.append(piece)
        checksum = zlib.crc32(piece, checksum)
        end = offset + piece.nbytes
        header[path] = {"dtype": code, "shape": array.shape, "data_offsets": [offset, end]}
        offset = end
    beside = {"about": json.dumps(about), "crc32": str(checksum), "name": name}
    beside["header"] = checksum_of({**header, "__metadata__": beside})
    header["__metadata__"] = beside
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return [len(text).to_bytes(8, "little"), text, *pieces]


def unpack(data: np.ndarray, where: str, name: str = "") -> tuple[dict[str, np.ndarray], Any]:
    """Return the arrays (views into `data`, bytes) of the file of this name, and what is beside
    them. Raises `StoreError` for what is not whole.
    """
    with decoding(where):
        start = 8 + int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8:start].tobytes())
        beside = header["__metadata__"]
        said = beside.pop("header", None)
        whole = zlib.crc32(data[start:].data) == int(beside["crc32"])
        if not whole or said not in (None, checksum_of(header)):
            raise StoreError(
                "its content is not what was written",
                where=where,
                hint="the file was cut or changed after it was written",
            )
        if (was := beside.get("name", name)) != name:
            raise StoreError(f"it was written as {was!r}: it is another's", where=where)
        del header["__metadata__"]
        names = {code: dtype for dtype, code in CODES.items()}
        arrays: dict[str, np.ndarray] = {}
        end = 0
        for path, entry in sorted(header.items(), key=lambda pair: pair[1]["data_offsets"]):
            first, last = entry["data_offsets"]
            if first != end or min([0, *entry["shape"]]) < 0:
                raise ValueError(f"{path} has {entry}")
            end = last
            piece = data[start + first : start + last]
            arrays[path] = piece.view(_dtype(names[entry["dtype"]])).reshape(entry["shape"])
        if start + end != data.size:
            raise ValueError(f"{data.size} bytes, of which {start + end} are told of")
        return {path: arrays[path] for path in header}, json.loads(beside["about"])


def write_array_file(path: Path, arrays: Mapping[str, np.ndarray], about: Any) -> int:
    """Write the file whole under its name or not at all; return its bytes.

    It is renamed into place, and not waited for: it outlives this process, but perhaps not a power
    cut. Raises `StoreError` when it can't be written.
    """
    pieces = pack(arrays, about, path.name)
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
        with open_regular(path) as file:
            data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise StoreError(f"can't read it ({error.strerror})", where=str(path)) from error
    return unpack(data, str(path), path.name)


def _dtype(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)
