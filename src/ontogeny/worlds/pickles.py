"""Pickles of arrays, read without running them.

A pickle is a program, and a downloaded one may do anything. Here only a handful of names can be
called: those with which NumPy rebuilds arrays, or PyTorch's older `.pth` files rebuild tensors.
Every other name ends the reading with an error that says which it was.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from ontogeny.core.errors import DataError

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}


def read_arrays(path: Path | str) -> dict[str, Any]:
    """Return the dict of arrays (or of lists, numbers and text) in a pickle file, which Python 2
    may have written: its strings are read as Latin-1.

    Raises `DataError` when the file is missing, is no pickle, asks for anything but arrays, or
    holds no dict.
    """
    with _opened(path) as file:
        found = _load(file, _NUMPY, str(path))
    if not isinstance(found, dict):
        raise DataError(f"it holds a {type(found).__name__}, not a dict of arrays", where=str(path))
    return {str(key): value for key, value in found.items()}


def read_tensors(path: Path | str) -> dict[str, np.ndarray]:
    """Return the tensors of a `.pth` file in PyTorch's format before 1.6, as arrays by their names.

    The file is five pickles (a magic number, a version, sizes of types, the dict whose tensors
    point at storages, the storages' keys), then of each storage its length and its raw numbers.
    Raises `DataError` as `read_arrays` does.
    """
    where = str(path)
    storages: dict[str, np.ndarray] = {}

    def storage(of: tuple[Any, ...]) -> np.ndarray:
        kind, key, length = of[1], str(of[2]), int(of[4])
        if not isinstance(kind, np.dtype) or not 0 <= length < 2**40:
            raise DataError(f"a storage is {of}", where=where)
        return storages.setdefault(key, np.empty(length, kind))

    with _opened(path) as file:
        if _load(file, {}, where) != TORCH_MAGIC:
            raise DataError(
                "this is no .pth file of the format before PyTorch 1.6",
                where=where,
                hint="reinstall the package that ships it",
            )
        for _ in ("its version", "its machine's sizes"):
            _load(file, {}, where)
        tensors = _load(file, _TORCH, where, storage)
        for key in _load(file, {}, where):
            array = storages[str(key)]
            (length,) = np.frombuffer(file.read(8), "<i8")
            raw = file.read(array.nbytes)
            if length != array.size or len(raw) != array.nbytes:
                raise DataError("the file ends too soon", where=where, hint="fetch it again")
            array[...] = np.frombuffer(raw, array.dtype)
    return {str(name): np.ascontiguousarray(array) for name, array in tensors.items()}


def _opened(path: Path | str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise DataError(f"it can't be read ({error.strerror})", where=str(path)) from error


def _load(
    file: BinaryIO,
    allowed: Mapping[tuple[str, str], Any],
    where: str,
    storage: Callable[[tuple[Any, ...]], Any] | None = None,
) -> Any:
    try:
        return _Reader(file, allowed, where, storage).load()
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise DataError(
            f"the pickle is damaged ({type(error).__name__}: {error})",
            where=where,
            hint="fetch the file again",
        ) from error


class _Reader(pickle.Unpickler):
    """An unpickler that knows the allowed names and no other."""

    def __init__(
        self,
        file: BinaryIO,
        allowed: Mapping[tuple[str, str], Any],
        where: str,
        storage: Callable[[tuple[Any, ...]], Any] | None,
    ):
        super().__init__(file, encoding="latin1")
        self.allowed, self.where, self.storage = allowed, where, storage

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self.allowed[module_name, global_name]
        except KeyError:
            raise DataError(
                f"the pickle asks for {module_name}.{global_name}, which no file of arrays needs",
                where=self.where,
                hint="do not trust the file: it would run code if it were loaded as usual",
            ) from None

    def persistent_load(self, pid: Any, /) -> Any:
        if self.storage is None:
            raise DataError("the pickle points outside itself", where=self.where)
        return self.storage(pid)


def _reconstruct(kind: type, shape: tuple[int, ...], code: Any) -> np.ndarray:
    if kind is not np.ndarray or tuple(shape) != (0,):
        raise ValueError(f"an array begins as {kind} of shape {shape}")
    del code  # the state that follows says the type
    return np.ndarray.__new__(np.ndarray, (0,), np.uint8)


def _scalar(dtype: Any, raw: str | bytes) -> Any:
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    return np.frombuffer(data, dtype, 1)[0]


def _frombuffer(
    raw: bytes | bytearray,
    dtype: Any,
    shape: tuple[int, ...],
    order: Literal["C", "F"],
    axis_order: Sequence[int] | None = None,
) -> np.ndarray:
    array = np.frombuffer(bytes(raw), dtype).reshape(shape, order=order)
    return array if axis_order is None else array.transpose(axis_order)


def _no_bytes() -> bytes:
    return b""


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding.replace("-", "").lower() != "latin1":
        raise ValueError(f"bytes are written as {encoding}")
    return text.encode("latin1")


def _tensor(
    storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> np.ndarray:
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if offset < 0 or min([0, *strides]) < 0 or last >= max(storage.size, 1):
        raise ValueError(f"a tensor of shape {shape} reaches beyond its {storage.size} numbers")
    steps = tuple(stride * storage.itemsize for stride in strides)
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


_NUMPY: dict[tuple[str, str], Any] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
}
_TORCH: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    **{("torch", name): np.dtype(kind) for name, kind in STORAGES.items()},
}
