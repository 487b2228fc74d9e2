"""The files of `firmware/generated` from a .tflite."""

from __future__ import annotations

import hashlib
from pathlib import Path

from serving.export.emit import Source, emitted
from serving.export.example import example_source
from serving.export.read_tflite import read_tflite


def sources(content: bytes) -> Source:
    """network.c, network.h, example.c, example.h. The same .tflite gives the same bytes. Raises NotExportable."""
    network = read_tflite(content)
    source = emitted(network, digest=hashlib.sha256(content).hexdigest())
    return Source({**source.files, **example_source(network)}, source.arena_bytes, source.constant_bytes)


def write_sources(path: Path, folder: Path) -> Source:
    """Write them into `folder`, which is made where it is not there."""
    source = sources(path.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in source.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return source
