"""Pickles of arrays, read without running them.

A pickle is a program, and a downloaded one may do anything. Here it puts together inert objects of
our own: what it may ask for by name is a `_Name`, which can be called and not changed, and gives
an `_Array` or a `_Type`, which hold what they are given. Bytes are taken for numbers only when all
was read, and only as numbers or text: NumPy's own classes never see what a file says of them. Every
other name ends the reading with an error that says which it was.
"""

from __future__ import annotations

import math
import os
import pickle
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.core.files import open_regular

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}
PLAIN = re.compile(r"([<>|=]?)(b1|[iu][1248]|f[248]|c8|c16|[SUO]\d{0,6})")


def read_arrays(path: Path | str) -> dict[str, Any]:
    """Return the dict of arrays (or of lists, numbers and text) in a pickle file, which Python 2
    may have written: its strings are read as Latin-1.

    Raises `DataError` when the file is missing, is no pickle, asks for anything but arrays, or
    holds no dict.
    """
    with _opened(path) as file, _damage(str(path)):
        found = _plain(_load(file, _NUMPY, str(path)), {})
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
    storages: dict[str, _Storage] = {}

    def storage(of: Any) -> _Storage:
        kind, key, length = of[1], str(of[2]), of[4]
        return storages.setdefault(key, _Storage(np.dtype(STORAGES[kind.name]), _count(length)))

    with _opened(path) as file, _damage(where):
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
            one, rest = storages[str(key)], os.fstat(file.fileno()).st_size - file.tell() - 8
            (length,) = np.frombuffer(file.read(8), "<i8")
            if length != one.length or one.bytes > rest:
                raise DataError("the file ends too soon", where=where, hint="fetch it again")
            one.numbers = np.frombuffer(file.read(one.bytes), one.dtype)
        return {str(name): tensor.array() for name, tensor in tensors.items()}


def _opened(path: Path | str) -> BinaryIO:
    try:
        return open_regular(Path(path), links=True)
    except OSError as error:
        raise DataError(f"it can't be read ({error.strerror})", where=str(path)) from error


