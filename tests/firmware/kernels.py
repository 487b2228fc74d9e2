"""The kernels in plain C, compiled for the host and called through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.export import layers
from serving.export.emulated import FIRMWARE

Int8s = npt.NDArray[np.int8]
MISSING_REASON = "gcc is not here"
_U8, _U16, _I16, _I32 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_int16, ctypes.c_int32


class _Channel(ctypes.Structure):
    _fields_ = [
        ("bias", _I32), ("multiplier", _I32), ("nudge", _I32),
        ("left", _U8), ("right", _U8), ("away", _U8), ("unused", _U8),
    ]  # fmt: skip


_POINTERS = [("weights", ctypes.c_void_p), ("channels", ctypes.POINTER(_Channel))]


class _Convolution(ctypes.Structure):
    _fields_ = [
        *_POINTERS,
        ("inputs", _U16), ("padded_inputs", _U16), ("outputs", _U16), ("length", _U16), ("positions", _U16),
        ("stride", _U16), ("before", _U16), ("after", _U16), ("window", _U16),
        ("zero", ctypes.c_int8), ("ordinary", _U8),
    ]  # fmt: skip


class _Dense(ctypes.Structure):
    _fields_ = [*_POINTERS, ("inputs", _U16), ("outputs", _U16), ("window", _U16)]


class _Sum(ctypes.Structure):
    _fields_ = [
        ("table_a", ctypes.c_void_p), ("table_b", ctypes.c_void_p),
        ("multiplier", _I32), ("nudge", _I32), ("right", _I32),
    ]  # fmt: skip


class _Product(ctypes.Structure):
    _fields_ = [
        ("multiplier", _I32), ("nudge", _I32), ("zero_a", _I16), ("zero_b", _I16),
        ("left", _U8), ("right", _U8), ("away", _U8), ("positions", _U16), ("channels", _U16),
    ]  # fmt: skip


class _Mean(ctypes.Structure):
    _fields_ = [
        ("multiplier", _I32), ("zero_in", _I16), ("zero", _I16),
        ("left", _U8), ("right", _U8), ("positions", _U16), ("channels", _U16),
    ]  # fmt: skip


def has_compiler() -> bool:
    return shutil.which("gcc") is not None and shutil.which("make") is not None


class HostKernels:
    """`firmware/kernels` with the DSP instructions replaced by plain C."""

    def __init__(self, folder: Path) -> None:
        library = folder / "kernels.so"
        sources = sorted(str(p) for p in (FIRMWARE / "kernels").glob("*.c"))
        flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fwrapv", "-shared", "-fPIC", "-DLARUN_PORTABLE"]
        subprocess.run(["gcc", *flags, *sources, "-o", str(library)], check=True)
        self._c = ctypes.CDLL(str(library))

    def convolve(self, layer: layers.Convolution, x: Int8s) -> Int8s:
        scratch = np.full(layer.scratch_bytes // 2 + 8, 12345, dtype=np.int16)
        y = np.zeros((layer.positions, layer.outputs), dtype=np.int8)
        record, keep = _filled(_Convolution, layer)
        self._c.larun_convolve(ctypes.byref(record), _at(x), _at(scratch), _at(y))
        assert (scratch[layer.scratch_bytes // 2 :] == 12345).all(), "written beyond the scratch memory"
        del keep
        return y

    def connect(self, layer: layers.Dense, x: Int8s) -> Int8s:
        padded = np.full(-(-x.size // 4) * 4, 77, dtype=np.int8)
        padded[: x.size] = x
        y = np.full(layer.outputs + 1, 99, dtype=np.int8)
        record, keep = _filled(_Dense, layer)
        self._c.larun_connect(ctypes.byref(record), _at(padded), _at(y))
        assert y[-1] == 99, "written beyond the outputs"
        del keep
        return y[:-1]

    def add(self, layer: layers.Sum, a: Int8s, b: Int8s) -> Int8s:
        tables = [np.array(t, dtype=np.int32) for t in (layer.table_a, layer.table_b)]
        record = _Sum(_at(tables[0]), _at(tables[1]), layer.multiplier, layer.nudge, layer.right)
        y = np.zeros_like(a)
        self._c.larun_add(ctypes.byref(record), _at(a), _at(b), _at(y), a.size)
        return y

    def multiply(self, layer: dict[str, int], a: Int8s, b: Int8s) -> Int8s:
        y = np.zeros_like(a)
        self._c.larun_multiply(ctypes.byref(_Product(**layer)), _at(a), _at(b), _at(y))
        return y

    def mean(self, layer: dict[str, int], x: Int8s) -> Int8s:
        y = np.zeros(x.shape[-1], dtype=np.int8)
        self._c.larun_mean(ctypes.byref(_Mean(**layer)), _at(x), _at(y))
        return y

    def look_up(self, table: Int8s, x: Int8s) -> Int8s:
        y = np.zeros_like(x)
        self._c.larun_look_up(_at(table), _at(x), _at(y), x.size)
        return y

    def clamp(self, low: int, high: int, x: Int8s) -> Int8s:
        y = x.copy()
        self._c.larun_clamp(ctypes.c_int8(low), ctypes.c_int8(high), _at(y), y.size)
        return y

    def softmax(self, table: list[int], x: Int8s) -> Int8s:
        exponentials = np.array(table, dtype=np.int32)
        y = np.zeros_like(x)
        self._c.larun_softmax(_at(exponentials), _at(x), _at(y), x.size)
        return y


def _at(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def _filled(kind: type[ctypes.Structure], layer: Any) -> tuple[ctypes.Structure, Any]:
    """The C structure of a layer, and what must live as long as it."""
    channels = (_Channel * len(layer.channels))(
        *((c.bias, c.multiplier, c.nudge, c.left, c.right, c.away, 0) for c in layer.channels)
    )
    record = kind()
    for name, *_ in kind._fields_:
        if name == "weights":
            record.weights = layer.weights.ctypes.data
        elif name == "channels":
            record.channels = ctypes.cast(channels, ctypes.POINTER(_Channel))
        else:
            setattr(record, name, getattr(layer, name))
    return record, channels
