"""Kinds of variable stars: held-out real stars, calibration, rotation periods, flares, planet hosts, binaries, speed.

`only` is a part: classes, rotation, flares, hosts, speed. The classes are judged ten-fold by star: no stretch of a
judged star, and nothing simulated on its noise, was in training. Labels given by eye are named so.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.frame import Figure, at_least, at_most, cpu_seconds
from data.formats import read_many
from data.models.variability import load_variability_model
from science.lightcurve import StitchedCurve
from science.stars import Star
from science.stitching import stitch
from science.variables.classes import BINARIES, CLASSES, NOT_DECIDED
from science.variables.describe import describe_star_variability, measured_light
from science.variables.flare_list import find_flares
from science.variables.rotation import rotation_period
from serving import variability_labels as labels
from serving.variability_curves import LabelledLight, read_curve, real_light
from serving.variability_simulation import rotating
from serving.variability_training import (
    SEED,
    TrainingTable,
    abstain_threshold,
    light_curves,
    out_of_fold,
    table_of,
    training_table,
)

SAME_PERIOD = 0.10
INJECTIONS = 60

#: Planet hosts: files, and their planets by TOI or KOI.
PLANETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pi Men": ("multisector/pimen*", ("144.01",)),
    "TOI-1798": ("multisector/toi1798*", ("1798.01", "1798.02")),
    "TOI-540": ("multisector/toi540*", ("540.01",)),
    "WASP-4": ("tess_2min/*402026209*", ("232.01",)),
    "WASP-121": ("tess_2min/*22529346*", ("495.01",)),
    "GJ 357": ("tess_2min/*413248763*", ("562.01",)),
    "TOI-2015": ("multisector/tic368287008*", ("2015.01",)),
    "TOI-247": ("tess_2min/*160148385*", ("247.01",)),
    "AU Mic": ("multisector/aumic*", ("2221.01",)),
    "Kepler-11": ("kepler/kplr006541920*", tuple(f"K00157.0{i}" for i in range(1, 7))),
}

#: Flares confirmed by eye one by one by the TESS_UCD_flares project: start, BTJD.
VETTED_STARTS: dict[str, tuple[float, ...]] = {
    "tic167894019_s0001": (1342.3338, 1343.1115, 1349.8046, 1339.9268, 1331.0644),
    "tic167894019_s0005": (1455.4140, 1460.5057, 1461.2335, 1442.0818),
    "tic167894019_s0007": (1509.2548, 1501.0409, 1502.1812),
    "tic167894019_s0009": (1566.7047, 1550.4840, 1549.0187, 1563.4867),
    "tic387220832_s0013": (1674.0558, 1660.6125, 1680.6474, 1673.2585, 1674.8877, 1670.0057, 1669.0835),
    "tic29928567_s0003": (
        1401.1829, 1400.0731, 1387.9216, 1400.6065, 1399.0579, 1397.6509, 1405.1925, 1388.1397, 1401.6079, 1386.2244,
        1387.9411, 1401.8440, 1388.9147, 1398.4245, 1390.4953, 1404.6342, 1388.2591, 1400.9787, 1386.3897, 1389.6717,
        1397.2745, 1404.9523, 1388.4564, 1387.4355, 1388.7480, 1392.9842, 1400.2162,
    ),
    "tic340703996_s0002": (1362.3202, 1374.0300, 1366.9552, 1358.2464),
    "tic332623751_s0005": (1453.1963, 1461.4544, 1459.1364),
    "tic117733581_s0005": (1448.2322, 1442.4808, 1447.9961, 1454.2766),
    "tic279482950_s0005": (1453.1128, 1448.4796),
    "tic2470992_s0010": (1588.3250, 1587.8902, 1572.6652),
}  # fmt: skip


def measure(only: str | None = None) -> Iterable[Figure]:
    """All parts, or one."""
    folder = light_curves()
    if not folder.is_dir():
        raise FileNotFoundError(f"The real light curves are not at {folder}; set LARUN_REALDATA.")
    parts = {"classes": _classes, "rotation": _rotations, "flares": _flares, "hosts": _hosts, "speed": _speed}
    for name, part in parts.items():
        if only in (None, name):
            yield from part(folder)


def _classes(folder: Path) -> Iterator[Figure]:
    table = training_table(folder)
    chances = out_of_fold(table)
    real = table.is_real
    threshold = abstain_threshold(table.label, chances)
    yield Figure("abstain below a chance of", threshold, "")
    yield from _accuracy("real", table.rows(real), chances[real], threshold, 0.90)
    yield from _accuracy("simulated", table.rows(~real), chances[~real], threshold, None)
    yield Figure("expected calibration error, real stretches", _calibration_error(table.label[real], chances[real]), "")
    for source in ("catalogue", "literature", "vetted", "eye", "roll"):
        mine = table.source == source
        if mine.any():
            stars, truth, mean = _by_star(table.rows(mine), chances[mine])
            right = np.asarray(CLASSES)[np.argmax(mean, axis=1)] == truth
            yield Figure(f"stars right, labels by {source} (n={len(stars)})", float(np.mean(right)), "")
    hybrids = table_of([light for light in real_light(folder, SEED) if light.source == "hybrid"])
    model = load_variability_model()
    order = [list(model.classes).index(name) for name in CLASSES]
    stars, _, mean = _by_star(hybrids, model.estimator.predict_proba(hybrids.x)[:, order])
    best = np.asarray(CLASSES)[np.argmax(mean, axis=1)]
    right = np.isin(best, ("dsct_bcep", "gdor_spb"))
    yield Figure(f"hybrid pulsators called either kind of pulsator (n={len(stars)})", float(np.mean(right)), "")


def _accuracy(
    what: str, table: TrainingTable, chances: np.ndarray, threshold: float, bar: float | None
) -> Iterator[Figure]:
    stars, truth, mean = _by_star(table, chances)
    best = np.asarray(CLASSES)[np.argmax(mean, axis=1)]
    decided = mean.max(axis=1) >= threshold
    shares, strict, among = [], [], []
    for name in CLASSES:
        mine = truth == name
        if not mine.any():
            continue
        right = best[mine] == name
        shares.append(float(np.mean(right)))
        strict.append(float(np.mean(right & decided[mine])))
        if decided[mine].any():
            among.append(float(np.mean(right[decided[mine]])))
        yield Figure(
            f"{what}, {name}: right (n={int(mine.sum())}, {int(np.sum(mine & ~decided))} not decided)", shares[-1], ""
        )
    name = f"{what}: macro accuracy over {len(shares)} classes, {len(stars)} stars"
    value = float(np.mean(shares))
    yield Figure(name, value, "") if bar is None else at_least(name, value, "", bar)
    yield Figure(f"{what}: macro accuracy, not decided counted as wrong", float(np.mean(strict)), "")
    yield Figure(f"{what}: macro accuracy among the decided", float(np.mean(among)), "")
    yield Figure(f"{what}: share not decided", float(np.mean(~decided)), "")


def _by_star(table: TrainingTable, chances: np.ndarray) -> tuple[list[tuple[str, str]], np.ndarray, np.ndarray]:
    """Star and label, the label, and the mean chances of its stretches; simulated stretches stand alone."""
    keys = [
        (str(star), str(label)) if real else (f"{row}", str(label))
        for row, (star, label, real) in enumerate(zip(table.star, table.label, table.is_real, strict=True))
    ]
    unique = sorted(set(keys))
    place = {key: i for i, key in enumerate(unique)}
    index = np.array([place[key] for key in keys])
    mean = np.stack([chances[index == i].mean(axis=0) for i in range(len(unique))])
    return unique, np.array([label for _, label in unique]), mean


def _calibration_error(label: np.ndarray, chances: np.ndarray, bins: int = 10) -> float:
    """Mean distance of the chance given to the likeliest class from the share that was right, in ten bins."""
    best, chance = np.asarray(CLASSES)[np.argmax(chances, axis=1)], chances.max(axis=1)
    right = best == label
    place = np.minimum((chance * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        mine = place == number
        if mine.any():
            error += mine.mean() * abs(float(right[mine].mean()) - float(chance[mine].mean()))
    return error


def _quiet(folder: Path) -> list[LabelledLight]:
    return [light for light in real_light(folder, SEED) if light.label == "constant"]


def _rotations(folder: Path) -> Iterator[Figure]:
    right = []
    for name, (pattern, period) in labels.PUBLISHED_ROTATION_DAYS.items():
        time, flux, _, segment = measured_light(_joined(folder, pattern))
        found = rotation_period(time, flux, segment)
        value = float("nan") if found is None else found.period_days
        right.append(abs(value / period - 1.0) <= SAME_PERIOD)
        yield Figure(f"{name}: rotation period", round(value, 4), "d", f"published {period:g}", bool(right[-1]))
    yield Figure("published rotation periods within 10 %", float(np.mean(right)), "", f"n={len(right)}")
    chance = np.random.default_rng(7)
    bases = _quiet(folder)
    found_all, within = 0, 0
    for _ in range(INJECTIONS):
        base = bases[int(chance.integers(len(bases)))]
        # The model draws its period first; drawn again from the same state it is known.
        state = chance.bit_generator.state
        period = 10 ** chance.uniform(-0.9, 1.08)
        chance.bit_generator.state = state
        noise = float(np.std(base.flux[: base.flux.size // 30 * 30].reshape(-1, 30).mean(axis=1)))
        flux = base.flux * (1.0 + rotating(base.time, 3.0 * noise, chance))
        for number in np.unique(base.segment):
            flux[base.segment == number] /= np.median(flux[base.segment == number])
        found = rotation_period(base.time, flux, base.segment)
        if found is not None:
            found_all += 1
            within += abs(found.period_days / period - 1.0) <= SAME_PERIOD
    yield Figure(f"injected rotation: a period is given (n={INJECTIONS})", found_all / INJECTIONS, "")
    yield at_least("injected rotation: given periods within 10 %", within / max(found_all, 1), "", 0.90)
    wrong = sum(rotation_period(base.time, base.flux, base.segment) is not None for base in bases)
    yield Figure(f"quiet real stars given a period (n={len(bases)})", wrong / len(bases), "")


def _flares(folder: Path) -> Iterator[Figure]:
    chance = np.random.default_rng(11)
    strong, weak, false, days = [], [], 0, 0.0
    for base in _quiet(folder):
        for _ in range(4):
            sigma = float(1.05 * np.median(np.abs(np.diff(base.flux))))
            light = np.zeros(base.time.size)
            peaks = []
            while len(peaks) < 6:
                peak = float(chance.choice(base.time[200:-200]))
                if all(abs(peak - other) > 0.5 for other in peaks):
                    peaks.append(peak)
            sizes = sigma * 10 ** chance.uniform(np.log10(3.0), 1.5, len(peaks))
            for peak, size in zip(peaks, sizes, strict=True):
                half = 10 ** chance.uniform(-2.2, -1.6)
                x = (base.time - peak) / half
                light += np.where((x > -1) & (x < 0), size * (1 + x), 0.0)
                y = np.clip(x, 0.0, 50.0)
                light += np.where(x >= 0, size * (0.69 * np.exp(-1.6 * y) + 0.3 * np.exp(-0.28 * y)), 0.0)
            found = find_flares(base.time, base.flux + light, base.segment)
            for peak, size in zip(peaks, sizes, strict=True):
                seen = any(flare.start_bjd - 0.01 < peak < flare.stop_bjd + 0.01 for flare in found)
                (strong if size > 6.0 * sigma else weak).append(seen)
        false += len(find_flares(base.time, 2.0 - base.flux, base.segment))
        days += float(np.ptp(base.time))
    yield at_least(f"injected flares of 6 to 30 sigma found (n={len(strong)})", float(np.mean(strong)), "", 0.85)
    yield Figure(f"injected flares of 3 to 6 sigma found (n={len(weak)})", float(np.mean(weak)), "")
    yield Figure("flares found in quiet light turned upside down", false / days, "per day")
    got, all_of = 0, 0
    for name, starts in VETTED_STARTS.items():
        time, flux, _, segment = measured_light(read_curve(folder / "tess_2min_ucd" / f"{name}.npz"))
        rotation = rotation_period(time, flux, segment)
        found = find_flares(time, flux, segment, rotation.period_days if rotation else None)
        for start in starts:
            at = start + 2457000.0
            if not np.any(np.abs(time - at) < 0.01):
                continue
            all_of += 1
            got += any(flare.start_bjd - 0.02 < at < flare.stop_bjd + 0.02 for flare in found)
    yield Figure(f"flares confirmed by people found (n={all_of})", got / max(all_of, 1), "")


def _hosts(folder: Path) -> Iterator[Figure]:
    model = load_variability_model()
    failing = 0
    known = _ephemerides(folder.parent / "catalogues")
    for name, (pattern, candidates) in PLANETS.items():
        planets = [known[candidate] for candidate in candidates]
        told = describe_star_variability(_joined(folder, pattern), None, model, planets)
        outcomes = [told.finding_for(i).outcome for i in range(len(planets))]
        failing += outcomes.count("fail")
        likeliest = max(told.probabilities, key=lambda each: told.probabilities[each])
        called = told.label if told.label != NOT_DECIDED else f"{told.label}, likeliest {likeliest}"
        yield Figure(f"{name}: {called}; {', '.join(outcomes)}", max(told.probabilities.values(), default=0.0), "")
    yield at_most("planets that fail for the star's variability", failing, "planets", 0)
    rows = csv.DictReader(io.StringIO((folder / "kepler_eb" / "index.csv").read_text()))
    paired = failed = total = 0
    for row in rows:
        if not row["kebc_period_d"]:
            continue
        period, epoch = float(row["kebc_period_d"]), float(row["kebc_bjd0"]) + 2400000.0
        curve = read_curve(folder / "kepler_eb" / row["file"])
        told = describe_star_variability(curve, None, model, [(period, epoch, 0.15 * period)])
        total += 1
        paired += told.label in BINARIES
        failed += told.finding.outcome == "fail"
    name = f"Kepler binaries called binaries with their eclipses set aside (n={total}, seen in training)"
    yield at_least(name, paired / total, "", 0.9)
    yield Figure("Kepler binaries whose dips fail this test", failed / total, "")


def _speed(folder: Path) -> Iterator[Figure]:
    curve = _joined(folder, "multisector/pimen*")
    model = load_variability_model()
    signals = [_ephemerides(folder.parent / "catalogues")["144.01"]]
    seconds = cpu_seconds({"six": lambda: describe_star_variability(curve, Star(), model, signals)}, repeats=2)
    yield at_most("pi Men, six sectors of 2 minutes: describe", seconds["six"], "s CPU", 5.0)


def _ephemerides(catalogues: Path) -> dict[str, tuple[float, float, float]]:
    """Period, epoch (BJD) and duration in days of the planets of PLANETS, from the TOI and KOI tables."""
    wanted = {candidate for _, candidates in PLANETS.values() for candidate in candidates}
    found = {}
    for row in _table(catalogues / "exofop_toi_2025.csv.gz"):
        if row["TOI"] in wanted:
            hours = float(row["Duration (hours)"])
            found[row["TOI"]] = (float(row["Period (days)"]), float(row["Epoch (BJD)"]), hours / 24.0)
    for row in _table(catalogues / "koi_cumulative_exoarchive_20240816.csv.gz"):
        if row["kepoi_name"] in wanted:
            epoch = float(row["koi_time0bk"]) + 2454833.0
            found[row["kepoi_name"]] = (float(row["koi_period"]), epoch, float(row["koi_duration"]) / 24.0)
    return found


def _table(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _joined(folder: Path, pattern: str) -> StitchedCurve:
    return stitch(read_many(sorted(folder.glob(pattern))).curves)
