"""The C that is committed and the zip that is handed out: made for the committed network, and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from serving.artefacts import COMMITTED, STUDENT
from serving.export import emulated, package
from serving.export.__main__ import main
from serving.export.read_tflite import NotExportable, read_tflite
from serving.export.sources import sources, write_sources


@pytest.fixture(scope="module")
def built(student_path: Path) -> bytes:
    reason = emulated.missing_tools()
    if reason is not None:
        pytest.skip(reason)
    return package.built_package(student_path)


def entries(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name.removeprefix("larun-cortex-m4/"): archive.read(name) for name in archive.namelist()}


def test_the_zip_has_what_was_promised_and_its_hashes_agree(built: bytes, student_path: Path) -> None:
    files = entries(built)
    manifest = json.loads(files.pop("manifest.json"))
    wanted = {
        "generated/network.c",
        "generated/network.h",
        "student-int8.tflite",
        "lib/liblarun-cortex-m4.a",
        "README.md",
    }
    assert wanted <= set(files)
    assert set(manifest["files"]) == set(files)
    for name, content in files.items():
        stated = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert manifest["files"][name] == stated, name
    assert files["student-int8.tflite"] == student_path.read_bytes()
    assert 0 < manifest["modelled_cycles"] < emulated.budgets().cycles
    assert "zero wait states" in manifest["how_modelled"]


def test_the_zip_names_no_place_of_the_machine_that_built_it(built: bytes) -> None:
    for name, content in entries(built).items():
        for place in (str(emulated.FIRMWARE.parent), "larun-package-"):
            assert place.encode() not in content, name


def test_the_stored_zip_is_this_network_s(built: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cortex-m4.zip"
    path.write_bytes(built)
    made_for = package.stored_manifest(path)["network"]["sha256"]
    assert package.stored_package(made_for, path) == built
    with pytest.raises(package.NotPackaged, match="another network"):
        package.stored_package("0" * 64, path)
    with pytest.raises(package.NotPackaged, match="no package"):
        package.stored_package(made_for, tmp_path / "none.zip")
    path.write_bytes(built[: len(built) // 2])
    with pytest.raises(package.NotPackaged, match="no package"):
        package.stored_package(made_for, path)


@pytest.mark.skipif(not (COMMITTED / STUDENT).is_file(), reason="no trained student is here yet")
def test_what_is_committed_is_current(built: bytes) -> None:
    assert package.is_current(COMMITTED / STUDENT, emulated.FIRMWARE / "generated"), "run python -m serving.export"
    digest = hashlib.sha256((COMMITTED / STUDENT).read_bytes()).hexdigest()
    stored, fresh = entries(package.stored_package(digest)), entries(built)
    manifests = [json.loads(f.pop("manifest.json")) for f in (stored, fresh)]
    if manifests[0]["compiler"] != manifests[1]["compiler"]:
        for files in (stored, fresh):
            files.pop("lib/liblarun-cortex-m4.a")
    assert stored == fresh, "run python -m serving.export.package"


def test_the_same_network_gives_the_same_sources(student_path: Path, tmp_path: Path) -> None:
    content = student_path.read_bytes()
    assert sources(content).files == sources(content).files
    write_sources(student_path, tmp_path)
    assert package.is_current(student_path, tmp_path)
    (tmp_path / "network.h").write_text("changed")
    assert not package.is_current(student_path, tmp_path)


def test_other_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotExportable, match=r"no \.tflite"):
        read_tflite(b"PK\x03\x04 something else")
    path = tmp_path / "x.tflite"
    path.write_bytes(b"")
    assert main([str(path), str(tmp_path / "out")]) == 1
    assert main([str(tmp_path / "missing.tflite"), str(tmp_path / "out")]) == 1
    assert "larun:" in capsys.readouterr().err