@contextmanager
def _damage(where: str) -> Generator[None, None, None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise DataError(
            f"the pickle is damaged ({type(error).__name__}: {error!s:.200})",
            where=where,
            hint="fetch the file again",
        ) from error


def _load(
    file: BinaryIO,
    allowed: Mapping[tuple[str, str], Callable[..., Any]],
    where: str,
    storage: Callable[[Any], Any] | None = None,
) -> Any:
    return _Reader(file, allowed, where, storage).load()


class _Reader(pickle._Unpickler):  # pyright: ignore
    """An unpickler that knows the allowed names and no other. It is Python's own: of the one in C,
    a few bytes can ask for gigabytes (a memo of any length).
    """

    def __init__(
        self,
        file: BinaryIO,
        allowed: Mapping[tuple[str, str], Callable[..., Any]],
        where: str,
        storage: Callable[[Any], Any] | None,
    ):
        super().__init__(file, encoding="latin1")
        self.allowed, self.where, self.storage = allowed, where, storage

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _Name(name, self.allowed[module, name])
        except KeyError:
            raise DataError(
                f"the pickle asks for {module}.{name}, which no file of arrays needs",
                where=self.where,
                hint="do not trust the file: it would run code if it were loaded as usual",
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        if self.storage is None:
            raise DataError("the pickle points outside itself", where=self.where)
        return self.storage(pid)


class _Name:
    """What a pickle has asked for by name. It gives one of the classes below, and stays as it
    is.
    """

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Callable[..., Any]):
        self.name, self.make = name, make

    def __call__(self, *given: Any) -> Any:
        return self.make(*given)

    def __setstate__(self, state: Any) -> None:
        raise ValueError(f"{self.name} is given a state")


class _Type:
    """The type of an array's numbers, as the file says it."""

    def __init__(self, spec: Any, align: Any = False, copy: Any = False):
        del align, copy
        self.spec, self.order, self.fields = spec, "=", None

    def __setstate__(self, state: Any) -> None:
        self.order, self.fields = state[1], state[2:5]

    def dtype(self) -> np.dtype[Any]:
        """Return it, if it is plain: numbers, text, or objects that stand in a list."""
        fields = self.fields is not None and any(part is not None for part in self.fields)
        order = "" if PLAIN.fullmatch(f"{self.order}b1") is None else self.order
        if fields or not order or PLAIN.fullmatch(self.spec) is None:
            raise ValueError(f"an array's type is {self.spec!r:.60}, {self.order!r:.60}")
        return np.dtype("O" if "O" in self.spec else order + self.spec.lstrip("<>|="))


@dataclass
class _Array:
    """An array, as the file says it."""

    raw: Any = b""
    type: Any = None
    shape: Any = (0,)
    order: Any = "C"
    axes: Any = None

    def __setstate__(self, state: Any) -> None:
        *_, self.shape, self.type, fortran, self.raw = state
        self.order = "F" if fortran else "C"

    def array(self, done: dict[int, Any]) -> np.ndarray:
        """Return it, given what has been made plain already (`_plain`)."""
        dtype, shape = self.type.dtype(), tuple(map(_count, self.shape))
        if isinstance(self.raw, list) is not (dtype.kind == "O"):
            raise ValueError(f"an array of {dtype} is a {type(self.raw).__name__}")
        if dtype.kind == "O":
            array = np.empty(len(self.raw), object)
            array[:] = [_plain(value, done) for value in self.raw]
        else:
            raw = self.raw.encode("latin1") if isinstance(self.raw, str) else self.raw
            if not isinstance(raw, bytes | bytearray):
                raise ValueError(f"an array's bytes are a {type(raw).__name__}")
            if math.prod(shape) * dtype.itemsize != len(raw):
                raise ValueError(f"{len(raw)} bytes for {dtype}{list(shape)}")
            array = np.frombuffer(raw, dtype) if raw else np.zeros(0, dtype)
        array = array.reshape(shape, order="F" if self.order == "F" else "C")
        return array if self.axes is None else array.transpose(self.axes)


class _Storage:
    """The numbers of some tensors, which follow the pickles."""

    def __init__(self, dtype: np.dtype[Any], length: int):
        self.dtype, self.length, self.bytes = dtype, length, length * dtype.itemsize
        self.numbers = np.empty(0, dtype)


class _Tensor:
    """A tensor, as the file says it: which numbers of a storage are its own."""

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> np.ndarray:
        """Return it, once its storage was read."""
        numbers, offset = self.storage.numbers, _count(self.offset)
        shape, strides = (tuple(map(_count, what)) for what in (self.shape, self.strides))
        last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
        if max(last + 1, math.prod(shape)) > max(numbers.size, 1):
            raise ValueError(f"a tensor of shape {shape} reaches beyond its {numbers.size} numbers")
        steps = tuple(stride * numbers.itemsize for stride in strides)
        view = np.lib.stride_tricks.as_strided(numbers[offset:], shape, steps, writeable=False)
        return np.ascontiguousarray(view)


class _Dict(dict[Any, Any]):
    """A dictionary that takes no attributes."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        del state


def _plain(value: Any, done: dict[int, Any]) -> Any:
    """Return the value, inert objects as the arrays that they stand for. `done` are those that were
    met before, by identity: what is there many times is made once.
    """
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return value
    if id(value) in done:
        if done[id(value)] is done:
            raise ValueError("it holds itself")
        return done[id(value)]
    done[id(value)] = done
    if isinstance(value, _Array):
        made = value.array(done)
    elif isinstance(value, dict):
        made = {_plain(key, done): _plain(inside, done) for key, inside in value.items()}
    elif isinstance(value, list | tuple):
        made = type(value)(_plain(inside, done) for inside in value)
    else:
        raise ValueError(f"it holds a {getattr(value, 'name', type(value).__name__)}")
    done[id(value)] = made
    return made


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**40:
        raise ValueError(f"a length is {value!r:.40}")
    return value


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    del kind, shape, code  # the state that follows says all
    return _Array()


def _scalar(dtype: Any, raw: Any) -> _Array:
    return _Array(raw, dtype, ())


def _no_bytes() -> bytes:
    return b""


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding.replace("-", "").lower() != "latin1":
        raise ValueError(f"bytes are written as {encoding}")
    return text.encode("latin1")


_NUMPY: dict[tuple[str, str], Callable[..., Any]] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Array for core in ("core", "_core")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
}
_TORCH: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): _Dict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    **{("torch", name): _Array for name in STORAGES},
}
