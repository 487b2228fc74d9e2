"""The exported student against the reference kernels, on the host and on the emulated chip, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from serving.export import emulated
from serving.export.example import example_inputs, quantized
from serving.export.read_tflite import Network
from serving.export.sources import write_sources
from tests.firmware.fresh_student import some_inputs
from tests.firmware.host_network import HostNetwork, differing, reference

VIEWS = 16


@pytest.fixture(scope="module")
def generated(student_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    write_sources(student_path, folder)
    return folder


@pytest.fixture(scope="module")
def inputs(student: Network) -> dict[str, np.ndarray]:
    simulated, transit = quantized(student, some_inputs(VIEWS - 1, seed=5)), quantized(student, example_inputs())
    return {name: np.concatenate([simulated[name], transit[name]]) for name in student.inputs}


@pytest.fixture(scope="module")
def wanted(student: Network, student_path: Path, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return reference(student, student_path.read_bytes(), inputs)


@pytest.fixture(scope="module")
def built(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = emulated.missing_tools()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("built")
    emulated.build(generated, folder)
    return folder


def test_the_host_gives_the_reference_layer_by_layer(
    student: Network, generated: Path, inputs: dict, wanted: tuple, tmp_path: Path
) -> None:
    if shutil.which("gcc") is None or shutil.which("make") is None:
        pytest.skip("gcc or make is not here")
    answers, traces = HostNetwork(student, generated, tmp_path).run(inputs)
    assert differing(student, traces, wanted[1]) == {}
    np.testing.assert_array_equal(answers, wanted[0])


def test_the_chip_gives_the_reference_layer_by_layer(
    student: Network, built: Path, inputs: dict, wanted: tuple
) -> None:
    run = emulated.run(built, inputs, traced=True)
    assert run.traces is not None
    assert differing(student, run.traces, wanted[1]) == {}
    np.testing.assert_array_equal(run.answers, wanted[0])


def test_different_views_have_different_answers(wanted: tuple) -> None:
    assert len(np.unique(wanted[0].reshape(VIEWS, -1), axis=0)) > VIEWS // 2


def test_the_budgets_are_kept(built: Path, inputs: dict, student_path: Path) -> None:
    allowed = emulated.budgets()
    run, sizes = emulated.run(built, inputs), emulated.sizes(built / "larun.elf")
    assert run.worst.total() <= allowed.cycles * (1 - allowed.cycles_spare)
    assert sizes.flash_bytes <= allowed.flash_bytes
    assert sizes.ram_bytes <= allowed.ram_bytes
    assert student_path.stat().st_size <= allowed.tflite_bytes
    assert run.worst.instructions > 100_000, "the cycle model saw next to nothing"
    assert run.worst.total(1) < run.worst.total(2) < run.worst.total(3)


def test_cycles_do_not_depend_on_the_run(built: Path, inputs: dict) -> None:
    some = {name: values[:3] for name, values in inputs.items()}
    assert emulated.run(built, some).cycles == emulated.run(built, some).cycles


def test_the_demonstration_prints_the_reference(built: Path, wanted: tuple) -> None:
    lines = emulated.demonstration(built / "larun.elf").splitlines()[1:]
    names = [line.split()[0] for line in lines]
    assert names == ["planet", "eb", "beb", "variable", "artifact", "no_signal"]
    for line, value in zip(lines, wanted[0][-1, 0], strict=True):
        assert float(line.split()[1]) == pytest.approx((int(value) + 128) / 256, abs=0.0006)


def test_a_network_that_does_not_fit_fails_to_link(generated: Path, tmp_path: Path) -> None:
    reason = emulated.missing_tools(emulator=False)
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path / "generated"
    shutil.copytree(generated, folder)
    body = folder / "network.c"
    body.write_text(body.read_text().replace("static int8_t arena[", "static int8_t arena[65536 + "))
    with pytest.raises(emulated.FirmwareFailed, match="RAM"):
        emulated.build(folder, tmp_path / "built")
