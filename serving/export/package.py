"""The zip that people download: the network for a Cortex-M4 as C, as a static library, and as .tflite.

It is built once, where the cross-compiler and the emulator are (`python -m serving.export.package`), and stored beside
this module; the service only hands it out, and only for the network it was built from.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from serving.artefacts import COMMITTED, STUDENT
from serving.export import emulated
from serving.export.example import example_inputs, quantized
from serving.export.read_tflite import NotExportable, read_tflite
from serving.export.sources import sources, write_sources

STORED: Final = Path(__file__).resolve().parent / "cortex-m4.zip"
_TOP: Final = "larun-cortex-m4"
_MANIFEST: Final = f"{_TOP}/manifest.json"
_WORDS: Final = (
    "Modelled cycles, zero wait states: an exact instruction trace of an emulated Cortex-M4, priced by its Technical "
    "Reference Manual. Nothing was measured on hardware."
)


class NotPackaged(Exception):
    """There is no package for this network."""


def stored_package(network_sha256: str, path: Path = STORED) -> bytes:
    """The zip made for the network with this hash. Raises NotPackaged where there is none, or one for another."""
    made_for = stored_manifest(path)["network"]["sha256"]
    if made_for != network_sha256:
        raise NotPackaged("The package for the microcontroller was built from another network than this.")
    return path.read_bytes()


def stored_manifest(path: Path = STORED) -> dict[str, Any]:
    """`manifest.json` of the stored zip: sizes, modelled cycles, hashes. Raises NotPackaged where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise NotPackaged(f"There is no package for the microcontroller: {problem}.") from problem
    return manifest


def built_package(network: Path) -> bytes:
    """Export, compile and measure `network`, and pack it. The same files and tools give the same bytes.

    Raises NotPackaged where a tool is missing, NotExportable for a network without kernels, FirmwareFailed.
    """
    reason = emulated.missing_tools()
    if reason is not None:
        raise NotPackaged(f"The package cannot be built, {reason}.")
    content = network.read_bytes()
    with tempfile.TemporaryDirectory(prefix="larun-package-") as place:
        generated, build = Path(place) / "generated", Path(place) / "build"
        source = write_sources(network, generated)
        emulated.build(generated, build)
        files = {
            "student-int8.tflite": content,
            "lib/liblarun-cortex-m4.a": (build / "liblarun-cortex-m4.a").read_bytes(),
            **{f"generated/{name}": text.encode() for name, text in source.files.items()},
            **_committed(),
        }
        parsed = read_tflite(content)
        cycles = emulated.run(build, quantized(parsed, example_inputs())).worst
        sizes = emulated.sizes(build / "larun.elf")
    manifest = _manifest(files, content, cycles, sizes, source.arena_bytes)
    return _zipped({**files, "manifest.json": (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()})


def _manifest(
    files: dict[str, bytes], network: bytes, cycles: emulated.Cycles, sizes: emulated.Sizes, arena_bytes: int
) -> dict[str, Any]:
    allowed = emulated.budgets()
    return {
        "network": {"file": "student-int8.tflite", "bytes": len(network), "sha256": _sha256(network)},
        "processor": "Cortex-M4 with the DSP extension",
        "flash_bytes": sizes.flash_bytes,
        "ram_bytes": sizes.ram_bytes,
        "arena_bytes": arena_bytes,
        "instructions": cycles.instructions,
        "modelled_cycles": cycles.total(),
        "modelled_cycles_by_refill": {str(refill): cycles.total(refill) for refill in emulated.REFILLS},
        "clock_hz": allowed.clock_hz,
        "modelled_milliseconds": round(1e3 * cycles.total() / allowed.clock_hz, 3),
        "how_modelled": _WORDS,
        "compiler": _compiler(),
        "files": {name: {"bytes": len(files[name]), "sha256": _sha256(files[name])} for name in sorted(files)},
    }


def _committed() -> dict[str, bytes]:
    wanted = (
        "README.md",
        "Makefile",
        "budgets.json",
        "main.c",
        "judge.c",
        "kernels/*",
        "board/*",
        "cycles/*",
        "host/*",
    )
    paths = [path for pattern in wanted for path in sorted(emulated.FIRMWARE.glob(pattern)) if path.is_file()]
    return {path.relative_to(emulated.FIRMWARE).as_posix(): path.read_bytes() for path in paths}


def _zipped(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            # no dates, owners or umasks of whoever packs
            info = zipfile.ZipInfo(f"{_TOP}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return body.getvalue()


def _compiler() -> str:
    done = subprocess.run(["arm-none-eabi-gcc", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_current(network: Path, generated: Path) -> bool:
    """True where the files in `generated` are what the exporter writes for `network`."""
    expected = sources(network.read_bytes()).files
    return all(
        (generated / n).is_file() and (generated / n).read_text(encoding="utf-8") == t for n, t in expected.items()
    )


def main(arguments: list[str] | None = None) -> int:
    """Build and store the package; 1 with one line where it cannot be built."""
    parser = argparse.ArgumentParser(prog="python -m serving.export.package", description="Packs the network as C.")
    parser.add_argument("--network", type=Path, default=COMMITTED / STUDENT, help="an int8 .tflite")
    parser.add_argument("--to", type=Path, default=STORED, help="the zip to write")
    asked = parser.parse_args(arguments)
    try:
        body = built_package(asked.network)
    except (NotPackaged, NotExportable, emulated.FirmwareFailed, OSError) as error:
        print(f"larun: {error}", file=sys.stderr)
        return 1
    asked.to.write_bytes(body)
    manifest = stored_manifest(asked.to)
    print(
        f"{asked.to}: {len(body):,} bytes; flash {manifest['flash_bytes']:,}, RAM {manifest['ram_bytes']:,}, "
        f"{manifest['modelled_cycles']:,} modelled cycles, zero wait states"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
