"""The charts' own arithmetic, run in Node and judged by NumPy on light whose truth is known."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from larun_app.api import lrn1
from tests.app.made_light import BJD_OFFSET, INNER, OUTER, Planet, made_light

MODULES = Path(__file__).parents[2] / "larun_app" / "results" / "explorer"
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")


def run_js(code: str, given: Any = None) -> Any:
    """What `code` (an async function body with `given`, and the modules as `m.<file stem>`) returns."""
    if NODE is None:
        pytest.skip("Node is not installed.")
    pure = ("series", "timeline", "lightcurve", "folding", "words", "spectrum", "view_url", "edits")
    imports = "\n".join(f"import * as {name} from {json.dumps((MODULES / f'{name}.js').as_uri())};" for name in pure)
    script = f"""{imports}
const m = {{ {", ".join(pure)} }};
let text = ""; for await (const part of process.stdin) text += part;
const given = JSON.parse(text);
const result = await (async () => {{ {code} }})();
console.log(JSON.stringify(result, (k, v) => ArrayBuffer.isView(v) ? Array.from(v) : v));
"""
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def light_series(planets: tuple[Planet, ...] = (INNER, OUTER), noise_ppm: float = 400.0) -> tuple[str, dict[str, Any]]:
    """A light curve as the browser gets it (base64), and the same as arrays."""
    light = made_light(planets, noise_ppm=noise_ppm)
    c = light.curve
    columns = {
        "t": c.time_bjd - BJD_OFFSET,
        "raw": ((c.flux - 1) * 1e6).astype(np.float32),
        "flux": ((light.flux - 1) * 1e6).astype(np.float32),
        "trend": ((light.trend - 1) * 1e6).astype(np.float32),
        "sector": c.sector.astype(np.uint8),
        "flags": light.use.astype(np.uint8),
    }
    sectors = [
        {"label": label, "start": float(columns["t"][c.sector == k][0]), "stop": float(columns["t"][c.sector == k][-1])}
        for k, label in enumerate(c.labels)
    ]
    meta = {"sectors": sectors, "time_offset_bjd": BJD_OFFSET, "cadence_days_min": 10 / 1440}
    return base64.b64encode(lrn1.encode(columns, meta)).decode(), columns


LIGHT = """const bytes = Uint8Array.from(Buffer.from(given.raw, "base64"));
const series_ = m.series.decodeSeries(bytes.buffer);
const light = new m.lightcurve.LightCurve(series_);
"""


def test_browser_reads_what_the_server_writes() -> None:
    rng = np.random.default_rng(1)
    columns = {
        "t": rng.normal(size=33) * 1e3,
        "u": rng.integers(0, 255, 33).astype(np.uint8),
        "f": rng.normal(size=33).astype(np.float32),
        "i": rng.integers(-9, 9, 33).astype(np.int32),
    }
    raw = base64.b64encode(lrn1.encode(columns, {"Å": 1})).decode()
    back = run_js(
        'const s = m.series.decodeSeries(Uint8Array.from(Buffer.from(given, "base64")).buffer); return s;', raw
    )
    assert back["n"] == 33
    assert back["meta"] == {"Å": 1}
    for name, values in columns.items():
        np.testing.assert_array_equal(np.array(back["columns"][name], dtype=values.dtype), values)


def test_browser_refuses_broken_series() -> None:
    raw = lrn1.encode({"a": np.arange(9.0)}, {})
    broken = [base64.b64encode(b).decode() for b in (b"", b"LRN2" + raw[4:], raw[:20], raw[:-8])]
    said = run_js(
        """return given.map((text) => {
          try { m.series.decodeSeries(Uint8Array.from(Buffer.from(text, "base64")).buffer); return "read"; }
          catch (error) { return error.message; }
        });""",
        broken,
    )
    assert "read" not in said


def test_drawn_time_folds_gaps_away_and_back() -> None:
    raw, columns = light_series()
    out = run_js(
        LIGHT
        + """const t = light.timeline;
        return { u: light.u, back: Array.from(light.u, (u) => t.toT(u)), pieces: t.pieces.length, length: t.length,
                 between: t.toT(t.toU(1800)), ticks: t.ticks(-1, t.length + 1, 8), breaks: t.breaks(0, t.length) };""",
        {"raw": raw},
    )
    np.testing.assert_allclose(out["back"], columns["t"], atol=1e-9)
    u = np.array(out["u"])
    assert np.all(np.diff(u) > 0)
    assert out["pieces"] == 2, "two neighbouring sectors and one two years later"
    assert len(out["breaks"]) == 1
    assert out["between"] == pytest.approx(1800)
    assert out["length"] < 100 < columns["t"][-1] - columns["t"][0]
    step = np.diff(columns["t"])
    np.testing.assert_allclose(np.diff(u)[step < 3], step[step < 3], atol=1e-9)
    for tick in out["ticks"]:
        assert tick["t"] == pytest.approx(round(tick["t"] / tick["step"]) * tick["step"]) or tick["t"] % 1 == 0


def test_averages_keep_the_depth_of_dips() -> None:
    raw, columns = light_series((INNER,), noise_ppm=100.0)
    out = run_js(
        LIGHT
        + """const e = { period: given.p.period, epoch: given.p.epoch, duration: given.p.duration };
        return [light.averages(1, "flux", e), light.averages(1 / 24, "flux", null)];""",
        {"raw": raw, "p": {"period": INNER.period_days, "epoch": INNER.epoch_btjd, "duration": INNER.duration_hours}},
    )
    wide, narrow = out
    y, dip = np.array(wide["y"]), np.array(wide["dip"]) == 1
    assert np.median(y[dip]) == pytest.approx(-INNER.depth_ppm, rel=0.03), "day-wide averages must not dilute a dip"
    assert np.abs(np.median(y[~dip])) < 20
    use = columns["flags"] == 1
    bins = np.floor(columns["t"][use] / (1 / 24)).astype(int)
    unique, inverse, counts = np.unique(bins, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, columns["flux"][use].astype(float)) / counts
    got = dict(zip(np.floor(np.array(narrow["t"]) * 24).astype(int).tolist(), narrow["y"], strict=True))
    same = [abs(got[b] - v) for b, v in zip(unique.tolist(), means.tolist(), strict=True) if b in got]
    assert len(same) > 0.95 * len(unique)
    assert max(same) < 1e-2


def test_dips_are_those_with_data() -> None:
    raw, columns = light_series()
    out = run_js(
        LIGHT + """return light.dips({ period: given.p, epoch: given.e, duration: given.d });""",
        {"raw": raw, "p": OUTER.period_days, "e": OUTER.epoch_btjd, "d": OUTER.duration_hours},
    )
    half = OUTER.duration_hours / 48
    use = columns["flags"] == 1
    for dip in out:
        inside = use & (np.abs(columns["t"] - dip["t"]) < half)
        assert dip["points"] == int(inside.sum())
    expected = {
        k
        for k in range(-5, 200)
        if np.any(use & (np.abs(columns["t"] - OUTER.epoch_btjd - k * OUTER.period_days) < half))
    }
    assert {d["number"] for d in out if d["points"] > 0} == expected


def test_hidden_points_no_longer_count() -> None:
    raw, columns = light_series()
    out = run_js(
        LIGHT
        + """light.setHidden([[1330, 1332]]);
        const state = Array.from(light.state); light.setHidden([]);
        return { state, after: light.hiddenCount, left: light.leftOutCount };
        """,
        {"raw": raw},
    )
    inside = (columns["t"] >= 1330) & (columns["t"] < 1332)
    np.testing.assert_array_equal(np.array(out["state"]) == 2, inside)
    assert out["after"] == 0
    assert out["left"] == int(np.sum(columns["flags"] == 0))


def test_fold_agrees_with_numpy() -> None:
    raw, columns = light_series()
    out = run_js(
        LIGHT
        + """const f = m.folding.foldPoints(light.t, light.flux, light.state, given.p, given.e, 8, given.d);
        return { f, bins: m.folding.binFold(f, 0.5, 8), odd: m.folding.dipDepth(f, given.d, 1),
                 even: m.folding.dipDepth(f, given.d, 0) };""",
        {"raw": raw, "p": INNER.period_days, "e": INNER.epoch_btjd, "d": INNER.duration_hours},
    )
    use = columns["flags"] == 1
    t, flux = columns["t"][use], columns["flux"][use].astype(float)
    number = np.round((t - INNER.epoch_btjd) / INNER.period_days)
    hours = (t - INNER.epoch_btjd - number * INNER.period_days) * 24
    near = np.abs(hours) <= 8
    np.testing.assert_allclose(out["f"]["x"], hours[near], atol=1e-6)
    np.testing.assert_array_equal(np.array(out["f"]["odd"]), np.abs(number[near]) % 2)
    assert out["f"]["dips"] == len(np.unique(number[np.abs(hours) < INNER.duration_hours / 2]))
    index = np.floor((hours[near] + 8) / 0.5).astype(int)
    keep = index < 32
    counts = np.bincount(index[keep], minlength=32)
    means = np.bincount(index[keep], flux[near][keep], minlength=32) / counts
    np.testing.assert_allclose(out["bins"]["y"], means, rtol=1e-9, atol=1e-6)
    spread = np.array([np.std(flux[near][keep][index[keep] == b], ddof=1) for b in range(32)])
    np.testing.assert_allclose(out["bins"]["err"], spread / np.sqrt(counts), rtol=1e-6)
    for depth in (out["odd"], out["even"]):
        assert abs(depth["depth"] - INNER.depth_ppm) < 4 * depth["err"]


def test_odd_and_even_dips_of_a_binary_differ() -> None:
    pair = Planet(2.6, 1326.2, 3.5, 6000.0, even_depth_ppm=3500.0)
    raw, _ = light_series((pair,))
    out = run_js(
        LIGHT
        + """const f = m.folding.foldPoints(light.t, light.flux, light.state, given.p, given.e, 8, given.d);
        const odd = m.folding.dipDepth(f, given.d, 1), even = m.folding.dipDepth(f, given.d, 0);
        return { odd, even, words: m.words.foldSummary({ mode: "oddeven", dips: f.dips, periodDays: given.p,
          duration: given.d, odd, even }) };""",
        {"raw": raw, "p": pair.period_days, "e": pair.epoch_btjd, "d": pair.duration_hours},
    )
    assert out["odd"]["depth"] == pytest.approx(6000, rel=0.02)
    assert out["even"]["depth"] == pytest.approx(3500, rel=0.02)
    assert "differ" in out["words"]
    assert "Two stars" in out["words"]


def test_half_the_period_is_not_taken_for_two_stars() -> None:
    raw, _ = light_series((INNER,))
    words = run_js(
        LIGHT
        + """const f = m.folding.foldPoints(light.t, light.flux, light.state, given.p, given.e, 8, given.d);
        return m.words.foldSummary({ mode: "oddeven", dips: f.dips, periodDays: given.p, duration: given.d,
          odd: m.folding.dipDepth(f, given.d, 1), even: m.folding.dipDepth(f, given.d, 0) });""",
        {"raw": raw, "p": INNER.period_days / 2, "e": INNER.epoch_btjd, "d": INNER.duration_hours},
    )
    assert words.endswith("Only every second dip is there: the period is twice as long, 4.2000 days.")


@pytest.mark.parametrize("planet", [INNER, OUTER])
def test_middle_of_the_dip_is_found_at_a_given_period(planet: Planet) -> None:
    raw, _ = light_series()
    epoch = run_js(
        LIGHT + "return m.folding.bestEpoch(light.t, light.flux, light.state, given.p, given.d);",
        {"raw": raw, "p": planet.period_days, "d": planet.duration_hours},
    )
    away = (epoch - planet.epoch_btjd) / planet.period_days
    assert abs(away - round(away)) * planet.period_days * 24 < 0.2 * planet.duration_hours


def test_peaks_and_their_families() -> None:
    from tests.app.stored_runs import periodogram

    columns = periodogram(((4.2, 20.0), (9.7, 14.0)))
    out = run_js(
        """const period = Float64Array.from(given.period), power = Float32Array.from(given.power);
        return { peaks: m.spectrum.findPeaks(period, power, 6), near: m.spectrum.nearestPeak(period, power, 4.21, 0.01),
                 thin: m.spectrum.thinLog(period, power, 0.5, 20, 300), ratio: m.spectrum.harmonicRatio(8.4, 4.2),
                 family: [[8.4, 4.2], [1.4, 4.2], [10.5, 4.2], [9.7, 4.2], [4.2, 4.3]]
                   .map((x) => m.spectrum.commensurate(...x)) };""",
        {k: v.tolist() for k, v in columns.items()},
    )
    peaks = out["peaks"]
    assert [round(p["period"], 1) for p in peaks[:2]] == [4.2, 9.7]
    own = {round(p["period"], 1): p["harmonicOf"] for p in peaks}
    assert own[4.2] == 0
    assert own[9.7] == 0
    assert own[2.1] == pytest.approx(4.2, rel=1e-3)
    assert out["near"]["period"] == pytest.approx(4.2, rel=1e-3)
    assert max(v for v in out["thin"]["hi"] if v is not None) == pytest.approx(float(columns["power"].max()))
    assert out["ratio"] == 2
    assert out["family"] == [True, True, True, False, False]


def test_view_survives_the_address() -> None:
    state = {
        "range": [1330.25, 1361.5],
        "fullRange": [1325.0, 2090.0],
        "signal": 2,
        "period": 9.7123456,
        "epoch": 1330.5,
        "foldMode": "oddeven",
        "foldSpan": "orbit",
        "layer": "raw",
        "hidden": [[1331.0, 1331.5], [1340.0, 1341.25]],
        "marks": [[1350.0, 1350.2]],
    }
    out = run_js(
        """const query = m.view_url.writeView(given, { signal: 1, period: 9.7, epoch: 1330.4 }, "?keep=1");
        return { query, view: m.view_url.readView("?" + query) };""",
        state,
    )
    assert "keep=1" in out["query"]
    for name in ("range", "signal", "period", "epoch", "foldMode", "foldSpan", "layer", "hidden", "marks"):
        assert out["view"][name] == state[name], name


def test_default_view_leaves_the_address_bare() -> None:
    state = {"range": [0, 9], "fullRange": [0, 9], "signal": 1, "period": 4.2, "epoch": 3.0, "foldMode": "all"}
    state |= {"foldSpan": "dip", "layer": "flux", "hidden": [], "marks": []}
    assert run_js('return m.view_url.writeView(given, { signal: 1, period: 4.2, epoch: 3.0 }, "");', state) == ""


@pytest.mark.parametrize(
    "query",
    [
        "?from=9&to=3",
        "?period=-1&signal=abc&epoch=1e999",
        "?hide=5~4,x~y,,1~2~3&fold=evil&width=%3Cscript%3E",
        "?period=&from=NaN&to=Infinity",
    ],
)
def test_a_bad_address_changes_nothing(query: str) -> None:
    assert run_js("return m.view_url.readView(given);", query) == {"hidden": [], "marks": []}


def test_edits_can_be_undone_and_redone() -> None:
    out = run_js(
        """const e = new m.edits.Edits(); const seen = [];
        const see = () => seen.push(JSON.stringify(e.now.hidden));
        e.hide(5, 6); see(); e.hide(5.5, 7); see(); e.hide(1, 2); see();
        e.undo(); see(); e.undo(); see(); e.redo(); see();
        e.hide(9, 10); see(); const again = e.redo(); e.mark(3, 4); e.unmark(0); e.unhide(0); see();
        return { seen, again, undone: [e.undo(), e.undo(), e.undo(), e.undo(), e.undo(), e.undo(), e.undo()] };"""
    )
    assert [json.loads(s) for s in out["seen"]] == [
        [[5, 6]],
        [[5, 7]],
        [[1, 2], [5, 7]],
        [[5, 7]],
        [[5, 6]],
        [[5, 7]],
        [[5, 7], [9, 10]],
        [[9, 10]],
    ]
    assert out["again"] is False, "a new edit ends what could be redone"
    assert out["undone"][-1] is False


def test_numbers_as_people_write_them() -> None:
    out = run_js(
        """return [m.words.number(-1234567), m.words.number(-0.001, 2), m.words.depth(873, 51), m.words.hours(0.5),
        m.words.count(13), m.words.count(38), m.words.sectorsInWords(["S22", "S23"]), m.words.sectorsInWords(["Q3"]),
        m.words.list(["1", "2", "3"]), m.words.number(NaN)];"""
    )
    assert out == [
        "\u22121\u202f234\u202f567",
        "0.00",
        "0.0873\u00a0% ± 0.0051",
        "30\u00a0minutes",
        "thirteen",
        "38",
        "Sectors 22 and 23",
        "Quarter 3",
        "1, 2 and 3",
        "–",
    ]


def test_summaries_say_what_is_seen() -> None:
    base = {"shown": ["S1", "S2"], "total": 3, "label": "signal 1", "hidden": 0, "leftOut": 0, "showLeftOut": False}
    base |= {"layer": "flux", "kind": "sector"}
    out = run_js(
        """return [m.words.brightnessSummary({ ...given, marked: 6, missed: 1 }),
        m.words.brightnessSummary({ ...given, marked: 0, missed: 0, shown: ["S1", "S2", "S28"], hidden: 1204 }),
        m.words.periodogramSummary({ peaks: [{ period: 3.2, power: 5 }], named: [], threshold: 8,
          thresholdWords: "", best: { period: 3.2 }, round: 1 }),
        m.words.periodogramSummary({ peaks: [{ period: 4.2, power: 20, own: true },
          { period: 2.1, power: 12, relatives: true }, { period: 5.9, power: 9 }], named: [4.2], threshold: 8,
          thresholdWords: "Noise does less.", round: 1 }),
        m.words.foldSummary({ mode: "all", dips: 0, periodDays: 4.2 }),
        m.words.foldSummary({ mode: "all", dips: 13, periodDays: 8.02153, depthNow: { depth: 50, err: 30 },
          duration: 3 })];""",
        base,
    )
    assert out[0] == (
        "Sectors 1 and 2 of three. Six dips of signal 1 are marked; one more fell into a gap. "
        "Points inside a dip are amber."
    )
    assert out[1].startswith(
        "All three sectors. No dip of signal 1 falls in here. 1\u202f204 points are hidden by you."
    )
    assert out[2] == "No period stands out. The highest peak, at 3.20 days, stays under the dashed line."
    assert out[3] == (
        "One period stands out, 4.20 days; other peaks are its parts and multiples. "
        "One more peak passes the line but was not called convincing. Noise does less."
    )
    assert out[4].startswith("No dip was observed")
    assert out[5] == "Thirteen dips folded on 8.0215 days: no dip stands out from the noise at this period."
