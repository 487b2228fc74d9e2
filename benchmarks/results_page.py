"""The results page over thirteen real sectors: time to the first chart, and how evenly it zooms.

The star is a quiet ultracool dwarf seen in 12 or 13 sectors of 2-minute data. It is analysed once (quick preset), the
built pages are served over that result, and headless Chromium opens the page with an empty cache, then with a warm
one, and zooms and drags over the whole light curve while every frame is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.frame import ROOT, Figure, at_most
from benchmarks.web_server import chromium, serve

STARS = ("tic142052876", "tic167894019", "tic29780677", "tic220429097")
VISITS = 3
FIRST_CHART_MS = 2000.0
FRAME_MS = 34.0

_CHILD = """
import json, sys
from data.requests import DataChoice, RunRequest, SearchChoice
from jobs.local import run_here

report = run_here(RunRequest(
    data=DataChoice(kind="files", paths=tuple(json.loads(sys.argv[1]))), search=SearchChoice(preset="quick")
))
print(json.dumps({"run_id": report.run_id, "points": sum(s.points_used for s in report.sectors)}))
"""

_DRAWN = "performance.getEntriesByName('larun-brightness-drawn')[0]?.startTime ?? null"

_RECORD = """() => {
  window.larunFrames = [];
  let last = performance.now();
  const frame = (now) => { window.larunFrames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


def measure(only: str | None = None) -> Iterable[Figure]:
    """Points shown, milliseconds to the first chart, milliseconds per frame."""
    files = _files()
    if not files:
        raise FileNotFoundError("The real light curves are not installed (set LARUN_REALDATA).")
    with tempfile.TemporaryDirectory(prefix="larun-results-page-") as home:
        run = _analyse(files, Path(home))
        with serve(Path(home)) as url, chromium() as browser:
            address = f"{url}/runs/{run['run_id']}"
            yield Figure("points", float(run["points"]), "points")
            cold, warm = _first_charts(browser, address)
            yield at_most("first chart, worst of all visits, empty cache", max(cold), "ms", FIRST_CHART_MS)
            yield at_most("first chart, median, warm cache", sorted(warm)[len(warm) // 2], "ms", FIRST_CHART_MS)
            for name, frames in _zoom(browser, address).items():
                yield at_most(f"{name}, frame p95", _share(frames, 0.95), "ms", FRAME_MS)
                yield Figure(f"{name}, frame median", _share(frames, 0.5), "ms")
                yield Figure(f"{name}, frames", float(len(frames)), "frames")


def _files() -> list[str]:
    folder = Path(os.environ.get("LARUN_REALDATA") or ROOT.parent / "shared" / "realdata")
    found = [sorted((folder / "lightcurves" / "tess_2min_ucd").glob(f"{star}_*.npz")) for star in STARS]
    return [str(path) for path in max(found, key=len)]


def _analyse(files: list[str], home: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, json.dumps(files)],
        env={**os.environ, "LARUN_HOME": str(home), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The star could not be analysed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _first_charts(browser: Any, address: str) -> tuple[list[float], list[float]]:
    """Milliseconds from navigation to the drawn light curve: new browser profiles, then repeated visits of one."""
    cold, warm = [], []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        cold.append(_visit(context, address))
        warm.append(_visit(context, address))
        context.close()
    return cold, warm


def _visit(context: Any, address: str) -> float:
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(f"() => {_DRAWN} !== null", timeout=30_000)
    drawn = float(page.evaluate(_DRAWN))
    page.close()
    return drawn


def _zoom(browser: Any, address: str) -> dict[str, list[float]]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(f"() => {_DRAWN} !== null", timeout=30_000)
    page.get_by_role("button", name="Show all").click()
    page.wait_for_timeout(1500)
    page.evaluate(_RECORD)
    box = page.locator("[data-chart=brightness] .mainplot .u-over").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)

    def frames_of(action: Any) -> list[float]:
        page.wait_for_timeout(200)
        page.evaluate("() => { window.larunFrames.length = 0; }")
        action()
        return [float(v) for v in page.evaluate("() => window.larunFrames")]

    def wheel() -> None:
        for amount in (*[-60] * 40, *[60] * 45):
            page.mouse.wheel(0, amount)
            page.wait_for_timeout(16)

    def drag() -> None:
        for _ in range(6):
            page.mouse.wheel(0, -120)
        page.mouse.down()
        for step in range(90):
            page.mouse.move(x + 250 * (1 if step % 60 < 30 else -1) * (step % 30) / 30, y)
            page.wait_for_timeout(16)
        page.mouse.up()

    def slide() -> None:
        page.locator(".perslide").focus()
        for _ in range(60):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(16)

    made = {"wheel zoom": frames_of(wheel), "drag": frames_of(drag), "period slider": frames_of(slide)}
    context.close()
    return made


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
