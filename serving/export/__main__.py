"""`python -m serving.export student-int8.tflite firmware/generated`: the network and an example view as C."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from serving.export.read_tflite import NotExportable
from serving.export.sources import write_sources


def main(arguments: list[str] | None = None) -> int:
    """Write the files; 1 with one line where the network cannot be exported."""
    parser = argparse.ArgumentParser(prog="python -m serving.export", description="Writes a student network as C.")
    parser.add_argument("network", type=Path, help="an int8 .tflite")
    parser.add_argument("folder", type=Path, help="where network.c, network.h, example.c and example.h are written")
    asked = parser.parse_args(arguments)
    try:
        source = write_sources(asked.network, asked.folder)
    except (NotExportable, OSError) as error:
        print(f"larun: {error}", file=sys.stderr)
        return 1
    print(f"{asked.folder}: {source.constant_bytes:,} bytes of tables, {source.arena_bytes:,} bytes of memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
