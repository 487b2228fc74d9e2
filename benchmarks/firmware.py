"""The student on the emulated Cortex-M4: size, memory, modelled cycles, and bytes that differ from its references.

Modelled cycles are counted from an exact instruction trace and priced by the Technical Reference Manual, with zero wait
states; no hardware is involved. Parts: `sizes`, `exact` (LiteRT's reference kernels and tflite-micro, on the host and
on the emulated chip). LARUN_STUDENT names another .tflite than the committed one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.frame import PEERS_PYTHON, Figure, at_least, at_most, in_peers_environment
from serving.artefacts import COMMITTED, STUDENT
from serving.export import emulated
from serving.export.example import quantized
from serving.export.read_tflite import Network, read_tflite
from serving.export.sources import write_sources
from tests.firmware.fresh_student import some_inputs
from tests.firmware.host_network import HostNetwork, differing, reference
from tests.standins.realdata import has_realdata, realdata_dir

VIEWS, LAYERED, SEED = 256, 16, 20
_PEER = Path(__file__).parent / "peers" / "tflite_micro_answers.py"


def measure(only: str | None, *, views: Path | None = None) -> Iterable[Figure]:
    """Parts: `sizes`, `exact`. `views`: a folder of labelled views in the place of the data pack's."""
    path = Path(os.environ.get("LARUN_STUDENT") or COMMITTED / STUDENT)
    content = path.read_bytes()
    network = read_tflite(content)
    reason = emulated.missing_tools()
    if reason is not None:
        raise RuntimeError(f"The firmware cannot be measured, {reason}.")
    folder = views or (realdata_dir() / "views" if has_realdata() else None)
    inputs, real = _rows(network, folder)
    with tempfile.TemporaryDirectory(prefix="larun-firmware-") as place:
        generated, built = Path(place) / "generated", Path(place) / "built"
        source = write_sources(path, generated)
        emulated.build(generated, built, "all", "host")
        run = emulated.run(built, inputs)
        if only in (None, "sizes"):
            yield from _sizes(content, source.arena_bytes, built, run)
        if only in (None, "exact"):
            yield Figure("real_views", float(real), "views")
            yield from _exact(network, content, inputs, HostNetwork(network, generated, built), built, run)
            yield from _micro(path, network, inputs, run)


def _rows(network: Network, folder: Path | None) -> tuple[dict[str, np.ndarray], int]:
    """Inputs (n, size) by name, and how many of them are real: without a folder they are simulated."""
    if folder is None:
        return quantized(network, some_inputs(VIEWS, SEED)), 0
    from serving.inputs import network_inputs
    from serving.signals import read_signals

    signals = read_signals(folder)
    rows = np.sort(np.random.default_rng(SEED).permutation(len(signals))[:VIEWS])
    columns = (signals.global_view, signals.local_view, signals.secondary_view, signals.scalars)
    return quantized(network, network_inputs(*(column[rows] for column in columns))), rows.size


def _sizes(content: bytes, arena_bytes: int, built: Path, run: emulated.Run) -> Iterable[Figure]:
    allowed, sizes, worst = emulated.budgets(), emulated.sizes(built / "larun.elf"), run.worst
    bar = allowed.cycles * (1 - allowed.cycles_spare)
    yield at_most("modelled_cycles", worst.total(), "cycles, zero wait states", bar)
    for refill in emulated.REFILLS:
        yield Figure(f"modelled_cycles_refill_{refill}", worst.total(refill), "cycles, zero wait states")
    yield at_most("modelled_time", 1e3 * worst.total() / allowed.clock_hz, "ms at 168 MHz, modelled", 10.0)
    least = min(c.total() for c in run.cycles)
    yield Figure("modelled_cycles_spread", worst.total() - least, "cycles between views")
    yield Figure("instructions", worst.instructions, "")
    yield at_most("tflite", len(content), "bytes", allowed.tflite_bytes)
    yield at_most("flash", sizes.flash_bytes, "bytes", allowed.flash_bytes)
    yield at_most("ram_with_stack", sizes.ram_bytes, "bytes", allowed.ram_bytes)
    yield Figure("arena", arena_bytes, "bytes")


def _exact(
    network: Network, content: bytes, inputs: dict[str, np.ndarray], host: HostNetwork, built: Path, run: emulated.Run
) -> Iterable[Figure]:
    answers, traces = reference(network, content, inputs)
    yield at_least("views", len(answers), "views", VIEWS)
    yield at_most("chip_bytes_differing_from_litert", int((run.answers != answers).sum()), "bytes", 0)
    host_answers, host_traces = host.run(inputs)
    yield at_most("host_bytes_differing_from_litert", int((host_answers != answers).sum()), "bytes", 0)
    yield at_most("host_layer_bytes_differing", sum(differing(network, host_traces, traces).values()), "bytes", 0)
    some = {name: values[:LAYERED] for name, values in inputs.items()}
    chip = emulated.run(built, some, traced=True).traces
    assert chip is not None
    yield at_most("chip_layer_bytes_differing", sum(differing(network, chip, traces[:LAYERED]).values()), "bytes", 0)
    yield Figure("chip_layer_bytes_compared", float(chip.size), "bytes")


def _micro(path: Path, network: Network, inputs: dict[str, np.ndarray], run: emulated.Run) -> Iterable[Figure]:
    if not PEERS_PYTHON.exists():
        yield Figure("chip_bytes_differing_from_tflite_micro", float("nan"), "not run: make peers first")
        return
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        shaped = {n: inputs[n].reshape(-1, *network.tensors[i].shape[1:]) for n, i in network.inputs.items()}
        np.savez(file.name, names=np.array(list(network.inputs)), answers=run.answers, **shaped)
        got = in_peers_environment(_PEER, str(path), file.name)
    yield at_most("chip_bytes_differing_from_tflite_micro", got["differing"], "bytes", 0)
    yield Figure("views_against_tflite_micro", got["views"], "views")
