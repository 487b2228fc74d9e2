"""The folder of a trained classifier: what is in it, and whether it is still what was trained.

`manifest.json` names every other file with its bytes and SHA-256, the classes and scalars in order, the shapes of the
inputs, the calibration and the figures measured on it. Nothing of a folder is used before its hashes agree.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "manifest.json"
STUDENT: Final = "student-int8.tflite"
TREES: Final = "trees.skops"
VETTING: Final = "vetting.skops"
COMMITTED: Final = Path(__file__).resolve().parent / "artefacts"


class DamagedArtefact(Exception):
    """A file of the trained classifier is missing or is not the one that was trained."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: its size in bytes and its SHA-256 in hexadecimal."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder holds. `calibration` goes to `serving.calibration.Calibration.from_json` by the name of a model
    ("ensemble", "student"); `inputs` are shapes without the batch; `blend` the weight of each model of the ensemble."""

    version: str
    created: str
    seed: int
    classes: tuple[str, ...]
    scalars: tuple[str, ...]
    files: dict[str, StoredFile]
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    blend: dict[str, float] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    smoke: bool = False

    @property
    def teachers(self) -> tuple[str, ...]:
        """The files of the networks of the ensemble, sorted."""
        return tuple(sorted(n for n in self.files if n.startswith("teacher-") and n.endswith(".tflite")))


def write_manifest(
    folder: Path,
    *,
    created: str,
    seed: int,
    classes: Sequence[str],
    scalars: Sequence[str],
    inputs: Mapping[str, Sequence[int]] | None = None,
    blend: Mapping[str, float] | None = None,
    calibration: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    smoke: bool = False,
) -> Manifest:
    """Hash all files now in `folder` and write its manifest. `created` is an ISO date; the version is made of the date
    and of the hashes, so that two different trainings never share one."""
    files = {p.name: _stored(p) for p in sorted(folder.iterdir()) if p.is_file() and p.name != MANIFEST}
    digest = hashlib.sha256("".join(f"{n}{f.sha256}" for n, f in files.items()).encode()).hexdigest()
    manifest = Manifest(
        version=f"{'smoke-' if smoke else ''}{created[:10]}-{digest[:8]}",
        created=created,
        seed=seed,
        classes=tuple(classes),
        scalars=tuple(scalars),
        files=files,
        inputs={k: tuple(v) for k, v in (inputs or {}).items()},
        blend=dict(blend or {}),
        calibration=dict(calibration or {}),
        metrics=dict(metrics or {}),
        smoke=smoke,
    )
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True, allow_nan=False)
    partial = folder / (MANIFEST + ".part")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder / MANIFEST)
    return manifest


def load_manifest(folder: Path, *, check: bool = True) -> Manifest:
    """The manifest of `folder`; with `check` every file is read and hashed.

    Raises DamagedArtefact, with one sentence, for a missing or changed file or an unreadable manifest.
    """
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(
            **{
                **read,
                "classes": tuple(read["classes"]),
                "scalars": tuple(read["scalars"]),
                "files": {name: StoredFile(**f) for name, f in read["files"].items()},
                "inputs": {name: tuple(s) for name, s in read["inputs"].items()},
            }
        )
    except FileNotFoundError:
        raise DamagedArtefact(f"There is no trained classifier in {folder}: {MANIFEST} is missing.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedArtefact(f"{folder / MANIFEST} cannot be read: {error}.") from error
    if check:
        for name, expected in manifest.files.items():
            if Path(name).name != name:
                raise DamagedArtefact(f"{MANIFEST} names {name!r}, which is outside its folder.")
            path = folder / name
            if not path.is_file():
                raise DamagedArtefact(f"{name} of the trained classifier is missing from {folder}.")
            if _stored(path) != expected:
                raise DamagedArtefact(f"{name} is not the file that was trained: its size or SHA-256 differs.")
    return manifest


def _stored(path: Path) -> StoredFile:
    content = path.read_bytes()
    return StoredFile(len(content), hashlib.sha256(content).hexdigest())
