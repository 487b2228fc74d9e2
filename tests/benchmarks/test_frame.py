"""What the benchmarks share, and the two of its peers' copies that can be checked in a second."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from benchmarks import frame
from benchmarks.curves import Planet, radius_ratio_for, sector_times, transit_flux
from benchmarks.frame import Figure, at_least, at_most


def test_bars_are_met_or_not():
    assert at_most("a", 1.0, "s", 1.0).met
    assert not at_most("a", 1.01, "s", 1.0).met
    assert at_least("a", 3.0, "x", 3.0).met
    assert not at_least("a", 2.9, "x", 3.0).met
    assert not at_most("a", math.nan, "s", 1.0).met
    assert not at_least("a", math.nan, "s", 1.0).met
    assert Figure("a", 1.0, "s").met is None


def test_every_benchmark_says_what_it_measures():
    known = frame.names()
    assert {"search-speed", "agreement", "sensitivity"} <= set(known)
    assert all(words.endswith(".") and len(words) > 20 for words in known.values())
    assert "curves" not in known
    assert "frame" not in known


def test_run_prints_a_table_and_writes_json(monkeypatch, tmp_path, capsys):
    from benchmarks import search_speed

    def made_up(only):
        assert only == "part"
        return [at_most("speed", 0.5, "ratio", 1.0, "peer"), Figure("plain", 2.0, "s")]

    monkeypatch.setattr(search_speed, "measure", made_up)
    path = tmp_path / "figures.json"
    frame.run("search-speed", path, only="part")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["bench"] == "search-speed"
    assert report["figures"][0] == {
        "name": "speed", "value": 0.5, "unit": "ratio", "bar": "≤ 1", "met": True, "peer": "peer",
    }  # fmt: skip
    assert report["figures"][1]["met"] is None
    assert report["provenance"]["versions"]["numpy"] == np.__version__
    assert report["provenance"]["only"] == "part"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["figure", "value", "unit", "bar", "met", "peer"]
    assert json.loads(lines[-1]) == report
    frame.run("search-speed", "-", only="part")
    assert json.loads(capsys.readouterr().out)["figures"] == report["figures"]


def test_an_unknown_benchmark_is_refused():
    with pytest.raises(KeyError):
        frame.run("no-such-thing")


def test_views_go_only_where_they_are_read(monkeypatch, tmp_path, capsys):
    from benchmarks import search_speed

    with pytest.raises(frame.ReadsNoViews):
        frame.run("search-speed", views=tmp_path)
    monkeypatch.setattr(search_speed, "measure", lambda only, views=None: [Figure(views.name, 1.0, "")])
    assert frame.run("search-speed", views=tmp_path)[0].name == tmp_path.name


def test_turns_take_the_smallest_time():
    calls = []
    seconds = frame.cpu_seconds({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=3)
    assert calls == ["a", "b"] * 3
    assert set(seconds) == {"a", "b"}
    assert all(0 <= s < 1 for s in seconds.values())


def test_made_up_planets_have_the_signal_that_was_asked_for():
    time = sector_times(10)
    ratio = radius_ratio_for(time, 3.7, 1.1, 0.4, 5e-4, 12.0)
    planet = Planet(3.7, 1.1, ratio, 0.4)
    dips = 1.0 - transit_flux(time, planet)
    assert math.sqrt(np.sum(dips**2)) / 5e-4 == pytest.approx(12.0, rel=1e-3)
    phase = (time - 1.1 + 1.85) % 3.7 - 1.85
    assert np.all(dips[np.abs(phase) > 0.51 * planet.duration] == 0)
    assert planet.duration * 24 == pytest.approx(2.6, abs=0.2)


@pytest.mark.parametrize("oversample", [5, 10])
def test_our_copy_of_astropys_boxes_equals_it(oversample):
    from astropy.timeseries import BoxLeastSquares

    from benchmarks.box_kernels import box_search

    random = np.random.default_rng(3)
    time = np.sort(random.uniform(0, 30, 1500))
    flux = 1 + random.normal(0, 1e-3, time.size)
    err = random.uniform(0.5e-3, 2e-3, time.size)
    periods = np.exp(random.uniform(np.log(0.7), np.log(15), 60))
    durations = np.array([0.05, 0.11, 0.2, 0.33])
    gained = np.zeros(len(periods))
    box_search(time - time[0], flux, 1 / err**2, periods, durations, oversample, gained)
    theirs = BoxLeastSquares(time, flux, err).power(
        periods, durations, objective="likelihood", method="fast", oversample=oversample
    )
    dips = np.asarray(theirs.depth) > 0
    assert dips.mean() > 0.3
    assert np.allclose(gained[dips], 2 * np.asarray(theirs.power)[dips], rtol=1e-8)


def test_classical_boxes_equal_a_plain_loop():
    from benchmarks.box_kernels import classical_search

    random = np.random.default_rng(4)
    time = np.sort(random.uniform(0, 20, 300))
    flux = 1 + random.normal(0, 1e-3, time.size)
    weight = random.uniform(0.5, 2.0, time.size)
    period, n_bins = 2.3, 40
    gained = np.zeros(1)
    widths = np.array([2]), np.array([6])
    classical_search(time, flux, weight, np.array([period]), n_bins, *widths, gained)
    bins = ((time / period % 1.0) * n_bins).astype(int)
    centred = flux - np.average(flux, weights=weight)
    best = 0.0
    for start in range(n_bins):
        for width in range(2, 7):
            inside = (bins - start) % n_bins < width
            s, r = np.sum(weight[inside] * centred[inside]), np.sum(weight[inside])
            if s < 0:
                best = max(best, s**2 / r / (1 - r / weight.sum()))
    assert gained[0] == pytest.approx(best, rel=1e-9)
