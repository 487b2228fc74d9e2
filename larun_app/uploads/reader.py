"""Reads uploaded files in a process of its own, with limits on memory and time: `python -m larun_app.uploads.reader`.

A file from outside may be made to break its reader. What it can break here is a child that holds nothing.
The question comes as JSON on standard input, the answer leaves as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.formats.inspection import Inspection
from data.requests import ColumnChoice, QualityMask

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 60
WALL_SECONDS = 90.0

#: Mistakes that the person can mend by naming columns; the file is kept for that.
MENDABLE = frozenset({"NoTimes", "NoFlux", "WrongColumns", "WrongTimes"})

_TOO_HEAVY = "This file took too long or too much memory to read. Give us a smaller one, or one sector at a time."
_at_once = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one or several files of one star. Either `inspection` or `error` is there."""

    inspection: Inspection | None
    error: str = ""
    kind: str = ""
    file: str = ""

    @property
    def mendable(self) -> bool:
        """Whether naming columns may help."""
        return self.kind in MENDABLE


async def read_apart(
    files: list[tuple[Path, str]], columns: ColumnChoice | None = None, quality: QualityMask = "default"
) -> Reading:
    """Inspect files (path, the giver's name) in a child process. Never raises for what is in the files."""
    question = json.dumps(
        {
            "files": [[str(path), name] for path, name in files],
            "columns": (columns or ColumnChoice()).model_dump(),
            "quality": quality,
        }
    )
    async with _at_once:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "larun_app.uploads.reader",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        try:
            out, _ = await asyncio.wait_for(child.communicate(question.encode()), WALL_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()
            return Reading(None, _TOO_HEAVY, "TooHeavy")
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError:
        return Reading(None, _TOO_HEAVY, "TooHeavy")
    if "inspection" in answer:
        return Reading(Inspection.model_validate(answer["inspection"]))
    return Reading(None, str(answer["error"]), str(answer["kind"]), str(answer.get("file", "")))


def _limit_this_process() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from data.formats.errors import UnreadableFile
    from data.formats.reading import read_many

    files = [(Path(path), str(name)) for path, name in question["files"]]
    try:
        result = read_many(files, ColumnChoice.model_validate(question["columns"]), question["quality"])
    except UnreadableFile as wrong:
        return {"error": wrong.sentence, "kind": wrong.kind, "file": wrong.file_name}
    except MemoryError:
        return {"error": _TOO_HEAVY, "kind": "TooHeavy"}
    return {"inspection": result.inspection.model_dump(mode="json")}


def main() -> None:
    """The child."""
    _limit_this_process()
    print(json.dumps(_answer(json.loads(sys.stdin.read()))))


if __name__ == "__main__":
    main()
