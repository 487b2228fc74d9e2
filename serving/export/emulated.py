"""The firmware built with the cross-compiler and run on an emulated Cortex-M4, with modelled cycles.

The cycles are those of `firmware/cycles`: an exact instruction trace priced by the Technical Reference Manual, memory
without wait states. No hardware is involved.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

FIRMWARE: Final = Path(__file__).resolve().parents[2] / "firmware"
#: Cycles to refill the pipeline after a branch that is taken: the manual says 1 to 3. The figure is that for 2.
REFILL, REFILLS = 2, (1, 2, 3)
_CROSS: Final = "arm-none-eabi-"
_QEMU: Final = "qemu-system-arm"
_MOST_SECONDS: Final = 300


class FirmwareFailed(Exception):
    """The firmware could not be built, or ended with a failure."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """What the firmware may take; `cycles_spare` of the cycles must be left over."""

    tflite_bytes: int
    cycles: int
    cycles_spare: float
    clock_hz: int
    ram_bytes: int
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the demonstration: code and constants; memory with the reserved stack."""

    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True, slots=True)
class Cycles:
    """What one classification costs in the model: the most of several views."""

    instructions: int
    without_refills: int
    taken_branches: int

    def total(self, refill: int = REFILL) -> int:
        """Modelled cycles, with `refill` cycles for each branch that is taken."""
        return self.without_refills + refill * self.taken_branches


@dataclass(frozen=True, slots=True)
class Run:
    """Answers (n, 2, 6) int8: probabilities and logits; traces (n, bytes) where asked for; cycles of each view."""

    answers: npt.NDArray[np.int8]
    traces: npt.NDArray[np.int8] | None
    cycles: tuple[Cycles, ...]

    @property
    def worst(self) -> Cycles:
        """The most expensive view."""
        return max(self.cycles, key=lambda c: c.total())


def missing_tools(*, emulator: bool = True) -> str | None:
    """A sentence that says which program is missing, None where all are there."""
    wanted = ["make", "gcc", f"{_CROSS}gcc", f"{_CROSS}nm", *([_QEMU] if emulator else [])]
    missing = [name for name in wanted if shutil.which(name) is None]
    return f"not here: {', '.join(missing)}" if missing else None


def budgets() -> Budgets:
    """The limits of `firmware/budgets.json`."""
    return Budgets(**json.loads((FIRMWARE / "budgets.json").read_text(encoding="utf-8")))


def build(generated: Path, folder: Path, *targets: str) -> None:
    """Build `targets` (all, without) of the firmware into `folder`. Raises FirmwareFailed with the compiler's words."""
    command = ["make", "-s", "-C", str(FIRMWARE), f"GENERATED={generated.resolve()}", f"BUILD={folder.resolve()}"]
    done = subprocess.run([*command, *targets], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FirmwareFailed(f"The firmware cannot be built:\n{done.stderr.strip()}")


def sizes(elf: Path) -> Sizes:
    """Flash and memory of a program that has been built."""
    done = subprocess.run([f"{_CROSS}size", str(elf)], capture_output=True, text=True, check=True)
    text, data, bss = (int(x) for x in done.stdout.splitlines()[1].split()[:3])
    return Sizes(flash_bytes=text + data, ram_bytes=data + bss)


def packed(inputs: Mapping[str, npt.NDArray[np.int8]]) -> npt.NDArray[np.int8]:
    """Inputs by name (n, size) as the C structure has them, (n, bytes): each to a multiple of four."""
    return np.concatenate([np.pad(v, ((0, 0), (0, -v.shape[1] % 4))) for v in inputs.values()], axis=1)


def run(folder: Path, inputs: Mapping[str, npt.NDArray[np.int8]], *, traced: bool = False) -> Run:
    """Classify every row of `inputs` (in the order of the network's inputs) on the emulated chip.

    `folder` is where `build` has built. Raises FirmwareFailed for a run that ends otherwise than well.
    """
    elf = folder / ("judge-traced.elf" if traced else "judge.elf")
    rows = packed(inputs)
    with tempfile.TemporaryDirectory(prefix="larun-chip-") as place:
        here = Path(place)
        rows.tofile(here / "inputs.bin")
        cycles = counted(elf, here, folder / "libcycles.so")
        answers = np.fromfile(here / "answers.bin", dtype=np.int8)
        traces = np.fromfile(here / "traces.bin", dtype=np.int8).reshape(len(rows), -1) if traced else None
    if answers.size % len(rows) or len(cycles) != len(rows):
        raise FirmwareFailed(f"{elf.name} answered {answers.size} bytes and {len(cycles)} times for {len(rows)} views.")
    return Run(answers.reshape(len(rows), -1, 6), traces, cycles)


def demonstration(elf: Path) -> str:
    """What the demonstration prints."""
    return _emulator(elf, Path.cwd(), []).stdout


def counted(elf: Path, here: Path, plugin: Path) -> tuple[Cycles, ...]:
    """Run a program in the folder `here`; what it costs between its marks, each time it passes them."""
    marks = _addresses(elf, "larun_cycles_start", "larun_cycles_stop")
    place = ",".join(f"{key}={address:#x}" for key, address in zip(("start", "stop"), marks, strict=True))
    _emulator(elf, here, ["-plugin", f"{plugin.resolve()},{place},out={here / 'cycles.txt'}"])
    lines = (here / "cycles.txt").read_text(encoding="utf-8").splitlines()
    return tuple(Cycles(*map(int, line.split())) for line in lines)


def _emulator(elf: Path, here: Path, extra: list[str]) -> subprocess.CompletedProcess[str]:
    command = [_QEMU, "-M", "mps2-an386", "-nographic", "-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(
        [*command, *extra, "-kernel", str(elf.resolve())],
        cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False,
        timeout=_MOST_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise FirmwareFailed(f"{elf.name} ended with {done.returncode}: {done.stdout.strip()}")
    return done


def _addresses(elf: Path, *names: str) -> list[int]:
    done = subprocess.run([f"{_CROSS}nm", str(elf)], capture_output=True, text=True, check=True)
    found = {line.split()[2]: int(line.split()[0], 16) for line in done.stdout.splitlines() if len(line.split()) == 3}
    return [found[name] for name in names]
