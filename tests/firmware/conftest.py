"""The student the tests export: the committed one, or a fresh one where there is none yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.artefacts import COMMITTED, STUDENT
from serving.export.read_tflite import Network, read_tflite
from tests.firmware import kernels


@pytest.fixture(scope="session")
def student_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if (COMMITTED / STUDENT).is_file():
        return COMMITTED / STUDENT
    from tests.firmware.fresh_student import fresh_student

    path = tmp_path_factory.mktemp("student") / STUDENT
    path.write_bytes(fresh_student())
    return path


@pytest.fixture(scope="session")
def student(student_path: Path) -> Network:
    return read_tflite(student_path.read_bytes())


@pytest.fixture(scope="session")
def c(tmp_path_factory: pytest.TempPathFactory) -> kernels.HostKernels:
    if not kernels.has_compiler():
        pytest.skip(kernels.MISSING_REASON)
    return kernels.HostKernels(tmp_path_factory.mktemp("kernels"))
